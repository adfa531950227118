import json
from dataclasses import replace

import pytest

from erya.assistant import Assistant
from erya.errors import NotFoundError, UsageError
from erya.evaluating import evaluate_answers, read_examples, read_retrieval_set
from erya.evaluating.questions import (
    Feedback,
    add_feedback,
    export_examples,
    import_examples,
    make_questions,
    restore,
    save,
    versions_of,
)
from erya.evaluating.questions.rules import drafts
from erya.evaluating.questions.wording import Wording
from erya.evaluating.runs import Runs
from erya.language import Word
from erya.records import Chunk, Example, Principal, Quote
from erya.sources import FolderSource
from erya.stores import Bases
from erya.testing import ScriptedChatModel

OWNER = Principal.owner("tester")


def chunk(text, *headings, title="Staff Handbook"):
    return Chunk(
        id="c",
        document_id="d",
        start=0,
        end=len(text),
        text=text,
        source="s.md",
        title=title,
        headings=headings,
    )


def asked(text, *headings, title="Staff Handbook", words=()):
    """Return the questions of a text by their kind."""
    made = drafts(chunk(text, *headings, title=title), wording=Wording.of(words))
    return [(draft.kind, draft.question, draft.answers[0]) for draft in made]


@pytest.mark.parametrize(
    ("text", "kind", "question", "answer"),
    [
        ("Force majeure refers to any event beyond control.", "definition", "In “Staff Handbook”, what is meant by “force majeure”?", "any event beyond control"),
        ("Every plant has a works council (WC), and so on.", "abbreviation", "What does WC stand for?", "works council"),
        ("The canteen was opened by Anna Berg in 1998.", "who", "In “Staff Handbook”, who opened the canteen?", "Anna Berg"),
        ("In May 2021, the board bought a second office in Berlin.", "when", "In “Staff Handbook”, when did the board buy a second office in Berlin?", "May 2021"),
        ("The rent of the hall was $1,200 in 2023.", "how much", "In “Staff Handbook”, what did the rent of the hall amount to in 2023?", "$1,200"),
        ("To reset your password, open the portal and choose a new one.", "how to", "In “Staff Handbook”, how do I reset my password?", "open the portal and choose a new one"),
        ("If you lose your badge, call the front desk at once.", "how to", "In “Staff Handbook”, what should I do if I lose my badge?", "call the front desk at once"),
        ("The lift is closed because the motor has to be replaced.", "why", "In “Staff Handbook”, why is the lift closed?", "the motor has to be replaced"),
        ("You must not smoke in the server room.", "yes or no", "In “Staff Handbook”, can I smoke in the server room?", "No"),
        ("Visitors must sign the book at the gate.", "yes or no", "In “Staff Handbook”, is it mandatory for visitors to sign the book at the gate?", "Yes"),
    ],
)  # fmt: skip
def test_an_english_sentence_gives_a_question_that_it_answers(
    text, kind, question, answer
):
    assert (kind, question, answer) in asked(text)


@pytest.mark.parametrize(
    ("text", "kind", "question", "answer"),
    [
        ("第二条 本条例所称代理，是指以他人名义实施民事法律行为。", "definition", "按照《考勤条例》，什么样的才算“代理”？", "以他人名义实施民事法律行为"),
        ("第一条 为了规范考勤管理，根据公司章程，制定本条例。", "why", "出台《考勤条例》的目的是什么？", "规范考勤管理"),
        ("第九条 本条例自2024年5月1日起施行。", "when", "《考勤条例》从哪天开始生效？", "2024年5月1日"),
        ("人力资源部门主管全公司考勤工作。", "who", "按照《考勤条例》，全公司考勤工作归谁管？", "人力资源部门"),
        ("年度考勤的统计办法由人力资源部门制定。", "who", "按照《考勤条例》，谁来制定年度考勤的统计办法？", "人力资源部门"),
        ("主管应当自收到请假申请之日起三日内作出答复。", "when", "按照《考勤条例》，接到请假申请之后，主管最晚多久要做出答复？", "三日"),
        ("员工擅自离开工作岗位的，由所在部门处五十元以上一百元以下罚款。", "how much", "按照《考勤条例》，如果员工私自离开工作岗位，会被罚多少钱？", "处五十元以上一百元以下罚款"),
        ("员工每年的事假不得超过十天。", "how much", "按照《考勤条例》，员工每年的事假最长可以多久？", "十天"),
        ("由于系统升级，考勤机在周末停止服务。", "why", "按照《考勤条例》，为什么考勤机在周末停止服务？", "系统升级"),
        ("如需修改密码，请登录门户并点击设置。", "how to", "按照《考勤条例》，怎么修改密码？", "请登录门户并点击设置"),
        ("新员工不得替他人打卡。", "yes or no", "按照《考勤条例》，新员工能不能替他人打卡？", "不能"),
        ("临时人员必须佩戴红色胸牌。", "yes or no", "按照《考勤条例》，临时人员是不是一定要佩戴红色胸牌？", "是"),
    ],
)  # fmt: skip
def test_a_chinese_sentence_gives_a_question_that_it_answers(
    text, kind, question, answer
):
    assert (kind, question, answer) in asked(text, title="考勤条例")


TABLE = """| Model | Price | Warranty | Weight (kg) |
| --- | --- | --- | --- |
| Falke | $250 | 24 months | 12 |
| Sperber | $310 | 36 months | 9 |
"""
TABLE_ZH = """| 型号 | 价格 | 保修期 | 重量 |
| --- | --- | --- | --- |
| 猎鹰 | 2500元 | 两年 | 12 |
| 雀鹰 | 3100元 | 三年 | 9 |
"""


@pytest.mark.parametrize(
    "text",
    [
        # The scale goes on behind the semicolon.
        "员工擅自离开工作岗位的，由所在部门处五十元以上一百元以下罚款；情节严重的，处五百元罚款。",
        # What is allowed otherwise comes next.
        "临时人员必须佩戴红色胸牌。但是，夜班人员除外。",
        "临时人员必须佩戴红色胸牌。确实无法佩戴的，应当登记。",
        "任何单位或者个人不得侵占园区的设施。",
        "具体管理办法由人力资源部门制定。",
        "园区的高级人员还必须具有门禁权限。",
        "本条例所称代理，是指本解释第二条规定的行为。",
        "法律没有规定的，由所在部门处五十元以上一百元以下罚款。",
    ],
)
def test_what_holds_in_part_or_without_its_subject_is_not_asked(text):
    assert asked(text, title="考勤条例") == []


def test_a_term_of_law_stays_as_it_is():
    made = asked("登记注销的统计办法由人力资源部门制定。", title="考勤条例")

    assert [question for _, question, _ in made] == [
        "按照《考勤条例》，谁来制定登记注销的统计办法？"
    ]


def test_sums_whose_unit_stands_elsewhere_and_numbers_of_things_are_not_asked():
    table = (
        "| ($ in Millions) | 2022 | 2023 |\n| --- | --- | --- |\n"
        "| Total sales | 23,706 | 24,100 |\n| Total costs | 12,001 | 13,400 |"
    )
    people = "| Name | Phone |\n| --- | --- |\n| Ada Lind | 4401 |\n| Bo Berg | 4402 |"

    assert asked(table) == []
    assert not any(kind == "comparison" for kind, _, _ in asked(people))


def test_tables_are_asked_by_row_and_column_and_rows_are_compared():
    english = asked(TABLE, title="Vacuum cleaners")
    chinese = asked(TABLE_ZH, title="吸尘器产品手册")

    assert (
        "table", "In “Vacuum cleaners”, how much does Falke cost?", "$250",
    ) in english  # fmt: skip
    assert (
        "table",
        "In “Vacuum cleaners”, how long is the guarantee of Sperber?",
        "36 months",
    ) in english
    assert (
        "comparison",
        "In “Vacuum cleaners”, which has the higher weight (kg), Falke or Sperber?",
        "Falke",
    ) in english
    assert ("table", "按照《吸尘器产品手册》，猎鹰要多少钱？", "2500元") in chinese
    assert (
        "comparison", "按照《吸尘器产品手册》，猎鹰和雀鹰，哪个的重量更高？", "猎鹰",
    ) in chinese  # fmt: skip


def test_rows_of_an_unnamed_document_and_of_accounts_are_no_peers():
    accounts = TABLE.replace("Warranty", "2023").replace("24 months", "7")

    assert not [each for each in asked(TABLE, title="") if each[0] != "label"]
    assert not [each for each in asked(accounts) if each[0] == "comparison"]


def test_labels_below_a_name_are_asked_about_it():
    english = "name: Canada\ncapital: Ottawa\nleader: Ada Berg\n"
    chinese = "名称：龙井茶\n价格：300元\n联系人：王芳\n"

    assert ("label", "What is the capital of Canada?", "Ottawa") in asked(english)
    assert ("label", "Who is the leader of Canada?", "Ada Berg") in asked(english)
    assert ("label", "龙井茶要多少钱？", "300元") in asked(chinese)
    assert ("label", "谁是龙井茶的联系人？", "王芳") in asked(chinese)


def test_a_list_answers_what_the_line_above_it_says():
    english = "To book the hall:\n\n- open the calendar\n- choose a free day\n\nEnd."
    chinese = "申请年假应当提交下列材料：\n\n（一）申请书；\n\n（二）工作证。\n"

    assert asked(english) == [
        (
            "list",
            "In “Staff Handbook”, how do I book the hall?",
            "- open the calendar\n- choose a free day",
        )
    ]
    assert (
        "list",
        "按照《考勤条例》，申请年假要递交哪些材料？",
        "（一）申请书；\n\n（二）工作证。",
    ) in asked(chinese, title="考勤条例")
    (draft,) = drafts(chunk(english))
    assert draft.quotes[0] in english
    assert draft.quotes[0].startswith("To book the hall:")


def test_headings_are_turned_round():
    text = "Staff may rest whenever they like, on the second floor."

    assert asked(text, "May I rest at noon in the office?")[0][0] == "faq"
    assert asked(text, "How to find a bed")[0][1].endswith("how do I find a bed?")
    assert asked("请先登录门户，再点击申请。", "报销流程", title="财务手册")[0] == (
        "heading",
        "按照《财务手册》，应该怎么报销？",
        "请先登录门户，再点击申请。",
    )


def test_the_words_of_the_base_are_used_instead_of_the_documents():
    text = "You must not bring a Falke into the server room."
    words = [Word("vacuum cleaner", "same", ("Falke",))]

    assert "vacuum cleaner into" in asked(text, words=words)[0][1]
    assert asked(text, words=[Word("Falke", "wider", ("tool",))]) == asked(text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The film was opened by Anna Berg.", ""),  # which film?
        ("The canteen was opened by Anna Berg.", ""),
        ("Its canteen was opened by Anna Berg.", "Staff Handbook"),
        ("本条所称代理，其是指前款规定的行为。", "考勤条例"),
        ("任何人不得遵守前款规定。", "考勤条例"),
    ],
)
def test_what_nobody_could_understand_without_the_page_is_not_asked(text, title):
    assert asked(text, title=title) == []


def test_feedback_waits_for_review(tmp_path):
    queue = tmp_path / "deep" / "queue.jsonl"
    add_feedback(queue, Feedback(question="Good?", answer="25", thumb="up", user="ada"))
    add_feedback(
        queue, Feedback(question="Bad?", answer="25", thumb="down", reason="old")
    )
    add_feedback(
        queue, Feedback(question="Fixed?", answer="25", thumb="down", corrected="30")
    )

    good, bad, fixed = read_examples(queue).examples
    assert (good.answers, bad.answers, fixed.answers) == (("25",), (), ("30",))
    assert not bad.answerable
    assert bad.metadata["reason"] == "old"
    assert {e.metadata["review"] for e in (good, bad, fixed)} == {"pending"}
    with pytest.raises(UsageError, match="needs the question"):
        add_feedback(queue, Feedback(question=" ", answer="", thumb="up"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Too short.",
        "Is it a question that is a trap?",
        "It is a thing of beauty.",
        "其是指某种东西或者别的东西。",
        "a | b | 25 apples",
        "The rules are as follows, with 3 of them:",
    ],
)
def test_fragments_questions_and_pronouns_give_none(text):
    assert asked(text) == []


@pytest.fixture
def assistant(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    for number, name in enumerate(("leave", "hotels", "phones", "visas", "parking")):
        (docs / f"{name}.md").write_text(
            f"# Company handbook\n\n## Rules\n\nThe limit for {name} was ${number + 11} in 2023.\n", "utf-8",
        )  # fmt: skip
    store = Bases(tmp_path / "bases").open("docs", create=True)
    with Assistant(store=store) as made:
        made.ingest(FolderSource([docs], file_bytes=10**6), principal=OWNER)
        yield made


def test_a_base_gives_questions_that_it_can_answer_and_some_that_it_cannot(
    assistant, tmp_path
):
    made = make_questions(assistant, principal=OWNER, count=5, unanswerable=0.4, seed=2)

    assert len({example.question for example in made.examples}) == 5
    assert [example.answerable for example in made.examples].count(False) == 2
    assert made == make_questions(
        assistant, principal=OWNER, count=5, unanswerable=0.4, seed=2
    )
    run = evaluate_answers(
        assistant,
        made.examples,
        Runs(tmp_path).begin({"kind": "a", "about": "b"}),
        principal=OWNER,
    )
    scores = {item.id: item.scores for item in run.items}
    for example in made.examples:
        if example.answerable:
            assert scores[example.id]["evidence_recall"] == 1.0
        else:
            item = next(item for item in run.items if item.id == example.id)
            held = " ".join(passage["text"] for passage in item.detail["evidence"])
            assert not any(words in held for words in example.metadata["without"])


def test_what_a_reader_may_not_read_is_not_asked_about(assistant):
    stranger = Principal(user="stranger")

    assert make_questions(assistant, principal=stranger, count=5).examples == []


def test_a_model_writes_and_what_it_makes_up_is_left_out(assistant):
    def reply(**said):
        return json.dumps(
            {
                "question": "What is the limit?",
                "answer": "x",
                "quote": "nowhere",
                **said,
            }
        )

    replies = [reply(), "no json", reply(question=""), *(
        reply(question=f"What is the yearly limit for {name}?", answer="14", quote=f"The limit for {name} was")
        for name in ("leave", "hotels", "phones", "visas", "parking")
    )]  # fmt: skip
    model = ScriptedChatModel(replies)

    made = make_questions(
        assistant, principal=OWNER, count=9, unanswerable=0.0, model=model, seed=1
    )

    assert made.unusable >= 3
    assert made.tried == len(model.asked) == 5
    assert all(example.metadata["made_by"] == "model" for example in made.examples)
    assert "no authority" in model.asked[0][0].text


EXAMPLES = [
    Example(id="a", question="How many?", answers=("25", "25 days"), evidence=(Quote("leave.md", "25 days"),), split="test"),
    Example(id="b", question="谁？", answerable=False),
]  # fmt: skip


def test_a_table_comes_back_as_it_went(tmp_path):
    path = tmp_path / "q.csv"
    export_examples(EXAMPLES, path)

    assert import_examples(path).examples == EXAMPLES
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_table_of_others_is_read_and_its_mistakes_have_lines(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("question,answer\nWho?,Ada\nWhen?,\n", "utf-8")
    who, when = import_examples(path).examples
    assert (who.answers, when.answerable) == (("Ada",), False)

    for content, said in (
        ("question,answers\n,x\n", "line 2, has no question"),
        ("question,answerable\nWho?,maybe\n", "line 2, has 'maybe' as answerable"),
        ("question,answerable\nWho?,true\n", "line 2, is answerable and has no answer"),
        ("question\n", "has no questions"),
        ("q,a\nx,y\n", "no column `question`; its columns are: q, a"),
        ("", "its columns are: none"),
    ):
        path.write_text(content, "utf-8")
        with pytest.raises(UsageError, match=said):
            import_examples(path)


def test_beirs_layout_holds_all_documents(assistant, tmp_path):
    made = make_questions(assistant, principal=OWNER, count=3, unanswerable=0.0)
    documents = [
        assistant.store.document(OWNER, each.id)
        for each in assistant.store.documents(OWNER)
    ]

    export_examples(made.examples, tmp_path / "beir", documents=documents)

    data = read_retrieval_set(tmp_path / "beir")
    assert len(data.questions) == 3
    assert {p.id for p in data.corpus} == {each.id for each in documents}
    judged = {key for gains in data.relevant.values() for key in gains}
    assert judged < {p.id for p in data.corpus}
    assert data.notes == []
    with pytest.raises(UsageError, match="name the base"):
        export_examples(made.examples, tmp_path / "other")


def test_every_state_of_a_file_can_be_had_again(tmp_path):
    path = tmp_path / "q.jsonl"
    path.write_text(
        json.dumps({"question": "By hand?", "answers": ["yes"]}) + "\n", "utf-8"
    )

    assert save(path, EXAMPLES) == 2
    assert save(path, EXAMPLES[:1]) == 3
    assert [(v.number, v.questions) for v in versions_of(path)] == [
        (1, 1),
        (2, 2),
        (3, 1),
    ]
    assert restore(path, 1) == 4
    assert read_examples(path).examples[0].question == "By hand?"
    with pytest.raises(NotFoundError, match="no version 9"):
        restore(path, 9)


def test_made_questions_hold_where_the_folder_is_moved(assistant):
    made = make_questions(assistant, principal=OWNER, count=5, unanswerable=0.0)

    sources = [each.source for e in made.examples for each in e.evidence]
    held = [each.source for each in assistant.store.documents(OWNER)]
    assert sources
    assert all(not source.startswith("/") for source in sources)
    assert all(any(h.endswith(f"/{s}") or h == s for h in held) for s in sources)


def test_a_table_keeps_what_was_reviewed(tmp_path):
    example = replace(EXAMPLES[0], metadata={"review": "kept", "made_by": "number"})

    export_examples([example], tmp_path / "q.csv")

    (back,) = import_examples(tmp_path / "q.csv").examples
    assert back.metadata == example.metadata
