"""Bring the indexes to the generation of the catalogue. The caller holds the lock.

A writer's commit and the repair after a crash are the same act: the catalogue says
what has changed since the generation that an index names, and the index follows.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from erya.errors import StoreError
from erya.language import ANALYSIS
from erya.stores.catalogue import feed, schema
from erya.stores.catalogue.facts import embedder_of, facts_of
from erya.stores.parts import Indexes, KeywordIndex, VectorIndex

__all__ = ["catch_up"]


def catch_up(engine: sa.Engine, indexes: Indexes, *, anew: bool = False) -> None:
    """Bring the indexes to the current generation, or write all of them anew.

    One is written anew when asked, when it is missing or damaged, when it is ahead of
    the catalogue (whose last commits a damaged log has then lost), and when it is so
    far behind that the record of removals no longer reaches back.

    Raises:
        StoreError: An index cannot be written; it is caught up later.
    """
    try:
        with engine.begin() as connection:
            if facts_of(connection)["analysis"] != ANALYSIS:
                feed.analyse_anew(connection)
                anew = True
            if anew or indexes.vectors.generation() is None:  # all are read anyway
                feed.drop_damaged_vectors(connection)
            _follow(connection, _Terms(indexes.terms), anew=anew)
            _follow(connection, _Vectors(connection, indexes.vectors), anew=anew)
    except OSError as error:
        msg = (
            f"The documents are stored, but their index could not be written: {error}. "
            "Free some space on the disk; the next search or ingest catches it up."
        )
        raise StoreError(msg) from error


class _Follower(Protocol):
    """An index that can be brought to a generation."""

    def generation(self) -> int | None:
        """Return the generation it is at, or None if it is not usable."""
        ...

    def change(
        self, connection: sa.Connection, span: "_Step", *, remove: Sequence[int]
    ) -> None:
        """Bring it from one generation to another; from -1, write it anew."""
        ...


class _Step(NamedTuple):
    since: int
    to: int


class _Terms:
    """The terms follow the chunks."""

    def __init__(self, index: KeywordIndex) -> None:
        self._index = index

    def generation(self) -> int | None:
        return self._index.generation()

    def change(
        self, connection: sa.Connection, span: _Step, *, remove: Sequence[int]
    ) -> None:
        self._index.change(
            span.to,
            remove=remove,
            add=feed.chunks_since(connection, span.since),
            anew=span.since < 0,
        )


class _Vectors:
    """The matrix follows the vectors of the base's current model."""

    def __init__(self, connection: sa.Connection, index: VectorIndex) -> None:
        self._index = index
        self._embedder = embedder_of(connection)

    def generation(self) -> int | None:
        return self._index.generation()

    def change(
        self, connection: sa.Connection, span: _Step, *, remove: Sequence[int]
    ) -> None:
        number, dimension = self._embedder or (0, 0)
        self._index.change(
            span.to,
            dimension=dimension,
            remove=remove,
            add=feed.vectors_since(connection, span.since, number),
            anew=span.since < 0,
        )


def _follow(connection: sa.Connection, index: _Follower, *, anew: bool) -> None:
    facts = facts_of(connection)
    generation = int(facts["generation"])
    found = None if anew else index.generation()
    if found == generation:
        return
    if found is not None and found > generation:
        feed.note_lost(connection, found - generation)
    everything = _Step(-1, generation)
    if found is None or found > generation or found < int(facts["pruned"]):
        index.change(connection, everything, remove=())
        return
    removals = schema.removals
    gone = connection.scalars(
        sa.select(removals.c.chunk).where(removals.c.generation > found)
    ).all()
    try:
        index.change(connection, _Step(found, generation), remove=gone)
    except OSError:
        # Whatever a killed commit left in the engine's way, a new index is free of.
        index.change(connection, everything, remove=())
