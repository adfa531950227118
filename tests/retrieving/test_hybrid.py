from pathlib import Path

import pytest

from erya.errors import ModelError, OtherModelError, UsageError
from erya.models import OFFLINE_MODEL, fingerprint_of, open_local
from erya.records import Principal
from erya.retrieving import (
    Candidate,
    ConvexFusion,
    FusedQuestion,
    HybridRetriever,
    KeywordRetriever,
)
from erya.stores import Embedding
from erya.testing import HashingEmbedding, chunked, document
from erya.testing.store_contract import MODEL, put

OWNER = Principal.owner("owner")


def texts(evidence):
    return [hit.chunk.text for hit in evidence.hits]


# Fusion


def test_words_count_by_what_they_cover_and_vectors_by_how_far_they_rise():
    """Worked by hand, full score 8, floor 0.5 (the last of two, depth 2)."""
    question = FusedQuestion(1.0, 8.0, 2)
    fused = ConvexFusion(weight=0.4, rise=0.4, coverage_power=1.5)(
        question, [Candidate(4.0, 0.9, 1.0), Candidate(8.0, 0.5, 1.0)]
    )

    assert [each.score for each in fused] == pytest.approx(
        [0.6 * 0.5**1.5 + 0.4 * (0.4 / 0.5) / 0.4, 0.6]
    )
    assert [each.weight for each in fused] == [0.4, 0.4]


def test_a_model_whose_cosines_lie_close_together_is_read_on_its_own_scale():
    question = FusedQuestion(1.0, 8.0, 3)
    close = [Candidate(0.0, c, 1.0) for c in (0.88, 0.82, 0.80)]

    first, second, last = ConvexFusion()(question, close)

    assert first.score > 2 * second.score > 0
    assert last.score == 0


def test_what_the_model_does_not_know_takes_its_weight_away():
    """0.4 * (0.9 * 0.8) ** 4 by hand; a model that knows little leaves it to words."""
    known, _ = ConvexFusion()(
        FusedQuestion(0.9, 1.0), [Candidate(1.0, 0.5, 0.8), Candidate(1.0, 0.1, 0.8)]
    )
    (chinese,) = ConvexFusion()(FusedQuestion(0.4, 1.0), [Candidate(1.0, 0.9, 0.4)])

    assert known.weight == pytest.approx(0.4 * 0.72**4)
    assert chinese == (1.0, 0.0)


def test_a_leg_without_any_score_does_no_harm():
    question = FusedQuestion(1.0, 3.0)
    assert ConvexFusion()(question, []) == []
    (no_words,) = ConvexFusion()(question, [Candidate(0.0, 0.4, 1.0)])
    (no_vector,) = ConvexFusion()(question, [Candidate(3.0, None, 0.0)])
    (opposite,) = ConvexFusion()(question, [Candidate(3.0, -0.4, 1.0)])
    assert no_words.score > 0
    assert no_vector.score == 1.0
    assert opposite.score == pytest.approx(0.6)


# Retrieving


def test_english_is_found_by_both_and_chinese_as_by_words_alone(store):
    put(
        store,
        document("a.txt", "Sensors cost 15 euro."),
        document("b.txt", "年假有十五天，病假另算。"),
        document("c.txt", "年假之外没有别的假。"),
    )
    hybrid, words = HybridRetriever(store, MODEL), KeywordRetriever(store)

    english = hybrid.retrieve(OWNER, "what do sensors cost", limit=5)
    assert texts(english)[0] == "Sensors cost 15 euro."
    assert english.hits[0].ranks == {"keyword": 1, "vector": 1}
    chinese = hybrid.retrieve(OWNER, "年假有几天", limit=5)
    assert texts(chinese) == texts(words.retrieve(OWNER, "年假有几天", limit=5))
    assert {tuple(hit.weights) for hit in chinese.hits} == {("keyword",)}
    mixed = hybrid.retrieve(OWNER, "sensors cost 年假", limit=5)
    weights = {hit.chunk.text[:2]: hit.weights["vector"] for hit in mixed.hits}
    assert weights["Se"] > 0.01
    assert weights["年假"] == 0.0


def test_a_passage_in_many_files_is_shown_once(store):
    put(
        store,
        *(document(f"{i}.txt", "The same text on sensors.") for i in range(6)),
        document("x.txt", "Other sensors."),
    )

    assert (
        len(HybridRetriever(store, MODEL).retrieve(OWNER, "sensors", limit=5).hits) == 2
    )


def test_copies_never_crowd_out_another_text_and_the_question_is_embedded_once(store):
    class Counting(HashingEmbedding):
        times = 0

        def embed_query(self, text):
            self.times += 1
            return super().embed_query(text)

    put(
        store,
        *(document(f"{n}.txt", "Sensors need a battery.") for n in range(90)),
        document("other.txt", "Sensors, among much else that is told here."),
    )
    model = Counting()
    assert model.name == MODEL.name

    found = HybridRetriever(store, model).retrieve(OWNER, "sensors battery", limit=2)

    assert [text[:9] for text in texts(found)] == ["Sensors n", "Sensors, "]
    assert model.times == 1


def test_a_base_without_vectors_is_searched_by_words(store):
    put(store, document("a.txt", "Sensors."), embedded=False)
    model = HashingEmbedding()

    found = HybridRetriever(store, model).retrieve(OWNER, "sensors", limit=5)

    assert texts(found) == ["Sensors."]
    assert model.asked == []
    assert found.note == ""


def test_while_the_model_is_out_of_reach_words_still_find_and_a_note_says_so(store):
    put(store, document("a.txt", "Sensors."))
    retriever = HybridRetriever(store, MODEL)
    assert retriever.retrieve(OWNER, "sensors", limit=5).note == ""
    broken = HybridRetriever(store, HashingEmbedding(failure=ModelError("It is away.")))

    found = broken.retrieve(OWNER, "sensors", limit=5)

    assert texts(found) == ["Sensors."]
    assert found.note.startswith("The embedding model 'hashing' gave no answer; passa")
    assert "away" not in found.note  # where the model lives is not for every reader


def test_a_base_that_gets_another_model_meanwhile_is_not_compared_with_the_old(store):
    put(store, document("a.txt", "Sensors."))
    retriever = HybridRetriever(store, HashingEmbedding())
    assert texts(retriever.retrieve(OWNER, "sensors", limit=5)) == ["Sensors."]
    other = HashingEmbedding(name="other")
    with store.writer(OWNER, purpose="test") as writer:
        writer.remove(document("a.txt", "").id)
    with store.writer(OWNER, purpose="test") as writer:
        writer.use_embedder(fingerprint_of(other))
        given = document("b.txt", "Sensors, too.")
        chunks = chunked(given)
        vectors = other.embed_passages([c.indexed_text for c in chunks]).vectors
        writer.put(
            given, chunks, original=b"", recipe="test",
            embeddings=[Embedding(vector, 1.0) for vector in vectors],
        )  # fmt: skip

    with pytest.raises(OtherModelError, match="'other'"):
        retriever.retrieve(OWNER, "sensors", limit=5)
    found = HybridRetriever(store, other).retrieve(OWNER, "sensors", limit=5)
    assert texts(found) == ["Sensors, too."]


def test_half_a_character_in_a_question_is_no_fault(store):
    put(store, document("a.txt", "Sensors."))
    offline = open_local(Path(), OFFLINE_MODEL, threads=1)

    assert texts(KeywordRetriever(store).retrieve(OWNER, "sensors \udce9", limit=5))
    assert offline.token_coverage(["sensors \udce9"])[0] > 0
    assert offline.embed_query("sensors \udce9").vectors.shape == (1, 384)


def test_another_model_than_the_bases_is_refused(store):
    put(store, document("a.txt", "Sensors."))

    with pytest.raises(OtherModelError, match='embedding_model = "hashing"'):
        HybridRetriever(store, HashingEmbedding(name="other")).retrieve(
            OWNER, "sensors", limit=5
        )


def test_a_limit_below_one_is_refused(store):
    with pytest.raises(UsageError, match="at least 1"):
        HybridRetriever(store, MODEL).retrieve(OWNER, "sensors", limit=0)
