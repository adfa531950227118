"""What a reader says of units, and what it costs an answer when it fails."""

import pytest

from erya.answering import Answerer, ExtractiveAnswerer
from erya.answering.extractive import Weights
from erya.assistant import Assistant
from erya.chunking import ParentChildChunker
from erya.errors import ModelError
from erya.models import ReaderModel
from erya.records import Principal, Reading, ScoredSpan
from erya.stores import Bases
from erya.testing import HashingEmbedding, document
from erya.testing.store_contract import put

OWNER = Principal.owner("owner")
ASK = "What may a hotel cost a night?"


class WordReader(ReaderModel):
    """Says that a text answers where it holds a word."""

    def __init__(self, word, failure=None):
        self.word, self.failure, self.given = word, failure, []

    @property
    def name(self):
        return "words"

    def read(self, question, passages):
        if self.failure:
            raise self.failure
        self.given += passages
        return [self._of(passage.text) for passage in passages]

    def _of(self, text):
        at = text.find(self.word)
        if at < 0:
            return Reading((), -9.0)
        return Reading((ScoredSpan(at, at + len(self.word), 5.0),), 9.0)


@pytest.fixture
def store(tmp_path):
    store = Bases(tmp_path).open("docs", create=True)
    put(
        store,
        document("a.txt", "Hotel prices a night may rise. Book early.", title="Prices"),
        document("b.txt", "It may be up to 140 euro. Keep the bill.", title="Hotel"),
        embedded=False,
    )
    yield store
    store.close()


def test_the_unit_that_a_reader_believes_in_is_quoted_and_its_words_are_marked(store):
    weights = Weights(span=5.0)
    assistant = Assistant(
        store=store,
        reader=WordReader("140 euro"),
        answerer=ExtractiveAnswerer(weights=weights),
    )

    citation = assistant.ask(ASK, principal=OWNER).citations[0]

    assert citation.quote == "It may be up to 140 euro."
    text = store.document(OWNER, citation.chunk.document_id).text
    assert citation.answer is not None
    assert text[slice(*citation.answer)] == "140 euro"


def test_it_reads_units_below_their_headings_and_no_more_than_it_may(store):
    reader = WordReader("140")
    Assistant(store=store, reader=reader, answerer=ExtractiveAnswerer(readings=2)).ask(
        ASK, principal=OWNER
    )

    assert len(reader.given) == 2
    assert {each.title for each in reader.given} <= {"Prices", "Hotel"}
    assert all("\n" not in each.text for each in reader.given)


def test_words_outside_of_the_quote_are_not_marked(store):
    put(
        store,
        document(
            "c.md",
            "| Kind | Price |\n|---|---|\n| Hotel | 140 euro |\n| Taxi | 20 euro |",
            title="Rates",
        ),
        embedded=False,
    )
    assistant = Assistant(store=store, reader=WordReader("Price"))

    for citation in assistant.ask("Hotel price?", principal=OWNER).citations:
        if citation.answer is not None:
            assert citation.start <= citation.answer.start
            assert citation.answer.end <= citation.end


def test_a_reader_that_fails_is_told_without_naming_folders(store):
    reader = WordReader("x", ModelError("in /secret/folder"))

    answer = Assistant(store=store, reader=reader).ask(ASK, principal=OWNER)

    assert "Hotel prices" in answer.text or "140 euro" in answer.text
    assert "does not run" in answer.note
    assert "/secret" not in answer.note
    with pytest.raises(ModelError):
        Assistant(store=store, reader=reader, degrade=False).ask(ASK, principal=OWNER)


def test_an_embedding_model_that_fails_leaves_quotes_by_words(store):
    model = HashingEmbedding(failure=ModelError("no answer"))

    answer = Assistant(store=store, embedding=model).ask(ASK, principal=OWNER)

    assert answer.citations
    assert "quoted instead" in answer.note


class FailingAnswerer(Answerer):
    """Words nothing: its chat model is out of reach."""

    def drafts(self, question, evidence, *, history=(), seconds=None):
        msg = "The model 'chat' gave no answer."
        raise ModelError(msg)


def test_quoting_after_a_failed_chat_model_goes_on_by_words_if_the_reader_fails(store):
    reader = WordReader("x", ModelError("in /secret/folder"))

    answer = Assistant(store=store, answerer=FailingAnswerer(), reader=reader).ask(
        ASK, principal=OWNER
    )

    assert answer.citations
    assert "/secret" not in answer.note
    assert "by their words alone" in answer.note


def test_an_answer_is_made_from_parents_by_every_door(tmp_path):
    chunker = ParentChildChunker(max_tokens=64)
    text = (
        "The hotel in Lyon asks for an early booking by phone or by mail every year. "
        "Guests of the company sleep on the upper floors where it is quiet at night.\n\n"
        "It costs 140 euro."
    )
    with Assistant(
        store=Bases(tmp_path).open("docs", create=True), chunker=chunker
    ) as assistant:
        assistant.add([document("a.txt", text)], principal=OWNER)
        found = assistant.search("hotel Lyon booking", principal=OWNER)
        answer = assistant.answer("hotel Lyon booking?", found, principal=OWNER)

    assert all("140 euro" not in hit.chunk.text for hit in found.hits[:1])
    assert "140 euro" in answer.citations[0].chunk.text
