"""One search: the legs, and one order of what they find.

Everything that a reader sees of it follows from chunks that they may read: which chunks
each leg brings, their scores, and what the fusion takes those in proportion to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import sqlalchemy as sa

from erya.language import QueryTerms
from erya.stores.base import KEYWORD, VECTOR, Candidate, Embedding, Fusion
from erya.stores.embedded.reading import Scope, ids_of, terms_of
from erya.stores.embedded.scoring import (
    ChunkTerms,
    ReadableStats,
    best,
    scores_of,
    term_weights,
)
from erya.stores.embedded.term_index import Searcher
from erya.stores.embedded.vector_index import Matrix

__all__ = ["Found", "Legs", "Snapshot"]

# Chunks that each leg brings at least; more did not change what was found:
# docs/decisions/0008-fusion.md.
_DEPTH: Final = 50
_DIGITS: Final = 9


class Snapshot(NamedTuple):
    """SQLite and the indexes at the same generation."""

    connection: sa.Connection
    searcher: Searcher
    matrix: Matrix
    generation: int


class Found(NamedTuple):
    """A chunk with everything that a hit says of it, but its text."""

    number: int
    score: float
    ranks: Mapping[str, int]
    scores: Mapping[str, float]
    weights: Mapping[str, float]


@dataclass(slots=True)
class Legs:
    """Both ways to find chunks in a snapshot, within what may be read."""

    snapshot: Snapshot
    scope: Scope
    asked: QueryTerms
    stats: ReadableStats

    def term_weights(self) -> dict[str, float]:
        """Return how telling each term of the question is among readable chunks."""
        return term_weights(
            self.snapshot.searcher,
            self.asked,
            stats=self.stats,
            label_sets=self.scope.label_sets,
        )

    def by_words(self, *, limit: int) -> list[Found]:
        """Return the best by the keyword leg alone."""
        ranked, _ = self._words(limit)
        return [
            Found(number, score, {KEYWORD: rank}, {KEYWORD: score}, {KEYWORD: 1.0})
            for rank, (number, score) in enumerate(ranked.items(), start=1)
        ]

    def by_both(
        self, embedding: Embedding, fusion: Fusion, *, limit: int
    ) -> list[Found]:
        """Return the best by both legs, ties broken by chunk id."""
        depth = max(_DEPTH, limit)
        by_words, terms = self._words(depth)
        by_meaning = self._meaning(embedding, depth)
        numbers = [*by_words, *(n for n in by_meaning if n not in by_words)]
        fetched = terms_of(
            self.snapshot.connection,
            self.scope,
            [number for number in numbers if number not in terms],
        )
        terms = {**terms, **fetched}
        numbers = [number for number in numbers if number in terms]
        scores = by_words | scores_of(
            self.snapshot.searcher,
            self.asked,
            stats=self.stats,
            label_sets=self.scope.label_sets,
            chunks=fetched,
        )
        near = self.snapshot.matrix.cosines(numbers, embedding.vector)
        candidates = [
            Candidate(scores[number], *near.get(number, (None, 0.0)))
            for number in numbers
        ]
        fused = fusion(embedding.known, candidates)
        word_ranks = {number: rank for rank, number in enumerate(by_words, start=1)}
        near_ranks = {number: rank for rank, number in enumerate(by_meaning, start=1)}
        found: list[tuple[float, str, Found]] = []
        for number, candidate, (score, weight) in zip(
            numbers, candidates, fused, strict=True
        ):
            rounded = round(score, _DIGITS)
            if not rounded:
                continue  # neither leg says anything for it
            ranks, told = {}, {KEYWORD: candidate.keyword}
            if number in word_ranks:
                ranks[KEYWORD] = word_ranks[number]
            if number in near_ranks:
                ranks[VECTOR] = near_ranks[number]
            if candidate.vector is not None:
                told[VECTOR] = candidate.vector
            weights = {KEYWORD: 1.0 - weight, VECTOR: weight}
            hit = Found(number, rounded, ranks, told, weights)
            found.append((-rounded, terms[number].id, hit))
        return [hit for _, _, hit in sorted(found, key=lambda each: each[:2])[:limit]]

    def _words(self, limit: int) -> tuple[dict[int, float], dict[int, ChunkTerms]]:
        """Return the best by BM25 with their scores, and the terms that were read."""
        read: dict[int, ChunkTerms] = {}
        if not self.asked.body:
            return {}, read

        def fetch(numbers: Sequence[int]) -> dict[int, ChunkTerms]:
            fresh = terms_of(self.snapshot.connection, self.scope, numbers)
            read.update(fresh)
            return fresh

        found = best(
            self.snapshot.searcher,
            self.asked,
            stats=self.stats,
            label_sets=self.scope.label_sets,
            fetch=fetch,
            limit=limit,
        )
        return {scored.number: scored.score for scored in found}, read

    def _meaning(self, embedding: Embedding, limit: int) -> dict[int, float]:
        """Return the nearest with their cosines."""
        near = self.snapshot.matrix.nearest(
            embedding.vector, self.scope.label_sets, limit=limit
        )
        # Chunks that lie level with the last are too many; their ids decide.
        ids = ids_of(self.snapshot.connection, self.scope, [n.number for n in near])
        ranked = sorted(
            (n for n in near if n.number in ids),
            key=lambda n: (-n.cosine, ids[n.number]),
        )
        return {n.number: n.cosine for n in ranked[:limit]}
