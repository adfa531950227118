"""Tables in plain text: lines with cells between bars, or parted by tabs.

As lists of SAP and of mainframes are written, and what is pasted out of a sheet.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, Literal, NamedTuple

from erya.language import table_row
from erya.loading.formats.table_heads import begins_with_names, looks_named

__all__ = ["with_tables"]

_RULE: Final = re.compile(r"[ \t]*[-=+|_]{5,}[-=+|_ ]*")
_MARKDOWN: Final = re.compile(r"\|? ?:?-{3,}:? ?\|.*")
_FEWEST: Final = 3  # rows of a table, its names among them
_FEWEST_COLUMNS: Final = 3
_LONGEST_CELL: Final = 300
_NARROW: Final = "\u2e7f"


class _Line(NamedTuple):
    kind: Literal["bars", "tabs", "rule", "text"]
    text: str


def with_tables(text: str) -> str:
    """Return a text with such tables as Markdown writes them, apart by blank lines."""
    if "\t" not in text and "\n|" not in text:
        return text
    out: list[str] = []
    for is_table, run in groupby(_lines(text), key=lambda line: line.kind != "text"):
        lines = list(run)
        rows = _rows(lines) if is_table else []
        if len(rows) < _FEWEST:
            out += (line.text for line in lines)
        else:
            out += ["", *_write_table(rows), ""]
    return "\n".join(out)


def _lines(text: str) -> Iterator[_Line]:
    for line in text.split("\n"):
        plain = line.strip()
        if _RULE.fullmatch(line) and not _MARKDOWN.fullmatch(plain):
            yield _Line("rule", line)
        elif plain.startswith("|") and plain.endswith("|") and plain.count("|") > 2:
            yield _Line("bars", line)
        elif "\t" in plain:
            yield _Line("tabs", line)
        else:
            yield _Line("text", line)


def _rows(lines: Sequence[_Line]) -> list[list[str]]:
    """Return the rows of a table; none where lines do not make one."""
    kinds = {line.kind for line in lines} - {"rule"}
    if len(kinds) != 1 or any(_MARKDOWN.fullmatch(n.text.strip()) for n in lines):
        return []  # none, or written as such already
    rows = [
        [cell.strip() for cell in _cells(line)] for line in lines if line.kind != "rule"
    ]
    width = max(map(len, rows))
    uneven = [row for row in rows if len(row) < width]
    longest = max(len(cell) for row in rows for cell in row)
    if longest > _LONGEST_CELL or len(rows[0]) < width or not all(rows[0][:2]):
        return []
    if not uneven:
        return rows
    if kinds != {"bars"} or 2 * len(uneven) >= len(rows):
        return []
    return _place_cells([line.text for line in lines if line.kind != "rule"])


def _cells(line: _Line) -> list[str]:
    if line.kind == "bars":
        return line.text.strip()[1:-1].split("|")
    return line.text.strip("\n\r").split("\t")


def _place_cells(lines: Sequence[str]) -> list[list[str]]:
    """Return rows of which some have cells over several columns, such as a sum.

    A cell is of the column that begins where its bar stands. A line whose bars stand
    elsewhere is all in the first: a figure must not come below another name.
    """
    columns = _begins(lines[0])
    rows = []
    for line in lines:
        begins = _begins(line)
        if not begins.keys() <= columns.keys():
            begins = {0: " ".join(filter(None, begins.values()))}
        rows.append([begins.get(place, "") for place in columns])
    return rows


def _begins(line: str) -> dict[int, str]:
    """Return the cells of a line by where they begin; a Chinese sign is two wide."""
    cells: dict[int, str] = {}
    at = 0
    for cell in line.strip()[1:-1].split("|"):
        cells[at] = cell.strip()
        at += 1 + len(cell) + sum(sign > _NARROW for sign in cell)
    return cells


def _has_names(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns; of two it may be a pair itself."""
    if len(rows[0]) < _FEWEST_COLUMNS:
        return begins_with_names(rows, least=2)
    return looks_named(rows) and not any(map(str.isdigit, "".join(rows[0])))


def _write_table(rows: list[list[str]]) -> Iterator[str]:
    names = rows.pop(0) if _has_names(rows) else [""] * len(rows[0])
    yield table_row(names)
    yield table_row(["---"] * len(names))
    yield from map(table_row, rows)
