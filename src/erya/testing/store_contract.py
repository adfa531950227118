"""What every store keeps: the chapters are storing, finding, readers, writers."""

import dataclasses
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from typing_extensions import override

from erya.errors import (
    BusyError,
    ModelError,
    NotAllowedError,
    NotFoundError,
    OtherModelError,
    UsageError,
)
from erya.filters import Above, AllOf, AnyOf, Below, Filter, Has, Is, Not, Under
from erya.language import Word
from erya.models import fingerprint_of
from erya.records import Chunk, Document, Evidence, Notice, Principal, Span
from erya.retrieving import ConvexFusion, Fused, VectorQuery, search_store
from erya.stores import KEYWORD, VECTOR, Embedding, Page, Store, StoredItem
from erya.testing.documents import chunked, document
from erya.testing.models import HashingEmbedding

__all__ = ["StoreContract"]

OWNER = Principal.owner("owner")
ADA = Principal(user="ada", groups=frozenset({"sales"}))
NOBODY = Principal()
_KEPT = 4e-5  # of a number of a vector may be lost by how it is kept
MODEL = HashingEmbedding()
# A few words, so that many chunks tie and every term is common in some base.
_WORDS = (
    "leave",
    "travel",
    "sensor",
    "price",
    "hotel",
    "cold",
    "box",
    "alarm",
    "budget",
    "年假",
    "差旅",
    "温度",
    "GB/T",
    "v2.1",
)


def _filtered(source: str, media: str = "text/plain", **told: Any) -> Document:
    language = told.pop("language", "en")
    plain = document(source, "A sensor measures.", readers=("group:it",))
    return dataclasses.replace(
        plain, media_type=media, language=language, metadata=told
    )


_FILTERED = (
    _filtered("/hr/a", author="Ada", tags="leave; pay", date="2025-01-31"),
    _filtered("/hr/b", author="Adam", tags="payroll", date="2025-06-01T08:00"),
    _filtered("/hrx"),
    _filtered("/it/c", language="zh", tags="Pay，工资"),
    _filtered("/it/d", "text/html", **{'odd "key" %': "x"}),
)


def put(store: Store, *documents: Document, embedded: bool = True) -> None:
    """Store documents in one commit, with vectors."""
    with store.writer(OWNER, purpose="test") as writer:
        if embedded:
            writer.use_embedder(fingerprint_of(MODEL))
        for given in documents:
            chunks = chunked(given)
            writer.put(
                given,
                chunks,
                original=given.text.encode(),
                recipe="test",
                embeddings=embeddings(chunks) if embedded else None,
            )


def embeddings(chunks: Sequence[Chunk]) -> list[Embedding]:
    """Return the vectors of chunks."""
    texts = [chunk.indexed_text for chunk in chunks]
    made = MODEL.embed_passages(texts)
    return list(map(Embedding, made.vectors, MODEL.token_coverage(texts)))


def asked(embedding: Embedding) -> VectorQuery:
    """Return a query with what a model has made of the question."""
    return VectorQuery(
        model=fingerprint_of(MODEL), embed=lambda: embedding, fusion=ConvexFusion()
    )


def both(
    store: Store,
    principal: Principal,
    question: str,
    *,
    limit: int = 5,
    where: Filter | None = None,
) -> Evidence:
    """Search with both legs."""
    made = MODEL.embed_query(question)
    embedding = Embedding(made.vectors[0], MODEL.token_coverage([question])[0])
    return search_store(
        store,
        principal,
        question,
        limit=limit,
        vectors=asked(embedding),
        where=where,
    )


def remove(store: Store, *sources: str) -> None:
    """Remove documents by their sources."""
    with store.writer(OWNER, purpose="test") as writer:
        for source in sources:
            writer.remove(Document.id_of(source))


def found(evidence: Evidence) -> list[tuple[Any, ...]]:
    """Return everything that a reader sees of a search but the texts."""
    return [
        (h.chunk.id, h.score, dict(h.ranks), dict(h.scores), dict(h.weights))
        for h in evidence.hits
    ]


def sentence(dice: random.Random, words: Sequence[str], length: int) -> str:
    """Return a random sentence."""
    return " ".join(dice.choice(words) for _ in range(length)) + "."


class StoreContract:
    """Inherit, and give the fixture `make_store`, which makes empty stores."""

    @pytest.fixture
    def make_store(self) -> Callable[[], Store]:
        raise NotImplementedError

    @pytest.fixture
    def store(self, make_store: Callable[[], Store]) -> Iterator[Store]:
        store = make_store()
        yield store
        store.close()

    # Storing

    def test_a_document_comes_back_as_it_was_put(self, store: Store) -> None:
        given = document(
            "手册.md", "年假 15 天。\n\nSecond 𠮷 paragraph.", title="手册"
        )

        put(store, given)

        assert store.document(OWNER, given.id) == given
        assert store.chunks(OWNER, given.id) == chunked(given)
        assert store.original(OWNER, given.id) == given.text.encode()

    def test_passages_of_a_long_document_are_those_of_its_text(
        self, store: Store
    ) -> None:
        parts = [f"Sensor {n} measures {'deep ' * 40}water." for n in range(120)]
        long = document("long.txt", "\n\n".join(parts))
        other = document("other.txt", "Sensor 119 is written about in short.")
        put(store, long, other)
        assert store.chunks(OWNER, long.id) == chunked(long)
        for question in ("sensor 7", "sensor 119"):
            for hit in search_store(store, OWNER, question, limit=9).hits:
                text = store.document(OWNER, hit.chunk.document_id).text
                assert hit.chunk.text == text[hit.chunk.start : hit.chunk.end]
        assert all(finding.ok for finding in store.verify(OWNER))

    def test_an_original_comes_back_whether_it_is_the_text_or_not(
        self, store: Store
    ) -> None:
        same = document("a.txt", "Sensors. 传感器")
        original = b"\xef\xbb\xbfSensors."
        digest = hashlib.sha256(original).hexdigest()
        other = dataclasses.replace(document("b.txt", "Sensors."), content_hash=digest)
        with store.writer(OWNER, purpose="test") as writer:
            for given, data in ((same, same.text.encode()), (other, original)):
                writer.put(given, chunked(given), original=data, recipe="test")
        assert store.original(OWNER, same.id) == same.text.encode()
        assert store.original(OWNER, other.id) == original
        assert all(finding.ok for finding in store.verify(OWNER))

    def test_putting_again_replaces_and_keeps_one(self, store: Store) -> None:
        put(store, document("a.txt", "The old text about sensors."))
        put(store, document("a.txt", "The new text about hotels."))

        assert store.status(OWNER).documents == 1
        assert found(search_store(store, OWNER, "sensors", limit=5)) == []
        hits = search_store(store, OWNER, "hotels", limit=5).hits
        assert [hit.chunk.text for hit in hits] == ["The new text about hotels."]
        assert [d.version for d in store.documents(OWNER)] == [2]

    def test_a_removed_document_is_gone_everywhere(self, store: Store) -> None:
        put(store, document("a.txt", "About sensors."), document("b.txt", "Hotels."))

        remove(store, "a.txt", "never-there.txt")

        assert store.status(OWNER).documents == 1
        assert search_store(store, OWNER, "sensors", limit=5).hits == ()
        with pytest.raises(NotFoundError):
            store.document(OWNER, Document.id_of("a.txt"))
        with pytest.raises(NotFoundError):
            store.original(OWNER, Document.id_of("a.txt"))

    def test_nothing_is_stored_of_a_batch_that_failed(self, store: Store) -> None:
        def fail() -> None:
            with store.writer(OWNER, purpose="x") as writer:
                given = document("a.txt", "About sensors.")
                writer.put(given, chunked(given), original=b"", recipe="test")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert store.status(OWNER).documents == 0
        assert search_store(store, OWNER, "sensors", limit=5).hits == ()

    def test_a_chunk_that_is_no_span_is_refused(self, store: Store) -> None:
        given, other = document("a.txt", "About sensors."), document("a.txt", "Else.")

        with (
            pytest.raises(ValueError, match="not a span"),
            store.writer(OWNER, purpose="x") as writer,
        ):
            writer.put(given, chunked(other), original=b"", recipe="test")

    def test_the_last_word_of_a_batch_counts(self, store: Store) -> None:
        given = document("a.txt", "About sensors.")
        with store.writer(OWNER, purpose="x") as writer:
            writer.put(given, chunked(given), original=b"x", recipe="test")
            writer.remove(given.id)

        assert store.status(OWNER).documents == 0

    def test_the_same_bytes_twice_are_two_documents(self, store: Store) -> None:
        put(
            store,
            document("a.txt", "About sensors."),
            document("b.txt", "About sensors."),
        )
        remove(store, "a.txt")

        assert store.original(OWNER, Document.id_of("b.txt")) == b"About sensors."

    def test_a_new_store_is_clean_and_so_is_one_in_use(self, store: Store) -> None:
        assert all(finding.ok for finding in store.verify(OWNER))
        put(store, document("a.txt", "About sensors."), document("b.txt", "Hotels."))
        put(store, document("a.txt", "About alarms."))
        remove(store, "b.txt")
        assert [f for f in store.verify(OWNER) if not f.ok] == []
        store.rebuild(OWNER)
        assert [f for f in store.verify(OWNER) if not f.ok] == []
        assert len(search_store(store, OWNER, "alarms", limit=5).hits) == 1

    # Finding

    def test_an_empty_store_finds_nothing(self, store: Store) -> None:
        assert search_store(store, OWNER, "sensors", limit=5).hits == ()
        assert list(store.documents(OWNER)) == []

    @pytest.mark.parametrize("question", ["", "   ", "？！…", "\x00\x01", "😀"])
    def test_a_question_without_words_finds_nothing(
        self, store: Store, question: str
    ) -> None:
        put(store, document("a.txt", "About sensors."))

        assert search_store(store, OWNER, question, limit=5).hits == ()

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("sensor", "Many sensors were sold."),
            ("年假", "员工每年有年假五天。"),
            ("皇后的頭髮", "皇后的头发很长。"),
            ("头发", "皇后的頭髮很長。"),
            ("GB/T 11643", "按 GB/T 11643 检查。"),
            ("gb/t11643", "按 GB/T 11643 检查。"),
            ("v2.1", "Fixed in V2.1 of the firmware."),
            ("ＨＸ－２１０", "The HX-210 measures."),
        ],
    )
    def test_words_codes_and_both_scripts_are_found(
        self, store: Store, question: str, text: str
    ) -> None:
        put(store, document("a.txt", text), document("b.txt", "Else 其他 entirely."))

        hits = search_store(store, OWNER, question, limit=1).hits

        assert [hit.chunk.text for hit in hits] == [text]

    def test_ranks_count_from_one_and_scores_fall(self, store: Store) -> None:
        dice = random.Random(1)
        put(store, *(
            document(f"{i}.txt", sentence(dice, _WORDS, 12)) for i in range(30)
        ))  # fmt: skip

        hits = search_store(store, OWNER, "sensor price 年假", limit=10).hits

        assert len(hits) == 10
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        for leg in hits[0].ranks:
            assert [hit.ranks[leg] for hit in hits] == list(range(1, 11))

    # Readers

    def test_everyone_sees_what_their_labels_allow_and_no_more(
        self, store: Store
    ) -> None:
        put(
            store,
            document("public.txt", "Sensors for all.", readers=("public",)),
            document("ada.txt", "Sensors of Ada.", readers=("user:ada",)),
            document("sales.txt", "Sensors of sales.", readers=("group:sales",)),
            document("bob.txt", "Sensors of Bob.", readers=("user:bob", "group:hr")),
        )

        def sources(principal: Principal) -> list[str]:
            hits = search_store(store, principal, "sensors", limit=9).hits
            listed = [d.source for d in store.documents(principal)]
            assert sorted(hit.chunk.source for hit in hits) == listed
            assert store.status(principal).documents == len(listed)
            return listed

        assert sources(NOBODY) == ["public.txt"]
        assert sources(ADA) == ["ada.txt", "public.txt", "sales.txt"]
        assert sources(Principal(user="eve", groups=frozenset({"hr"}))) == [
            "bob.txt",
            "public.txt",
        ]
        assert len(sources(OWNER)) == 4

    def test_what_may_not_be_read_looks_like_what_is_not_there(
        self, store: Store
    ) -> None:
        put(store, document("bob.txt", "Sensors.", readers=("user:bob",)))
        there, nowhere = Document.id_of("bob.txt"), Document.id_of("nowhere.txt")

        for read in (store.document, store.original, store.chunks):
            with pytest.raises(NotFoundError) as hidden:
                read(ADA, there)
            with pytest.raises(NotFoundError) as missing:
                read(ADA, nowhere)
            assert str(hidden.value).replace(there, nowhere) == str(missing.value)

    def test_labels_like_other_labels_let_nobody_in(self, store: Store) -> None:
        put(store, document("a.txt", "Sensors.", readers=("group:ada", "user:sales")))

        assert search_store(store, ADA, "sensors", limit=5).hits == ()

    def test_a_document_without_readers_is_for_the_owner_alone(
        self, store: Store
    ) -> None:
        put(store, document("a.txt", "Sensors.", readers=()))

        assert search_store(store, ADA, "sensors", limit=5).hits == ()
        assert len(search_store(store, OWNER, "sensors", limit=5).hits) == 1

    def test_other_readers_count_at_once(self, store: Store) -> None:
        given = document("a.txt", "Sensors.", readers=("user:ada",))
        put(store, given)

        with store.writer(OWNER, purpose="x") as writer:
            writer.relabel(given.id, frozenset({"user:bob"}))

        assert search_store(store, ADA, "sensors", limit=5).hits == ()
        assert (
            len(search_store(store, Principal(user="bob"), "sensors", limit=5).hits)
            == 1
        )
        assert [f for f in store.verify(OWNER) if not f.ok] == []

    @pytest.mark.parametrize("seed", range(6))
    def test_unreadable_documents_change_nothing_that_a_reader_sees(
        self, make_store: Callable[[], Store], seed: int
    ) -> None:
        """The promise of private scores, with everything that could move a ranking.

        Hidden documents are many, long or short, rare or common in their words, added
        in between, changed and deleted; the readable ones are many and alike, so that a
        ranking cut off too early would show.
        """
        dice = random.Random(seed)
        plain, mixed = make_store(), make_store()
        if not plain.private_scores:
            pytest.skip("the store says that its scores are not private")
        readable = [
            document(f"r{i}.txt", sentence(dice, _WORDS, dice.choice((3, 8, 20))))
            for i in range(dice.choice((5, 60, 200)))
        ]
        rare = dice.sample(_WORDS, 3)
        hidden = [
            document(
                f"h{i}.txt",
                sentence(dice, rare, dice.choice((1, 40, 900))),
                readers=("user:bob",),
            )
            for i in range(dice.choice((1, 50, 150)))
        ]
        put(plain, *readable)
        put(mixed, *hidden[::2])
        put(mixed, *readable)
        put(mixed, *hidden[1::2])
        put(mixed, *(
            document(h.source, h.text + " sensor price.", readers=("user:bob",))
            for h in hidden[::3]
        ))  # fmt: skip
        remove(mixed, *(h.source for h in hidden[::4]))

        for question in [*_WORDS, "sensor price", "cold box alarm", "年假 差旅 GB/T"]:
            for principal in (NOBODY, ADA):
                expected = search_store(plain, principal, question, limit=10)
                seen = search_store(mixed, principal, question, limit=10)
                assert found(seen) == found(expected), question
                assert seen.weights == expected.weights
                near = found(both(plain, principal, question, limit=10))
                assert found(both(mixed, principal, question, limit=10)) == near, (
                    question
                )
        listed = [(d.id, d.chunks) for d in plain.documents(NOBODY)]
        assert [(d.id, d.chunks) for d in mixed.documents(NOBODY)] == listed
        assert mixed.status(NOBODY) == plain.status(NOBODY)
        plain.close()
        mixed.close()

    def test_what_is_gone_no_longer_counts(
        self, make_store: Callable[[], Store]
    ) -> None:
        dice = random.Random(2)
        plain, used = make_store(), make_store()
        kept = [document(f"k{i}.txt", sentence(dice, _WORDS, 9)) for i in range(30)]
        gone = [document(f"g{i}.txt", sentence(dice, _WORDS, 30)) for i in range(30)]
        put(plain, *kept)
        put(used, *kept, *gone)
        put(used, *(document(g.source, sentence(dice, _WORDS, 5)) for g in gone[::2]))
        remove(used, *(g.source for g in gone))

        for question in _WORDS:
            seen = search_store(used, ADA, question, limit=10)
            assert found(seen) == found(search_store(plain, ADA, question, limit=10))
            assert seen.weights == search_store(plain, ADA, question, limit=10).weights
            near = found(both(plain, ADA, question, limit=10))
            assert found(both(used, ADA, question, limit=10)) == near
        plain.close()
        used.close()

    # Vectors

    @pytest.mark.parametrize("error", [ModelError("no answer"), ValueError("a bug")])
    def test_what_goes_wrong_while_embedding_is_raised(
        self, store: Store, error: Exception
    ) -> None:
        put(store, document("a.txt", "Sensors."))

        def fails() -> Embedding:
            raise error

        class FailingFusion(ConvexFusion):
            @override
            def __call__(self, *_: object) -> list[Fused]:
                raise error

        working = asked(Embedding(MODEL.embed_query("sensors").vectors[0], 1.0))
        for broken in (
            dataclasses.replace(working, embed=fails),
            dataclasses.replace(working, fusion=FailingFusion()),
        ):
            with pytest.raises(type(error), match=str(error)):
                search_store(store, OWNER, "sensors", limit=5, vectors=broken)

    @pytest.mark.parametrize("wrong", ["nan", "longer", "other shape"])
    def test_what_is_no_vector_of_the_model_is_refused(
        self, store: Store, wrong: str
    ) -> None:
        put(store, document("a.txt", "Sensors."))
        vector = MODEL.embed_query("sensors").vectors[0]
        given = {
            "nan": np.full_like(vector, np.nan),
            "longer": vector * 2,
            "other shape": vector[:-1],
        }[wrong]

        with pytest.raises(ModelError, match="no vector of length 1"):
            search_store(
                store, OWNER, "sensors", limit=5, vectors=asked(Embedding(given, 1))
            )

    def test_a_question_embedded_by_another_model_is_refused(
        self, store: Store
    ) -> None:
        put(store, document("a.txt", "Sensors."))
        other = HashingEmbedding(name="other")
        vector = other.embed_query("sensors").vectors[0]
        query = dataclasses.replace(
            asked(Embedding(vector, 1.0)), model=fingerprint_of(other)
        )

        with pytest.raises(OtherModelError, match="'other'"):
            search_store(store, OWNER, "sensors", limit=5, vectors=query)

    def test_what_shares_no_word_is_found_by_its_vector(self, store: Store) -> None:
        put(store, document("a.txt", "Sensors."), document("b.txt", "Hotels."))
        made = MODEL.embed_passages(
            [chunked(document("b.txt", "Hotels."))[0].indexed_text]
        )

        near = search_store(
            store,
            OWNER,
            "overnight",
            limit=5,
            vectors=asked(Embedding(made.vectors[0], 1.0)),
        )

        best = near.hits[0]
        assert best.chunk.text == "Hotels."
        assert best.ranks == {VECTOR: 1}
        assert best.scores[VECTOR] == pytest.approx(1.0, abs=_KEPT)
        assert best.scores[KEYWORD] == 0.0
        assert best.weights[VECTOR] == ConvexFusion().weight
        assert near.weights == search_store(store, OWNER, "overnight", limit=5).weights

    def test_texts_that_the_model_does_not_know_stand_nowhere(
        self, store: Store
    ) -> None:
        given = document("a.txt", "Sensors.")
        other = document("b.txt", "年假有十五天。")
        put(store, given)
        with store.writer(OWNER, purpose="x") as writer:
            writer.use_embedder(fingerprint_of(MODEL))
            nowhere = Embedding(embeddings(chunked(given))[0].vector * 0, 0.0)
            writer.put(
                other,
                chunked(other),
                original=other.text.encode(),
                recipe="test",
                embeddings=[nowhere] * len(chunked(other)),
            )

        hits = both(store, OWNER, "sensors 年假", limit=5).hits

        assert {hit.chunk.text: set(hit.ranks) for hit in hits} == {
            "Sensors.": {KEYWORD, VECTOR},
            "年假有十五天。": {KEYWORD},
        }
        assert all(finding.ok for finding in store.verify(OWNER))

    def test_a_base_without_vectors_is_found_by_its_words(self, store: Store) -> None:
        put(store, document("a.txt", "Sensors."), embedded=False)

        assert store.embedder(OWNER) is None
        hit = both(store, OWNER, "sensors").hits[0]
        assert hit.ranks == {KEYWORD: 1}
        assert VECTOR not in hit.weights
        assert VECTOR not in hit.scores

    def test_chunks_without_a_vector_can_be_given_one(self, store: Store) -> None:
        given = document("a.txt", "Sensors in boxes.")
        put(store, given, document("b.txt", "Hotels."), embedded=False)
        with store.writer(OWNER, purpose="embed") as writer:
            writer.use_embedder(fingerprint_of(MODEL))
            chunks = writer.unembedded(limit=10)
            assert {chunk.text for chunk in chunks} == {"Sensors in boxes.", "Hotels."}
            ids = [chunk.id for chunk in chunks]
            writer.embed(dict(zip(ids, embeddings(chunks), strict=True)))
            writer.embed({"never-there": embeddings(chunks)[0]})
            writer.commit()
            assert writer.unembedded(limit=10) == []

        assert both(store, OWNER, "sensors").hits[0].ranks == {KEYWORD: 1, VECTOR: 1}
        assert all(finding.ok for finding in store.verify(OWNER))

    def test_vectors_are_told_by_the_texts_that_were_embedded(
        self, store: Store
    ) -> None:
        one, plain = document("a", "Sensors."), document("b", "Hotels.")
        put(store, one)
        put(store, plain, embedded=False)

        chunks = chunked(one)
        found = store.vectors(OWNER, one.id)
        assert [*found] == [chunk.indexed_text for chunk in chunks]
        expected = embeddings(chunks)
        assert [each.token_coverage for each in found.values()] == [
            e.token_coverage for e in expected
        ]
        for each, made in zip(found.values(), expected, strict=True):
            np.testing.assert_allclose(each.vector, made.vector, atol=_KEPT)
        assert store.vectors(OWNER, plain.id) == {}
        assert store.vectors(OWNER, "none") == {}
        with pytest.raises(NotAllowedError):
            store.vectors(ADA, one.id)

    def test_vectors_follow_their_documents(self, store: Store) -> None:
        one, other = document("a.txt", "Sensors."), document("b.txt", "Hotels.")
        put(store, one, other)
        with store.writer(OWNER, purpose="x") as writer:
            writer.relabel(one.id, frozenset({"user:bob"}))
            writer.remove(other.id)

        assert both(store, ADA, "sensors hotels").hits == ()
        bob = Principal(user="bob")
        assert [h.chunk.text for h in both(store, bob, "hotels").hits] == ["Sensors."]
        put(store, document("a.txt", "Prices of boxes."))
        assert [h.chunk.text for h in both(store, ADA, "box price").hits] == [
            "Prices of boxes."
        ]

    def test_a_model_that_has_made_nothing_yet_binds_nobody(self, store: Store) -> None:
        with store.writer(OWNER, purpose="x") as writer:
            writer.use_embedder(fingerprint_of(HashingEmbedding(name="other")))
        put(store, document("a.txt", "Sensors."))

        stored = store.embedder(OWNER)
        assert stored is not None
        assert stored.name == MODEL.name
        assert len(both(store, OWNER, "sensors").hits) == 1

    def test_a_question_without_any_term_finds_nothing_by_both_legs(
        self, store: Store
    ) -> None:
        put(store, document("a.txt", "Sensors."))

        assert both(store, OWNER, "?!? ...").hits == ()

    def test_another_model_is_refused_and_changes_nothing(self, store: Store) -> None:
        put(store, document("a.txt", "Sensors."))
        before = found(both(store, OWNER, "sensors"))
        for other in (
            HashingEmbedding(name="other"),
            HashingEmbedding(dimension=8),
        ):
            with (
                pytest.raises(OtherModelError, match="holds vectors of the embedding"),
                store.writer(OWNER, purpose="x") as writer,
            ):
                writer.use_embedder(fingerprint_of(other))
        stored = store.embedder(OWNER)
        assert stored is not None
        assert stored.agrees(fingerprint_of(MODEL))
        assert found(both(store, OWNER, "sensors")) == before

    @pytest.mark.parametrize("wrong", ["dimension", "nan", "count", "shape"])
    def test_vectors_that_do_not_fit_are_refused(
        self, store: Store, wrong: str
    ) -> None:
        put(store, document("a.txt", "Sensors."))
        given = document("b.txt", "Hotels. " * 12 + "\n\n" + "Boxes. " * 12)
        chunks = chunked(given, max_tokens=16)
        made = embeddings(chunks)
        broken = made[0].vector.copy()
        broken[3] = float("nan")
        given_vectors = {
            "dimension": [Embedding(e.vector[:7], e.token_coverage) for e in made],
            "nan": [Embedding(broken, 1.0), *made[1:]],
            "count": made[:-1],
            "shape": [Embedding(e.vector[None, :], e.token_coverage) for e in made],
        }[wrong]
        with store.writer(OWNER, purpose="x") as writer:
            writer.use_embedder(fingerprint_of(MODEL))
            with pytest.raises(ValueError, match="embedding"):
                writer.put(
                    given, chunks, original=b"", recipe="t", embeddings=given_vectors
                )
        assert store.status(OWNER).documents == 1

    # Words

    def test_a_question_is_searched_for_what_its_words_mean_too(
        self, store: Store
    ) -> None:
        put(store, document("a.txt", "Paid leave."), document("b.txt", "A garage."))
        assert search_store(store, OWNER, "holiday", limit=5).hits == ()

        with store.writer(OWNER, purpose="x") as writer:
            writer.set_word(Word("Holiday", "same", ("leave",)))

        (hit,) = search_store(store, ADA, "holiday", limit=5).hits
        assert hit.chunk.source == "a.txt"
        assert store.words(OWNER) == [Word("Holiday", "same", ("leave",))]
        with store.writer(OWNER, purpose="x") as writer:
            assert writer.drop_word("Holiday") == 1
        assert search_store(store, ADA, "holiday", limit=5).hits == ()

    def test_what_a_word_is_looked_for_as_counts_less_than_the_word(
        self, store: Store
    ) -> None:
        put(store, document("a.txt", "Paid leave."), document("b.txt", "A holiday."))
        with store.writer(OWNER, purpose="x") as writer:
            writer.set_word(Word("holiday", "same", ("leave",)))

        found = search_store(store, OWNER, "holiday", limit=5).hits

        assert [hit.chunk.source for hit in found] == ["b.txt", "a.txt"]
        assert found[0].score > found[1].score

    def test_a_word_of_no_known_kind_is_refused(self, store: Store) -> None:
        with (
            store.writer(OWNER, purpose="x") as writer,
            pytest.raises(ValueError, match="magic"),
        ):
            writer.set_word(Word("a", "magic", ("b",)))
        with pytest.raises(NotAllowedError):
            store.words(ADA)

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("What do the senosrs cost?", "What do the sensors cost?"),
            ("the requirmeent", "the requirement"),
            ("sensor costs", ""),  # there is a form of each
            ("hotels", ""),  # nothing is near
            ("sens", ""),  # short words are not guessed
            ("HX-211", ""),
        ],
    )
    def test_a_word_that_nobody_wrote_is_put_right_and_not_searched_for(
        self, store: Store, typed: str, meant: str
    ) -> None:
        put(store, document("a.txt", "Sensors cost money. A requirement. HX-210."))

        found = search_store(store, OWNER, typed, limit=5)

        assert found.suggestion == meant
        if meant:
            right = search_store(store, OWNER, meant, limit=5)
            assert right.suggestion == ""
            assert right.hits[0].score > max((h.score for h in found.hits), default=0)

    def test_words_that_may_not_be_read_are_not_offered(self, store: Store) -> None:
        put(
            store,
            document("a.txt", "A garage."),
            document("secret.txt", "The merger.", readers=("user:bob",)),
        )

        assert search_store(store, ADA, "the mergre", limit=5).suggestion == ""
        assert (
            search_store(store, Principal(user="bob"), "the mergre", limit=5).suggestion
            == "the merger"
        )

    # Writers

    def test_only_one_writer_at_a_time_and_the_holder_is_named(
        self, store: Store
    ) -> None:
        with store.writer(OWNER, purpose="ingest the handbook"):
            with (
                pytest.raises(BusyError, match="ingest the handbook"),
                store.writer(OWNER, purpose="x"),
            ):
                pass
            assert search_store(store, OWNER, "sensors", limit=5).hits == ()
        put(store, document("a.txt", "Sensors."))

    def test_a_reader_may_not_write_or_maintain(self, store: Store) -> None:
        with pytest.raises(NotAllowedError), store.writer(ADA, purpose="x"):
            pass
        with pytest.raises(NotAllowedError):
            store.verify(ADA)
        with pytest.raises(NotAllowedError):
            store.rebuild(ADA)

    def test_what_became_of_items_is_for_the_owner_and_the_last_word_counts(
        self, store: Store
    ) -> None:
        first = StoredItem(source="/a", content_hash="1", recipe="r", code="damaged")
        notice = Notice("garbled", "Page 2.", 2)
        second = dataclasses.replace(
            first, code="", parts=2, notices=(notice,), failed=True
        )
        with store.writer(OWNER, purpose="test") as writer:
            writer.note(first)
            writer.note(
                dataclasses.replace(first, source="/b", validators={"etag": "x"})
            )
            writer.commit()
            writer.note(second)
            writer.forget("/b")
            writer.forget("/never")
        (found,) = store.items(OWNER)
        assert dataclasses.replace(found, at="") == second
        assert found.at
        assert list(store.items(Principal(user="bob"))) == []

    def test_the_original_of_masked_data_is_for_the_owner_or_for_nobody(
        self, store: Store
    ) -> None:
        kept = dataclasses.replace(
            document("/a.txt", "Call ***."), masked=(Span(5, 8),), private_original=True
        )
        gone = dataclasses.replace(
            document("/b.txt", "Mail ***."), masked=(Span(5, 8),), private_original=True
        )
        with store.writer(OWNER, purpose="test") as writer:
            for each, original in ((kept, b"Call 123."), (gone, None)):
                told = hashlib.sha256(original or b"Mail a@b.").hexdigest()
                stored = dataclasses.replace(each, content_hash=told)
                # What was kept before it was masked goes as well.
                before = original if original is not None else b"Mail a@b."
                writer.put(stored, [], original=before, recipe="r")
                writer.commit()
                writer.put(stored, [], original=original, recipe="r2")
        reader = Principal(user="bob")
        assert store.document(reader, kept.id).masked == (Span(5, 8),)
        assert store.original(OWNER, kept.id) == b"Call 123."
        # Eight digits are found by trying in a minute where a digest of them is told.
        assert store.document(reader, kept.id).content_hash == ""
        assert {each.content_hash for each in store.documents(reader)} == {""}
        digest = hashlib.sha256(b"Call 123.").hexdigest()
        assert store.document(OWNER, kept.id).content_hash == digest
        assert digest in {each.content_hash for each in store.documents(OWNER)}
        for principal, one in ((reader, kept), (reader, gone), (OWNER, gone)):
            with pytest.raises(NotFoundError):
                store.original(principal, one.id)
        assert all(finding.ok for finding in store.verify(Principal.system()))

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (None, "/hr/a /hr/b /hrx /it/c /it/d"),
            (Under(("/hr",)), "/hr/a /hr/b"),
            (Under(("/hr/a", "/it/")), "/hr/a /it/c /it/d"),
            (Under(()), ""),
            (Is("document", (Document.id_of("/it/c"),)), "/it/c"),
            (Is("source", ("/hrx", "/none")), "/hrx"),
            (Is("language", ("zh",)), "/it/c"),
            (Is("media_type", ("text/html",)), "/it/d"),
            (Has("author", "ada"), "/hr/a"),
            (Has("tags", "pay"), "/hr/a /it/c"),
            (Has("tags", "工资"), "/it/c"),
            (Has('odd "key" %', "x"), "/it/d"),
            (Above("date", "2025-06-01"), "/hr/b"),
            (Below("date", "2025-06-01"), "/hr/a"),
            (Not(Below("date", "2025-06-01")), "/hr/b /hrx /it/c /it/d"),
            (AllOf((Under(("/hr",)), Has("tags", "pay"))), "/hr/a"),
            (AnyOf((Has("author", "Ada"), Is("language", ("zh",)))), "/hr/a /it/c"),
            (AllOf(()), "/hr/a /hr/b /hrx /it/c /it/d"),
            (AnyOf(()), ""),
            (Not(AnyOf(())), "/hr/a /hr/b /hrx /it/c /it/d"),
        ],
    )
    def test_a_filter_narrows_listings_and_both_legs(
        self, store: Store, where: Filter | None, expected: str
    ) -> None:
        put(store, *_FILTERED)

        names = expected.split()
        assert [d.source for d in store.documents(OWNER, where=where)] == names
        evidence = search_store(store, OWNER, "sensor", limit=9, where=where)
        assert sorted(h.chunk.source for h in evidence.hits) == names
        near = both(store, OWNER, "sensor", limit=9, where=where)
        assert sorted(h.chunk.source for h in near.hits) == names
        everything = both(store, OWNER, "sensor", limit=9)
        assert near.weights == everything.weights
        assert list(search_store(store, ADA, "sensor", limit=9, where=where).hits) == []

    @pytest.mark.parametrize("author", ["Émile Иванов", "ÀB", "İstanbul", "王 小明"])
    def test_a_filter_finds_a_name_in_any_letters(
        self, store: Store, author: str
    ) -> None:
        put(store, _filtered("a", author=author), _filtered("b", author="Ada"))
        found = store.documents(OWNER, where=Has("author", author))
        assert [each.source for each in found] == ["a"]

    def test_a_listing_comes_in_pages(self, store: Store) -> None:
        names = [f"{n:02}.txt" for n in range(12)]
        put(store, *(document(name, "x", readers=("group:sales",)) for name in names))
        put(store, document("05b.txt", "x", readers=("user:bob",)))

        def listed(**page: Any) -> list[str]:
            found = store.documents(ADA, page=Page(**page))
            return [each.source for each in found]

        assert listed() == names
        assert listed(limit=0) == []
        assert listed(limit=5) == names[:5]
        assert listed(after="04.txt", limit=3) == names[5:8]
        assert listed(after="04.txt", skip=2, limit=3) == names[7:10]
        assert listed(skip=10) == names[10:]
        assert listed(after="11.txt") == listed(skip=99) == []

    @pytest.mark.parametrize("many", [60, 3_000, 40_000])
    def test_a_filter_may_name_many(self, store: Store, many: int) -> None:
        put(store, *_FILTERED)
        names = tuple(f"/no/{number}/" for number in range(many))

        def listed(where: Filter) -> list[str]:
            return [each.source for each in store.documents(OWNER, where=where)]

        assert listed(Under((*names, "/hr/", "/it/c"))) == ["/hr/a", "/hr/b", "/it/c"]
        assert listed(Under((*names, "/hr"))) == ["/hr/a", "/hr/b"]
        assert listed(Is("source", (*names, "/hrx"))) == ["/hrx"]
        with pytest.raises(UsageError, match="parts"):
            listed(AnyOf(tuple(Has("a", name) for name in names) * 8))

    def test_a_filter_nested_without_end_is_refused(self, store: Store) -> None:
        nested: Filter = Has("a", "b")
        for _ in range(5_000):
            nested = Not(nested)

        with pytest.raises(UsageError, match="parts"):
            list(store.documents(OWNER, where=nested))
        put(store, *_FILTERED)
        with pytest.raises(UsageError, match="parts"):
            search_store(store, OWNER, "sensor", limit=5, where=nested)

    def test_of_a_field_that_no_document_has_nothing_is_said(self) -> None:
        with pytest.raises(UsageError, match="media_type"):
            Is("colour", ("red",))  # type: ignore[arg-type]

    @pytest.mark.parametrize("seed", range(3))
    def test_unreadable_documents_change_nothing_of_a_filtered_search(
        self, make_store: Callable[[], Store], seed: int
    ) -> None:
        rng = random.Random(seed)
        plain, mixed = make_store(), make_store()
        if not plain.private_scores:
            pytest.skip("the store says that its scores are not private")
        readable = [
            document(f"/{rng.choice('ab')}/r{i}", sentence(rng, _WORDS, 8))
            for i in range(60)
        ]
        hidden = [
            document(f"/a/h{i}", sentence(rng, _WORDS, 20), readers=("user:bob",))
            for i in range(80)
        ]
        put(plain, *readable)
        put(mixed, *hidden[::2], *readable, *hidden[1::2])
        remove(mixed, *(each.source for each in hidden[::3]))

        for where in (Under(("/a",)), Not(Under(("/b",))), Is("source", ("/a/h1",))):
            for question in (*_WORDS, "sensor price"):
                assert found(
                    search_store(mixed, ADA, question, limit=10, where=where)
                ) == found(search_store(plain, ADA, question, limit=10, where=where))
                assert found(both(mixed, ADA, question, limit=10, where=where)) == (
                    found(both(plain, ADA, question, limit=10, where=where))
                )
        plain.close()
        mixed.close()

    def test_what_a_caller_gives_wrongly_is_no_damage_of_the_base(
        self, store: Store
    ) -> None:
        given = document("a.txt", "A sensor.")
        put(store, given)
        wrong: Any = 42
        odd = dataclasses.replace(given, metadata={"pages": wrong})

        for act in (
            lambda: search_store(store, OWNER, wrong, limit=5),
            lambda: search_store(store, OWNER, "sensor", limit=wrong * 1.0),
            lambda: store.document(OWNER, wrong),
            lambda: store.original(OWNER, wrong),
            lambda: store.chunks(OWNER, wrong),
            lambda: put(store, odd),
        ):
            with pytest.raises(UsageError, match=r"got 42"):
                act()
        with store.writer(OWNER, purpose="test") as writer:
            with pytest.raises(UsageError, match="got 42"):
                writer.remove(wrong)
            with pytest.raises(UsageError, match="got 42"):
                writer.relabel(given.id, wrong)
        assert store.document(OWNER, given.id).text == given.text

    def test_items_and_recipes_are_listed_by_where_they_lie(self, store: Store) -> None:
        put(store, *_FILTERED)
        with store.writer(OWNER, purpose="test") as writer:
            for source in ("/hr/a", "/hr.zip", "/it/x"):
                item = StoredItem(source=source, content_hash="", recipe="r")
                writer.note(item)

        assert [i.source for i in store.items(OWNER, within=("/hr",))] == ["/hr/a"]
        assert [i.source for i in store.items(OWNER, within=())] == []
        assert len(list(store.items(OWNER))) == 3
        assert store.recipes(OWNER) == {"test"}
        assert store.recipes(ADA) == frozenset()

    def test_a_role_counts_at_once_and_ends_at_once(self, store: Store) -> None:
        put(store, document("a.txt", "Sensors.", readers=("user:boss",)))
        ann = Principal(user="ann", groups=frozenset({"lab"}))
        assert list(store.documents(ann)) == []
        with store.writer(OWNER, purpose="test") as writer:
            writer.set_grant("group:lab", "editor")
        assert [each.source for each in store.documents(ann)] == ["a.txt"]
        assert search_store(store, ann, "sensors", limit=5).hits
        assert store.status(ann).documents == 1
        with store.writer(ann, purpose="test") as writer:
            writer.note(StoredItem(source="/a", content_hash="1", recipe="r"))
            for act in (
                lambda: writer.set_grant("user:ann", "owner"),
                lambda: writer.set_profile({"mask": ""}),
                lambda: writer.drop_word("x"),
            ):
                with pytest.raises(NotAllowedError):
                    act()
        assert [each.source for each in store.items(ann)] == ["/a"]
        with pytest.raises(NotAllowedError):
            store.grants(ann)
        assert store.grants(OWNER) == {"group:lab": "editor"}
        with store.writer(OWNER, purpose="test") as writer:
            writer.set_grant("group:lab", None)
        assert store.grants(OWNER) == {}
        assert list(store.documents(ann)) == []
        with pytest.raises(NotAllowedError), store.writer(ann, purpose="x"):
            pass

    def test_an_owner_of_a_base_maintains_it_and_an_editor_sees_nothing_masked(
        self, store: Store
    ) -> None:
        kept = dataclasses.replace(
            document("/a.txt", "Call ***."), masked=(Span(5, 8),), private_original=True
        )
        digest = hashlib.sha256(b"Call 123.").hexdigest()
        kept = dataclasses.replace(kept, content_hash=digest)
        with store.writer(OWNER, purpose="test") as writer:
            writer.put(kept, [], original=b"Call 123.", recipe="r")
            writer.set_grant("user:ed", "editor")
            writer.set_grant("user:ann", "owner")
        editor, owner = Principal(user="ed"), Principal(user="ann")
        with pytest.raises(NotFoundError):
            store.original(editor, kept.id)
        assert store.document(editor, kept.id).content_hash == ""
        assert store.original(owner, kept.id) == b"Call 123."
        assert all(finding.ok for finding in store.verify(owner))
        with store.writer(owner, purpose="test") as writer:
            writer.set_grant("user:ed", None)

    def test_a_base_keeps_what_it_says_of_itself(self, store: Store) -> None:
        assert store.profile(ADA) == {}
        with store.writer(OWNER, purpose="test") as writer:
            writer.set_profile({"mask": "all", "sources": [{"kind": "files"}]})
        assert store.profile(ADA) == {"mask": "all"}  # not where files lie
        assert store.profile(OWNER)["sources"] == [{"kind": "files"}]
        with store.writer(OWNER, purpose="test") as writer:
            writer.set_profile({})
        assert store.profile(ADA) == {}

    def test_a_run_is_noted_with_what_it_was_given(self, store: Store) -> None:
        with store.writer(OWNER, purpose="x") as writer:
            number = writer.begin_job("ingest", {"roots": ["/docs"]})
            assert store.status(OWNER).jobs[0].state == "running"
            writer.end_job(number, state="done", summary={"added": 1})

        job = store.status(OWNER).jobs[0]
        assert (job.state, job.arguments, job.summary) == (
            "done",
            {"roots": ["/docs"]},
            {"added": 1},
        )
        assert store.status(ADA).jobs == ()
