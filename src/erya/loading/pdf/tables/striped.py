"""Tables with rules between their rows alone: what stands between two is a row."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import islice, pairwise
from operator import neg
from typing import Final

from erya.loading.pdf.joining import by_lines
from erya.loading.pdf.lines import Line, Piece
from erya.loading.pdf.ruling_lines import RulingLine
from erya.loading.pdf.tables.columns import (
    FIGURES,
    NEAR,
    Row,
    Span,
    cells_of,
    in_turn,
    place_of,
    places_of,
    span_of,
)

__all__ = ["striped_tables"]

_ALIKE: Final = 4.0  # points: rules that begin and end as near are of one table
_LEAST_LEVELS: Final = 3
_MOST_LEVELS: Final = 500
_MOST_TABLES: Final = 50  # of a page: each looks at all of its pieces
_MOST_COLUMNS: Final = 100
_APART: Final = 2.2  # times the height of a line: more blank stands above a table
_WRAPPED: Final = 1.0  # the same, inside of a cell
_FILLED: Final = 0.7  # of the rows have more than one cell
_LONGEST_LINE: Final = 200  # characters, of a cell


def striped_tables(
    pieces: Sequence[Piece], horizontal_lines: Sequence[RulingLine], taken: Set[int]
) -> Iterator[list[Row]]:
    """Yield tables whose rows stand between rules of one width, wherever in them.

    Args:
        pieces: From the top.
        horizontal_lines: The ruling lines from left to right.
        taken: The pieces that are of a table already, by their identity.
    """
    for left, right, heights in _alike(horizontal_lines):
        inside = [
            piece
            for piece in pieces
            if left - _ALIKE < piece.box.left
            and piece.box.right < right + _ALIKE
            and id(piece) not in taken
        ]
        rows = _bands(inside, sorted(heights, reverse=True))
        if rows is not None:
            yield rows


def _alike(
    horizontal_lines: Sequence[RulingLine],
) -> Iterator[tuple[float, float, list[float]]]:
    """Yield from where to where several rules go, and their heights."""
    groups: list[tuple[float, float, list[float]]] = []
    for _, left, right, at in sorted(
        (r.end - r.start, r.start, r.end, r.at) for r in horizontal_lines
    ):
        if (
            groups
            and abs(groups[-1][0] - left) < _ALIKE
            and abs(groups[-1][1] - right) < _ALIKE
        ):
            groups[-1][2].append(at)
        else:
            groups.append((left, right, [at]))
    several = (each for each in groups if _LEAST_LEVELS <= len(each[2]) <= _MOST_LEVELS)
    yield from islice(several, _MOST_TABLES)


def _bands(pieces: Sequence[Piece], heights: Sequence[float]) -> list[Row] | None:
    """Return what stands between rules as rows, and the rows above and below them."""
    tallest = max(above - below for above, below in pairwise(heights))
    edges = [math.inf, *heights, heights[-1] - tallest]
    bands: list[list[Piece]] = [[] for _ in edges[1:]]
    for piece in pieces:
        middle = (piece.box.bottom + piece.box.top) / 2
        at = bisect_left(edges, -middle, key=neg)
        if 0 < at < len(edges):
            bands[at - 1].append(piece)
    columns = _free_columns([piece for band in bands[1:-1] for piece in band])
    if not 1 < len(columns) <= _MOST_COLUMNS:
        return None
    bands[0] = _fitting(_upwards(by_lines(bands[0]), heights[0], columns), columns)
    bands[-1] = _fitting(by_lines(bands[-1]), columns)
    rows = [cells_of(band, columns) for band in bands if band]
    full = sum(sum(map(bool, row)) > 1 for row in rows)
    longest = max(len(piece.text) for band in bands for piece in band)
    is_table = full > 1 and full >= _FILLED * len(rows) and longest < _LONGEST_LINE
    several = any(  # figures below each other in one cell are of several rows
        sum(FIGURES.fullmatch(piece.text) is not None for piece in cell) > 1
        for row in rows
        for cell in row
    )
    return rows if is_table and not several and in_turn(rows) else None


def _upwards(
    lines: Sequence[Line], height: float, columns: Sequence[Span]
) -> Iterator[Line]:
    """Yield the lines above a height that follow each other, the lowest first.

    Only that may have a text in the first column, and what goes on from it: one that
    stands further above is a title.
    """
    for number, line in enumerate(reversed(lines)):
        gap = min(piece.box.bottom for piece in line) - height
        gap /= max(piece.height for piece in line)
        titled = number and any(place_of(piece, columns) == 0 for piece in line)
        if gap > (_WRAPPED if titled else _APART):
            return
        yield line
        height = max(piece.box.top for piece in line)


def _fitting(lines: Iterable[Line], columns: Sequence[Span]) -> list[Piece]:
    """Return the pieces of lines that stand in columns; none of a title or paragraph.

    Args:
        lines: From a table on.
        columns: Of the table.
    """
    pieces: list[Piece] = []
    for line in lines:
        if any(len(places_of(piece, columns)) != 1 for piece in line):
            break
        pieces += line
    several = len({place_of(piece, columns) for piece in pieces}) > 1
    return pieces if several else []


def _free_columns(pieces: Sequence[Piece]) -> list[Span]:
    """Return the spans that blanks part which go from the first row to the last."""
    columns: list[Span] = []
    for left, right in sorted(map(span_of, pieces)):
        if columns and left < columns[-1][1] + NEAR:
            columns[-1] = columns[-1][0], max(columns[-1][1], right)
        else:
            columns.append((left, right))
    return columns
