"""Rows of a table whose place on the page is known, from where its words stand."""

from bisect import insort
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Final

from erya.loading.pdf.lines import Line, Piece
from erya.loading.pdf.tables.column_names import is_figure
from erya.loading.pdf.tables.columns import Row, Span, cells_of, places_of, span_of
from erya.loading.pdf.tables.stream import with_signs

__all__ = ["region_rows"]

_FILLED: Final = 0.4  # of the columns have figures, in the first row below the names
_MOST_PIECES: Final = 3_000  # more make a drawing
_MOST_COLUMNS: Final = 100
_SHARED: Final = 0.5  # of the height of the lower of two in one line


def region_rows(pieces: Sequence[Piece]) -> tuple[list[Row], int]:
    """Return rows, and how many of the first name columns; none of a single column.

    Args:
        pieces: All that stands in the table.
    """
    if len(pieces) > _MOST_PIECES:
        return [], 0
    lines = [with_signs(line) for line in _lines(pieces)]
    columns = _columns(lines)
    if len(columns) > _MOST_COLUMNS:
        return [], 0
    columns = _join_columns(columns, lines)
    if len(lines) < 2 or len(columns) < 2:
        return [], 0
    rows = [cells_of(line, columns) for line in lines]
    return rows, _count_names(rows)


def _lines(pieces: Sequence[Piece]) -> list[Line]:
    """Put pieces into lines that stand at one height by most of theirs."""
    lines: list[Line] = []
    for piece in sorted(pieces, key=lambda p: -p.box.top - p.box.bottom):
        box = lines[-1][0].box if lines else piece.box
        shared = min(piece.box.top, box.top) - max(piece.box.bottom, box.bottom)
        if lines and shared > _SHARED * min(piece.height, lines[-1][0].height):
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [sorted(line, key=lambda piece: piece.box.left) for line in lines]


def _columns(lines: Sequence[Line]) -> list[Span]:
    """Return columns from the left; what stands over several of them widens none."""
    columns: list[Span] = []
    for piece in sorted(chain(*lines), key=lambda p: p.box.right - p.box.left):
        places = places_of(piece, columns)
        left, right = span_of(piece)
        if not places:
            insort(columns, (left, right))
        elif len(places) == 1:
            low, high = columns[places[0]]
            columns[places[0]] = min(low, left), max(high, right)
    return sorted(columns)


def _join_columns(columns: list[Span], lines: Sequence[Line]) -> list[Span]:
    """Join columns of which no line fills both, and some text is in both.

    One is of signs of money, the other of figures.
    """

    def places() -> list[list[list[int]]]:
        return [[places_of(piece, columns) for piece in line] for line in lines]

    at, placed = 0, places()
    while at + 1 < len(columns):
        over = any({at, at + 1} <= {*spanned} for line in placed for spanned in line)
        both = any(
            at in left and at + 1 in right
            for line in placed
            for left, right in pairwise(line)
        )
        if over and not both:
            columns[at : at + 2] = [(columns[at][0], columns[at + 1][1])]
            placed = places()
        else:
            at += 1
    return columns


def _count_names(rows: Sequence[Row]) -> int:
    """Return how many rows stand above the first with figures; 1 without any."""
    least = max(1.0, _FILLED * (len(rows[0]) - 1))
    figures = (
        sum(is_figure(piece.text) for cell in row for piece in cell) >= least
        for row in rows
    )
    count = next((at for at, has_some in enumerate(figures) if has_some), 1)
    while count and _is_label(rows[count - 1]):
        count -= 1  # of the rows below it
    return count


def _is_label(row: Row) -> bool:
    """Tell whether a row has a text in its first column alone."""
    return bool(row[0]) and not any(row[1:])
