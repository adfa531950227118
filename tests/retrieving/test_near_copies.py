import pytest

from erya.records import Hit
from erya.retrieving.folding import folded
from erya.testing import chunked, document

RULE = (
    "Staff who travel abroad may book a hotel of up to 140 euro a night, and keep the "
    "receipt until the end of the year, because the auditors ask for all of them. What "
    "the hotel asks for breakfast is paid as well, and so is the way from the station "
    "to the hotel and back, by bus, by tram, by metro, or, late at night, by taxi."
)


def kept(*texts):
    hits = tuple(
        Hit(chunk=chunk, score=1.0, ranks={})
        for number, text in enumerate(texts)
        for chunk in chunked(document(f"{number}.txt", text), max_tokens=256)
    )
    return [hit.chunk.text for hit in folded(hits)]


def test_a_passage_that_differs_in_a_letter_is_shown_once():
    assert kept(RULE, RULE.replace("auditors", "auditors,")) == [RULE]


@pytest.mark.parametrize(
    ("old", "new"), [("140", "150"), ("may", "may not"), ("the year", "the quarter")]
)
def test_what_says_something_else_is_kept(old, new):
    assert kept(RULE, RULE.replace(old, new)) == [RULE, RULE.replace(old, new)]


def test_short_passages_are_the_same_or_not():
    assert kept("Ask Ada Brandt.", "Ask Ada Brand.") == [
        "Ask Ada Brandt.",
        "Ask Ada Brand.",
    ]
