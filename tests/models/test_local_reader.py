from itertools import pairwise
from pathlib import Path

import pytest

from erya.errors import NotFoundError
from erya.models import LocalReader, Passage, open_reader

PASSAGES = [
    Passage("Canteen", "Lunch is served from 11:30. The garage closes at midnight."),
    Passage("", "The bus to the station leaves every ten minutes."),
    Passage("", ""),
]


@pytest.fixture(scope="module")
def reader():
    return open_reader(threads=2)


def test_the_words_that_answer_are_marked_in_either_language(reader):
    for question in ("When does the garage close?", "When is lunch served?"):
        first, second, _ = reader.read(question, PASSAGES)
        assert first.relevance > second.relevance
    best = reader.read("When does the garage close?", PASSAGES)[0].spans[0]
    assert "midnight" in PASSAGES[0].text[best.start : best.end]
    chinese = Passage("考勤", "每月可以补卡 3 次。迟到按次扣款。")
    best = reader.read("每月可以补卡几次？", [chinese])[0].spans[0]
    assert "3" in chinese.text[best.start : best.end]


def test_spans_lie_apart_in_their_text_best_first(reader):
    spans = reader.read("When does the garage close?", PASSAGES)[0].spans

    assert len(spans) > 1
    assert [s.score for s in spans] == sorted((s.score for s in spans), reverse=True)
    placed = sorted(spans)
    for one, other in pairwise(placed):
        assert 0 <= one.start < one.end <= other.start
    assert placed[-1].end <= len(PASSAGES[0].text)


def test_what_is_said_of_a_passage_does_not_depend_on_the_others(reader):
    question = "When does the garage close?"

    together = reader.read(question, PASSAGES)
    alone = [reader.read(question, [passage])[0] for passage in PASSAGES]

    assert together == alone
    assert together[2].spans == ()
    assert reader.read(question, []) == []


def test_a_very_long_passage_is_read_at_its_beginning(reader):
    long = Passage("", PASSAGES[0].text + " filler" * 2_000)

    best = reader.read("When does the garage close?", [long])[0].spans[0]

    assert best.end <= 3_000


def test_a_checkout_without_the_reader_says_how_to_get_it(tmp_path):
    with pytest.raises(NotFoundError, match="make model"):
        LocalReader(tmp_path, words=Path())
