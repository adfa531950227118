import pytest

from erya.answering.questions import detect_intent
from erya.answering.wanted import holds, wanted_in


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much does a CB-15 cost?", "money"),
        ("What is the list price of the CB-120?", "money"),
        ("返厂换一个感应元件收多少钱？", "money"),
        ("How many days of leave do I have?", "duration"),
        ("网关断网以后能存几天的数据？", "duration"),
        ("What time does the store close?", "clock"),
        ("报名是几月几号？", "month"),
        ("How many people work here?", "count"),
        ("空箱有多重？", "weight"),
        ("How far apart may they be?", "length"),
        ("How much memory does it have?", "size"),
        ("室内多少度？", "temperature"),
        ("What does a trustee earn per year?", "money"),
        ("What percentage is refunded?", "share"),
        ("Who approves travel?", "person"),
        ("How do I change my email address?", ""),
        ("怎么修改邮箱？", ""),
        ("如何开启多重身份验证？", ""),
        ("How far in advance must I book?", ""),
        ("安全生产有几点要求？", ""),
        ("What time zone are the logs in?", ""),
        ("怎么重置密码？", ""),
        ("When does the alarm sound?", ""),  # an event may answer
    ],
)
def test_what_a_question_wants_follows_from_its_words(question, kind):
    found = wanted_in(question)

    assert (found.name if found else "") == kind


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much does it cost?", "The box is 15 euro."),
        ("How much does it cost?", "Shipping is free."),
        ("多少钱？", "罚款为保险费的2倍。"),
        ("多少钱？", "补助一半。"),
        ("How many days?", "Staff have five working days."),
        ("How long?", "Access ends immediately."),
        ("多久？", "应当在三十日内答复。"),
        ("What day is it closed?", "It is closed on Sundays."),
        ("几月？", "每年十月举行。"),
        ("How many?", "There is no limit; all are welcome."),
        ("百分之几？", "不超过成交价百分之五。"),
        ("How much does it cost?", "Article: CB-60 | List price: 1,960.00"),
        ("多重？", "型号: CB-60 | 重量（kg）: 4.2"),
        ("How far apart?", "Up to three hundred metres."),
        ("多少钱？", "HX210价格3000元"),
        ("多少钱？", "P6级员工每月补贴500元"),
        ("How much does it cost?", "It costs INR500."),
        ("多久？", "HX210保修期为24个月"),
        ("What is the e-mail address?", "support24@acme.com"),
        ("How long is it?", "The period is eighteen months."),
        ("多少度？", "室温不超过 25 ℃。"),
    ],
)
def test_what_can_answer_holds_it(question, answer):
    kind = wanted_in(question)

    assert kind is not None
    assert holds(kind, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much does it cost?", "The box is made of steel."),
        ("多少钱？", "第十七条 对举报人给予奖励。"),
        ("几月报名？", "第十六条 考核由拍卖行业协会统一组织。"),
        ("How many people?", "See section 4.2 and the staff list."),
        ("至少多少位？", "（二）应当符合安全的要求。"),
        ("What does the CB-120 cost?", "CB-120 | Hold-over time: 120 minutes"),
        ("CB-60 空箱有多重？", "CB-60 | 容积: 60 升"),
        ("How far does the HX-210 reach?", "The HX-210 talks to a GW-8 gateway."),
    ],
)
def test_what_says_where_it_stands_holds_nothing(question, answer):
    kind = wanted_in(question)

    assert kind is not None
    assert not holds(kind, answer)


def test_an_intent_looks_for_what_is_wanted():
    holds_it = detect_intent("What does the HX-210 cost?").holds

    assert holds_it("It is 15 euro.")
    assert not holds_it("It is blue.")


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("Call +43 732 55 44-310.", True),
        ("内线 6120", True),
        ("Ext. 4112", True),
        ("内线 2010", True),
        ("手机：138 0000 1111", True),
        ("Date: Tue, 04 Mar 2025 10:12:30 +0100", False),
        ("2025年3月4日 09:30", False),
        ("The fee is € 1,250.00.", False),
    ],
)
def test_dates_and_sums_are_no_numbers_to_call(text, is_number):
    kind = wanted_in("What is the phone number?")

    assert kind is not None
    assert holds(kind, text) is is_number
