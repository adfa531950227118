"""Names of a table's columns: the rows and lines that have them, and what each covers.

A name covers every column over the rule that is drawn beneath it, as a year does over
its quarters. Lines directly above a table may name its columns, too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from erya.loading.pdf.joining import by_lines
from erya.loading.pdf.lines import Line, Piece
from erya.loading.pdf.ruling_lines import RulingLine
from erya.loading.pdf.tables.columns import (
    CAPTION,
    FIGURES,
    Row,
    Span,
    place_of,
    places_of,
    span_of,
)

__all__ = ["Named", "has_names", "is_figure", "with_names", "words"]

_MOST_NAMELESS: Final = 0.34  # of the columns but the first, that have no name
_LONGEST_NAME: Final = 40  # characters; what is longer is a value beside its label
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NAME: Final = re.compile(rf"[^\W\d_]|{_YEAR.pattern}|#")
_NEAR: Final = 1.6  # times the height of a line, between names and what is below them
_ROW_NEAR: Final = 3.2  # the same, of several names beside each other
_SHORT: Final = 0.45  # of a table's width, that a name has at most
_OUTSIDE: Final = 5.0  # points, that a name reaches over the edges of its table
_MOST_LINES: Final = 10  # of names above a table
_BENEATH: Final = 1.2  # times the height of a name: its rule is as near
_TOUCHES: Final = 3.0  # points, that a rule is shorter than its name
_PART: Final = 0.8  # of a table's width: a wider rule is of no single name
_MIDDLE: Final = 2.0  # times the size of letters, from the middle of columns
_HALF: Final = 0.5  # of a column, or of a name, that stand above each other


class Named(NamedTuple):
    """A table with the names of its columns.

    Attributes:
        rows: Of the table; a name over several columns stands in each of them.
        above: The pieces above the table that are part of it now. If there are any,
            the first row names the columns.
    """

    rows: list[Row]
    above: list[Piece]


def with_names(
    rows: list[Row],
    lines: Sequence[Line],
    horizontal_lines: Sequence[RulingLine],
    *,
    count: int | None = None,
) -> Named:
    """Join all that names the columns of a table in its first row.

    Args:
        rows: Of the table.
        lines: Of the page from the top; the table may be among them.
        horizontal_lines: The ruling lines from left to right.
        count: How many of the first rows have names, if that is known.
    """
    count = _count_names(rows) if count is None else count
    columns = _Columns.of(rows, count, horizontal_lines)
    above = list(columns.lines_above(rows, lines))
    while above and not columns.names_some(above[-1]):
        above.pop()  # a title
    taken = [*chain(*above)]
    labels: list[Line] = []
    while not count and above and not columns.names_some(above[0]):
        labels.append(above.pop(0))
    heads = [*chain(*above), *chain(*chain(*rows[:count]))]
    if not heads:
        return Named(rows, [])
    names: Row = [[] for _ in rows[0]]
    head_lines = by_lines(sorted(heads, key=lambda piece: -piece.box.top))
    each = next((line for line in head_lines if len(line) == len(names)), None)
    for line in head_lines:
        groups = _groups(line, each) if each is not None else None
        for number, piece in enumerate(line):
            for at in (
                groups[number] if groups else columns.covered_columns(piece, line)
            ):
                names[at].append(piece)
    if not count and _is_title(names, pieces=len(heads)):
        return Named(rows, [])
    return Named([names, *_label_rows(labels, rows[count:])], taken)


def _groups(line: Line, each: Line) -> list[range] | None:
    """Return the columns of each name in a line, beside one with a name for each.

    That line's own are in order, wherever the figures below stand in their cells. Above
    it a name is of those from where it begins to the next, if all have the same below.
    """
    if line is each:
        return [range(at, at + 1) for at in range(len(each))]
    begins = [
        next((at for at, p in enumerate(each) if _begin_alike(p, piece)), None)
        for piece in line
    ]
    if len(line) < 2 or None in begins:
        return None
    ends = [*begins[1:], len(each)]
    groups = [range(a or 0, b or 0) for a, b in zip(begins, ends, strict=True)]
    below = {tuple(each[at].text for at in group) for group in groups}
    return groups if len(below) == 1 and len(groups[0]) > 1 else None


def _begin_alike(one: Piece, other: Piece) -> bool:
    return abs(one.box.left - other.box.left) < _TOUCHES


@dataclass(frozen=True, slots=True)
class _Columns:
    """From where to where the columns of a table go, and the rules of its page."""

    spans: Sequence[Span]
    horizontal_lines: Sequence[RulingLine]

    @classmethod
    def of(
        cls, rows: Sequence[Row], names: int, horizontal_lines: Sequence[RulingLine]
    ) -> "_Columns":
        """Return the columns of a table whose first rows are `names` rows of names."""
        spans = []
        for column in zip(*rows, strict=True):
            pieces = [*chain(*column[names:])] or [*chain(*column)]
            lefts, rights = zip(*map(span_of, pieces), strict=True)
            spans.append((min(lefts), max(rights)))
        return cls(spans, horizontal_lines)

    @property
    def width(self) -> float:
        return self.spans[-1][1] - self.spans[0][0]

    def lines_above(self, rows: Sequence[Row], lines: Sequence[Line]) -> Iterator[Line]:
        """Yield the short lines that stand directly above a table, the lowest first."""
        top = max(piece.box.top for row in rows[:1] for cell in row for piece in cell)
        low, high = self.spans[0][0] - _OUTSIDE, self.spans[-1][1] + _OUTSIDE
        above = [
            line
            for each in reversed(lines)
            if (line := [p for p in each if p.box.right > low and p.box.left < high])
            and min(piece.box.bottom for piece in line) > top - _TOUCHES
        ]
        for line in above[:_MOST_LINES]:
            height = max(piece.height for piece in line)
            gap = min(piece.box.bottom for piece in line) - top
            near = _NEAR if len(line) == 1 else _ROW_NEAR
            if gap > near * height or not self._may_name(line):
                return
            yield line
            top = max(piece.box.top for piece in line)

    def _may_name(self, line: Line) -> bool:
        """Tell whether a line has names, and no figures, sentence or caption."""
        low, high = self.spans[0][0] - _OUTSIDE, self.spans[-1][1] + _OUTSIDE
        if CAPTION.match(line[0].text) or self._is_title(line):
            return False
        return all(
            low < piece.box.left
            and piece.box.right < high
            and piece.box.right - piece.box.left < _SHORT * self.width
            and not is_figure(piece.text)
            for piece in line
        )

    def _is_title(self, line: Line) -> bool:
        """Tell whether a text stands in the middle of its table, over one column."""
        middle = line[0].box.left + line[-1].box.right
        around = self.spans[0][0] + self.spans[-1][1]
        return (
            len(line) == 1
            and abs(middle - around) < 2 * _MIDDLE * line[0].size
            and len(self.covered_columns(line[0], line)) == 1
        )

    def names_some(self, line: Line) -> bool:
        """Tell whether a line names more than the first column."""
        return any(self.covered_columns(piece, line) != [0] for piece in line)

    def covered_columns(self, piece: Piece, line: Line) -> list[int]:
        """Return the columns that a name of a line covers, at least one.

        Alone in its line, in the middle of all columns but the first, it covers those.
        """
        low, high = self._rule_beneath(piece, line) or span_of(piece)
        left, right = self.spans[1][0], self.spans[-1][1]
        if len(line) == 1 and abs(low + high - left - right) < 2 * _MIDDLE * piece.size:
            low, high = left, right
        return (
            [
                at
                for at, (left, right) in enumerate(self.spans)
                if min(right, high) - max(left, low)
                > _HALF * min(right - left, high - low)
            ]
            or places_of(piece, self.spans)
            or [place_of(piece, self.spans)]
        )

    def _rule_beneath(self, piece: Piece, line: Line) -> Span | None:
        """Return from where to where the rule goes that is drawn beneath one name."""
        for rule in self.horizontal_lines:
            if rule.end - rule.start < _PART * self.width and _is_beneath(rule, piece):
                others = (p for p in line if p is not piece)
                if not any(_is_beneath(rule, other) for other in others):
                    return rule.start, rule.end
        return None


def _is_beneath(rule: RulingLine, piece: Piece) -> bool:
    return (
        -_BENEATH * piece.height <= rule.at - piece.box.bottom <= _TOUCHES
        and rule.start - _TOUCHES <= piece.box.left
        and piece.box.right <= rule.end + _TOUCHES
    )


def _is_title(names: Row, *, pieces: int) -> bool:
    """Tell whether columns are too few that would have a name, for one text or more."""
    named, columns = sum(map(bool, names[1:])), len(names) - 1
    return 2 * named < columns or (pieces == 1 and 2 * named == columns)


def _label_rows(labels: Sequence[Line], rows: Sequence[Row]) -> list[Row]:
    """Return rows below their labels; a label that goes on is of the first row."""
    first, *others = rows
    labels = list(labels)
    if labels and first[0] and first[0][0].text[:1].islower():
        first = [labels.pop(0) + first[0], *first[1:]]
    empty: Row = [[] for _ in first[1:]]
    return [*([label, *empty] for label in reversed(labels)), first, *others]


def _count_names(rows: Sequence[Row]) -> int:
    """Return how many of the first rows name columns.

    Below one without a text in the first column stand other names.
    """
    count = 0
    while (
        len(rows) - count > 2
        and not rows[count][0]
        and (not rows[count + 1][0] or has_names(rows[count + 1 :]))
    ):
        count += 1
    if count or has_names(rows):
        return count + 1
    if len(rows) > 3 and _is_unit(rows[1]) and has_names([rows[0], *rows[2:]]):
        return 2
    figures = any(is_figure(piece.text) for cell in rows[0] for piece in cell)
    return int(len(rows) > 1 and not rows[0][0] and not figures)


def _is_unit(row: Row) -> bool:
    """Tell whether a row says of all figures what they are: (in millions)."""
    filled = [words(cell) for cell in row if cell]
    return not row[0] and len(filled) == 1 and filled[0][0] in "(（"


def has_names(rows: Sequence[Row]) -> bool:
    """Tell whether the first row names the columns; the first of them may have none."""
    first, *columns = (
        [words(cell) for cell in column] for column in zip(*rows, strict=True)
    )
    numbers = [name for name, *_ in columns]
    if (  # of buses, or of lessons, above figures of another form
        all(name.isdigit() for name in numbers)
        and len(set(numbers)) == len(numbers) > 2
        and not any(text.isdigit() for column in columns for text in column[1:])
        and _NAME.search(first[0])
    ):
        return len(rows) > 2
    nameless = sum(not column[0] for column in columns)
    if (
        len(rows) < 3
        or nameless > _MOST_NAMELESS * len(columns)
        or not all(_is_name(*column) for column in columns if column[0])
    ):
        return False
    figures = all(FIGURES.fullmatch(text) for c in columns for text in c[1:] if text)
    return figures or not _has_digits(first[0])


def _is_name(name: str, *below: str) -> bool:
    """Tell whether a text names what stands below it.

    It has letters or a year; it is long, or has other digits, only above figures.
    """
    figures = all(FIGURES.fullmatch(text) for text in below if text)
    return (
        _NAME.search(name) is not None
        and (figures or (not _has_digits(name) and len(name) <= _LONGEST_NAME))
        and not (_YEAR.search(name) and any(map(_YEAR.search, below)))
    )


def _has_digits(text: str) -> bool:
    return any(character.isdigit() for character in _YEAR.sub("", text))


def words(cell: Sequence[Piece]) -> str:
    """Return the text of a cell."""
    return " ".join(piece.text for piece in cell)


def is_figure(text: str) -> bool:
    """Tell whether a text is a number, an amount or a date, and no year."""
    figure = text.rstrip("*†‡ ")
    return FIGURES.fullmatch(figure) is not None and not _YEAR.match(figure)
