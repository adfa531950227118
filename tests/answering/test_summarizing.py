"""Summaries of more than a model reads at once."""

import pytest

from erya.answering import summarize
from erya.errors import UsageError
from erya.records import Chunk, Hit
from erya.testing import ScriptedChatModel


def hits(count):
    return [
        Hit(
            chunk=Chunk(
                id=str(n), document_id="d", start=0, end=60, text=f"Fact {n} " + "word " * 50,
                source="a.md", title="A",
            ),
            score=0.0, ranks={},
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def test_what_fits_is_summarized_at_once():
    model = ScriptedChatModel(["All of it [1][2]."])
    text, usage = summarize(hits(2), model=model, task="lawyers")
    assert text == "All of it [1][2]."
    assert usage.output_tokens == 1
    assert "for: lawyers" in model.asked[0][0].text
    assert "[2] A" in model.asked[0][1].text


def test_parts_are_summarized_and_then_their_summaries():
    model = ScriptedChatModel(["One [1].", "Two [3].", "Three [5].", "All [1][3]."])
    told = []
    text, usage = summarize(
        hits(6), model=model, tokens=130, on_part=lambda *n: told.append(n)
    )
    assert text == "All [1][3]."
    assert usage.output_tokens == 4
    assert "[5] A" in model.asked[2][1].text
    assert model.asked[3][1].text == "One [1].\n\nTwo [3].\n\nThree [5]."
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_summaries_that_are_too_long_together_are_joined_in_pairs():
    long = "Long " * 200
    model = ScriptedChatModel([long] * 4 + [long] * 2 + ["End [1]."])
    text, _ = summarize(hits(8), model=model, tokens=130)
    assert text == "End [1]."


def test_nothing_is_no_summary():
    with pytest.raises(UsageError, match="nothing to summarize"):
        summarize([], model=ScriptedChatModel([]))
