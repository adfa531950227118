"""Tools that only compute: arithmetic in exact decimals, dates, and units."""

import ast
import calendar
import operator
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import (
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Decimal,
    DecimalException,
    localcontext,
)
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from erya.extras import require
from erya.tools.base import Tool, ToolError
from erya.tools.functions import FunctionTool

__all__ = ["computing_tools"]

_LONGEST: Final = 1_000  # characters of an expression
_DIGITS: Final = 500  # of what is reckoned with
_SHOWN_DIGITS: Final = 34  # of what is no whole number
_LARGEST_POWER: Final = 1_000
# A word, or words with small powers over each other: nothing that takes long to reckon.
_UNIT: Final = re.compile(
    r"[^\W\d_][\w°µ]{0,30}(?:\^-?\d)?(?:\s?[/*·]\s?[^\W\d_][\w°µ]{0,30}(?:\^-?\d)?){0,4}"
    r"|°[CF]|%"
)
_YEARS: Final = (1, 9_999)


def _floor(left: Decimal, right: Decimal) -> Decimal:
    return (left / right).to_integral_value(ROUND_FLOOR)


def _rounded(value: Decimal, digits: Decimal = Decimal(0)) -> Decimal:
    """Round halves away from zero, as bills do."""
    return value.quantize(Decimal(1).scaleb(-int(digits)))


def _remainder(left: Decimal, right: Decimal) -> Decimal:
    return left - right * _floor(left, right)


_OPERATORS: Final[Mapping[type, Callable[[Decimal, Decimal], Decimal]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: _floor,
    ast.Mod: _remainder,
    ast.Pow: operator.pow,
}
_FUNCTIONS: Final[Mapping[str, Callable[..., Decimal]]] = {
    "abs": abs,
    "max": max,
    "min": min,
    "round": _rounded,
    "sqrt": lambda value: value.sqrt(),
    "sum": lambda *values: sum(values, Decimal(0)),
}


def computing_tools() -> list[Tool]:
    """Return the tools that only compute."""
    functions = (calculate, current_time, move_date, days_between, convert_units)
    return [FunctionTool.of(function) for function in functions]


def calculate(expression: str) -> str:
    """Compute an arithmetic expression exactly; halves are rounded up.

    Args:
        expression: Numbers with + - * / // % ** and parentheses, and abs, max, min,
            round, sqrt, sum: `round(1234.5 * 0.07, 2)`.

    Raises:
        ToolError: It is no such expression, or has no value.
    """
    plain = expression.replace("×", "*").replace("÷", "/").replace("−", "-")
    if len(plain) > _LONGEST:
        msg = f"The expression has more than {_LONGEST:,} characters."
        raise ToolError(msg)
    try:
        source = plain.strip()
        tree = ast.parse(source, mode="eval").body
        with localcontext(prec=_DIGITS, rounding=ROUND_HALF_UP):
            value = _value(tree, source)
            return _shown(value)
    except (DecimalException, OverflowError, ValueError) as error:
        msg = f"{expression!r:.80} has no value ({type(error).__name__})."
        raise ToolError(msg) from None
    except (SyntaxError, RecursionError, MemoryError, TypeError):
        msg = f"{expression!r:.80} is no arithmetic expression."
        raise ToolError(msg) from None


def _shown(value: Decimal) -> str:
    """Return a value, whole where it is a whole number.

    Raises:
        OverflowError: It has too many digits to be exact.
    """
    if not value.is_finite() or value.adjusted() >= _DIGITS:
        raise OverflowError
    if value != value.to_integral_value():
        with localcontext(prec=_SHOWN_DIGITS):
            value = +value
    return f"{value.normalize():f}"


def _value(node: ast.expr, source: str) -> Decimal:
    """Return what a part of an expression is.

    Raises:
        ToolError: It is no arithmetic, or too large.
    """
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            written = ast.get_source_segment(source, node) or ""
            return Decimal(written.replace("_", ""))
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, source)
        case ast.UnaryOp(op=ast.UAdd()):
            return _value(node.operand, source)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            left, right = _value(node.left, source), _value(node.right, source)
            if isinstance(node.op, ast.Pow) and abs(right) > _LARGEST_POWER:
                msg = f"A power above {_LARGEST_POWER:,} is not computed."
                raise ToolError(msg)
            return _OPERATORS[type(node.op)](left, right)
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(each, source) for each in node.args))
        case _:
            shown = ast.unparse(node)
            msg = f"{shown!r:.80} is no arithmetic."
            raise ToolError(msg)


def current_time(timezone: str = "UTC") -> str:
    """Tell the date, the day of the week and the time.

    Args:
        timezone: Such as `Asia/Shanghai` or `Europe/Berlin`.

    Raises:
        ToolError: There is no such time zone.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"There is no time zone {timezone!r:.80}. Try Asia/Shanghai."
        raise ToolError(msg) from None
    return datetime.now(zone).strftime("%Y-%m-%d %A %H:%M:%S %z")


def move_date(
    day: str, *, days: int = 0, weeks: int = 0, months: int = 0, years: int = 0
) -> str:
    """Return the date so long after another, and its day of the week.

    Where the month is too short, the date is its last day.

    Args:
        day: A date as 2026-11-28.
        days: How many days later; below 0 earlier.
        weeks: How many weeks later.
        months: How many months later.
        years: How many years later.

    Raises:
        ToolError: A date is none, or out of reach.
    """
    start = _date(day)
    month = start.month - 1 + months + 12 * years
    year, month = start.year + month // 12, month % 12 + 1
    if not _YEARS[0] <= year <= _YEARS[1]:
        msg = f"The year {year} is out of reach."
        raise ToolError(msg)
    last = calendar.monthrange(year, month)[1]
    try:
        moved = date(year, month, min(start.day, last))
        moved += timedelta(days=days, weeks=weeks)
    except OverflowError:
        msg = "The date is out of reach."
        raise ToolError(msg) from None
    return moved.strftime("%Y-%m-%d %A")


def days_between(start: str, end: str) -> str:
    """Count the days from one date to another.

    Args:
        start: A date as 2026-11-28.
        end: Another; before `start` the count is below 0.
    """
    return str((_date(end) - _date(start)).days)


def _date(text: str) -> date:
    """Return a date.

    Raises:
        ToolError: It is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        msg = f"{text!r:.80} is no date. Write it as 2026-11-28."
        raise ToolError(msg) from None


def convert_units(value: float, unit: str, to: str) -> str:
    """Convert a quantity to another unit: length, mass, time, temperature and so on.

    Args:
        value: How much.
        unit: Its unit, such as `km/h`, `degF` or `MiB`.
        to: The unit that is wanted.

    Raises:
        ToolError: A unit is unknown, or of another kind.
    """
    for each in (unit, to):
        if not _UNIT.fullmatch(each):
            msg = f"{each!r:.80} is no unit. Write it as km/h, degF or m^2."
            raise ToolError(msg)
    pint = require("pint", feature="Converting units", extra="agents")
    registry = pint.get_application_registry()
    try:
        converted = registry.Quantity(value, unit).to(to)
    except Exception as error:  # noqa: BLE001 - pint raises errors of many libraries
        msg = f"{value:g} {unit:.40} cannot be converted to {to:.40}: {error}"
        raise ToolError(msg) from None
    return f"{converted.magnitude:.10g} {converted.units:~}"
