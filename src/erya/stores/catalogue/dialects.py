"""What SQLite and PostgreSQL write differently. Everything else is the same SQL."""

import json
from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

__all__ = [
    "Numbers",
    "as_list",
    "entries",
    "in_code_points",
    "insert_new",
    "position",
    "raw_rows",
    "texts",
    "upsert",
]

_INSERTS: Final[dict[str, Any]] = {
    "sqlite": sqlite_insert,
    "postgresql": postgresql_insert,
}


def upsert(connection: sa.Connection, table: sa.Table) -> Any:
    """Return the statement that puts a row in the place of that with the same key."""
    insert = _INSERTS[connection.dialect.name](table)
    key = [column.name for column in table.primary_key]
    others = {c.name: insert.excluded[c.name] for c in table.c if c.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=others)


def insert_new(connection: sa.Connection, table: sa.Table) -> Any:
    """Return the statement that inserts a row unless there is one with its key."""
    return _INSERTS[connection.dialect.name](table).on_conflict_do_nothing()


class _Texts(GenericFunction[Any]):
    """The texts of a list in JSON, one to a row."""

    name = "json_each"
    identifier = "erya_texts"
    inherit_cache = True


class _Entries(GenericFunction[Any]):
    """The entries of a table in JSON, one to a row, with `key` and `value`."""

    name = "json_each"
    identifier = "erya_entries"
    inherit_cache = True


@compiles(_Texts, "postgresql")
def _texts_of_postgresql(element: Any, compiler: Any, **kwargs: Any) -> str:
    listed = compiler.process(element.clauses, **kwargs)
    return f"json_array_elements_text(CAST({listed} AS JSON))"


@compiles(_Entries, "postgresql")
def _entries_of_postgresql(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"json_each_text({compiler.process(element.clauses, **kwargs)})"


class _Position(GenericFunction[int]):
    """Where a text stands in another, from 1; 0 if it does not."""

    name = "instr"
    identifier = "erya_position"
    inherit_cache = True
    type = sa.Integer()


class _InCodePoints(GenericFunction[str]):
    """A text that is compared by its code points."""

    name = "coalesce"
    identifier = "erya_in_code_points"
    inherit_cache = True
    type = sa.Text()


@compiles(_Position, "postgresql")
def _position_of_postgresql(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kwargs)})"


@compiles(_InCodePoints)
def _as_it_is(element: Any, compiler: Any, **kwargs: Any) -> str:
    return str(compiler.process(element.clauses, **kwargs))


@compiles(_InCodePoints, "postgresql")
def _collated(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f'({compiler.process(element.clauses, **kwargs)} COLLATE "C")'


def position(text: Any, part: Any) -> sa.ColumnElement[int]:
    """Return where a text stands in another, from 1; 0 if it does not."""
    return _Position(text, part)


def in_code_points(text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return a text that is compared by its code points, as SQLite compares all."""
    return _InCodePoints(text)


def as_list(values: Iterable[Any]) -> str:
    """Return values as one bound value, however many they are."""
    return json.dumps(list(values))


def texts(listed: Any) -> sa.TableValuedAlias:
    """Return the texts of a list, as `as_list` writes it, as a table."""
    return _Texts(listed).table_valued(sa.column("value", sa.Text))


def entries(table: sa.ColumnElement[Any]) -> sa.TableValuedAlias:
    """Return the entries of a column with a table in JSON as rows."""
    return _Entries(table).table_valued(
        sa.column("key", sa.Text), sa.column("value", sa.Text)
    )


class Numbers:
    """A query for what has some numbers, made once and run by the driver alone.

    To build a statement anew takes SQLAlchemy as long as to run it, and of a hundred
    rows its own objects took most of the time.
    """

    def __init__(self, query: sa.Select[Any], column: sa.ColumnElement[int]) -> None:
        """Take the query, and the column that has the numbers.

        What JSON is in it is given as text.
        """
        listed = texts(sa.bindparam("numbers", type_=sa.Text))
        selected = sa.select(sa.cast(listed.c.value, sa.BigInteger))
        self._query = query.where(column.in_(selected))
        self._made: dict[str, str] = {}

    def rows(
        self, connection: sa.Connection, numbers: Iterable[int]
    ) -> list[tuple[Any, ...]]:
        """Return the rows within the transaction, in no particular order.

        Raises:
            instance: The driver's error, as SQLAlchemy words it.
        """
        name = connection.dialect.name
        if name not in self._made:
            self._made[name] = str(self._query.compile(dialect=connection.dialect))
        listed = as_list(numbers)
        parameters = (listed,) if connection.dialect.positional else {"numbers": listed}
        return raw_rows(connection, self._made[name], parameters)


def raw_rows(
    connection: sa.Connection, statement: str, values: Any
) -> list[tuple[Any, ...]]:
    """Run a query by the driver alone within the transaction.

    Raises:
        instance: The driver's error, as SQLAlchemy words it.
    """
    driver = connection.connection.cursor()
    errors = connection.dialect.loaded_dbapi.Error
    try:
        driver.execute(statement, values)
        rows = [tuple(row) for row in driver.fetchall()]
    except errors as error:
        raise DBAPIError.instance(statement, values, error, errors) from error
    finally:
        driver.close()
    return rows
