"""Reranking by a reader, and what it costs an answer when it fails."""

import dataclasses
import math

import pytest

from erya.assistant import Assistant
from erya.errors import ModelError
from erya.models import ReaderModel
from erya.records import Principal, Reading, ScoredSpan
from erya.reranking import ReadingReranker, passage_of
from erya.stores import Bases
from erya.testing import HashingEmbedding, document
from erya.testing.store_contract import put

OWNER = Principal.owner("owner")


class WordReader(ReaderModel):
    """Says that a passage answers where it holds a word."""

    def __init__(self, word, failure=None):
        self.word, self.failure, self.read_passages = word, failure, []

    @property
    def name(self):
        return "words"

    def read(self, question, passages):
        if self.failure:
            raise self.failure
        self.read_passages += passages
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
        document("a.txt", "Hotel hotel hotel prices rise.", title="Prices"),
        document("b.txt", "A hotel may cost 140 euro a night.", title="Travel"),
        embedded=False,
    )
    yield store
    store.close()


def test_the_passage_that_answers_comes_first_and_says_why(store):
    reader = WordReader("140 euro")
    found = Assistant(store=store).search("hotel", principal=OWNER)
    assert found.hits[0].chunk.source == "a.txt"

    reranker = ReadingReranker(reader=reader, weight=10.0)
    first, second = reranker.rerank("hotel", found).hits

    assert (first.chunk.source, second.chunk.source) == ("b.txt", "a.txt")
    before = {hit.chunk.source: hit.score for hit in found.hits}
    gain = 10.0 / (1 + math.exp(-9.0))
    assert first.score == pytest.approx(before["b.txt"] + gain)
    assert (first.ranks["reader"], first.scores["reader"]) == (1, 9.0)
    assert reader.read_passages[0] == passage_of(found.hits[0].chunk)
    assert reader.read_passages[0].title == "Prices"


def test_only_the_candidates_are_read(store):
    found = Assistant(store=store).search("hotel", principal=OWNER)

    hits = (
        ReadingReranker(reader=WordReader("140"), candidates=1).rerank("x", found).hits
    )

    assert [hit.reading is not None for hit in hits] == [True, False]
    nothing = dataclasses.replace(found, hits=())
    assert ReadingReranker(reader=WordReader("x")).rerank("x", nothing) == nothing


def test_a_citation_tells_which_words_answer(store):
    assistant = Assistant(
        store=store, reader=ReadingReranker(reader=WordReader("140 euro"))
    )

    citation = assistant.ask(
        "What may a hotel cost a night?", principal=OWNER
    ).citations[0]

    text = store.document(OWNER, citation.chunk.document_id).text
    assert citation.answer is not None
    assert text[slice(*citation.answer)] == "140 euro"
    assert citation.start <= citation.answer.start
    assert citation.answer.end <= citation.end


def test_a_reader_that_fails_is_told_without_naming_folders(store):
    reader = ReadingReranker(reader=WordReader("x", ModelError("in /secret/folder")))
    assistant = Assistant(store=store, reader=reader)

    answer = assistant.ask("What may a hotel cost a night?", principal=OWNER)

    assert "140 euro" in answer.text
    assert "'words' does not run" in answer.note
    assert "/secret" not in answer.note
    with pytest.raises(ModelError):
        Assistant(store=store, reader=reader, fall_back=False).ask(
            "hotel?", principal=OWNER
        )


def test_an_embedding_model_that_fails_leaves_quotes_by_words(store):
    model = HashingEmbedding(failure=ModelError("no answer"))

    answer = Assistant(store=store, embedding=model).ask(
        "What may a hotel cost a night?", principal=OWNER
    )

    assert "140 euro" in answer.text
    assert "quoted instead" in answer.note
