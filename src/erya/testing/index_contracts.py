"""What every index of a base keeps, whatever engine it is of."""

import random
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from typing_extensions import override

from erya.language import format_counts
from erya.stores.parts import (
    BODY,
    EXACT,
    IndexedChunk,
    IndexedVector,
    KeywordIndex,
    Numbered,
    VectorIndex,
    VectorSearcher,
)
from erya.stores.quantization import decode, encode, pack

__all__ = ["KeywordIndexContract", "VectorIndexContract"]

_WORDS = ("sensor", "leave", "年假", "gb/t", "v2.1", "box", "alarm", "price")
_SETS = (1, 2, 7)
_DIMENSION = 24


def _chunk(
    number: int, body: str, *, label_set: int = 1, exact: str = ""
) -> IndexedChunk:
    return IndexedChunk(
        number,
        label_set,
        format_counts(Counter(body.split())),
        format_counts(Counter(exact.split())),
    )


def _chunks(dice: random.Random, count: int) -> list[IndexedChunk]:
    return [
        _chunk(
            number,
            " ".join(dice.choices(_WORDS, k=dice.randint(1, 12))),
            label_set=dice.choice(_SETS),
        )
        for number in range(1, count + 1)
    ]


def _has(chunk: IndexedChunk, word: str) -> bool:
    return word in {line.partition("\t")[0] for line in chunk.body.split("\n")}


class KeywordIndexContract:
    """Inherit, and give the fixture `open_index`.

    It opens the same index each time, of a base that has none at first.
    """

    @pytest.fixture
    def open_index(self) -> Callable[[], KeywordIndex]:
        raise NotImplementedError

    def test_an_index_follows_generations(
        self, open_index: Callable[[], KeywordIndex]
    ) -> None:
        index = open_index()
        assert index.generation() is None
        assert index.searcher(0) is None
        index.change(1, remove=(), add=[_chunk(5, "a b")], anew=True)
        index.change(3, remove=(), add=[_chunk(6, "a")])

        for each in (index, open_index()):
            assert each.generation() == 3
            assert each.searcher(1) is None
            searcher = each.searcher(3)
            assert searcher is not None
            assert searcher.numbers() == {5, 6}

    def test_a_searcher_stays_at_its_generation(
        self, open_index: Callable[[], KeywordIndex]
    ) -> None:
        index = open_index()
        index.change(1, remove=(), add=[_chunk(5, "a b")], anew=True)
        before = index.searcher(1)
        index.change(2, remove=[5], add=[_chunk(6, "a")])
        assert before is not None
        assert before.numbers() == {5}

    def test_what_is_removed_or_added_again_is_no_longer_there(
        self, open_index: Callable[[], KeywordIndex]
    ) -> None:
        index = open_index()
        first = [_chunk(1, "old"), _chunk(2, "old"), _chunk(3, "old")]
        index.change(1, remove=(), add=first, anew=True)
        index.change(2, remove=[1, 2, 99], add=[_chunk(2, "new", label_set=2)])
        searcher = index.searcher(2)
        assert searcher is not None
        assert searcher.numbers() == {2, 3}
        assert searcher.count(BODY, "old", None) == 1
        assert searcher.count(BODY, "new", (2,)) == 1
        assert searcher.count(BODY, "new", (1,)) == 0

        index.change(3, remove=(), add=[_chunk(9, "other")], anew=True)
        anew = index.searcher(3)
        assert anew is not None
        assert anew.numbers() == {9}

    @pytest.mark.parametrize("seed", range(3))
    def test_counts_and_proposals_are_those_within_the_readers_and_the_filter(
        self, open_index: Callable[[], KeywordIndex], seed: int
    ) -> None:
        dice = random.Random(seed)
        chunks = _chunks(dice, 120)
        index = open_index()
        index.change(1, remove=(), add=chunks[:70], anew=True)
        index.change(2, remove=(), add=chunks[70:])
        searcher = index.searcher(2)
        assert searcher is not None
        for word in _WORDS:
            for sets in (None, (), (1,), (2, 7), tuple(range(40))):
                holding = {
                    c.number
                    for c in chunks
                    if _has(c, word) and (sets is None or c.label_set in sets)
                }
                assert searcher.count(BODY, word, sets) == len(holding)
                for within in (None, tuple(range(1, 120, 3)), ()):
                    proposed = searcher.propose(
                        {(BODY, word): 1.5}, sets, limit=500, within=within
                    )
                    wanted = holding if within is None else holding & {*within}
                    assert {p.number for p in proposed} == wanted
                    scores = [p.score for p in proposed]
                    assert scores == sorted(scores, reverse=True)

    def test_a_boost_is_a_factor_on_the_score_of_its_term(
        self, open_index: Callable[[], KeywordIndex]
    ) -> None:
        index = open_index()
        given = [_chunk(1, "a", exact="as"), _chunk(2, "b"), _chunk(3, "c c c")]
        index.change(1, remove=(), add=given, anew=True)
        searcher = index.searcher(1)
        assert searcher is not None
        one = searcher.propose({(BODY, "a"): 1.0}, None, limit=3)
        two = searcher.propose({(BODY, "a"): 2.0, (BODY, "b"): 0.5}, None, limit=3)
        assert [p.number for p in two] == [1, 2]
        assert two[0].score == pytest.approx(2 * one[0].score, rel=1e-5)
        assert [
            p.number for p in searcher.propose({(EXACT, "as"): 1}, None, limit=3)
        ] == [1]
        assert (
            len(searcher.propose({(BODY, "a"): 1, (BODY, "c"): 1}, None, limit=1)) == 1
        )

    def test_it_tells_what_its_own_scores_rest_on(
        self, open_index: Callable[[], KeywordIndex]
    ) -> None:
        index = open_index()
        index.change(
            1, remove=(), add=[_chunk(n, "a b c d") for n in range(20)], anew=True
        )
        searcher = index.searcher(1)
        assert searcher is not None
        assert searcher.engine_count(BODY, "a") == 20
        assert searcher.engine_count(BODY, "nobody") == 0
        stats = searcher.stats(BODY)
        assert stats.documents >= 20
        assert 3 < stats.average <= 4

    def test_words_that_are_nearly_written_so_are_found(
        self, open_index: Callable[[], KeywordIndex]
    ) -> None:
        index = open_index()
        given = [
            _chunk(1, "x", exact="merger"),
            _chunk(2, "x", exact="merger", label_set=2),
            _chunk(3, "x", exact="pressure"),
        ]
        index.change(1, remove=(), add=given, anew=True)
        searcher = index.searcher(1)
        assert searcher is not None
        near = searcher.similar(EXACT, "mergre", (1,), distance=1, limit=5)
        assert near == [1]
        assert {*searcher.similar(EXACT, "mergre", None, distance=1, limit=5)} == {1, 2}
        assert searcher.similar(EXACT, "zebra", None, distance=2, limit=5) == []


class _Among(Numbered):
    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = tuple(numbers)

    @property
    @override
    def numbers(self) -> tuple[int, ...]:
        return self._numbers


def _vectors(seed: int, count: int) -> np.ndarray:
    made = np.random.default_rng(seed).normal(size=(count, _DIMENSION))
    made[count // 2 :: 7] = made[0]  # some lie level
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made.astype("<f4")


def _rows(vectors: np.ndarray, *, first: int = 1) -> list[IndexedVector]:
    return [
        IndexedVector(number, _SETS[number % 3], number % 5 / 5, data)
        for number, data in enumerate(pack(encode(vectors)), start=first)
    ]


def _kept(vectors: np.ndarray) -> np.ndarray:
    codes = encode(vectors)
    return decode(codes.upper, codes.lower, codes.scale)


class VectorIndexContract:
    """Inherit, and give the fixture `open_index`.

    It opens the same index each time, of a base that has none at first.
    """

    @pytest.fixture
    def open_index(self) -> Callable[[], VectorIndex]:
        raise NotImplementedError

    def test_an_index_follows_generations(
        self, open_index: Callable[[], VectorIndex]
    ) -> None:
        index = open_index()
        assert index.generation() is None
        assert index.searcher(0) is None
        vectors = _vectors(0, 12)
        rows = _rows(vectors)
        index.change(1, dimension=_DIMENSION, remove=(), add=rows[:8], anew=True)
        index.change(4, dimension=_DIMENSION, remove=[2, 99], add=rows[8:])

        for each in (index, open_index()):
            assert each.generation() == 4
            assert each.searcher(1) is None
            searcher = each.searcher(4)
            assert searcher is not None
            assert searcher.numbers() == {*range(1, 13)} - {2}
            assert searcher.data_of(2) is None
            assert searcher.data_of(9) == rows[8].data
            np.testing.assert_allclose(searcher.vector(9), vectors[8], atol=1e-4)

    def test_an_empty_index_is_one(self, open_index: Callable[[], VectorIndex]) -> None:
        index = open_index()
        index.change(1, dimension=0, remove=(), add=(), anew=True)
        searcher = index.searcher(1)
        assert searcher is not None
        assert searcher.numbers() == set()
        assert searcher.nearest(_vectors(0, 1)[0], None, limit=5) == []
        assert searcher.cosines([1], _vectors(0, 1)[0]) == {}

    def test_vectors_of_another_dimension_want_an_index_anew(
        self, open_index: Callable[[], VectorIndex]
    ) -> None:
        index = open_index()
        rows = _rows(_vectors(0, 4))
        index.change(1, dimension=_DIMENSION, remove=(), add=rows, anew=True)
        (data,) = pack(encode(np.ones((1, 1), "<f4")))
        short = IndexedVector(9, 1, 1.0, data)
        with pytest.raises(OSError, match=r".+"):
            index.change(2, dimension=1, remove=(), add=[short])
        index.change(2, dimension=1, remove=(), add=[short], anew=True)
        searcher = index.searcher(2)
        assert searcher is not None
        assert searcher.numbers() == {9}

    @pytest.mark.parametrize("count", [40, 900])
    def test_the_nearest_are_those_of_an_exact_search(
        self, open_index: Callable[[], VectorIndex], count: int
    ) -> None:
        vectors = _vectors(1, count)
        rows = _rows(vectors)
        index = open_index()
        index.change(1, dimension=_DIMENSION, remove=(), add=rows, anew=True)
        searcher = index.searcher(1)
        assert searcher is not None
        asked = vectors[3]
        vectors = _kept(vectors)
        for sets in (None, (), (1,), (2, 7)):
            for within in (None, _Among(range(1, count, 3)), _Among(())):
                wanted = {
                    row.number: float(
                        np.dot(vectors[row.number - 1].astype("f8"), asked)
                    )
                    for row in rows
                    if row.token_coverage
                    and (sets is None or row.label_set in sets)
                    and (within is None or row.number in within.numbers)
                }
                _check_nearest(searcher, asked, wanted, sets=sets, within=within)

    def test_a_cosine_depends_on_nothing_but_the_two(
        self, open_index: Callable[[], VectorIndex]
    ) -> None:
        index = open_index()
        vectors = _vectors(2, 400)
        rows = _rows(vectors)
        index.change(1, dimension=_DIMENSION, remove=(), add=rows[:20], anew=True)
        alone = index.searcher(1)
        index.change(2, dimension=_DIMENSION, remove=[4], add=rows[20:])
        among = index.searcher(2)
        assert alone is not None
        assert among is not None
        numbers = [1, 2, 3, 5, 6, 19]  # of 5 the model knows nothing
        found = alone.cosines(numbers, vectors[0])
        assert {*found} == {1, 2, 3, 6, 19}
        assert found[6][1] == pytest.approx(0.2)
        assert among.cosines(numbers, vectors[0]) == found
        assert among.cosines([4], vectors[0]) == {}


def _check_nearest(
    searcher: VectorSearcher,
    asked: np.ndarray,
    wanted: dict[int, float],
    *,
    sets: tuple[int, ...] | None,
    within: Numbered | None,
) -> None:
    for limit in (1, 5, 2_000):
        near = searcher.nearest(asked, sets, limit=limit, within=within)
        cosines = [each.cosine for each in near]
        assert cosines == sorted(cosines, reverse=True)
        for each in near:
            assert each.cosine == pytest.approx(wanted[each.number], abs=1e-9)
        last = sorted(wanted.values(), reverse=True)[:limit][-1:]
        expected = {n for n, cosine in wanted.items() if cosine >= last[0] - 1e-12}
        assert {each.number for each in near} == (expected if last else set())
