"""One search: a question beside the catalogue and both indexes at one generation.

Everything that a reader sees of it follows from chunks that they may read.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from typing_extensions import override

from erya.language import QueryTerms
from erya.records import Chunk, Fingerprint
from erya.stores.base import Search, WordHit
from erya.stores.catalogue.database import Database, check_argument
from erya.stores.catalogue.reading import (
    ChunkSet,
    Scope,
    other_model,
    passages_of,
    terms_of,
)
from erya.stores.parts import (
    ChunkTerms,
    KeywordSearcher,
    Neighbour,
    VectorSearcher,
)
from erya.stores.scoring import Bm25, ReadableStats
from erya.stores.spelling import respell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["IndexedSearch", "SearchRequest", "Snapshot"]


class Snapshot(NamedTuple):
    """The catalogue and the indexes at the same generation."""

    connection: sa.Connection
    searcher: KeywordSearcher
    matrix: VectorSearcher
    generation: int
    embedder: Fingerprint | None


class SearchRequest(NamedTuple):
    """A question, and the scope of its search.

    Attributes:
        question: In the user's words.
        terms: What is looked for.
        scope: What may be read.
        stats: Counts over all of that.
        within: The chunks to look among; None is all.
    """

    question: str
    terms: QueryTerms
    scope: Scope
    stats: ReadableStats
    within: ChunkSet | None


class IndexedSearch(Search):
    """Both ways to find chunks in a snapshot, within what may be read."""

    def __init__(
        self, database: Database, snapshot: Snapshot, request: SearchRequest
    ) -> None:
        self._database = database
        self._snapshot = snapshot
        self._request = request
        self._scope = request.scope
        self._bm25 = Bm25(
            snapshot.searcher, request.terms, stats=request.stats,
            label_sets=request.scope.label_sets,
            within=request.within.numbers if request.within else None,
        )  # fmt: skip
        self._terms: dict[int, ChunkTerms] = {}  # of every chunk that was looked at

    @property
    @override
    def is_empty(self) -> bool:
        return not self._request.stats.chunks or not self._request.terms.body

    @property
    @override
    def also(self) -> tuple[str, ...]:
        return self._request.terms.also

    @override
    def has_vectors_of(self, model: Fingerprint) -> bool:
        embedder = self._snapshot.embedder
        if embedder is None:
            return False
        if not embedder.agrees(model):
            raise other_model(self._database.name, embedder, model)
        return True

    @override
    def by_words(self, *, limit: int) -> list[WordHit]:
        check_argument("A limit", limit, int)
        with self._database.translate_errors():
            return self._bm25.best(self._read, limit=limit)

    @override
    def nearest(self, vector: "NDArray[np.float32]", *, limit: int) -> list[int]:
        near = self._snapshot.matrix.nearest(
            vector, self._scope.label_sets, limit=limit, within=self._request.within
        )
        with self._database.translate_errors():
            return self._settle_ties(near, limit)

    @override
    def word_hits(self, numbers: Sequence[int]) -> dict[int, WordHit]:
        return self._bm25.scores({number: self._terms[number] for number in numbers})

    @override
    def cosines(
        self, numbers: Sequence[int], vector: "NDArray[np.float32]"
    ) -> dict[int, tuple[float, float]]:
        return self._snapshot.matrix.cosines(numbers, vector)

    @override
    def vector(self, number: int) -> "NDArray[np.float32]":
        return self._snapshot.matrix.vector(number)

    @override
    def id_of(self, number: int) -> str:
        return self._terms[number].id

    @override
    def chunks(self, numbers: Sequence[int]) -> dict[int, Chunk]:
        with self._database.translate_errors():
            return passages_of(self._snapshot.connection, self._scope, numbers)

    @override
    def weights(self) -> dict[str, float]:
        return self._bm25.weights()

    @override
    def full_score(self) -> float:
        return self._bm25.full_score()

    @override
    def suggestion(self) -> str:
        with self._database.translate_errors():
            return respell(
                self._request.question,
                self._snapshot.searcher,
                partial(terms_of, self._snapshot.connection, self._scope),
                label_sets=self._scope.label_sets,
            )

    def _settle_ties(self, near: Sequence[Neighbour], limit: int) -> list[int]:
        """Return the nearest; of those that lie level with the last, the ids decide."""
        self._read([each.number for each in near if each.number not in self._terms])
        readable = (each for each in near if each.number in self._terms)
        ranked = sorted(readable, key=lambda n: (-n.cosine, self._terms[n.number].id))
        return [each.number for each in ranked[:limit]]

    def _read(self, numbers: Sequence[int]) -> Mapping[int, ChunkTerms]:
        fresh = terms_of(self._snapshot.connection, self._scope, numbers)
        self._terms.update(fresh)
        return fresh
