"""Bring the index to the generation of SQLite. The caller holds the lock.

A writer's commit and the repair after a crash are the same act: SQLite says what has
changed since the generation that the index names, and the index follows.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from erya.errors import StoreError
from erya.language import ANALYSIS, document_terms
from erya.records import Chunk
from erya.stores.embedded import schema
from erya.stores.embedded.term_index import IndexedChunk, TermIndex

__all__ = ["catch_up", "facts_of"]

_ROWS_AT_ONCE = 1_000


def catch_up(engine: sa.Engine, terms: TermIndex, *, anew: bool = False) -> None:
    """Bring `terms` to the current generation, or write all of it anew.

    It is written anew when asked, when it is missing or damaged, when it is ahead of
    SQLite (whose last commits a damaged log has then lost), and when it is so far
    behind that the record of removals no longer reaches back.

    Raises:
        StoreError: The index cannot be written; it is caught up later.
    """
    try:
        _follow(engine, terms, anew=anew)
    except OSError as error:
        msg = (
            f"The documents are stored, but their index could not be written: {error}. "
            "Free some space on the disk; the next search or ingest catches it up."
        )
        raise StoreError(msg) from error


def _follow(engine: sa.Engine, terms: TermIndex, *, anew: bool) -> None:
    with engine.begin() as connection:
        facts = facts_of(connection)
        if facts["analysis"] != ANALYSIS:
            _analyse_anew(connection)
            anew = True
            facts = facts_of(connection)
        generation = int(facts["generation"])
        found = None if anew else terms.generation()
        if found == generation:
            return
        if found is None or found > generation or found < int(facts["pruned"]):
            everything = _chunks_since(connection, -1)
            terms.change(generation, remove=(), add=everything, anew=True)
            return
        removals = schema.removals
        gone = connection.scalars(
            sa.select(removals.c.chunk).where(removals.c.generation > found)
        ).all()
        try:
            terms.change(generation, remove=gone, add=_chunks_since(connection, found))
        except OSError:
            # Whatever a killed commit left in the engine's way, a new index is free of.
            everything = _chunks_since(connection, -1)
            terms.change(generation, remove=(), add=everything, anew=True)


def facts_of(connection: sa.Connection) -> dict[str, str]:
    """Return the facts of the base as a whole."""
    return {row.key: row.value for row in connection.execute(sa.select(schema.base))}


def _indexed_text(title: str, headings: list[str], text: str) -> str:
    """Return what is analysed of a chunk, as `Chunk.indexed_text` says."""
    return Chunk(
        id="", document_id="", start=0, end=0, source="",
        text=text, title=title, headings=tuple(headings),
    ).indexed_text  # fmt: skip


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


def _analyse_anew(connection: sa.Connection) -> None:
    """Give every chunk the terms of this release's analysis."""
    chunks, documents, versions = schema.chunks, schema.documents, schema.versions
    rows = connection.execute(
        sa.select(chunks.c.number, chunks.c.headings, versions.c.title, chunks.c.text)
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
    for number, headings, title, text in rows:
        found = document_terms(_indexed_text(title, headings, text))
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
