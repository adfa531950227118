"""Chunks of other chunkers, kept beside those that searches use."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from erya.errors import DamagedError, UsageError
from erya.records import Chunk
from erya.stores.base import StoredChunking
from erya.stores.catalogue import schema
from erya.stores.catalogue.dialects import upsert
from erya.stores.catalogue.facts import embedder_of, facts_of, vector_crc
from erya.stores.quantization import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Staged", "forget", "missing", "stage", "staged", "switch"]

Row = dict[str, Any]


class Staged(NamedTuple):
    """A document's chunks by another chunker, ready to be stored.

    Attributes:
        chunks: The row of each: [id, start, end, page, headings, known].
        vectors: Their vectors one after another; empty where there are none.
        version: The hash of the version that they were cut from.
    """

    chunks: list[list[Any]]
    vectors: bytes
    version: str


def stage(
    connection: sa.Connection,
    rows: Mapping[str, Staged],
    *,
    recipe: str,
    embedder: int | None,
) -> None:
    """Store chunks for documents by their ids, in place of what the chunker had cut.

    Of a document that has changed meanwhile nothing is stored: it counts as not cut.
    """
    documents, versions, table = schema.documents, schema.versions, schema.chunkings
    current = connection.execute(
        sa.select(
            documents.c.number, documents.c.id, documents.c.version, versions.c.hash
        )
        .join(versions, versions.c.number == documents.c.version)
        .where(documents.c.id.in_(sorted(rows)))
    ).all()
    unchanged = [each for each in current if each.hash == rows[each.id].version]
    new = [
        {
            "document": each.number,
            "recipe": recipe,
            "version": each.version,
            "embedder": embedder,
            "chunks": rows[each.id].chunks,
            "vectors": rows[each.id].vectors,
            "crc": _crc(rows[each.id]),
        }
        for each in unchanged
    ]
    if new:
        connection.execute(upsert(connection, table), new)


def missing(connection: sa.Connection, recipe: str) -> sa.Select[tuple[str]]:
    """Return the query for the ids of documents that a chunker has not cut."""
    documents, table = schema.documents, schema.chunkings
    current = embedder_of(connection)
    there = sa.exists().where(
        table.c.document == documents.c.number,
        table.c.recipe == recipe,
        table.c.version == documents.c.version,
        table.c.embedder.is_not_distinct_from(current and current[0]),
    )
    return sa.select(documents.c.id).where(~there).order_by(documents.c.number)


def staged(connection: sa.Connection) -> list[StoredChunking]:
    """Return every chunker that has cut documents beside the one in use."""
    table = schema.chunkings
    before = facts_of(connection).get("chunker_before")
    total = connection.scalar(sa.select(sa.func.count()).select_from(schema.documents))
    chunkings = []
    for recipe in connection.scalars(
        sa.select(table.c.recipe).distinct().order_by(table.c.recipe)
    ).all():
        left = sa.select(sa.func.count()).select_from(
            missing(connection, recipe).subquery()
        )
        lacking = int(connection.scalar(left) or 0)
        chunkings.append(
            StoredChunking(
                recipe=recipe,
                previous=recipe == before,
                documents=int(total or 0) - lacking,
                missing=lacking,
            )
        )
    return chunkings


def switch(
    connection: sa.Connection,
    recipe: str,
    *,
    before: str,
    renamed: Callable[[str], str],
    row_of: Callable[[Chunk, int, int], Row],
    take_numbers: Callable[[int], int],
) -> None:
    """Put what a chunker has cut in the place of the chunks in use, and keep those.

    Args:
        connection: Inside one transaction.
        recipe: The chunker's.
        before: That of the chunks in use.
        renamed: Returns how a document was read, with `recipe` in it.
        row_of: Returns what is stored of a chunk of a document with so many chunks and
            characters.
        take_numbers: Returns the first of so many numbers that no chunk ever had.

    Raises:
        DamagedError: What was kept is not what was written.
        UsageError: Documents lack chunks of it.
    """
    left = connection.scalars(missing(connection, recipe)).all()
    if left:
        msg = (
            f"{len(left)} documents have not been cut by {recipe!r} yet; nothing was "
            "switched. Run the same command without --switch first."
        )
        raise UsageError(msg)
    current = embedder_of(connection)
    generation = int(facts_of(connection)["generation"]) + 1
    documents, table, chunks = schema.documents, schema.chunkings, schema.chunks
    for row in list(_documents(connection)):
        kept = connection.execute(
            sa.select(table.c.chunks, table.c.vectors, table.c.crc).where(
                table.c.document == row.number, table.c.recipe == recipe
            )
        ).one()
        taken = Staged(kept.chunks, kept.vectors, row.hash)
        if _crc(taken) != kept.crc:
            msg = (
                f"What {recipe!r} has cut of {row.source} is not what was written; "
                "nothing was switched. Forget it, and cut the documents again."
            )
            raise DamagedError(msg)
        own = _read_current(connection, row, current=current)
        key = row.id
        connection.execute(sa.delete(chunks).where(chunks.c.document == row.number))
        stage(connection, {key: own}, recipe=before, embedder=current and current[0])
        count, length = len(taken.chunks), len(row.text)
        rows = [row_of(chunk, count, length) for chunk in _chunks(row, taken)]
        first = take_numbers(len(rows))
        for number, each in enumerate(rows, start=first):
            each |= {
                "number": number, "document": row.number, "generation": generation,
            }  # fmt: skip
        if rows:
            connection.execute(sa.insert(chunks), rows)
        if rows and taken.vectors and current:
            vectors = _vectors(taken)
            connection.execute(
                sa.insert(schema.vectors),
                [
                    {**vector, "chunk": each["number"], "embedder": current[0]}
                    for each, vector in zip(rows, vectors, strict=True)
                ],
            )
        connection.execute(
            sa.update(documents)
            .where(documents.c.number == row.number)
            .values(
                chunks=len(rows),
                body_length=sum(each["body_length"] for each in rows),
                exact_length=sum(each["exact_length"] for each in rows),
            )
        )
        connection.execute(
            sa.update(schema.versions)
            .where(schema.versions.c.number == row.version)
            .values(recipe=renamed(row.recipe))
        )
    forget(connection, recipe)


def forget(connection: sa.Connection, recipe: str) -> int:
    """Delete what a chunker has cut; return for how many documents."""
    table = schema.chunkings
    gone = connection.execute(sa.delete(table).where(table.c.recipe == recipe))
    return int(gone.rowcount)


def _documents(connection: sa.Connection) -> Iterator[Any]:
    documents, versions = schema.documents, schema.versions
    yield from connection.execute(
        sa.select(
            documents.c.number, documents.c.id, documents.c.source,
            documents.c.version, versions.c.recipe, versions.c.title, versions.c.text,
            versions.c.hash,
        ).join(versions, versions.c.number == documents.c.version)
    )  # fmt: skip


def _chunks(row: Any, chunking: Staged) -> Iterator[Chunk]:
    for key, start, end, page, headings, _ in chunking.chunks:
        yield Chunk(
            id=key,
            document_id=row.id,
            start=start,
            end=end,
            text=row.text[start:end],
            source=row.source,
            title=row.title,
            headings=tuple(headings),
            page=page,
        )


def _vectors(chunking: Staged) -> Iterator[Row]:
    size = len(chunking.vectors) // len(chunking.chunks)
    for i, (*_, coverage) in enumerate(chunking.chunks):
        data = chunking.vectors[i * size : (i + 1) * size]
        yield {"known": coverage, "crc": vector_crc(coverage, data), "data": data}


def _of_one_length(rows: "Sequence[bytes]", current: tuple[int, int] | None) -> bytes:
    """Return vectors one after another, those of earlier releases as all others."""
    if not rows or current is None:
        return b""
    return b"".join(pack(unpack(rows, current[1])))


def _read_current(
    connection: sa.Connection, document: Any, *, current: tuple[int, int] | None
) -> Staged:
    """Return the chunks in use of a document, as they are kept beside."""
    chunks, vectors = schema.chunks, schema.vectors
    embedder = current and current[0]
    rows: Sequence[Any] = connection.execute(
        sa.select(
            chunks.c.id, chunks.c.start, chunks.c.end, chunks.c.page,
            chunks.c.headings, vectors.c.known, vectors.c.data,
        )
        .outerjoin(
            vectors,
            (vectors.c.chunk == chunks.c.number) & (vectors.c.embedder == embedder),
        )
        .where(chunks.c.document == document.number)
        .order_by(chunks.c.start)
    ).all()  # fmt: skip
    whole = all(row.data is not None for row in rows)
    return Staged(
        [
            [row.id, row.start, row.end, row.page, row.headings, row.known or 0.0]
            for row in rows
        ],
        _of_one_length([row.data for row in rows], current) if whole else b"",
        document.hash,
    )


def _crc(chunking: Staged) -> int:
    return zlib.crc32(chunking.vectors, zlib.crc32(repr(chunking.chunks).encode()))
