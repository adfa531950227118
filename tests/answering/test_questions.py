import pytest

from erya.answering.questions import detect_intent, mentions


@pytest.mark.parametrize(
    ("question", "exact"),
    [
        ("What changed in V2.1.1?", ("V2.1.1",)),
        ("What does the HX-210 measure?", ("HX-210",)),
        ("What is SEND_FILE_MAX_AGE_DEFAULT?", ("SEND_FILE_MAX_AGE_DEFAULT",)),
        ("What should pxc-loop-timeout be?", ("pxc-loop-timeout",)),
        ("屏幕上的 E07 是什么意思？", ("E07",)),
        ("按 GB/T 11643 检查什么？", ("GB/T 11643",)),
        ("第四十七条说了什么？", ("第四十七条",)),
        ("What does Article 42 say?", ("Article 42",)),
        ("AB-2024-0188的质保期是多少？", ("AB-2024-0188",)),
        ("V2.0需要什么系统", ("V2.0",)),
        ("ERP10.2.3用的什么数据库", ("ERP10.2.3",)),
        ("E3是什么故障？", ("E3",)),
        ("国发〔2024〕13号是什么文件？", ("国发〔2024〕13号",)),
        ("民法典1127条", ("第1127条",)),
        ("What does --dry-run do?", ("--dry-run",)),
        ("How many days in 2023?", ()),
        ("Is it state-of-the-art?", ()),
        ("What happened on 2021-03-04?", ()),
        ("A 3-year-old child?", ()),
        ("Where is room 2.17?", ("2.17",)),
        ("Is 2.17 enough room?", ()),
        ("Which host is 10.8.4.20?", ("10.8.4.20",)),
        ("What does article 0012-8 cost?", ("0012-8",)),
        ("Who owns cost centre 4400?", ("4400",)),
        ("Is the heat 88232-B good?", ("88232-B",)),
        ("订单4500017732买了什么？", ("4500017732",)),
        ("A room for 250 people?", ()),
        ("What is project 2025?", ()),
    ],
)
def test_what_is_meant_exactly_is_told_from_other_words(question, exact):
    assert detect_intent(question).exact == exact


@pytest.mark.parametrize(
    ("question", "kind", "several"),
    [
        ("When does it open?", "time", False),
        ("什么时候发？", "time", False),
        ("How much does it cost?", "number", False),
        ("住一晚多少钱？", "number", False),
        ("Why was it changed?", "reason", False),
        ("谁批准？", "person", False),
        ("Which documents are needed?", "list", True),
        ("需要哪些材料？", "list", True),
        ("What is the difference between A and B?", "comparison", True),
        ("What is it?", "open", False),
    ],
)
def test_a_question_tells_what_its_answer_holds(question, kind, several):
    asked = detect_intent(question)

    assert (asked.kind, asked.several) == (kind, several)


@pytest.mark.parametrize(
    ("text", "exact", "found"),
    [
        ("The HX-210 is small.", "HX-210", True),
        ("The HX-2101 is small.", "HX-210", False),
        ("The HX 210 is small.", "HX-210", True),
        ("ＨＸ－２１０很小", "HX-210", True),
        ("v2.1.10 came later", "v2.1.1", False),
        ("since v2.1.1.", "V2.1.1", True),
        ("第一百二十条 施行", "第120条", True),
        ("第二十条 施行", "第120条", False),
        ("see Article 120", "第120条", True),
        ("retry_budget_max", "retry_budget", False),
        ("The HX 210 and HX210 are one.", "HX-210", True),
        ("ISO 9001 applies.", "ISO9001", True),
        ("Release 2.1.1 brings more.", "v2.1.1", True),
        ("Release v2.1.10 brings more.", "2.1.1", False),
        ("Release v2.1.1 brings more.", "2.1.1", True),
        ("You have a 12 month period", "A12", False),
        ("at 24 sites", "AT24", False),
        ("see 10.2.1.1", "2.1.1", False),
        ("a" + "-" * 4_000 + "|" + " " * 4_000, "--dry-run", False),
    ],
)
def test_a_code_is_found_as_a_whole_or_not_at_all(text, exact, found):
    assert mentions(text, exact) is found


def test_only_the_beginning_of_a_long_question_is_looked_at():
    assert detect_intent("word " * 1_000 + "HX-210").exact == ()
