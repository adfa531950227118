"""A filter as a condition of SQL, with bound values only."""

from collections.abc import Sequence

import sqlalchemy as sa

from erya.filters import (
    Above,
    AllOf,
    AnyOf,
    Below,
    Filter,
    Has,
    Is,
    Not,
    Under,
)
from erya.stores.embedded import schema

__all__ = ["condition_of", "lies_under"]

_COLUMNS = {
    "document": schema.documents.c.id,
    "source": schema.documents.c.source,
    "media_type": schema.versions.c.media_type,
    "language": schema.versions.c.language,
}


def condition_of(given: Filter | None) -> sa.ColumnElement[bool]:
    """Return the condition on documents joined with their current versions."""
    condition: sa.ColumnElement[bool]
    match given:
        case None:
            condition = sa.true()
        case Under(roots):
            condition = lies_under(schema.documents.c.source, roots)
        case Is(field, values):
            condition = _COLUMNS[field].in_(values)
        case Has(key, value):
            condition = _names(_entry(key), value)
        case Above(key, value):
            condition = _entry(key) >= value
        case Below(key, value):
            condition = _entry(key) < value
        case _:
            condition = _combined(given)
    return condition


def _combined(given: AllOf | AnyOf | Not) -> sa.ColumnElement[bool]:
    match given:
        case AllOf(filters):
            return sa.and_(sa.true(), *map(condition_of, filters))
        case AnyOf(filters):
            return sa.or_(sa.false(), *map(condition_of, filters))
        case Not(inner):
            # What has no such entry is unknown to SQL, and does not pass either.
            return ~sa.func.coalesce(condition_of(inner), sa.false())


def lies_under(
    column: sa.ColumnElement[str], roots: Sequence[str]
) -> sa.ColumnElement[bool]:
    """Return the condition of `is_under`, in a form that an index answers."""
    ranges = [
        sa.or_(column == root, sa.and_(column >= below, column < after))
        for root in roots
        for stem in [root.rstrip("/")]
        for below, after in [(f"{stem}/", f"{stem}0")]  # "0" follows "/"
    ]
    return sa.or_(sa.false(), *ranges)


def _entry(key: str) -> sa.ColumnElement[str]:
    # By rows, since a path of SQLite has no way to write a name with a quote in it.
    rows = sa.func.json_each(schema.versions.c.details).table_valued("key", "value")
    return sa.select(rows.c.value).where(rows.c.key == key).scalar_subquery()


def _names(entry: sa.ColumnElement[str], value: str) -> sa.ColumnElement[bool]:
    listed = sa.func.lower(entry)
    for separator in ("; ", ";", "； ", "；", ", ", "，", "、"):
        listed = sa.func.replace(listed, separator, ",")
    wanted = sa.func.lower(value)
    return sa.or_(
        sa.func.lower(entry) == wanted,
        sa.func.instr("," + listed + ",", "," + wanted + ",") > 0,
    )
