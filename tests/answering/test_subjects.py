"""What a question names, and not another of its kind: articles, rows, names, years."""

import pytest

from erya.answering.forms import form_of
from erya.answering.questions import detect_intent
from erya.answering.subjects import is_about
from erya.assistant import Assistant
from erya.records import Principal
from erya.sources import FolderSource
from erya.stores import Bases

ME = Principal.owner("me")
LAW = "\n\n".join(
    [
        "第一条 为了规范花园的管理，制定本法。",
        "第二条 花园的长凳应当刷成绿色；但是，木质长凳除外。\n违反前款规定的，由园长责令改正。",
        "第三条 有本法第二条规定情形的，园长可以拆除长凳。",
        "第四条 开放花园应当具备下列条件：\n"
        + "\n".join(
            f"（{number}）有{what}及其维护人员，并且按季度检查和记录其状况与使用的情况；"
            for number, what in zip(
                "一二三四五六七八九十",
                (
                    "围墙",
                    "长凳",
                    "水池",
                    "凉亭",
                    "路灯",
                    "花坛",
                    "步道",
                    "厕所",
                    "标牌",
                    "停车场",
                ),
                strict=True,
            )
        ),
        "第四条之一 冬季可以不开放水池。",
        "第五条 关闭花园的，处一百元以上三百元以下的罚款；情节严重的，处五百元罚款。",
    ]
)
CONTRACT = """# Contract

## 3.1 Payment

Invoices are due within 30 days.

## 3.10 Set-off

Set-off is excluded. It does not follow section 3.1.

2.3 Late benches cost 5 euros a day.

10. DISPUTES

10.1 Disputes go to Graz.

## Terms

§ 5 The supplier insures the goods. § 5a The buyer may inspect them.

Article 7(1) Notices are sent by mail.

Article 7(2) Notices by e-mail need an answer.
"""
SHOPS = """# Shops

| shop | city | opens | phone |
| --- | --- | --- | --- |
| North | Graz | 9:00 | 4401 |
| South | Lienz | 10:00 | 4402 |

## 门店

| 门店 | 城市 | 营业时间 | 店长 |
| --- | --- | --- | --- |
| 徐汇店 | 上海 | 10:00-22:00 | 吴刚 |
| 朝阳店 | 北京 | 9:00-21:00 | 吴刚强 |
"""
FACTS = """# Offices

The Graz office has 45 people. It opened in 2014.

The Lienz office has 20 people. It opened in 2009.

In 2022 sales were 14 million euro. In 2023 sales were 15 million euro.
"""
STEPS = """# 应急

发现火情后：
第一步：按下按钮。
第二步：拨打119。
第三步：切断电源。
第四步：到集合点。
"""


LEASE = """# Lease

The tenant shall:

1. pay in time.
2. keep quiet.
3. allow visits.

Article 1 The lease is for a year.

Article 3 Pets are forbidden.

## 4. Keys

Two keys are handed out.
"""
PARTY = """# Summer party

| Deadline | Fee | Contact |
| --- | --- | --- |
| 3 June | 20 euros | Anna Weber |

The Lyon team has 12 people. Employees there get 30 days of leave.

In 2021, visits were 5,000. From 2017-2019 the Nice team ran it. The grant is 2000 euros.
"""
SPENDING = """# Who signs

| sum | signs |
| --- | --- |
| up to €500 | team lead |
| €500 to €2,000 | head of shop |
| more than €2,000 | managing director |

## 请假

- 3天以内由店长批准。
- 超过3天不满10天的由区长批准。
- 10天以上由园长批准。
"""
BILL = """# Invoice RX-77

| line | what | amount |
| --- | --- | --- |
| 1 | benches painted in week one | 300,00 |
| 2 | benches painted in week two | 400,00 |
| | Total EUR | 700,00 |
"""
ORDERS = (
    '{"list": [{"no": "QX1001", "sum": 50, "paid": false},'
    ' {"no": "QX1002", "sum": 90, "paid": true}]}'
)
SIGNED = """供方
单位名称：东山木器厂
开户行：东山银行
账号：6001 22

需方
单位名称：西湖花园
开户行：西湖银行
账号：7001 33
"""
SALES = """# 2031年度利润

| 项目 | 本年金额 |
| --- | --- |
| 营业收入 | 8,000 |
| 净利润 | 2,100 |

| 月份 | 收入 | 毛利率 |
| --- | --- | --- |
| 2031-08-01 | 700 | 25% |
| 2031-09-01 | 710 | 26% |
"""
MINUTES = """# 例会纪要

主持人：钱江 记录人：梅雨

下次会议：5月26日，主持人改为梅雨。
"""
OTHER = """# Order of the house

Article 3 Bicycles stay outside the hall of this house.
"""
GERMAN = """# Mietvertrag

Der Vertrag kann mit einer Frist von drei Monaten gekündigt werden.
"""
CODES = """# Stock

Article 0044-7 costs 48.90 euros. Order 4500017731 is for screws.

| cost centre | owner |
| --- | --- |
| 4100 | Ms Amsel |
| 4200 | Mr Braun |
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Ask a base of all of them, as an assistant without models does."""
    store = Bases(tmp_path_factory.mktemp("home")).open("garden", create=True)
    with Assistant(store=store, workers=1) as assistant:
        folder = tmp_path_factory.mktemp("docs")
        for name, text in (
            ("花园法.txt", LAW), ("contract.md", CONTRACT), ("shops.md", SHOPS),
            ("offices.md", FACTS), ("应急.md", STEPS),
            ("lease.md", LEASE), ("party.md", PARTY),
            ("spending.md", SPENDING),
            ("bill.md", BILL), ("orders.json", ORDERS), ("合同.txt", SIGNED),
            ("利润.md", SALES), ("codes.md", CODES), ("纪要.md", MINUTES), ("miete.md", GERMAN),
            ("house.md", OTHER),
            ("漏水.txt", STEPS.replace("发现火情", "漏水")),
        ):  # fmt: skip
            (folder / name).write_text(text, encoding="utf-8")

        assistant.ingest(FolderSource([folder], file_bytes=100_000), principal=ME)
        yield lambda question: assistant.ask(question, principal=ME)


@pytest.mark.parametrize(
    ("question", "begins", "ends"),
    [
        ("花园法第二条", "第二条 花园的长凳", "由园长责令改正。"),
        ("第二条的内容是什么？", "第二条 花园的长凳", "由园长责令改正。"),
        ("花园法2条规定了什么", "第二条 花园的长凳", "由园长责令改正。"),
        ("花园法第四条规定了什么？", "第四条 开放花园", "使用的情况；"),
        ("第四条之一说了什么", "第四条之一 冬季", "不开放水池。"),
        ("花园法第五条罚款多少？", "第五条 关闭花园的", "处五百元罚款。"),
        ("What does section 3.1 say?", "Invoices are due", "within 30 days."),
        ("What does clause 2.3 say?", "2.3 Late benches", "euros a day."),
        ("What does § 5 say?", "§ 5 The supplier", "the goods."),
        ("What does Article 7(2) say?", "Article 7(2)", "need an answer."),
        ("What does article 3 say?", "Article 3 Pets", "forbidden."),
        ("What does section 4 say?", "Two keys", "handed out."),
        ("违反花园法第五条会怎样？", "第五条 关闭花园的", "处五百元罚款。"),
    ],
)
def test_all_of_what_is_referred_to_is_quoted_and_nothing_else(
    ask, question, begins, ends
):
    (citation,) = ask(question).citations

    assert citation.quote.startswith(begins)
    assert citation.quote.endswith(ends)


def test_a_list_that_was_cut_into_passages_is_quoted_whole(ask):
    answer = ask("开放花园应当具备什么条件？")

    (quote,) = (c.quote for c in answer.citations if "凉亭" in c.quote)
    assert quote.startswith("第四条 开放花园应当具备下列条件")
    assert "围墙" in quote
    assert "停车场" in quote


@pytest.mark.parametrize("question", ["发现火情怎么办？", "漏水怎么办？"])
def test_steps_in_words_are_quoted_all(ask, question):
    quote = ask(question).citations[0].quote

    assert all(step in quote for step in ("第一步", "第二步", "第三步", "第四步"))


def test_a_range_is_quoted_in_its_order(ask):
    answer = ask("花园法第一至三条")

    assert [each.quote[:3] for each in answer.citations] == [
        "第一条",
        "第二条",
        "第三条",
    ]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("种子法第二条规定了什么？", "文档中没有提到种子法。"),
        ("花园法第九条", "文档中没有提到第九条。"),
        ("What does Article 7(3) say?", "No document mentions Article 7(3)."),
        ("What does section 3.12 say?", "No document mentions section 3.12."),
        ("How many people has the Villach office?", "No document mentions Villach."),
    ],
)
def test_what_is_nowhere_is_named(ask, question, told):
    assert ask(question).text == told


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the deadline of the summer party?", "3 June"),
        ("How many days of leave do employees in Lyon get?", "30 days"),
        ("Who ran it in 2018, which team?", "Nice"),
    ],
)
def test_what_names_of_columns_and_spans_of_years_tell_is_no_other(
    ask, question, answer
):
    assert answer in ask(question).text


@pytest.mark.parametrize(
    "question",
    [
        "How many visits were there in 2024?",
        "杭州店几点开门？",
        "When does the shop in Villach open?",
    ],
)
def test_the_row_or_the_year_of_another_is_no_answer(ask, question):
    assert ask(question).abstained


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("In 2022 sales were 14 million euro.", False),
        ("In 2022, sales were 14 million euro.", False),
        ("In 2024 sales were 14 million euro.", True),
        ("From 2023-2025 sales rose.", True),
        ("Sales are 2000 euros.", True),
        ("Sales are $2000 or 2,000 items.", True),
        ("Sales rose.", True),
    ],
)
def test_the_figures_of_another_year_are_no_answer(line, right):
    question = "What were sales in 2024?"
    intent = detect_intent(question)

    assert is_about(question, intent, line=line, before="", above="") == right


def test_a_name_is_not_the_beginning_of_another(ask):
    text = ask("吴刚是哪家店的店长？").text

    assert "徐汇店" in text
    assert "朝阳店" not in text


def test_what_a_document_asks_is_no_answer(ask):
    assert all(not c.quote.endswith("？") for c in ask("第二条是什么？").citations)


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        ("租赁人是什么意思？", "租赁人，是指租用花园的人。", "租赁人应当付款。"),
        ("“租赁人”的定义", "“租赁人”（以下称乙方）指租用的人。", "租赁人指导园丁。"),
        ("What does lessee mean?", "Lessee means who rents.", "The lessee pays."),
        ("How does the act define a lessee?", "A lessee is defined as a renter.", "x"),
        ("本法从哪天起生效？", "本法自2020年1月1日起施行。", "2020年1月1日通过。"),
        ("When does the act take effect?", "It comes into force in May.", "Of May."),
    ],
)
def test_some_questions_are_answered_in_a_form_of_their_own(question, answer, other):
    form = form_of(question)

    assert form is not None
    assert form.search(answer)
    assert not form.search(other)


def test_other_questions_have_no_form():
    assert form_of("租赁人应当做什么？") is None
    assert form_of("When does the garden open?") is None


@pytest.mark.parametrize(
    ("question", "signs"),
    [
        ("Who signs for a sum of 450 euros?", "team lead"),
        ("Who signs for €800?", "head of shop"),
        ("Who signs for a sum of 3,000 euros?", "managing director"),
        ("请假两天由谁批准？", "店长"),
        ("请假5天由谁批准？", "区长"),
        ("请假15天由谁批准？", "园长"),
    ],
)
def test_what_holds_for_the_amount_that_is_asked_about_answers_alone(
    ask, question, signs
):
    quotes = [citation.quote for citation in ask(question).citations]

    assert len(quotes) == 1
    assert signs in quotes[0]


def quotes(answer):
    return [citation.quote for citation in answer.citations]


def test_what_a_bill_comes_to_is_its_line_of_that_name(ask):
    (quote,) = quotes(ask("What is the total of invoice RX-77?"))

    assert "Total EUR | 700,00" in quote


def test_an_object_of_a_list_is_quoted_whole_and_no_other(ask):
    (quote,) = quotes(ask("QX1002的sum是多少？"))

    assert "list[1].sum: 90" in quote
    assert "QX1001" not in quote


def test_one_of_two_parties_that_sign_is_quoted(ask):
    quote = quotes(ask("需方的开户行和单位名称是什么？"))[0]

    assert quote.startswith("需方")
    assert "西湖银行" in quote
    assert "东山" not in quote


def test_a_month_is_not_its_year(ask):
    told = quotes(ask("2031年度净利润是多少？"))

    assert any("2,100" in quote for quote in told)
    assert not any("2031-0" in quote for quote in told)


@pytest.mark.parametrize(
    "question",
    [
        "What does article 0044-8 cost?",
        "What is order number 4500017732 for?",
        "Who owns cost centre 4400?",
    ],
)
def test_a_number_that_stands_nowhere_is_told(ask, question):
    assert "mentions" in ask(question).text


def test_the_next_time_is_not_this_one(ask):
    assert "梅雨" in quotes(ask("下次例会谁主持？"))[0]


def test_an_article_is_quoted_of_the_paper_that_is_named(ask):
    (quote,) = quotes(ask("What does article 3 of the lease say?"))

    assert quote.startswith("Article 3 Pets")


def test_both_rows_of_a_comparison_are_quoted(ask):
    told = " ".join(quotes(ask("徐汇店和朝阳店哪个营业时间长？")))

    assert "10:00-22:00" in told
    assert "9:00-21:00" in told


def test_a_german_noun_may_be_written_as_one_of_its_parts(ask):
    assert "Frist" in quotes(ask("Welche Kündigungsfrist hat der Mietvertrag?"))[0]
