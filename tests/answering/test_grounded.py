import random
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from erya.answering import GroundedAnswerer, grounded
from erya.errors import ModelError
from erya.models import ChatEvent, Finished, TextDelta
from erya.records import Evidence, Hit, Message
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


ANSWERS = [
    "You have 25 days [1].",
    "You have 25 days [1]. They are booked in the portal [2][1]. Ask early.",
    "# Leave\n\nYou have 25 days [1].\n\n| what | days |\n|---|---|\n| leave | 25 [1] |\n| sick | 10 |\n\nThat is all [2].",
    "```\nbook --days 25\n```\nRun it [1]. Then wait [2].",
    "年假有二十五天【1】。请在门户预订 [2]。\n- 提前 [1]\n- 书面\n\n没有别的。",
    "**Leave**\n25 days [1]\n\n**Sick leave:** 10 days [1, 2]; see p. 3. No. 4 says more [2].",
    "The documents do not say.",
    "The documents do not say so for all. Staff have 25 days [1]. Others have none [2].",
    "NOT_IN_DOCUMENTS",
    "One [1]",
    "Is it so? Yes [1]. More.\n| May I? If so, how much? | 25 days [1] |\n| b. c | d [2] |",
    "**One. Two.**\nThree [1]. Four [2].",
]


@pytest.mark.parametrize("said", ANSWERS)
def test_an_answer_grows_and_what_is_there_stays(said):
    """However the model's text is cut into pieces."""
    whole = GroundedAnswerer(model=ScriptedChatModel([said])).answer("?", EVIDENCE)
    rng = random.Random(7)
    grown = 0
    for _ in range(20):
        cuts = sorted(rng.sample(range(len(said)), min(len(said), rng.randint(0, 30))))
        edges = [0, *cuts, len(said)]
        pieces = [said[a:b] for a, b in pairwise(edges) if a < b]
        end = Finished(reason="stop", usage=None)
        events: list[ChatEvent] = [*map(TextDelta, pieces), end]
        answerer = GroundedAnswerer(model=ScriptedChatModel([events]))
        *parts, last = answerer.drafts("?", EVIDENCE)

        assert last.is_whole
        assert replace(last.answer, usage=whole.usage) == whole
        grown = max(grown, len(parts))
        for answer, is_whole in parts:
            assert not is_whole
            assert whole.text.startswith(answer.text)
            assert whole.claims[: len(answer.claims)] == answer.claims
            assert whole.citations[: len(answer.citations)] == answer.citations
    assert bool(grown) == (len(whole.claims) > 1)


def test_what_may_come_to_nothing_is_not_shown():
    said = "The documents do not say. Sorry."
    *parts, last = GroundedAnswerer(model=ScriptedChatModel([said])).drafts(
        "?", EVIDENCE
    )

    assert not parts
    assert last.is_whole


def test_the_conversation_before_is_told_to_the_model():
    model = ScriptedChatModel(["You have 25 days [1]."])
    history = (Message.of("user", "Hello."), Message.of("assistant", "Hello!"))
    list(GroundedAnswerer(model=model).drafts("?", EVIDENCE, history=history))

    assert [turn.role for turn in model.asked[0]] == [
        "system", "user", "assistant", "user",
    ]  # fmt: skip


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


def test_an_answer_is_looked_at_once_for_each_sentence(monkeypatch):
    """And not with each word, or long ones would cost more than their model."""
    looked: list[str] = []
    settled = grounded._settled

    def counted(text):
        looked.append(text)
        return settled(text)

    monkeypatch.setattr(grounded, "_settled", counted)
    said = "Staff have 25 days of annual leave in every single year [1]. " * 30
    pieces = re.findall(r"\S+\s*", said)
    events: list[ChatEvent] = [
        *map(TextDelta, pieces),
        Finished(reason="stop", usage=None),
    ]
    model = ScriptedChatModel([events])
    *parts, _ = GroundedAnswerer(model=model).drafts("?", EVIDENCE)

    assert len(parts) == 29
    assert len(looked) < 3 * 30 < len(pieces)
