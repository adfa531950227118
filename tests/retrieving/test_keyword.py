import pytest

from erya.errors import UsageError
from erya.records import Principal
from erya.retrieving import KeywordRetriever
from erya.testing import document
from erya.testing.store_contract import put

OWNER = Principal.owner("owner")


def test_a_passage_that_stands_in_many_files_is_shown_once(store):
    put(
        store,
        document("a.txt", "The sensor needs a battery.", title="-"),
        document("b.txt", "The sensor  needs a\nbattery.", title="-"),
        document("c.txt", "Another sensor text.", title="-"),
    )

    hits = KeywordRetriever(store).retrieve(OWNER, "sensor battery", limit=5).hits

    assert len(hits) == 2
    assert [hit.ranks["keyword"] for hit in hits] == [1, 2]


def test_copies_never_crowd_out_another_text(store):
    put(
        store,
        *(
            document(f"{n}.txt", "The sensor needs a battery.", title="-")
            for n in range(30)
        ),
        document("c.txt", "A longer text that mentions one sensor.", title="-"),
    )

    hits = KeywordRetriever(store).retrieve(OWNER, "sensor battery", limit=2).hits

    assert [hit.chunk.text[:8] for hit in hits] == ["The sens", "A longer"]


def test_a_copy_that_may_not_be_read_hides_nothing(store):
    text = "The sensor needs a battery."
    put(
        store,
        document("a.txt", text, readers=("user:bob",)),
        document("b.txt", text, readers=("public",)),
    )

    hits = KeywordRetriever(store).retrieve(Principal(), "battery", limit=5).hits

    assert [hit.chunk.source for hit in hits] == ["b.txt"]


def test_an_endless_question_is_answered_from_its_beginning(store):
    put(store, document("a.txt", "The sensor needs a battery."))
    question = "battery " + "sensor " * 200_000

    assert KeywordRetriever(store).retrieve(OWNER, question, limit=1).hits


def test_no_passages_cannot_be_asked_for(store):
    with pytest.raises(UsageError, match="at least 1, got 0"):
        KeywordRetriever(store).retrieve(OWNER, "x", limit=0)
