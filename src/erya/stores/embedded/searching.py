"""One search: the legs, and one order of what they find.

Everything that a reader sees of it follows from chunks that they may read: which chunks
each leg brings, their scores, and what the fusion takes those in proportion to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, NamedTuple

import sqlalchemy as sa

from erya.errors import ModelError
from erya.language import QueryTerms
from erya.records import Fingerprint
from erya.stores.base import (
    KEYWORD,
    VECTOR,
    Candidate,
    Embedding,
    Fused,
    FusedQuestion,
    Fusion,
    VectorQuery,
)
from erya.stores.embedded.reading import ChunkSet, Scope, terms_of
from erya.stores.embedded.scoring import Bm25, ChunkTerms, ReadableStats, Scored
from erya.stores.embedded.term_index import Searcher
from erya.stores.embedded.vector_index import Matrix, Neighbour, is_unit

__all__ = ["Found", "Legs", "Snapshot", "passing_on"]

# Chunks that each leg brings at least; more did not change what was found:
# docs/decisions/0008-fusion.md.
_DEPTH: Final = 30
_FEEDBACK: Final = 0.2  # of the best candidate: docs/decisions/0018-fields-and-words.md
_DIGITS: Final = 9


class _CallersError(Exception):
    """What a function that the caller gave raised, or what it returned deserves."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def passing_on() -> Iterator[None]:
    """Let a caller's own error through as it is: it says nothing of the base.

    Raises:
        Exception: The caller's.
    """
    try:
        yield
    except _CallersError as wrapped:
        raise wrapped.error from None


class Snapshot(NamedTuple):
    """SQLite and the indexes at the same generation."""

    connection: sa.Connection
    searcher: Searcher
    matrix: Matrix
    generation: int
    embedder: Fingerprint | None


class Found(NamedTuple):
    """A chunk with everything that a hit says of it, but its text."""

    number: int
    score: float
    ranks: Mapping[str, int]
    scores: Mapping[str, float]
    weights: Mapping[str, float]
    telling: float


class Legs:
    """Both ways to find chunks in a snapshot, within what may be read."""

    def __init__(
        self, snapshot: Snapshot, scope: Scope, *, asked: QueryTerms,
        stats: ReadableStats, within: ChunkSet | None = None,
    ) -> None:  # fmt: skip
        self._snapshot = snapshot
        self._scope = scope
        self._within = within
        self._bm25 = Bm25(
            snapshot.searcher, asked, stats=stats, label_sets=scope.label_sets,
            within=within.numbers if within else None,
        )  # fmt: skip
        self._terms: dict[int, ChunkTerms] = {}  # of every chunk that was looked at

    def term_weights(self) -> dict[str, float]:
        """Return how telling each term of the question is among readable chunks."""
        return self._bm25.weights()

    def by_words(self, *, limit: int) -> list[Found]:
        """Return the best by the keyword leg alone."""
        return [
            Found(
                scored.number,
                scored.score,
                {KEYWORD: rank},
                {KEYWORD: scored.score},
                {KEYWORD: 1.0},
                scored.telling,
            )
            for rank, scored in enumerate(self._words(limit), start=1)
        ]

    def by_both(self, asked: VectorQuery, *, limit: int) -> list[Found]:
        """Return the best by both legs, ties broken by chunk id.

        Raises:
            _CallersError: The embedding or the fusion did not succeed.
        """
        depth = max(_DEPTH, limit)
        # The model works outside of Python's lock, so words are looked for meanwhile.
        # The matrix waits: both at once took a third more of each core, for memory.
        with ThreadPoolExecutor(1, "erya-vectors") as beside:
            embedded = beside.submit(_embedded, asked)
            words = {scored.number: scored for scored in self._words(depth)}
            embedding = embedded.result()
        neighbours = self._snapshot.matrix.nearest(
            embedding.vector, self._scope.label_sets, limit=depth, within=self._within
        )
        near = self._settled(neighbours, depth)
        numbers = [*words, *(n for n in near if n not in words)]
        scores = words | self._bm25.scores(
            {n: self._terms[n] for n in near if n not in words}
        )
        cosines = self._snapshot.matrix.cosines(numbers, embedding.vector)
        candidates = [
            Candidate(scores[number].score, *cosines.get(number, (None, 0.0)))
            for number in numbers
        ]
        question = FusedQuestion(embedding.known, self._bm25.full_score(), _DEPTH)
        first = _fused(asked.fusion, question, candidates)
        fed = self._fed(numbers, candidates, first)
        fused = _fused(asked.fusion, question, fed)
        telling_only = [
            candidate._replace(keyword=scores[number].telling)
            for number, candidate in zip(numbers, fed, strict=True)
        ]
        telling = _fused(asked.fusion, question, telling_only)
        ranks = {KEYWORD: _ranks(words), VECTOR: _ranks(near)}
        # What neither leg says anything for is no hit.
        order = sorted(
            (i for i, told in enumerate(fused) if told.score),
            key=lambda i: (-round(fused[i].score, _DIGITS), self._terms[numbers[i]].id),
        )
        return [
            _found(
                numbers[i], candidates[i], fused[i],
                ranks=ranks, telling=telling[i].score,
            )
            for i in order[:limit]
        ]  # fmt: skip

    def _fed(
        self,
        numbers: Sequence[int],
        candidates: Sequence[Candidate],
        fused: Sequence[Fused],
    ) -> list[Candidate]:
        """Let the vector of the best candidate speak with that of the question.

        Rocchio, "Relevance Feedback in Information Retrieval" (1971), with one passage
        that is only taken to be relevant; within the candidates, so that no index is
        searched twice.
        """
        best = max(range(len(fused)), key=lambda i: fused[i].score, default=None)
        if best is None or not fused[best].weight:
            return list(candidates)
        vector = self._snapshot.matrix.vector(numbers[best])
        near = self._snapshot.matrix.cosines(numbers, vector)
        return [
            candidate
            if candidate.vector is None
            else candidate._replace(
                vector=(candidate.vector + _FEEDBACK * near[number][0])
                / (1 + _FEEDBACK)
            )
            for number, candidate in zip(numbers, candidates, strict=True)
        ]

    def _words(self, limit: int) -> list[Scored]:
        """Return the best by BM25."""
        return self._bm25.best(self._read, limit=limit)

    def _settled(self, near: Sequence[Neighbour], limit: int) -> list[int]:
        """Return the nearest; of those that lie level with the last, the ids decide."""
        self._read([each.number for each in near if each.number not in self._terms])
        readable = (each for each in near if each.number in self._terms)
        ranked = sorted(readable, key=lambda n: (-n.cosine, self._terms[n.number].id))
        return [each.number for each in ranked[:limit]]

    def _read(self, numbers: Sequence[int]) -> dict[int, ChunkTerms]:
        fresh = terms_of(self._snapshot.connection, self._scope, numbers)
        self._terms.update(fresh)
        return fresh


def _embedded(asked: VectorQuery) -> Embedding:
    """Return the question as a vector.

    Raises:
        _CallersError: The embedding did not succeed, or gave no vector of the model.
    """
    try:
        embedding = asked.embed()
    except Exception as error:
        raise _CallersError(error) from error
    if not is_unit(embedding.vector, asked.model.dimension):
        msg = (
            f"The embedding model {asked.model.name!r} gave the question no vector "
            f"of length 1 and {asked.model.dimension} finite numbers."
        )
        raise _CallersError(ModelError(msg))
    return embedding


def _fused(
    fusion: Fusion, question: FusedQuestion, candidates: Sequence[Candidate]
) -> Sequence[Fused]:
    try:
        fused = fusion(question, candidates)
    except Exception as error:
        raise _CallersError(error) from error
    if len(fused) != len(candidates):
        msg = f"a fusion gave {len(fused)} results for {len(candidates)} candidates"
        raise _CallersError(ValueError(msg))
    return fused


def _ranks(numbers: Iterable[int]) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(numbers, start=1)}


def _found(
    number: int,
    candidate: Candidate,
    fused: Fused,
    *,
    ranks: Mapping[str, Mapping[int, int]],
    telling: float,
) -> Found:
    scores = {KEYWORD: candidate.keyword}
    if candidate.vector is not None:
        scores[VECTOR] = candidate.vector
    return Found(
        number,
        round(fused.score, _DIGITS),
        {leg: places[number] for leg, places in ranks.items() if number in places},
        scores,
        {KEYWORD: 1.0 - fused.weight, VECTOR: fused.weight},
        round(telling, _DIGITS),
    )
