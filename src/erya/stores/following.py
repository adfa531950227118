"""Bring the indexes to the generation of the catalogue. The caller holds the lock.

A writer's commit and the repair after a crash are the same act: the catalogue says
what has changed since the generation that an index names, and the index follows. A
commit lets the indexes go ahead, so that nobody who reads meanwhile has to wait for
them; if it does not come about, they are taken back.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from erya.errors import StoreError
from erya.language import ANALYSIS
from erya.stores.catalogue import feed, schema
from erya.stores.catalogue.facts import embedder_of, facts_of
from erya.stores.catalogue.reading import VARIABLES
from erya.stores.parts import Indexes, KeywordIndex, Pending, VectorIndex

__all__ = ["catch_up", "go_ahead"]


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
            if not anew:
                generation = int(facts_of(connection)["generation"])
                _take_back(connection, indexes, generation)
            for index in _followers(connection, indexes):
                _follow(connection, index, anew=anew)
        indexes.pending.clear()
    except OSError as error:
        msg = (
            f"The documents are stored, but their index could not be written: {error}. "
            "Free some space on the disk; the next search or ingest catches it up."
        )
        raise StoreError(msg) from error


def go_ahead(connection: sa.Connection, indexes: Indexes) -> None:
    """Bring the indexes to the generation that a transaction is about to commit.

    Those who read go on with the one before, in the indexes that they have open. What
    cannot be written here is caught up after the commit.
    """
    generation = int(facts_of(connection)["generation"])
    with suppress(OSError):
        # An earlier commit to the same number has failed, in the hands of this writer.
        _take_back(connection, indexes, generation - 1)
        changed = feed.changed_in(connection, generation)
        indexes.pending.write(Pending(generation, changed))
        for index in _followers(connection, indexes):
            _follow(connection, index, anew=False)


class _Change(NamedTuple):
    """What brings an index to a generation.

    Attributes:
        to: The generation.
        remove: The numbers of chunks that are gone, or are added again.
        add: Which chunks are added, in parts.
        anew: Whether there is no other.
    """

    to: int
    remove: Sequence[int]
    add: Sequence[sa.ColumnElement[bool]]
    anew: bool = False


class _Follower(Protocol):
    """An index that can be brought to a generation."""

    def generation(self) -> int | None:
        """Return the generation it is at, or None if it is not usable."""
        ...

    def change(self, connection: sa.Connection, change: _Change) -> None:
        """Bring it to another."""
        ...


class _Terms:
    """The terms follow the chunks."""

    def __init__(self, index: KeywordIndex) -> None:
        self._index = index

    def generation(self) -> int | None:
        return self._index.generation()

    def change(self, connection: sa.Connection, change: _Change) -> None:
        parts = (feed.indexed_chunks(connection, which) for which in change.add)
        self._index.change(
            change.to,
            remove=change.remove,
            add=chain.from_iterable(parts),
            anew=change.anew,
        )


class _Vectors:
    """The matrix follows the vectors of the base's current model."""

    def __init__(self, connection: sa.Connection, index: VectorIndex) -> None:
        self._index = index
        self._embedder = embedder_of(connection)

    def generation(self) -> int | None:
        return self._index.generation()

    def change(self, connection: sa.Connection, change: _Change) -> None:
        number, dimension = self._embedder or (0, 0)
        parts = (
            feed.indexed_vectors(connection, which, number) for which in change.add
        )
        self._index.change(
            change.to,
            dimension=dimension,
            remove=change.remove,
            add=chain.from_iterable(parts),
            anew=change.anew,
        )


def _followers(connection: sa.Connection, indexes: Indexes) -> Iterator[_Follower]:
    yield _Terms(indexes.terms)
    yield _Vectors(connection, indexes.vectors)


def _follow(connection: sa.Connection, index: _Follower, *, anew: bool) -> None:
    facts = facts_of(connection)
    generation = int(facts["generation"])
    indexed = None if anew else index.generation()
    if indexed == generation:
        return
    if indexed is not None and indexed > generation:
        feed.note_lost(connection, indexed - generation)
    if indexed is None or indexed > generation or indexed < int(facts["pruned"]):
        index.change(connection, _everything(generation))
        return
    removals = schema.removals
    removed = connection.scalars(
        sa.select(removals.c.chunk).where(removals.c.generation > indexed)
    ).all()
    since = schema.chunks.c.generation > indexed
    _bring(connection, index, _Change(generation, removed, [since]))


def _take_back(connection: sa.Connection, indexes: Indexes, generation: int) -> None:
    """Bring back the indexes that went ahead for a commit that never came about."""
    pending = indexes.pending.read()
    if pending is None or pending.generation != generation + 1:
        return
    changed = pending.chunks
    if changed is None:
        change = _everything(generation)
    else:
        number = schema.chunks.c.number
        parts = [
            number.in_(changed[first : first + VARIABLES])
            for first in range(0, len(changed), VARIABLES)
        ]
        change = _Change(generation, changed, parts)
    for index in _followers(connection, indexes):
        if index.generation() == pending.generation:
            _bring(connection, index, change)


def _bring(connection: sa.Connection, index: _Follower, change: _Change) -> None:
    try:
        index.change(connection, change)
    except OSError:
        # Whatever a killed commit left in the engine's way, a new index is free of.
        index.change(connection, _everything(change.to))


def _everything(generation: int) -> _Change:
    return _Change(generation, (), [sa.true()], anew=True)
