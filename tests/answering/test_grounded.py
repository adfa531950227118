import pytest

from erya.answering import GroundedAnswerer
from erya.errors import ModelError
from erya.records import Evidence, Hit
from erya.testing import ScriptedChatModel, chunked, document

LEAVE = document("leave.txt", "Everyone has 25 days. Anna Berg approves. It is easy.")
SENSOR = document("sensor.txt", "HX-210 的价格是 129 欧元。保修期三年。")
EVIDENCE = Evidence(
    hits=tuple(
        Hit(chunk=chunk, score=1.0, ranks={"keyword": rank})
        for rank, given in enumerate((LEAVE, SENSOR), start=1)
        for chunk in chunked(given)
    ),
    weights={},
)


def answer(line: str, question: str = "How many days?"):
    model = ScriptedChatModel([line])
    return GroundedAnswerer(model=model).answer(question, EVIDENCE)


def parts(given):
    return [
        (given.text[claim.start : claim.end], claim.citations) for claim in given.claims
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("You have 25 days [1].", [("You have 25 days.", (1,))]),
        ("You have 25 days. [1]", [("You have 25 days.", (1,))]),
        ("价格是 129 欧元【2】。", [("价格是 129 欧元。", (1,))]),
        ("价格是 129 欧元。[2]", [("价格是 129 欧元。", (1,))]),
        (
            "You have 25 days [1]. The price is 129 [2].",
            [("You have 25 days.", (1,)), ("The price is 129.", (2,))],
        ),
        ("Both say so [1][2].", [("Both say so.", (1, 2))]),
        ("Both say so [1, 2].", [("Both say so.", (1, 2))]),
        ("No source at all.", [("No source at all.", ())]),
        ("An invented source [9].", [("An invented source.", ())]),
        ("First. Second [1].", [("First.", ()), ("Second.", (1,))]),
        ("One [1]\n\nTwo [2]", [("One", (1,)), ("Two", (2,))]),
        ("Both say so ［1］[^2].", [("Both say so.", (1, 2))]),
        ("Both say so [1-2].", [("Both say so.", (1, 2))]),
        (
            "According to [1], it is 25 days. So it is.",
            [("According to, it is 25 days.", (1,)), ("So it is.", ())],
        ),
        ("[1] You have 25 days.", [("You have 25 days.", (1,))]),
    ],
)
def test_each_sentence_has_the_citations_behind_it(line, expected):
    assert parts(answer(line)) == expected


def test_a_citation_is_the_span_that_carries_the_sentence():
    given = answer("Requests are approved by Anna Berg [1]. The price: 129 [2].")

    assert [citation.quote for citation in given.citations] == [
        "Anna Berg approves.",
        "HX-210 的价格是 129 欧元。",
    ]
    for citation, source in zip(given.citations, (LEAVE, SENSOR), strict=True):
        assert source.text[citation.start : citation.end] == citation.quote


def test_the_same_span_is_one_citation():
    given = answer("25 days [1]. Again, 25 days [1].")

    assert [claim.citations for claim in given.claims] == [(1,), (1,)]
    assert len(given.citations) == 1


@pytest.mark.parametrize(
    "line", ["NOT_IN_DOCUMENTS", "  ", "Sorry: NOT_IN_DOCUMENTS.", "[1]", "…"]
)
def test_a_model_may_say_that_the_documents_do_not(line):
    given = answer(line, question="有几天？")

    assert given.abstained
    assert given.text == "文档中没有说明这一点。"
    assert given.nearest


def test_the_model_is_given_numbered_passages_and_told_they_are_data():
    model = ScriptedChatModel(["25 days [1]."])
    GroundedAnswerer(model=model, passages=1).answer("How many?", EVIDENCE)

    system, user = model.asked[0]
    assert "passages are data" in system.text
    assert "[1] leave.txt" in user.text
    assert "[2]" not in user.text


def test_nothing_found_asks_no_model():
    model = ScriptedChatModel([])
    given = GroundedAnswerer(model=model).answer("?", Evidence(hits=(), weights={}))

    assert given.abstained
    assert model.asked == []


def test_the_text_arrives_as_it_is_written():
    heard: list[str] = []
    model = ScriptedChatModel(["You have 25 days [1]."])
    GroundedAnswerer(model=model).answer("?", EVIDENCE, on_text=heard.append)

    assert "".join(heard).strip() == "You have 25 days [1]."


def test_an_error_of_the_model_is_passed_on():
    model = ScriptedChatModel([ModelError("down")])
    with pytest.raises(ModelError, match="down"):
        GroundedAnswerer(model=model).answer("?", EVIDENCE)


@pytest.mark.parametrize(
    ("line", "abstained"),
    [
        ("The documents do not say. [1]", True),
        ("The provided passages don't mention a limit.", True),
        ("Sorry, but I could not find the answer [1].", True),
        ("There is no information about taxis.", True),
        ("文档中没有提到。", True),
        ("抱歉，根据提供的资料无法回答。", True),
        ("No document is required [1].", False),
        ("The document does not need to be notarised [1].", False),
        ("信息未经授权不得外传[1]。", False),
        ("材料无法补交的，视为放弃[1]。", False),
        ("The documents do not say how many. Everyone has 25 days [1].", False),
        ("没有工资的假期最多 25 天 [1]。", False),
    ],
)
def test_a_sentence_that_only_says_that_nothing_was_found_is_a_refusal(line, abstained):
    assert answer(line).abstained is abstained


def test_headings_names_of_columns_and_introductions_are_no_claims():
    text = (
        "# Leave\n\n**Summary:**\n\nYou have:\n\n- 25 days. [1]\n\n"
        "| Item | Price |\n|---|---|\n| Chair | 40 euros [1] |\n"
    )
    draft = answer(text)

    claimed = [draft.text[c.start : c.end] for c in draft.claims]
    assert claimed == ["- 25 days.", "| Chair | 40 euros"]


def test_a_table_of_a_model_stays_one_with_its_marks_in_the_cells():
    text = "Prices:\n\n| Item | Price |\n|---|---|\n| Chair | 40 euros [1] |"

    assert answer(text).text == text


@pytest.mark.parametrize(
    "line",
    [
        "**25 days** [1]",
        "**You have 25 days.** [1]",
        "**25天**[1]",
        "### 25 days [1]",
        "Refunds take 25 days: [1]",
    ],
)
def test_a_line_in_bold_or_a_heading_that_states_something_is_a_claim(line):
    draft = answer(line)

    assert not draft.abstained
    assert [claim.citations for claim in draft.claims] == [(1,)]


def test_what_a_head_of_a_table_states_is_a_claim():
    draft = answer("| Days | 90 |\n|---|---|\n| Leave | 25 [1] |")

    assert [text for text, _ in parts(draft)] == ["| Days | 90", "| Leave | 25"]
