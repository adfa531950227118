"""Reads from the catalogue, always within what a principal may read."""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from erya.errors import DamagedError, NotFoundError, OtherModelError
from erya.filters import Filter
from erya.language import Word
from erya.policy import BaseAccess, labels
from erya.records import Chunk, Fingerprint, Principal
from erya.stores.catalogue import schema
from erya.stores.catalogue.columns import read_hash, read_terms, read_text
from erya.stores.catalogue.dialects import Numbers
from erya.stores.catalogue.facts import embedder_of, vector_crc
from erya.stores.catalogue.filtering import condition_of
from erya.stores.catalogue.hashes import chunk_hash, seal_of
from erya.stores.catalogue.sealing import labels_of
from erya.stores.damage import DamagedRowError, read_json
from erya.stores.parts import BODY, EXACT, ChunkTerms

__all__ = [
    "VARIABLES",
    "ChunkSet",
    "Scope",
    "access_of",
    "chunks_where",
    "damaged",
    "document_row",
    "embedders_of",
    "masked",
    "numbered_embedder",
    "other_model",
    "passages",
    "passages_of",
    "recipes_of",
    "scope_of",
    "stored_embedder",
    "terms_of",
    "vectors_of",
    "words_of",
]

VARIABLES: Final = 10_000  # bound values in one statement; SQLite allows 32,766

# The text of a document whose passages are read from it. No bound value: the driver
# alone runs it.
_WHOLE: Final = sa.case(
    (schema.chunks.c.text == sa.literal_column("''"), schema.versions.c.text)
)
_PASSAGES: Final = (
    sa.select(
        schema.chunks.c.number,
        schema.chunks.c.id,
        schema.chunks.c.start,
        schema.chunks.c.end,
        schema.chunks.c.page,
        schema.chunks.c.headings,
        schema.chunks.c.text,
        _WHOLE.label("whole"),
        schema.chunks.c.hash,
        schema.documents.c.id.label("document_id"),
        schema.documents.c.source,
        schema.documents.c.label_set,
        schema.documents.c.seal,
        schema.versions.c.title,
        schema.versions.c.content_hash,
        schema.versions.c.media_type,
        schema.versions.c.language,
    )
    .join(schema.documents, schema.documents.c.number == schema.chunks.c.document)
    .join(schema.versions, schema.versions.c.number == schema.documents.c.version)
)
_PASSAGE_NAMES: Final = tuple(str(c.key) for c in _PASSAGES.selected_columns)
_PASSAGES_BY_NUMBER: Final = Numbers(
    _PASSAGES.with_only_columns(
        *(
            sa.cast(c, sa.Text).label(c.key) if c.key == "headings" else c
            for c in _PASSAGES.selected_columns
        )
    ),
    schema.chunks.c.number,
)
_TERMS: Final = Numbers(
    sa.select(
        schema.chunks.c.number,
        schema.chunks.c.id,
        schema.chunks.c.body,
        schema.chunks.c.exact,
        schema.chunks.c.body_length,
        schema.chunks.c.exact_length,
        schema.documents.c.label_set,
    ).join(schema.documents, schema.documents.c.number == schema.chunks.c.document),
    schema.chunks.c.number,
)
_GRANTS: Final = sa.select(schema.base.c.value).where(schema.base.c.key == "grants")
_LABEL_SETS: Final = (
    sa.select(schema.readers.c.label_set)
    .where(schema.readers.c.label.in_(sa.bindparam("labels", expanding=True)))
    .distinct()
)
_WORDS: Final = sa.select(schema.words).order_by(*schema.words.primary_key)


class Scope(NamedTuple):
    """What a principal may read: sets of readers, or None for everything."""

    label_sets: tuple[int, ...] | None

    def allows(self) -> sa.ColumnElement[bool]:
        """Return the condition on a query over documents."""
        if self.label_sets is None:
            return sa.true()
        return schema.documents.c.label_set.in_(self.label_sets)

    def holds(self, label_set: int) -> bool:
        """Ask of one row what `allows` asks in a query.

        Where rows are fetched by number, a condition on readers would make SQLite start
        from all documents with those readers: 400 ms in place of 7 at 20,000.
        """
        return self.label_sets is None or label_set in self.label_sets


class ChunkSet:
    """Chunks that pass a filter, compared by which object it is, so quick to look up.

    Attributes:
        numbers: Theirs, in order.
    """

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = tuple(numbers)


def chunks_where(
    connection: sa.Connection, scope: Scope, where: Filter
) -> tuple[int, ...]:
    """Return the numbers of the chunks that may be read and pass a filter, in order."""
    chunks, documents, versions = schema.chunks, schema.documents, schema.versions
    rows = connection.scalars(
        sa.select(chunks.c.number)
        .join(documents, documents.c.number == chunks.c.document)
        .join(versions, versions.c.number == documents.c.version)
        .where(scope.allows(), condition_of(where))
    )
    return tuple(sorted(rows))


def access_of(connection: sa.Connection, name: str) -> BaseAccess:
    """Return a base as the policy sees it: its name, and who has which role in it."""
    stored = connection.scalar(_GRANTS)
    return BaseAccess(name=name, grants=json.loads(stored) if stored else {})


def scope_of(connection: sa.Connection, principal: Principal, name: str) -> Scope:
    """Return what a principal may read in the base called `name`."""
    allowed = labels(principal, access_of(connection, name))
    if not isinstance(allowed, frozenset):
        return Scope(None)
    numbers = connection.scalars(_LABEL_SETS, {"labels": sorted(allowed)})
    return Scope(tuple(sorted(numbers)))


def document_row(
    connection: sa.Connection, principal: Principal, document_id: str, *, name: str
) -> Mapping[str, Any]:
    """Return the stored row of a document with its current version.

    Raises:
        DamagedError: Its source, readers or kind are not what was written.
        NotFoundError: There is none, or the principal may not read it.
    """
    documents, versions = schema.documents, schema.versions
    scope = scope_of(connection, principal, name)
    row = (
        connection.execute(
            sa.select(
                documents.c.id,
                documents.c.source,
                documents.c.label_set,
                documents.c.seal,
            )
            .add_columns(*(c for c in versions.c if c.name != "number"))
            .join(versions, versions.c.number == documents.c.version)
            .where(documents.c.id == document_id, scope.allows())
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        msg = (
            f"There is no document {document_id!r} in this base, or you may not "
            "read it."
        )
        raise NotFoundError(msg)
    which = schema.readers.c.label_set == row["label_set"]
    readers = labels_of(connection, which).get(row["label_set"], frozenset())
    if seal_of(dict(row), readers) != row["seal"]:
        error = damaged(row["source"])
        raise error
    return {**row, "readers": readers}


def passages(
    connection: sa.Connection,
    scope: Scope,
    which: sa.ColumnElement[bool],
    *,
    damaged_too: bool = True,
) -> dict[int, Chunk]:
    """Return chunks by number, each checked once more against the scope.

    Args:
        connection: To read with.
        scope: What may be read.
        which: The condition on chunks.
        damaged_too: Whether a damaged one is an error, or left out.

    Raises:
        DamagedError: One is not what was written.
    """
    mappings = connection.execute(_PASSAGES.where(which)).mappings()
    rows = [{str(key): value for key, value in row.items()} for row in mappings]
    return _check_passages(connection, scope, rows, damaged_too=damaged_too)


def _check_passages(
    connection: sa.Connection,
    scope: Scope,
    rows: Iterable[Mapping[str, Any]],
    *,
    damaged_too: bool = True,
) -> dict[int, Chunk]:
    """Return the chunks of rows that may be read and are what was written.

    Raises:
        DamagedError: One is not, and damaged ones are not left out.
    """
    readable = [row for row in rows if scope.holds(row["label_set"])]
    broken = _find_unsealed(connection, readable)
    texts = _texts_of(readable)
    chunks: dict[int, Chunk] = {}
    for row in readable:
        chunk = Chunk(
            id=row["id"],
            document_id=row["document_id"],
            start=row["start"],
            end=row["end"],
            text=row["text"] or texts[row["document_id"]][row["start"] : row["end"]],
            source=row["source"],
            title=row["title"],
            headings=tuple(row["headings"]),
            page=row["page"],
        )
        if chunk_hash(chunk) != row["hash"] or row["document_id"] in broken:
            if not damaged_too:
                continue
            error = damaged(row["source"])
            raise error
        chunks[row["number"]] = chunk
    return chunks


def _texts_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the texts of documents that are short, by their ids, each read once."""
    whole = {row["document_id"]: row["whole"] for row in rows if not row["text"]}
    return {key: read_text(text) if text else "" for key, text in whole.items()}


def _find_unsealed(
    connection: sa.Connection, rows: Sequence[Mapping[str, Any]]
) -> frozenset[str]:
    """Return the ids of documents among chunks' rows that are not as they were."""
    owners = {row["document_id"]: row for row in rows}
    sets = {row["label_set"] for row in owners.values()}
    labels = labels_of(connection, schema.readers.c.label_set.in_(sorted(sets)))
    return frozenset(
        key
        for key, row in owners.items()
        if seal_of({**row, "id": key}, labels.get(row["label_set"], ())) != row["seal"]
    )


def passages_of(
    connection: sa.Connection, scope: Scope, numbers: Sequence[int]
) -> dict[int, Chunk]:
    """Return chunks by their numbers, as `passages` does, however many they are."""
    rows = (
        dict(zip(_PASSAGE_NAMES, row, strict=True))
        for row in _PASSAGES_BY_NUMBER.rows(connection, numbers)
    )
    parsed = (
        {
            **row,
            "headings": _list_of(row["headings"]),
            "hash": read_hash(row["hash"]),
            "seal": read_hash(row["seal"]),
        }
        for row in rows
    )
    return _check_passages(connection, scope, parsed)


def terms_of(
    connection: sa.Connection, scope: Scope, numbers: Sequence[int]
) -> dict[int, ChunkTerms]:
    """Return the terms of chunks by number, less those that may not be read."""
    return {
        number: ChunkTerms(
            chunk_id,
            {BODY: read_terms(body), EXACT: read_terms(exact)},
            {BODY: _read_count(body_length), EXACT: _read_count(exact_length)},
        )
        for number, chunk_id, body, exact, body_length, exact_length, label_set in (
            _TERMS.rows(connection, numbers)
        )
        if scope.holds(label_set)
    }


def vectors_of(
    connection: sa.Connection, document_id: str
) -> dict[str, tuple[float, bytes]]:
    """Return the token coverage and the vector of each text of a document.

    Of the model in use; what is damaged, or stands nowhere, is left out.
    """
    vectors, embedder = schema.vectors, embedder_of(connection)
    if embedder is None:
        return {}
    chunks = passages(
        connection, Scope(None), schema.documents.c.id == document_id, damaged_too=False
    )
    rows = connection.execute(
        sa.select(vectors.c.chunk, vectors.c.known, vectors.c.data, vectors.c.crc)
        .join(schema.chunks, schema.chunks.c.number == vectors.c.chunk)
        .join(schema.documents, schema.documents.c.number == schema.chunks.c.document)
        .where(schema.documents.c.id == document_id, vectors.c.embedder == embedder[0])
    )
    return {
        chunks[number].indexed_text: (coverage, data)
        for number, coverage, data, crc in rows
        if coverage and number in chunks and vector_crc(coverage, data) == crc
    }


def recipes_of(connection: sa.Connection, scope: Scope) -> frozenset[str]:
    """Return how documents were read and cut, of those that may be read.

    There are few ways and many documents, so each is looked for after the one before:
    SQLite would walk through all of them to find the different ones.
    """
    documents, versions = schema.documents, schema.versions
    recipes: list[str] = []
    query = sa.select(sa.func.min(versions.c.recipe)).where(
        versions.c.superseded_at.is_(None)
    )
    if scope.label_sets is not None:
        query = query.join(documents, documents.c.version == versions.c.number)
        query = query.where(scope.allows())
    after: sa.ColumnElement[bool] = sa.true()
    while (recipe := connection.scalar(query.where(after))) is not None:
        recipes.append(str(recipe))
        after = versions.c.recipe > recipe
    return frozenset(recipes)


def stored_embedder(connection: sa.Connection) -> Fingerprint | None:
    """Return the base's embedding model, or None if none was ever named."""
    base = schema.base
    number = connection.scalar(sa.select(base.c.value).where(base.c.key == "embedder"))
    return None if number is None else embedders_of(connection).get(int(number))


def embedders_of(connection: sa.Connection) -> dict[int, Fingerprint]:
    """Return every embedding model that was named, by its number."""
    return {
        row.number: Fingerprint(
            name=row.name,
            dimension=row.dimension,
            probe=struct.unpack(f"<{row.dimension}f", row.probe),
        )
        for row in connection.execute(sa.select(schema.embedders))
    }


def words_of(connection: sa.Connection) -> list[Word]:
    """Return the words of the base, in order."""
    return [
        Word(row.word, row.kind, tuple(row.others))
        for row in connection.execute(_WORDS)
    ]


def numbered_embedder(
    connection: sa.Connection, fingerprint: Fingerprint
) -> int | None:
    """Return the number of a model, the newest that agrees; None if there is none."""
    embedders = embedders_of(connection)
    return max(
        (n for n, one in embedders.items() if one.agrees(fingerprint)), default=None
    )


def other_model(
    base: str, stored: Fingerprint, offered: Fingerprint
) -> OtherModelError:
    """Return the error for vectors of a model that is not the base's."""
    if stored.name == offered.name:
        what = f"another model that is also called {offered.name!r}"
        cure = f"Bring back the model that was called {stored.name!r}"
    else:
        what = f"{offered.name!r} ({offered.dimension} numbers a vector)"
        cure = f'Set embedding_model = "{stored.name}" in erya.toml'
    msg = (
        f"The base {base!r} holds vectors of the embedding model {stored.name!r} "
        f"({stored.dimension} numbers a vector), and was given {what}. Nothing was "
        f'changed. {cure}, search by words alone with embedding_model = "", or read '
        "the documents into a new base with --kb NAME."
    )
    return OtherModelError(msg)


def masked(source: str) -> NotFoundError:
    """Return the error for an original that is not for the asker, or was not kept."""
    return NotFoundError(
        f"Personal data in {source!r} is masked; the file that it was read from is for "
        "the owner alone, or was not kept."
    )


def damaged(source: str) -> DamagedError:
    """Return the error for a document of which something is not what was written."""
    msg = (
        f"The base is damaged: what it holds of {source} is not what was written, and "
        "is not shown. Find all of it with: erya kb verify NAME. Then ingest the file "
        "again with --force."
    )
    return DamagedError(msg)


def _list_of(text: str) -> list[Any]:
    """Return a stored list.

    Raises:
        DamagedRowError: It is none.
    """
    value = read_json(text)
    if not isinstance(value, list):
        msg = f"a list was expected, not {value!r:.40}"
        raise DamagedRowError(msg)
    return value


def _read_count(value: Any) -> int:
    """Return a stored count.

    Raises:
        DamagedRowError: It is none.
    """
    if not isinstance(value, int):
        msg = f"a count of terms is a number, not {value!r:.40}"
        raise DamagedRowError(msg)
    return value
