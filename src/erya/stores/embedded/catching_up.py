"""Bring the indexes to the generation of SQLite. The caller holds the lock.

A writer's commit and the repair after a crash are the same act: SQLite says what has
changed since the generation that an index names, and the index follows.
"""

import logging
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from erya.errors import StoreError
from erya.language import ANALYSIS, passage_terms
from erya.stores.embedded import schema
from erya.stores.embedded.damage import DamagedRowError
from erya.stores.embedded.term_index import IndexedChunk, TermIndex
from erya.stores.embedded.vector_index import IndexedVector, VectorIndex

__all__ = ["Indexes", "catch_up", "embedder_of", "facts_of", "vector_crc"]

_LOG: Final = logging.getLogger("erya")
_ROWS_AT_ONCE = 1_000
_NUMBERS: Final = ("generation", "pruned")
_FACTS: Final = sa.select(schema.base.c.key, schema.base.c.value)


class Indexes(NamedTuple):
    """What is written anew from SQLite at any time."""

    terms: TermIndex
    vectors: VectorIndex


def catch_up(engine: sa.Engine, indexes: Indexes, *, anew: bool = False) -> None:
    """Bring the indexes to the current generation, or write all of them anew.

    One is written anew when asked, when it is missing or damaged, when it is ahead of
    SQLite (whose last commits a damaged log has then lost), and when it is so far
    behind that the record of removals no longer reaches back.

    Raises:
        StoreError: An index cannot be written; it is caught up later.
    """
    try:
        with engine.begin() as connection:
            if facts_of(connection)["analysis"] != ANALYSIS:
                _analyse_anew(connection)
                anew = True
            _drop_damaged_vectors(connection, indexes.vectors, anew=anew)
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

    def __init__(self, index: TermIndex) -> None:
        self._index = index

    def generation(self) -> int | None:
        return self._index.generation()

    def change(
        self, connection: sa.Connection, span: _Step, *, remove: Sequence[int]
    ) -> None:
        self._index.change(
            span.to,
            remove=remove,
            add=_chunks_since(connection, span.since),
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
            add=_vectors_since(connection, span.since, number),
            anew=span.since < 0,
        )


def _follow(connection: sa.Connection, index: _Follower, *, anew: bool) -> None:
    facts = facts_of(connection)
    generation = int(facts["generation"])
    found = None if anew else index.generation()
    if found == generation:
        return
    if found is not None and found > generation:
        _note_lost(connection, found - generation)
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


def _note_lost(connection: sa.Connection, commits: int) -> None:
    """Keep in mind that changes were lost, until the base is rebuilt."""
    told = sqlite_insert(schema.base).values(key="lost", value=str(commits))
    connection.execute(
        told.on_conflict_do_update(index_elements=["key"], set_={"value": str(commits)})
    )
    _LOG.warning(
        "The last changes (%d) of the base are not there: the log beside its database "
        "was lost, or the database is an older copy. Ingest its sources again.",
        commits,
    )


def facts_of(connection: sa.Connection) -> dict[str, str]:
    """Return the facts of the base as a whole.

    Raises:
        DamagedRowError: One that every base has is missing, or no number.
    """
    facts = {key: value for key, value in connection.execute(_FACTS)}  # noqa: C416 - typed
    if not {"identity", "analysis", *_NUMBERS} <= facts.keys():
        msg = f"of the facts of a base there are only {sorted(facts)}"
        raise DamagedRowError(msg)
    for key in _NUMBERS:
        if not facts[key].isdecimal():
            msg = f"{key} is a number, not {facts[key]!r:.40}"
            raise DamagedRowError(msg)
    return facts


def embedder_of(connection: sa.Connection) -> tuple[int, int] | None:
    """Return number and dimension of the current embedding model, if there is one."""
    number = facts_of(connection).get("embedder")
    if number is None:
        return None
    embedders = schema.embedders
    dimension = connection.scalar(
        sa.select(embedders.c.dimension).where(embedders.c.number == int(number))
    )
    return int(number), int(dimension or 0)


def vector_crc(known: float, data: bytes) -> int:
    """Return the checksum that a vector is stored with."""
    return zlib.crc32(data, zlib.crc32(struct.pack("<d", known)))


def _chunks_since(connection: sa.Connection, generation: int) -> Iterator[IndexedChunk]:
    chunks, documents = schema.chunks, schema.documents
    rows = connection.execute(
        sa.select(chunks.c.number, documents.c.label_set, chunks.c.body, chunks.c.exact)
        .join(documents, documents.c.number == chunks.c.document)
        .where(chunks.c.generation > generation)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for number, label_set, body, exact in rows:
        yield IndexedChunk(number, label_set, body, exact)


def _vectors_since(
    connection: sa.Connection, generation: int, embedder: int
) -> Iterator[IndexedVector]:
    chunks, documents, vectors = schema.chunks, schema.documents, schema.vectors
    rows = connection.execute(
        sa.select(
            chunks.c.number,
            documents.c.label_set,
            vectors.c.known,
            vectors.c.data,
            vectors.c.crc,
        )
        .join(documents, documents.c.number == chunks.c.document)
        .join(vectors, vectors.c.chunk == chunks.c.number)
        .where(chunks.c.generation > generation, vectors.c.embedder == embedder)
        # As the index on generations has them: by number alone, SQLite would read all.
        .order_by(chunks.c.generation, chunks.c.number)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for number, label_set, known, data, crc in rows:
        if vector_crc(known, data) == crc:
            yield IndexedVector(number, label_set, known, data)


def _drop_damaged_vectors(
    connection: sa.Connection, index: VectorIndex, *, anew: bool
) -> None:
    """Forget vectors that are not what was written, when all are read anyway.

    Their chunks are found by their words until the next ingest embeds them again.
    """
    if not anew and index.generation() is not None:
        return
    vectors = schema.vectors
    rows = connection.execute(
        sa.select(
            vectors.c.chunk, vectors.c.embedder, vectors.c.known, vectors.c.crc,
            vectors.c.data,
        ).execution_options(yield_per=_ROWS_AT_ONCE)
    )  # fmt: skip
    bad = [row[:2] for row in rows if vector_crc(row[2], row[4]) != row[3]]
    if bad:
        connection.execute(
            sa.delete(schema.base).where(schema.base.c.key == "embedded_to")
        )
    for chunk, embedder in bad:
        connection.execute(
            sa.delete(vectors).where(
                vectors.c.chunk == chunk, vectors.c.embedder == embedder
            )
        )


def _analyse_anew(connection: sa.Connection) -> None:
    """Give every chunk the terms of this release's analysis."""
    chunks, documents, versions = schema.chunks, schema.documents, schema.versions
    rows = connection.execute(
        sa.select(
            chunks.c.number,
            chunks.c.headings,
            chunks.c.text,
            versions.c.title,
            documents.c.source,
            documents.c.chunks,
        )
        .join(documents, documents.c.number == chunks.c.document)
        .join(versions, versions.c.number == documents.c.version)
    ).all()
    change = (
        sa.update(chunks)
        .where(chunks.c.number == sa.bindparam("which"))
        .values(
            body=sa.bindparam("b"),
            exact=sa.bindparam("e"),
            body_length=sa.bindparam("bl"),
            exact_length=sa.bindparam("el"),
        )
    )
    for number, headings, text, title, source, count in rows:
        found = passage_terms(
            text, title=title, headings=headings, source=source, chunks=count
        )
        connection.execute(
            change,
            {
                "which": number,
                "b": dict(found.body),
                "e": dict(found.exact),
                "bl": found.body.total(),
                "el": found.exact.total(),
            },
        )
    for column in ("body_length", "exact_length"):
        total = (
            sa.select(sa.func.coalesce(sa.func.sum(chunks.c[column]), 0))
            .where(chunks.c.document == documents.c.number)
            .scalar_subquery()
        )
        connection.execute(sa.update(documents).values({column: total}))
    # A new generation, so that no process goes on with what it has read before.
    generation = int(facts_of(connection)["generation"]) + 1
    for key, value in (("analysis", ANALYSIS), ("generation", str(generation))):
        connection.execute(
            sa.update(schema.base).where(schema.base.c.key == key).values(value=value)
        )
