from dataclasses import replace

import pytest

from erya.assistant import Assistant
from erya.errors import ModelError
from erya.records import Principal
from erya.reranking import Reranker
from erya.stores import Bases
from erya.testing import OverlapReranking, document

OWNER = Principal.owner("tester")
TEXTS = {
    "a.txt": "Leave days, leave days, leave days.",
    "b.txt": "How many days of leave: 25 days.",
    "c.txt": "Days of the week.",
    "d.txt": "Leave the forms.",
}
QUESTION = "how many days of leave"


@pytest.fixture
def assistant(tmp_path):
    store = Bases(tmp_path).open("docs", create=True)
    with Assistant(store=store) as made:
        texts = [document(name, text) for name, text in TEXTS.items()]
        made.add(texts, principal=OWNER)
        yield made


def found(assistant, *, limit=10):
    return assistant.search(QUESTION, principal=OWNER, limit=limit)


def sources(evidence):
    return [hit.chunk.source for hit in evidence.hits]


def test_passages_are_put_in_the_models_order_and_scores_stay_with_places(assistant):
    before = found(assistant)
    model = OverlapReranking()
    assistant = replace(assistant, reranker=Reranker(model=model))

    after = found(assistant)

    assert sources(before)[0] == "a.txt"
    assert sorted(sources(after)) == sorted(sources(before))
    assert sources(after)[0] == "b.txt"
    assert [h.score for h in after.hits] == [h.score for h in before.hits]
    told = [hit.scores["rerank"] for hit in after.hits]
    assert told == sorted(told, reverse=True)
    assert [hit.ranks["rerank"] for hit in after.hits] == [1, 2, 3, 4]
    ((question, passages),) = model.asked
    assert question == QUESTION
    assert list(passages) == [hit.chunk.indexed_text for hit in before.hits]


def test_passages_after_the_candidates_keep_their_places(assistant):
    before = found(assistant)

    class Backwards(OverlapReranking):
        def rerank(self, question, passages):
            return list(range(len(passages)))

    reranker = Reranker(model=Backwards(), candidates=3)
    after = reranker.rerank(QUESTION, before)

    assert sources(after) == [*sources(before)[2::-1], sources(before)[3]]
    assert "rerank" not in after.hits[3].scores


def test_where_the_model_sees_no_difference_the_search_decides(assistant):
    before = found(assistant)

    class Equal(OverlapReranking):
        def rerank(self, question, passages):
            return [1.0] * len(passages)

    assert sources(Reranker(model=Equal()).rerank(QUESTION, before)) == sources(before)


def test_more_is_read_than_is_shown(assistant):
    """The best passage is not the first of the search, and is found all the same."""
    model = OverlapReranking()
    assistant = replace(assistant, reranker=Reranker(model=model, candidates=4))

    after = found(assistant, limit=1)

    assert sources(after) == ["b.txt"]
    assert len(model.asked[0][1]) == 4


def test_nothing_found_asks_no_model(assistant):
    assistant = replace(
        assistant, reranker=Reranker(model=OverlapReranking(failure=ModelError("gone")))
    )

    assert not assistant.search("zebra", principal=OWNER).hits


def test_a_model_that_fails_leaves_the_order_and_a_note(assistant):
    before = found(assistant)
    assistant = replace(
        assistant,
        reranker=Reranker(model=OverlapReranking(failure=ModelError("at 10.0.0.7"))),
    )

    after = found(assistant)

    assert sources(after) == sources(before)
    assert "'overlap' gave no answer" in after.note
    assert "10.0.0.7" not in after.note
    assistant = replace(assistant, degrade=False)
    with pytest.raises(ModelError):
        found(assistant)


def test_an_answer_is_made_from_the_reranked_passages(assistant):
    assistant = replace(assistant, reranker=Reranker(model=OverlapReranking()))
    assistant = replace(assistant, passages=1)

    answer = assistant.ask("How many days of leave?", principal=OWNER)

    assert "25 days" in answer.text
    assert [c.chunk.source for c in answer.citations] == ["b.txt"]
