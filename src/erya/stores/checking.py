"""Check what is stored against everything else."""

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from erya.language import ANALYSIS
from erya.stores.base import Finding
from erya.stores.catalogue import schema
from erya.stores.catalogue.checking import check_rows
from erya.stores.catalogue.database import Database
from erya.stores.catalogue.facts import embedder_of, facts_of
from erya.stores.damage import DamagedRowError
from erya.stores.parts import Indexes, KeywordIndex, VectorIndex
from erya.stores.quantization import has_length, pack, unpack

__all__ = ["verify"]

_ROWS_AT_ONCE = 500


def verify(database: Database, indexes: Indexes) -> list[Finding]:
    """Return one finding for each check, in the order in which damage would spread."""
    findings: list[Finding] = []
    try:
        with database.engine.begin() as connection:
            findings += database.check(connection)
            if all(finding.ok for finding in findings):
                findings += check_rows(connection)
                findings.append(_index(connection, indexes.terms))
                findings.append(_matrix(connection, indexes.vectors))
    except (DatabaseError, DamagedRowError) as error:
        findings.append(Finding(check="database", ok=False, detail=str(error)))
    return findings


def _index(connection: sa.Connection, terms: KeywordIndex) -> Finding:
    generation = terms.generation()
    searcher = terms.searcher(generation) if generation is not None else None
    stored = set(connection.scalars(sa.select(schema.chunks.c.number)))
    return _compare(
        connection,
        "index",
        generation,
        stored=stored,
        indexed=searcher.numbers() if searcher else set(),
    )


def _matrix(connection: sa.Connection, vectors: VectorIndex) -> Finding:
    generation = vectors.generation()
    matrix = vectors.searcher(generation) if generation is not None else None
    number, dimension = embedder_of(connection) or (0, 0)
    rows = connection.execute(
        sa.select(schema.vectors.c.chunk, schema.vectors.c.data)
        .where(schema.vectors.c.embedder == number)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    stored: set[int] = set()
    other = 0
    for chunk, data in rows:  # never all vectors at once
        stored.add(chunk)
        indexed_data = matrix.data_of(chunk) if matrix is not None else None
        other += indexed_data not in {data, None} and indexed_data != _repack(
            data, dimension
        )
    finding = _compare(
        connection,
        "matrix",
        generation,
        stored=stored,
        indexed=matrix.numbers() if matrix else set(),
    )
    if not finding.ok or matrix is None:
        return finding
    if other:
        detail = f"{other} vectors differ from the catalogue's; run: erya kb rebuild"
        return Finding(check="matrix", ok=False, detail=detail)
    missing = connection.scalar(sa.select(sa.func.count(schema.chunks.c.number))) or 0
    missing -= len(stored)
    if number and missing:
        detail = f"as written; {missing} chunks have none, the next ingest adds them"
        return Finding(check="matrix", ok=True, detail=detail)
    return finding


def _repack(data: bytes, dimension: int) -> bytes:
    """Return a vector of an earlier release as it is packed now."""
    if not has_length(data, dimension):
        return b""
    return pack(unpack([data], dimension))[0]


def _compare(
    connection: sa.Connection,
    check: str,
    generation: int | None,
    *,
    stored: set[int],
    indexed: set[int],
) -> Finding:
    """Compare the generation and the chunks of an index with the catalogue's."""
    facts = facts_of(connection)
    expected = int(facts["generation"])
    if facts["analysis"] != ANALYSIS:
        detail = "of an earlier release; the next search writes it anew"
        return Finding(check=check, ok=True, detail=detail)
    if generation is None:
        detail = "missing or damaged; the next search writes it anew"
    elif generation != expected:
        detail = (
            f"at generation {generation} of {expected}; the next search catches it up"
        )
    elif stored != indexed:
        detail = (
            f"{len(stored - indexed)} chunks are missing, {len(indexed - stored)} are "
            "too many; run: erya kb rebuild"
        )
    else:
        return Finding(check=check, ok=True, detail="as written")
    return Finding(check=check, ok=False, detail=detail)
