"""Columns of a table: which piece stands in which."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from erya.loading.pdf.lines import Piece

__all__ = [
    "BEFORE",
    "BEHIND",
    "CAPTION",
    "FIGURES",
    "NEAR",
    "Row",
    "Span",
    "cells_of",
    "in_turn",
    "place_of",
    "places_of",
    "shares",
    "span_of",
]

NEAR: Final = 1.5  # points: edges that are meant to stand below each other
_HAIR: Final = 0.3  # of the narrower of two that stand below each other
_IN_TURN: Final = 0.8  # of rows that are drawn after each other
# What is a number, an amount, a share, a date or a time, and no word.
FIGURES: Final = re.compile(r"[\s\d.,%()$¥€£+\-–—−/:]+")
# How the line begins that says what a table or a picture is.
CAPTION: Final = re.compile(r"(?:table|figure|fig\.|表|图)\s*\d", re.IGNORECASE)
# Signs that belong to the figure behind them, and to the one before.
BEFORE: Final = frozenset("$¥€£￥")
BEHIND: Final = frozenset({"%", ")", ")%", ") %"})

# The cells of a row from the left, each as its pieces.
Row = list[list[Piece]]
Span = tuple[float, float]


def span_of(piece: Piece) -> Span:
    """Return from where to where a piece goes, from the left."""
    return piece.box.left, piece.box.right


def shares(piece: Piece, span: Span) -> bool:
    """Tell whether a piece stands above or below a span, not only by a hair."""
    left, right = span_of(piece)
    least = min(NEAR, _HAIR * min(right - left, span[1] - span[0]))
    return min(right, span[1]) - max(left, span[0]) > least


def places_of(piece: Piece, columns: Sequence[Span]) -> list[int]:
    """Return the columns that a piece stands in."""
    left, _, right, _ = piece.box
    near = [at for at, (low, high) in enumerate(columns) if low < right and left < high]
    return [at for at in near if shares(piece, columns[at])] if len(near) > 1 else near


def place_of(piece: Piece, columns: Sequence[Span]) -> int:
    """Return the first column that a piece stands in, or else the nearest."""
    places = places_of(piece, columns)
    if places:
        return places[0]
    middle = piece.box.left + piece.box.right
    return min(range(len(columns)), key=lambda at: abs(sum(columns[at]) - middle))


def cells_of(line: Sequence[Piece], columns: Sequence[Span]) -> Row:
    """Return the pieces of a row by their columns."""
    cells: Row = [[] for _ in columns]
    for piece in line:
        cells[place_of(piece, columns)].append(piece)
    return cells


def in_turn(rows: Sequence[Row]) -> bool:
    """Tell whether rows are drawn one after the other, and not column by column."""
    row_numbers = [[piece.numbers for cell in row for piece in cell] for row in rows]
    after = sum(
        max(numbers[-1] for numbers in one) < min(numbers[0] for numbers in other)
        for one, other in pairwise(row_numbers)
    )
    return after >= _IN_TURN * (len(rows) - 1)
