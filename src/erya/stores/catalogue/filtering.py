"""A filter as a condition of SQL, with bound values only."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from erya.errors import UsageError
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
from erya.stores.catalogue import schema
from erya.stores.catalogue.dialects import (
    as_list,
    entries,
    in_code_points,
    position,
    texts,
)

__all__ = ["check_parts", "condition_of", "lies_under"]

# SQLite takes 1,000 conditions in a row and 32,766 bound values.
_MANY_ROOTS: Final = 50
_MANY_VALUES: Final = 1_000
_MOST_PARTS: Final = 300

_COLUMNS = {
    "document": schema.documents.c.id,
    "source": schema.documents.c.source,
    "media_type": schema.versions.c.media_type,
    "language": schema.versions.c.language,
}


def condition_of(where: Filter | None) -> sa.ColumnElement[bool]:
    """Return the condition on documents joined with their current versions.

    Raises:
        UsageError: It has more parts than a statement can.
    """
    check_parts(where)
    return _condition(where)


def check_parts(where: Filter | None) -> None:
    """Refuse a filter that is too large for a statement.

    Raises:
        UsageError: It has more parts than a statement can.
    """
    if _parts_of(where) > _MOST_PARTS:
        msg = (
            f"A filter has at most {_MOST_PARTS} parts. Several values of one name "
            "stand in one part, with commas."
        )
        raise UsageError(msg)


def _parts_of(where: Filter | None) -> int:
    """Count the parts of a filter, without going as deep as it may be nested."""
    count, waiting = 0, [where]
    while waiting and count <= _MOST_PARTS:
        match waiting.pop():
            case AllOf(filters) | AnyOf(filters):
                waiting += filters
            case Not(inner):
                waiting.append(inner)
            case _:
                pass
        count += 1
    return count


def _condition(where: Filter | None) -> sa.ColumnElement[bool]:
    condition: sa.ColumnElement[bool]
    match where:
        case None:
            condition = sa.true()
        case Under(roots):
            condition = lies_under(schema.documents.c.source, roots)
        case Is(field, values):
            condition = _is_one_of(_COLUMNS[field], values)
        case Has(key, value):
            condition = _names(_entry(key), value)
        case Above(key, value):
            condition = _entry(key) >= value
        case Below(key, value):
            condition = _entry(key) < value
        case _:
            condition = _combine(where)
    return condition


def _combine(where: AllOf | AnyOf | Not) -> sa.ColumnElement[bool]:
    match where:
        case AllOf(filters):
            return sa.and_(sa.true(), *map(_condition, filters))
        case AnyOf(filters):
            return sa.or_(sa.false(), *map(_condition, filters))
        case Not(inner):
            # Of what has no such entry SQL knows nothing: it passes the opposite.
            return ~sa.func.coalesce(_condition(inner), sa.false())


def lies_under(
    column: sa.ColumnElement[str], roots: Sequence[str]
) -> sa.ColumnElement[bool]:
    """Return the condition of `is_under`, in a form that an index answers.

    Of many roots none is: each row is compared with all of them.
    """
    if len(roots) > _MANY_ROOTS:
        root = texts(as_list(roots))
        slashed = sa.func.rtrim(root.c.value, "/").concat("/")
        inside = sa.func.substr(column, 1, sa.func.length(slashed)) == slashed
        return sa.exists().where(sa.or_(column == root.c.value, inside))
    ranges = [
        sa.or_(column == root, sa.and_(column >= below, column < after))
        for root in roots
        for stem in [root.rstrip("/")]
        for below, after in [(f"{stem}/", f"{stem}0")]  # "0" follows "/"
    ]
    return sa.or_(sa.false(), *ranges)


def _is_one_of(
    column: sa.ColumnElement[str], values: Sequence[str]
) -> sa.ColumnElement[bool]:
    if len(values) <= _MANY_VALUES:
        return column.in_(values)
    return column.in_(sa.select(texts(as_list(values)).c.value))


def _entry(key: str) -> sa.ColumnElement[str]:
    # By rows, since a path of SQLite has no way to write a name with a quote in it.
    rows = entries(schema.versions.c.details)
    value = in_code_points(rows.c.value)
    return sa.select(value).where(rows.c.key == key).scalar_subquery()


def _names(entry: sa.ColumnElement[str], value: str) -> sa.ColumnElement[bool]:
    listed = sa.func.lower(entry)
    for separator in ("; ", ";", "； ", "；", ", ", "，", "、"):
        listed = sa.func.replace(listed, separator, ",")
    name = sa.func.lower(in_code_points(sa.literal(value)))
    return sa.or_(
        sa.func.lower(entry) == name,
        position("," + listed + ",", "," + name + ",") > 0,
    )
