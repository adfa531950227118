"""The seals of documents: hashes of where they come from and who may read them."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from erya.stores.catalogue import schema
from erya.stores.catalogue.hashes import seal_of

__all__ = ["labels_of", "seal_all", "sealed"]

_ROWS_AT_ONCE = 500


def labels_of(
    connection: sa.Connection, which: sa.ColumnElement[bool] | None = None
) -> dict[int, frozenset[str]]:
    """Return the labels of sets of readers, all or those of a condition."""
    sets: dict[int, set[str]] = {}
    readers = schema.readers
    query = sa.select(readers.c.label_set, readers.c.label)
    for number, label in connection.execute(
        query if which is None else query.where(which)
    ):
        sets.setdefault(number, set()).add(label)
    return {number: frozenset(labels) for number, labels in sets.items()}


def sealed(
    connection: sa.Connection, which: sa.ColumnElement[bool] | None = None
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield documents, all or those of a condition, each with the seal it should have.

    Each has `number`, `source` and the `seal` that it has.
    """
    documents, versions = schema.documents, schema.versions
    query = sa.select(
        documents.c.number,
        documents.c.id,
        documents.c.source,
        documents.c.label_set,
        documents.c.seal,
        versions.c.content_hash,
        versions.c.media_type,
        versions.c.language,
    ).join(versions, versions.c.number == documents.c.version)
    labels = labels_of(connection)
    rows = connection.execute(
        query if which is None else query.where(which),
        execution_options={"yield_per": _ROWS_AT_ONCE},
    )
    for mapping in rows.mappings():
        row = dict(mapping)
        yield row, seal_of(row, labels.get(row["label_set"], ()))


def seal_all(
    connection: sa.Connection, which: sa.ColumnElement[bool] | None = None
) -> None:
    """Write the seals of documents, all or those of a condition, as they are now."""
    seals = [
        {"which": row["number"], "told": seal}
        for row, seal in sealed(connection, which)
    ]
    if seals:
        documents = schema.documents
        connection.execute(
            sa.update(documents)
            .where(documents.c.number == sa.bindparam("which"))
            .values(seal=sa.bindparam("told")),
            seals,
        )
