"""What has changed since a generation, for the indexes to follow."""

import logging
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from erya.language import ANALYSIS, passage_terms
from erya.stores.catalogue import schema
from erya.stores.catalogue.columns import read_terms
from erya.stores.catalogue.facts import (
    begin_anew,
    facts_of,
    set_fact,
    vector_crc,
)
from erya.stores.catalogue.reading import Scope, passages
from erya.stores.parts import IndexedChunk, IndexedVector

__all__ = [
    "analyse_anew",
    "changed_in",
    "drop_damaged_vectors",
    "indexed_chunks",
    "indexed_vectors",
    "note_lost",
]

_LOG: Final = logging.getLogger("erya")
_ROWS_AT_ONCE: Final = 1_000


def indexed_chunks(
    connection: sa.Connection, which: sa.ColumnElement[bool]
) -> Iterator[IndexedChunk]:
    """Yield what a keyword index keeps of some chunks."""
    chunks, documents = schema.chunks, schema.documents
    rows = connection.execute(
        sa.select(
            chunks.c.number,
            documents.c.label_set,
            sa.type_coerce(chunks.c.body, sa.types.NullType()),
            sa.type_coerce(chunks.c.exact, sa.types.NullType()),
        )
        .join(documents, documents.c.number == chunks.c.document)
        .where(which)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for number, label_set, body, exact in rows:
        yield IndexedChunk(number, label_set, read_terms(body), read_terms(exact))


def indexed_vectors(
    connection: sa.Connection, which: sa.ColumnElement[bool], embedder: int
) -> Iterator[IndexedVector]:
    """Yield the vectors of some chunks, less those that are not what was written."""
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
        .where(which, vectors.c.embedder == embedder)
        # As the index on generations has them: by number alone, SQLite would read all.
        .order_by(chunks.c.generation, chunks.c.number)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for number, label_set, coverage, data, crc in rows:
        if vector_crc(coverage, data) == crc:
            yield IndexedVector(number, label_set, coverage, data)


def changed_in(connection: sa.Connection, generation: int) -> list[int] | None:
    """Return the chunks that came, changed or went with the current generation.

    None where every index is written anew for it.
    """
    if int(facts_of(connection)["pruned"]) == generation:
        return None
    chunks, removals = schema.chunks, schema.removals
    came = sa.select(chunks.c.number).where(chunks.c.generation == generation)
    went = sa.select(removals.c.chunk).where(removals.c.generation == generation)
    return list(connection.scalars(came.union(went)))


def drop_damaged_vectors(connection: sa.Connection) -> None:
    """Forget vectors that are not what was written.

    Their chunks are found by their words until the next ingest embeds them again.
    """
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


def note_lost(connection: sa.Connection, commits: int) -> None:
    """Keep in mind that changes were lost, until the base is rebuilt."""
    set_fact(connection, "lost", commits)
    _LOG.warning(
        "The last changes (%d) of the base are not there: the log beside its database "
        "was lost, or the database is an older copy. Ingest its sources again.",
        commits,
    )


def analyse_anew(connection: sa.Connection) -> None:
    """Give every chunk the terms of this release's analysis.

    Damaged ones keep theirs; `verify` names them.
    """
    chunks, documents = schema.chunks, schema.documents
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
    for document, count in connection.execute(
        sa.select(documents.c.number, documents.c.chunks)
    ).all():
        which = chunks.c.document == document
        chunks_by_number = passages(connection, Scope(None), which, damaged_too=False)
        rows = []
        for number, chunk in chunks_by_number.items():
            terms = passage_terms(
                chunk.text,
                title=chunk.title,
                headings=chunk.headings,
                source=chunk.source,
                chunks=count,
            )
            rows.append(
                {
                    "which": number,
                    "b": dict(terms.body),
                    "e": dict(terms.exact),
                    "bl": terms.body.total(),
                    "el": terms.exact.total(),
                }
            )
        if rows:
            connection.execute(change, rows)
    for column in ("body_length", "exact_length"):
        total = (
            sa.select(sa.func.coalesce(sa.func.sum(chunks.c[column]), 0))
            .where(chunks.c.document == documents.c.number)
            .scalar_subquery()
        )
        connection.execute(sa.update(documents).values({column: total}))
    # A new generation, so that no process goes on with what it has read before.
    set_fact(connection, "analysis", ANALYSIS)
    begin_anew(connection)
