import pytest

from erya.assistant import Assistant
from erya.errors import NotFoundError
from erya.evaluating.misses import why_missed
from erya.records import Document, Principal, Span
from erya.stores import Bases
from erya.testing import document
from erya.testing.store_contract import MODEL, put

OWNER = Principal.owner("owner")


@pytest.fixture
def assistant(tmp_path):
    store = Bases(tmp_path).open("docs", create=True)
    put(
        store,
        document("pay.txt", "Salaries are paid on the 25th."),
        document("leave.txt", "There are 25 days of annual leave."),
        document("garage.txt", "The garage closes at midnight."),
    )
    with Assistant(store=store, embedding=MODEL) as assistant:
        yield assistant


def why(assistant, question, source, **options):
    return why_missed(
        assistant, question, Document.id_of(source), principal=OWNER, **options
    )


def test_each_stage_tells_what_it_did_with_a_passage_that_was_found(assistant):
    miss = why(assistant, "annual leave", "leave.txt")

    assert (miss.rank, miss.chunk.source) == (1, "leave.txt")
    words, meaning, both = miss.stages
    assert words.outcome.startswith("rank 1; has ")
    assert "lacks nothing" in words.outcome
    assert meaning.outcome.startswith("rank 1; cosine")
    assert both.outcome.startswith("rank 1, score")
    assert not any(stage.cure for stage in miss.stages)


def test_a_passage_without_the_words_says_which_are_missing(assistant):
    miss = why(assistant, "wages", "pay.txt", limit=1)

    words = miss.stages[0]
    assert "not among its best" in words.outcome
    assert "lacks wage" in words.outcome
    assert "the document's own words for wage" in words.cure


def test_a_place_that_nobody_may_see_or_that_is_not_there_is_an_error(assistant):
    secret = document("secret.txt", "Leave of directors.", readers=("group:board",))
    put(assistant.store, secret)

    with pytest.raises(NotFoundError, match="No passage"):
        why(assistant, "leave", "leave.txt", span=Span(900, 950))
    with pytest.raises(NotFoundError):
        why_missed(assistant, "leave", secret.id, principal=Principal(user="nobody"))
    assert why(assistant, "leave", "secret.txt").chunk.source == "secret.txt"


def test_the_command_names_a_document_by_the_end_of_its_path(erya, folder):
    erya("ingest", folder, "--kb", "docs")

    told = erya("search", "hotels", "--why", "leave.md", "--kb", "docs")
    assert told.code == 0
    assert [line.split()[0] for line in told.out.splitlines() if line[:1].isalpha()] == [
        "words", "meaning", "both",
    ]  # fmt: skip
    found = erya(
        "search", "hotels", "--why", "leave.md:20-25", "--kb", "docs", "--json"
    )
    assert [stage["name"] for stage in found.json["stages"]] == [
        "words", "meaning", "both",
    ]  # fmt: skip
    assert "No document" in erya("search", "x", "--why", "none.md", "--kb", "docs").err
