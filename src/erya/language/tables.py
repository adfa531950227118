"""Tables as Markdown writes them: rows, cells, and the names of columns."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from erya.records import Span

__all__ = [
    "header_above",
    "is_row",
    "named_row",
    "names_columns",
    "table_cells",
    "table_header",
    "table_row",
]

# A row is written by `table_row`; text that only has a bar in it is none.
_ROW: Final = re.compile(r"\| .* \|")
_RULE: Final = re.compile(r"\| ?:?-{3,}:?(?: \| :?-{3,}:?)* ?\|")
_BAR: Final = re.compile(r"(?<!\\)\|")


def table_row(cells: Sequence[str]) -> str:
    """Return a row of a table; line ends in cells become blanks, bars are escaped."""
    flat = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(flat) + " |"


def is_row(line: str) -> bool:
    """Tell whether a line is a row of a table, or the rule below its names."""
    return _ROW.fullmatch(line) is not None


def table_cells(text: str, span: Span) -> list[list[Span]]:
    """Return the cells of a table row by row, as spans of `text` without the blanks.

    The rule below the names of the columns is left out. What is no row has no cells.

    Args:
        text: The text of a document.
        span: A block of the kind `table`.
    """
    rows: list[list[Span]] = []
    start = span.start
    for line in text[span.start : span.end].split("\n"):
        if is_row(line) and not _RULE.fullmatch(line):
            bars = [start + match.start() for match in _BAR.finditer(line)]
            rows.append(
                [_within(text, left + 1, right) for left, right in pairwise(bars)]
            )
        start += len(line) + 1
    return rows


def header_above(text: str, position: int) -> str:
    """Return the row that names the columns of the table in which `position` stands.

    Empty where no row with names and a rule stands above it, or in `text` at all; empty
    for the names and the rule themselves.
    """
    start = text.rfind("\n", 0, position) + 1
    while start > 0:
        before = text.rfind("\n", 0, start - 1) + 1
        line = text[before : start - 1]
        if not is_row(line):
            return ""
        if _RULE.fullmatch(line):
            above = text.rfind("\n", 0, max(before - 1, 0)) + 1
            header = text[above : before - 1]
            return header if before and is_row(header) else ""
        start = before
    return ""


def names_columns(text: str, span: Span) -> bool:
    """Tell whether a span is the row that names the columns of a table."""
    end = text.find("\n", span.end + 1)
    below = text[span.end + 1 : end if end >= 0 else len(text)]
    return text[span.end : span.end + 1] == "\n" and bool(_RULE.fullmatch(below))


def table_header(text: str, span: Span) -> tuple[str, int]:
    """Return the row that names the columns of a table, and where its rows begin.

    The row is empty where the columns have no names, or the span is no table.

    Args:
        text: The text of a document.
        span: A block of the kind `table`.
    """
    first, rule, rest = (text[span.start : span.end] + "\n\n").split("\n", 2)
    if not is_row(first) or not _RULE.fullmatch(rule) or not rest:
        return "", span.start
    named = any(
        cell.start < cell.end
        for row in table_cells(first, Span(0, len(first)))
        for cell in row
    )
    return (first if named else ""), span.start + len(first) + len(rule) + 2


def named_row(row: str, header: str) -> str:
    """Return a row to be read alone: each cell behind the name of its column.

    Empty cells are left out below a name, else they are a dash: what stands behind them
    keeps its place.
    """
    names, cells = _texts(header), _texts(row)
    while cells and not cells[-1]:
        cells.pop()
    return " | ".join(
        f"{names[at]}: {cell}" if at < len(names) and names[at] else cell or "—"
        for at, cell in enumerate(cells)
        if cell or not (at < len(names) and names[at])
    )


def _texts(row: str) -> list[str]:
    cells = table_cells(row, Span(0, len(row)))
    return [
        row[cell.start : cell.end].replace("\\|", "|")
        for each in cells
        for cell in each
    ]


def _within(text: str, start: int, end: int) -> Span:
    """Return the span without the blanks around it."""
    inner = text[start:end]
    return Span(
        start + len(inner) - len(inner.lstrip()) if inner.strip() else start,
        start + len(inner.rstrip()) if inner.strip() else start,
    )
