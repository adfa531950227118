"""Tables of a PDF's page: cells between rules, or below each other without any.

A table stands among the lines of its page as one piece, so that it is read in its turn.
"""

import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby, pairwise
from typing import Final

from erya.language import table_row
from erya.loading.pdf_boxes import joined
from erya.loading.pdf_joining import by_lines, flat, running
from erya.loading.pdf_lines import NONE, OVER, Line, Piece
from erya.loading.pdf_rules import Grid

__all__ = ["Table", "ruled_apart", "table_text", "tables_apart"]

_NEAR: Final = 1.5  # points: edges that are meant to stand below each other
_LARGEST_CELL: Final = 2_000  # characters: what holds more is a frame around text
_LEAST_FILLED: Final = 0.2  # of the cells: a chart, or a drawing, has less in them
_MOST_OVER: Final = 0.1  # of the pieces may reach over a rule
_EACH_ITS_LINE: Final = 3  # lines in each column of a row: they are rows themselves
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

# The cells of a row from the left, each as its lines from the top.
Row = list[list[Piece]]


@dataclass(slots=True)
class Table(Piece):
    """A piece that stands for a table.

    Attributes:
        rows: All of the same length.
    """

    rows: list[Row] = field(default_factory=list)


def ruled_apart(lines: Sequence[Line]) -> list[Line]:
    """Return lines with a table in place of what stands in the cells of a grid."""
    inside: dict[Grid, list[Piece]] = defaultdict(list)
    for line in lines:
        for piece in line:
            if piece.grid is not None:
                inside[piece.grid].append(piece)
    if not inside:
        return list(lines)
    tables = {
        grid: found
        for grid, pieces in inside.items()
        if (found := _in_grid(grid, pieces)) is not None
    }
    out: list[Line] = []
    shown: set[Grid] = set()
    for line in lines:
        rest = [p for p in line if p.grid not in tables or p.place == OVER]
        for piece in line:
            if piece.grid in tables and piece.grid not in shown:
                shown.add(piece.grid)
                out += tables[piece.grid]
        if rest:
            out.append(rest)
    return out


def _in_grid(grid: Grid, pieces: Sequence[Piece]) -> list[Line] | None:
    """Return the table that a grid makes, titles above it apart; None of a drawing."""
    cells: dict[tuple[int, int], list[Piece]] = defaultdict(list)
    for piece in pieces:
        cells[piece.place].append(piece)
    places = {place for row in grid.cells for place in row}
    over = cells.pop(OVER, [])
    if (
        len(over) > _MOST_OVER * len(pieces)
        or len(cells) < _LEAST_FILLED * len(places)
        or max(sum(len(p.text) for p in cell) for cell in cells.values())
        > _LARGEST_CELL
    ):
        return None
    titles: list[Line] = []
    rows: list[Row] = []
    for number, row in enumerate(grid.cells):
        found = [
            cells[place] if place == (number, at) else []
            for at, place in enumerate(row)
        ]
        if not any(found):
            continue
        if not rows and len(set(row)) == 1:
            titles += by_lines(_from_top(found[0]))
        elif all(above == number for above, _ in row):
            rows += _rows_of(found)
        else:
            rows.append(found)
    rows = _without_empty(rows)
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    return [*titles, [_table(rows)]]


def _from_top(pieces: Sequence[Piece]) -> list[Piece]:
    return sorted(pieces, key=lambda piece: -piece.box.top)


def _rows_of(row: Row) -> list[Row]:
    """Return what stands between two rules as rows.

    Where no rules part the rows of a table, each column has the same lines.
    """
    lines = by_lines(_from_top([piece for cell in row for piece in cell]))
    counts = {len(by_lines(_from_top(cell))) for cell in row if cell}
    filled = sum(map(bool, row))
    if counts != {len(lines)} or len(lines) < _EACH_ITS_LINE or filled < 2:
        return [row]
    # A piece knows its column by its place.
    columns = {id(piece): at for at, cell in enumerate(row) for piece in cell}
    parted = []
    for line in lines:
        cells: Row = [[] for _ in row]
        for piece in line:
            cells[columns[id(piece)]].append(piece)
        parted.append(cells)
    return parted


def _without_empty(rows: list[Row]) -> list[Row]:
    kept = (
        [at for at in range(len(rows[0])) if any(row[at] for row in rows)]
        if rows
        else []
    )
    return [[row[at] for at in kept] for row in rows]


def _table(rows: list[Row]) -> Table:
    pieces = [piece for row in rows for cell in row for piece in cell]
    return Table(
        " ".join(piece.text for piece in pieces),
        (),
        reduce(joined, (piece.box for piece in pieces)),
        statistics.median(piece.size for piece in pieces),
        rows=rows,
    )


def table_text(rows: Sequence[Row]) -> tuple[str, list[int]]:
    """Return a table in Markdown, and the number of each character.

    The first row names the columns if it has a text for each but the first, and no
    digit except in a year.
    """
    out = _Written()
    width = len(rows[0])
    if not _names(rows):
        rows = [[[] for _ in range(width)], *rows]
    for number, row in enumerate(rows):
        out.ours("\n" if number else "")
        if number == 1:
            out.ours(table_row(["---"] * width) + "\n")
        for cell in row:
            out.ours("| ")
            out.theirs(*running([flat(line) for line in by_lines(_from_top(cell))]))
            out.ours(" ")
        out.ours("|")
    return "".join(out.text), out.numbers


def _names(rows: Sequence[Row]) -> bool:
    """Tell whether the first row names the columns: a year may name one of figures."""
    columns = [[_words(cell) for cell in column] for column in zip(*rows, strict=True)]
    return len(rows) > 2 and all(
        (name or not number)
        and not any(character.isdigit() for character in _YEAR.sub("", name))
        and not (_YEAR.search(name) and any(map(_YEAR.search, below)))
        for number, (name, *below) in enumerate(columns)
    )


def _words(cell: Sequence[Piece]) -> str:
    return " ".join(piece.text for piece in cell)


@dataclass(slots=True)
class _Written:
    """A text, and the number of each character."""

    text: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def ours(self, text: str) -> None:
        self.text.append(text)
        self.numbers += [NONE] * len(text)

    def theirs(self, text: str, numbers: Sequence[int]) -> None:
        for sign, number in zip(text, numbers, strict=True):
            if sign == "|":
                self.ours("\\")
            self.text.append(sign)
            self.numbers.append(number)


def tables_apart(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield each table, and the lines between tables together.

    A line with wide gaps is a row if a neighbour's cells stand below its own; blanks of
    justified text are as wide, and stand anywhere.
    """
    rows = [
        len(line) > 1
        and any(
            _aligned(line, lines[o]) for o in (at - 1, at + 1) if 0 <= o < len(lines)
        )
        for at, line in enumerate(lines)
    ]
    for at in range(len(lines) - 1):  # the names of columns are often set otherwise
        rows[at] = rows[at] or (rows[at + 1] and _heads(lines[at], lines[at + 1]))
    kinds = [
        "table" if isinstance(line[0], Table) else "row" if row else "text"
        for line, row in zip(lines, rows, strict=True)
    ]
    for kind, members in groupby(range(len(lines)), key=kinds.__getitem__):
        together = [lines[at] for at in members]
        if kind == "row" and len(together) > 1:
            yield [[_table(_columns(together))]]
        elif kind == "table":
            yield from ([line] for line in together)
        else:
            yield [[flat(line)] for line in together]


def _aligned(line: Sequence[Piece], other: Sequence[Piece]) -> bool:
    """Tell whether at least half of the inner edges of cells stand below each other.

    The outermost edges do so in any text.
    """
    if len(other) < 2:
        return False
    near = 0
    for before, after in pairwise(line):
        near += any(
            abs(after.box.left - each.box.left) < _NEAR
            or abs(after.box.left + after.box.right - each.box.left - each.box.right)
            < 2 * _NEAR
            for each in other[1:]
        ) or any(abs(before.box.right - each.box.right) < _NEAR for each in other[:-1])
    return 2 * near >= len(line) - 1


def _heads(line: Sequence[Piece], row: Sequence[Piece]) -> bool:
    """Tell whether each piece of a line stands above one cell of a row."""
    return len(line) == len(row) > 1 and all(
        one.box.left < other.box.right and other.box.left < one.box.right
        for one, other in zip(line, row, strict=True)
    )


def _columns(lines: Sequence[Line]) -> list[Row]:
    """Return rows of cells; the row with the most pieces has one in each column."""
    widest = max(lines, key=len)
    columns = [(piece.box.left, piece.box.right) for piece in widest]
    for line in lines:  # a column is as wide as what stands in it
        if len(line) == len(columns):
            columns = [
                (min(left, piece.box.left), max(right, piece.box.right))
                for (left, right), piece in zip(columns, line, strict=True)
            ]
    rows = []
    for line in lines:
        row: list[list[Piece]] = [[] for _ in columns]
        if len(line) == len(columns):
            row = [[piece] for piece in line]
        else:
            for piece in line:
                row[_column(piece, columns)].append(piece)
        rows.append(row)
    return rows


def _column(piece: Piece, columns: Sequence[tuple[float, float]]) -> int:
    """Return the column that a piece stands in, or else is nearest to."""

    def shared(at: int) -> float:
        left, right = columns[at]
        return min(right, piece.box.right) - max(left, piece.box.left)

    return max(range(len(columns)), key=shared)
