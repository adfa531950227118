"""Tools that read tables of a database: no SQL of a model's, bound values alone.

A model says which columns, conditions and sums it wants, of tables that the operator
has listed; SQLAlchemy writes the statement. What needs a join is listed as a view.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from erya.errors import UsageError
from erya.tools.base import Tool, ToolContext, ToolError, ToolLimits
from erya.tools.functions import FunctionTool

__all__ = ["Aggregate", "Condition", "Order", "database_tools"]

_MOST_ROWS: Final = 200
_SHOWN: Final = 200  # characters of a value
_LIMITS: Final = ToolLimits(seconds=20.0)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row has to be.

    Attributes:
        column: Its column.
        operator: How it is compared; `like` takes % for anything.
        value: With what; none for `is null` and `is not null`.
    """

    column: str
    operator: Literal["=", "!=", "<", "<=", ">", ">=", "like", "is null", "is not null"]
    value: str | bool | int | float | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What is counted or summed in place of rows.

    Attributes:
        function: How.
        column: What is summed; not needed to count.
        group_by: Columns of which each set of values is counted by itself.
    """

    function: Literal["count", "sum", "avg", "min", "max"]
    column: str = ""
    group_by: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """In which order rows come.

    Attributes:
        column: By which column, or by the name of the function that counts or sums.
        descending: Whether the largest come first.
    """

    column: str
    descending: bool = False


def database_tools(address: str, tables: Sequence[str]) -> list[Tool]:
    """Return the tools that read tables and views of a database.

    Args:
        address: As SQLAlchemy has it: `sqlite:///FILE` or `postgresql+pg8000://…`.
        tables: Those that may be read, with their schema where that is not the usual
            one; nothing else can be.

    Raises:
        UsageError: The address is none, the database is out of reach, or has no such
            table.
    """
    try:
        engine = _engine(address)
        found = {name: _reflected(engine, name) for name in tables}
    except (SQLAlchemyError, ValueError) as error:
        msg = f"The database cannot be read: {error}. See its address and tables."
        raise UsageError(msg) from error
    tools = _DatabaseTools(engine, found)
    return [
        FunctionTool.of(tools.describe_tables, "read"),
        FunctionTool.of(tools.query_table, "read", limits=_LIMITS),
    ]


def _engine(address: str) -> sa.Engine:
    url = sa.make_url(address)
    if url.drivername.startswith("sqlite") and url.database:
        place = quote(str(Path(url.database).absolute()))
        query = {"mode": "ro", "uri": "true"}
        url = sa.URL.create("sqlite", database=f"file:{place}", query=query)
    return sa.create_engine(url, pool_pre_ping=True)


def _reflected(engine: sa.Engine, name: str) -> sa.Table:
    schema, _, table = name.rpartition(".")
    return sa.Table(
        table, sa.MetaData(), schema=schema or None, autoload_with=engine,
        resolve_fks=False,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _DatabaseTools:
    engine: sa.Engine
    tables: dict[str, sa.Table]

    def describe_tables(self) -> str:
        """List the tables that can be read, with their columns and types."""
        return "\n".join(
            f"{name}: " + ", ".join(f"{c.name} ({c.type})" for c in table.columns)
            for name, table in self.tables.items()
        )

    def query_table(
        self,
        context: ToolContext,
        table: str,
        *,
        columns: list[str] | None = None,
        where: list[Condition] | None = None,
        aggregate: Aggregate | None = None,
        order: Order | None = None,
        limit: int = 50,
    ) -> str:
        """Read rows of a table, or count and sum them.

        Args:
            context: Of the call.
            table: Its name, as describe_tables lists it.
            columns: Those that are wanted; none are all.
            where: What the rows have to be, all of it. Operators: = != < <= > >=
                like, is null, is not null.
            aggregate: Counts or sums in place of rows, in groups.
            order: By which column rows are sorted.
            limit: How many rows, at most 200.

        Raises:
            ToolError: There is no such table or column, or the database refuses.
        """
        source = self._table(table)
        statement: sa.Select[Any]
        if aggregate is None:
            wanted = columns or [column.name for column in source.columns]
            stored = [_as_stored(_column(source, name), name) for name in wanted]
            statement = sa.select(*stored)
        else:
            groups = [_column(source, name) for name in aggregate.group_by or ()]
            value = _aggregated(source, aggregate).label(aggregate.function)
            statement = sa.select(*groups, value).select_from(source).group_by(*groups)
        for each in where or ():
            statement = statement.where(_condition(each, _column(source, each.column)))
        if order is not None:
            by: Any = (
                sa.column(order.column)
                if aggregate is not None and order.column == aggregate.function
                else _column(source, order.column)
            )
            statement = statement.order_by(sa.desc(by) if order.descending else by)
        most = min(max(limit, 1), _MOST_ROWS)
        return self._read(statement.limit(most + 1), most, context)

    def _read(self, statement: sa.Select[Any], most: int, context: ToolContext) -> str:
        """Return the rows of a statement as lines with tabs.

        Raises:
            ToolError: The database refuses.
        """
        try:
            with self.engine.connect() as connection:
                if self.engine.dialect.name == "postgresql":
                    milliseconds = int(context.seconds_left * 1000)
                    connection.execute(sa.text("SET TRANSACTION READ ONLY"))
                    connection.execute(
                        sa.text(f"SET LOCAL statement_timeout = {milliseconds}")
                    )
                found = connection.execute(statement)
                names = list(found.keys())
                rows = found.fetchmany(most + 1)
        except (SQLAlchemyError, ValueError, TypeError, OverflowError) as error:
            reason = getattr(error, "orig", None) or error
            msg = f"The database refuses: {str(reason)[:_SHOWN]}"
            raise ToolError(msg) from None
        lines = ["\t".join(names)]
        lines += ["\t".join(map(_shown, row)) for row in rows[:most]]
        if len(rows) > most:
            lines.append(f"(There are more than these {most} rows.)")
        return "\n".join(lines)

    def _table(self, name: str) -> sa.Table:
        """Return a table that may be read.

        Raises:
            ToolError: There is none of this name.
        """
        if name not in self.tables:
            msg = (
                f"There is no table {name!r:.80}. There are: {', '.join(self.tables)}."
            )
            raise ToolError(msg)
        return self.tables[name]


def _column(table: sa.Table, name: str) -> sa.ColumnElement[Any]:
    """Return a column.

    Raises:
        ToolError: The table has none of this name.
    """
    if name not in table.columns:
        known = ", ".join(table.columns.keys())
        msg = f"{table.name} has no column {name!r:.80}. It has: {known}."
        raise ToolError(msg)
    return table.columns[name]


def _as_stored(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[Any]:
    """Return a column as it is kept: what is no date in one of dates is shown, too."""
    kept: sa.ColumnElement[Any] = sa.type_coerce(column, sa.types.NullType())
    return kept.label(name)


def _aggregated(table: sa.Table, wanted: Aggregate) -> sa.ColumnElement[Any]:
    """Return what is counted or summed.

    Raises:
        ToolError: The column that is summed is missing.
    """
    if wanted.function == "count" and not wanted.column:
        return sa.func.count()
    function = getattr(sa.func, wanted.function)
    found: sa.ColumnElement[Any] = function(_column(table, wanted.column))
    return found


def _condition(
    wanted: Condition, column: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Return a condition with its value bound.

    Raises:
        ToolError: It compares with nothing.
    """
    if wanted.operator in {"is null", "is not null"}:
        empty = column.is_(None)
        return empty if wanted.operator == "is null" else ~empty
    value = wanted.value
    if value is None:
        msg = f"Compare {wanted.column} by `is null` or `is not null`."
        raise ToolError(msg)
    if isinstance(column.type, sa.String):
        value = str(value)
    plain = sa.type_coerce(column, sa.types.NullType())
    return plain.op(wanted.operator, is_comparison=True)(
        sa.literal(value, sa.types.NullType())
    )


def _shown(value: Any) -> str:
    text = "" if value is None else str(value)
    return " ".join(text.split())[:_SHOWN]
