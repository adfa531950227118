"""One search: the legs, and one order of what they find.

Everything that a reader sees of it follows from chunks that they may read: which chunks
each leg brings, their scores, and what the fusion takes those in proportion to.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple

import sqlalchemy as sa

from erya.language import QueryTerms
from erya.stores.base import KEYWORD, VECTOR, Candidate, Embedding, Fused, Fusion
from erya.stores.embedded.reading import Scope, terms_of
from erya.stores.embedded.scoring import (
    ChunkTerms,
    ReadableStats,
    Scored,
    best,
    scores_of,
    term_weights,
)
from erya.stores.embedded.term_index import Searcher
from erya.stores.embedded.vector_index import Matrix

__all__ = ["Found", "Legs", "Snapshot"]

# Chunks that each leg brings at least; more did not change what was found:
# docs/decisions/0008-fusion.md.
_DEPTH: Final = 30
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
    telling: float


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
            Found(
                n,
                s.score,
                {KEYWORD: rank},
                {KEYWORD: s.score},
                {KEYWORD: 1.0},
                s.telling,
            )
            for rank, (n, s) in enumerate(ranked.items(), start=1)
        ]

    def by_both(
        self, embedding: Embedding, fusion: Fusion, *, limit: int
    ) -> list[Found]:
        """Return the best by both legs, ties broken by chunk id."""
        depth = max(_DEPTH, limit)
        # The matrix is multiplied outside of Python's lock, so both legs run at once.
        with ThreadPoolExecutor(1, "erya-vectors") as beside:
            nearest = beside.submit(
                self.snapshot.matrix.nearest,
                embedding.vector,
                self.scope.label_sets,
                limit=depth,
            )
            by_words, terms = self._words(depth)
            near = nearest.result()
        unread = [each.number for each in near if each.number not in terms]
        terms |= terms_of(self.snapshot.connection, self.scope, unread)
        # Of chunks that lie level with the last, the ids decide.
        near = sorted(
            (each for each in near if each.number in terms),
            key=lambda each: (-each.cosine, terms[each.number].id),
        )[:depth]
        numbers = [*by_words, *(n.number for n in near if n.number not in by_words)]
        scores = by_words | scores_of(
            self.snapshot.searcher,
            self.asked,
            stats=self.stats,
            label_sets=self.scope.label_sets,
            chunks={n: terms[n] for n in numbers if n not in by_words},
        )
        cosines = self.snapshot.matrix.cosines(numbers, embedding.vector)
        candidates = [
            Candidate(scores[number].score, *cosines.get(number, (None, 0.0)))
            for number in numbers
        ]
        fused = fusion(embedding.known, candidates)
        alone = fusion(
            embedding.known,
            [
                candidate._replace(keyword=scores[number].telling)
                for number, candidate in zip(numbers, candidates, strict=True)
            ],
        )
        ranks = {
            KEYWORD: {number: rank for rank, number in enumerate(by_words, start=1)},
            VECTOR: {each.number: rank for rank, each in enumerate(near, start=1)},
        }
        found = [
            _found(number, candidate, told, ranks=ranks, telling=one.score)
            for number, candidate, told, one in zip(
                numbers, candidates, fused, alone, strict=True
            )
        ]
        # What neither leg says anything for is no hit.
        telling = [each for each in found if each.score]
        return sorted(telling, key=lambda f: (-f.score, terms[f.number].id))[:limit]

    def _words(self, limit: int) -> tuple[dict[int, Scored], dict[int, ChunkTerms]]:
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
        return {scored.number: scored for scored in found}, read


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
