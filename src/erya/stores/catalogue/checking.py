"""Check the rows of a catalogue against each other."""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa

from erya.language import ANALYSIS, passage_terms
from erya.records import Chunk
from erya.stores.base import Finding
from erya.stores.catalogue import schema
from erya.stores.catalogue.facts import facts_of, vector_crc
from erya.stores.catalogue.hashes import chunk_hash, document_hash
from erya.stores.catalogue.sealing import sealed
from erya.stores.quantization import has_length

__all__ = ["check_rows"]

_ROWS_AT_ONCE = 500
_NAMED = 5  # damaged things named in one finding


def check_rows(connection: sa.Connection) -> Iterator[Finding]:
    """Yield one finding for each check, in the order in which damage would spread."""
    yield _make_finding("documents", _bad_seals(connection))
    yield _make_finding("texts", _bad_texts(connection))
    yield _make_finding("originals", _bad_originals(connection))
    yield _make_finding("chunks", _bad_chunks(connection))
    yield _make_finding("totals", _bad_totals(connection))
    yield _make_finding("vectors", _bad_vectors(connection))
    yield _log(connection)


def _make_finding(check: str, bad: Iterator[str]) -> Finding:
    """Gather what is wrong into one finding that names the first few."""
    wrong = list(bad)
    examples = "; ".join(wrong[:_NAMED])
    more = len(wrong) - _NAMED
    detail = examples + (f"; and {more} more" if more > 0 else "")
    return Finding(check=check, ok=not wrong, detail=detail or "as written")


def _log(connection: sa.Connection) -> Finding:
    lost = facts_of(connection).get("lost")
    if lost is None:
        return Finding(check="log", ok=True, detail="as written")
    detail = (
        f"the last changes ({lost}) are not there: the log beside the database was "
        "lost, or the database is an older copy. Ingest the sources again; then "
        "erya kb rebuild takes this note away"
    )
    return Finding(check="log", ok=False, detail=detail)


def _bad_seals(connection: sa.Connection) -> Iterator[str]:
    for row, seal in sealed(connection):
        if row["seal"] != seal:
            yield f"the source, kind or readers of {row['source']} are not as written"


def _bad_texts(connection: sa.Connection) -> Iterator[str]:
    documents, versions = schema.documents, schema.versions
    rows = connection.execute(
        sa.select(documents.c.source, versions)
        .outerjoin(versions, versions.c.number == documents.c.version)
        .execution_options(yield_per=10)
    ).mappings()
    for row in rows:
        actual_hash = document_hash(
            title=row["title"],
            text=row["text"],
            structure=row["structure"],
            details=row["details"] or {},
        )
        if row["text"] is None or actual_hash != row["hash"]:
            yield f"the text of {row['source']} is not what was written"


def _bad_originals(connection: sa.Connection) -> Iterator[str]:
    documents, versions, originals = (
        schema.documents, schema.versions, schema.originals,
    )  # fmt: skip
    rows = connection.execute(
        sa.select(
            documents.c.source,
            versions.c.content_hash,
            originals.c.data,
            versions.c.structure,
            versions.c.text,
        )
        .join(versions, versions.c.number == documents.c.version)
        .outerjoin(originals, originals.c.hash == versions.c.content_hash)
        .execution_options(yield_per=10)
    )
    for source, expected, data, structure, text in rows:
        if data is None and (structure or {}).get("private"):
            continue  # it was not to be kept
        # What is the text itself is not kept twice.
        original = (text or "").encode() if data is None else data
        if hashlib.sha256(original).hexdigest() != expected:
            yield f"the original of {source} is not what was written"


def _bad_chunks(connection: sa.Connection) -> Iterator[str]:
    chunks, documents, versions = schema.chunks, schema.documents, schema.versions
    analysed = facts_of(connection)["analysis"]
    rows = connection.execute(
        sa.select(
            chunks, documents.c.id.label("document_id"), documents.c.source,
            documents.c.chunks.label("count"),
            versions.c.title, versions.c.number.label("version"),
        )
        .join(documents, documents.c.number == chunks.c.document)
        .join(versions, versions.c.number == documents.c.version)
        .order_by(chunks.c.document)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    ).mappings()  # fmt: skip
    version, whole = None, ""
    for row in rows:
        if row["version"] != version:
            version = row["version"]
            text = sa.select(versions.c.text).where(versions.c.number == version)
            whole = connection.scalar(text) or ""
        place = f"chunk {row['id']} of {row['source']}"
        chunk = Chunk(
            id=row["id"], document_id=row["document_id"], start=row["start"],
            end=row["end"], text=row["text"] or whole[row["start"] : row["end"]],
            source=row["source"], title=row["title"],
            headings=tuple(row["headings"]), page=row["page"],
        )  # fmt: skip
        if (
            chunk_hash(chunk) != row["hash"]
            or whole[chunk.start : chunk.end] != chunk.text
        ):
            yield f"{place} is not the span it says"
            continue
        expected = passage_terms(
            chunk.text,
            title=chunk.title,
            headings=chunk.headings,
            source=chunk.source,
            chunks=row["count"],
        )
        if analysed == ANALYSIS and (
            row["body"] != dict(expected.body)
            or row["exact"] != dict(expected.exact)
            or row["body_length"] != expected.body.total()
            or row["exact_length"] != expected.exact.total()
        ):
            yield f"{place} has other terms than its text"


def _bad_totals(connection: sa.Connection) -> Iterator[str]:
    chunks, documents = schema.chunks, schema.documents
    rows = connection.execute(
        sa.select(
            documents.c.source,
            documents.c.chunks,
            documents.c.body_length,
            documents.c.exact_length,
            sa.func.count(chunks.c.number),
            sa.func.coalesce(sa.func.sum(chunks.c.body_length), 0),
            sa.func.coalesce(sa.func.sum(chunks.c.exact_length), 0),
        )
        .outerjoin(chunks, chunks.c.document == documents.c.number)
        .group_by(documents.c.number)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for source, *numbers in rows:
        if numbers[:3] != numbers[3:]:
            yield f"{source} says {numbers[0]} chunks and has {numbers[3]}"


def _bad_vectors(connection: sa.Connection) -> Iterator[str]:
    chunks, vectors, embedders = schema.chunks, schema.vectors, schema.embedders
    rows = connection.execute(
        sa.select(
            chunks.c.id, vectors.c.known, vectors.c.crc, vectors.c.data,
            embedders.c.dimension,
        )
        .outerjoin(chunks, chunks.c.number == vectors.c.chunk)
        .outerjoin(embedders, embedders.c.number == vectors.c.embedder)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )  # fmt: skip
    for chunk, coverage, crc, data, dimension in rows:
        if vector_crc(coverage, data) != crc or not has_length(data, dimension or 0):
            yield (
                f"the vector of chunk {chunk} is not what was written; drop it with: "
                "erya kb rebuild, and ingest again"
            )
