"""The ruling lines drawn on a page of a PDF, here also rules, and the grids they make.

A cell of a table reaches from rule to rule. Where no rule stands between two places of
the grid, they are one cell.
"""

import ctypes
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

import pypdfium2.raw as pdfium

from erya.loading.pdf.boxes import Box
from erya.loading.pdf.objects import PageObject, bounds, matrix_of, point, raw

__all__ = ["Grid", "RulingLine", "RulingLines", "find_ruling_lines"]

_THIN: Final = 2.5  # points: what is drawn no wider is a rule
_SHORTEST: Final = 4.0  # points, of a rule: dots and ticks are shorter
_SAME: Final = 1.5  # points between rules that stand for one
_TOUCH: Final = 3.0  # points between rules that meet
_MOST_SEGMENTS: Final = 2_000  # of a path: with more it is a drawing
_MOST_RULES: Final = 3_000  # of a page: with more it is a drawing
_MOST_CELLS: Final = 5_000
_CLOSED: Final = 0.6  # of a table's width, above and below
_MOST_WORK: Final = 50_000  # segments and objects of forms, that a page is read for
_WHITE: Final = 250  # of 255: a surface as light as paper has no edges
_PATH: Final = pdfium.FPDF_PAGEOBJ_PATH

_Place = tuple[int, int]  # row from the top, column from the left


class RulingLine(NamedTuple):
    """A rule: where it stands across its direction, and from where to where it goes."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Rules that touch each other, and the cells between them.

    Attributes:
        box: Around the cells.
        xs: Where columns begin, and the last ends, from the left.
        ys: Where rows end, and the first begins, from the bottom.
        cells: Row from the top → column → the first place of the cell it belongs to.
    """

    box: Box
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[tuple[_Place, ...], ...]

    def place(self, box: Box) -> _Place | None:
        """Return the cell in which the middle of a box stands; None outside."""
        x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        if not (0 <= column < len(self.xs) - 1 and 0 <= row < len(self.ys) - 1):
            return None
        return self.cells[len(self.cells) - 1 - row][column]


@dataclass(frozen=True, slots=True)
class RulingLines:
    """The ruling lines of a page.

    Attributes:
        grids: Smaller ones first.
        horizontal_lines: Those from left to right, from the bottom.
    """

    grids: tuple[Grid, ...] = ()
    horizontal_lines: tuple[RulingLine, ...] = ()

    def touching(self, box: Box) -> list[Grid]:
        """Return the grids that a line stands in, or reaches into."""
        return [
            grid
            for grid in self.grids
            if grid.box.left < box.right and box.left < grid.box.right
            and grid.box.bottom < box.top and box.bottom < grid.box.top
        ]  # fmt: skip


@dataclass(slots=True)
class _DrawnLines:
    """The rules so far."""

    across: list[RulingLine] = field(default_factory=list)
    upright: list[RulingLine] = field(default_factory=list)
    work: int = 0

    def is_drawing(self) -> bool:
        """Tell whether there are more rules than tables have, or much else."""
        count = len(self.across) + len(self.upright)
        return count > _MOST_RULES or self.work > _MOST_WORK

    def add(self, box: Box) -> None:
        """Add a thin box as a rule, if it is long enough for one."""
        left, bottom, right, top = box
        width, height = right - left, top - bottom
        if height <= _THIN and width >= max(_SHORTEST, 2 * height):
            self.across.append(RulingLine((bottom + top) / 2, left, right))
        elif width <= _THIN and height >= max(_SHORTEST, 2 * width):
            self.upright.append(RulingLine((left + right) / 2, bottom, top))

    def frame(self, box: Box) -> None:
        """Add the edges of a surface."""
        left, bottom, right, top = box
        self.across += [RulingLine(bottom, left, right), RulingLine(top, left, right)]
        self.upright += [RulingLine(left, bottom, top), RulingLine(right, bottom, top)]


def find_ruling_lines(
    objects: Iterable[PageObject], *, turn: Callable[[Box], Box] | None = None
) -> RulingLines:
    """Return the rules of a page; none of a drawing, which has thousands of lines.

    Args:
        objects: What the page draws.
        turn: Turns a box to where it stands on the page as it is shown.
    """
    lines = _DrawnLines()
    for page_object in objects:
        if page_object.form is not None:
            lines.work += 1
        if page_object.kind == _PATH:
            _add_path(lines, page_object)
            if lines.is_drawing():
                return RulingLines()
    if not lines.across:
        return RulingLines()
    if turn is not None:
        lines = _turn(lines, turn)
    across, upright = _merge(lines.across), _merge(lines.upright)
    grids = [grid for part in _touching(across, upright) if (grid := _grid(*part))]
    grids.sort(key=lambda g: (g.box.right - g.box.left) * (g.box.top - g.box.bottom))
    return RulingLines(tuple(grids), tuple(across))


def _add_path(lines: _DrawnLines, path: PageObject) -> None:
    box = bounds(path)
    if box is None:
        return
    thin = min(box.right - box.left, box.top - box.bottom) <= _THIN
    if thin:
        lines.add(box)
        return
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(raw(path.at), fill, stroke)
    count = pdfium.FPDFPath_CountSegments(raw(path.at))
    if not stroke.value and (not fill.value or _is_white(path)):
        return
    if 4 <= count <= 5 and not stroke.value:
        lines.frame(box)
    elif 2 <= count <= _MOST_SEGMENTS:
        lines.work += count
        for line in _segments(path, count):
            lines.add(line)


def _is_white(path: PageObject) -> bool:
    values = [ctypes.c_uint() for _ in range(4)]
    has_colour = pdfium.FPDFPageObj_GetFillColor(raw(path.at), *values)
    *colours, opaque = (value.value for value in values)
    return bool(has_colour) and (min(colours) >= _WHITE or not opaque)


def _segments(path: PageObject, count: int) -> Iterator[Box]:
    """Yield the straight lines of a path; each is as thin as can be."""
    matrix = matrix_of(path.at)
    here = start = (0.0, 0.0)
    x, y = ctypes.c_float(), ctypes.c_float()
    for number in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(raw(path.at), number)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        there = point(x.value, y.value, matrix)
        if path.form is not None:
            there = point(*there, path.form)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = there
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield _between(here, there)
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield _between(there, start)
            there = start
        here = there


def _between(one: tuple[float, float], other: tuple[float, float]) -> Box:
    (x1, y1), (x2, y2) = one, other
    return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _turn(lines: _DrawnLines, turn: Callable[[Box], Box]) -> _DrawnLines:
    result = _DrawnLines()
    for rule in lines.across:
        result.add(turn(Box(rule.start, rule.at, rule.end, rule.at)))
    for rule in lines.upright:
        result.add(turn(Box(rule.at, rule.start, rule.at, rule.end)))
    return result


def _merge(ruling_lines: Iterable[RulingLine]) -> list[RulingLine]:
    """Join rules on one line that touch, as those of neighbouring cells."""
    merged: list[RulingLine] = []
    level: list[RulingLine] = []
    for rule in sorted(ruling_lines):
        if level and rule.at - level[0].at > _SAME:
            merged += _join(level)
            level = []
        level.append(rule)
    return merged + _join(level)


def _join(level: Sequence[RulingLine]) -> list[RulingLine]:
    joined: list[RulingLine] = []
    for rule in sorted(level, key=lambda rule: rule.start):
        if joined and rule.start - joined[-1].end <= _TOUCH:
            end = max(joined[-1].end, rule.end)
            joined[-1] = joined[-1]._replace(end=end)
        else:
            joined.append(rule)
    return joined


def _touching(
    across: list[RulingLine], upright: list[RulingLine]
) -> Iterator[tuple[list[RulingLine], list[RulingLine]]]:
    """Yield rules that hang together, those across in the order of their height."""
    parent = list(range(len(across) + len(upright)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    heights = [rule.at for rule in across]
    for number, rule in enumerate(upright, start=len(across)):
        first = bisect_left(heights, rule.start - _TOUCH)
        for at in range(first, bisect_right(heights, rule.end + _TOUCH)):
            if across[at].start - _TOUCH <= rule.at <= across[at].end + _TOUCH:
                parent[root(at)] = root(number)
    parts: dict[int, tuple[list[RulingLine], list[RulingLine]]] = defaultdict(
        lambda: ([], [])
    )
    for at, rule in enumerate(across):
        parts[root(at)][0].append(rule)
    for at, rule in enumerate(upright, start=len(across)):
        parts[root(at)][1].append(rule)
    yield from (part for part in parts.values() if all(part))


def _grid(across: list[RulingLine], upright: list[RulingLine]) -> Grid | None:
    """Return the cells between rules; None where they have not two of them."""
    left, right = min(r.start for r in across), max(r.end for r in across)
    low, high = min(r.start for r in upright), max(r.end for r in upright)
    xs = _edges([rule.at for rule in upright], left, right)
    ys = _edges([rule.at for rule in across], low, high)
    columns, rows = len(xs) - 1, len(ys) - 1
    if columns < 1 or rows < 1 or not 1 < columns * rows <= _MOST_CELLS:
        return None
    walls, floors = _by_place(upright, xs), _by_place(across, ys)
    for floor in (floors[0], floors[-1]):  # else they are surfaces that touch
        closed = sum(_covers(floor, *sides) for sides in pairwise(xs))
        if closed < _CLOSED * columns:
            return None
    first: dict[_Place, _Place] = {}
    for row in range(rows):  # from the top, as a reader counts
        low, high = ys[rows - 1 - row], ys[rows - row]
        for column in range(columns):
            place = (row, column)
            if column and not _covers(walls[column], low, high):
                place = first[row, column - 1]
            elif row and not _covers(floors[rows - row], xs[column], xs[column + 1]):
                place = first[row - 1, column]
            first[row, column] = place
    cells = tuple(
        tuple(first[row, column] for column in range(columns)) for row in range(rows)
    )
    return Grid(Box(xs[0], ys[0], xs[-1], ys[-1]), xs, ys, cells)


def _edges(places: list[float], low: float, high: float) -> tuple[float, ...]:
    """Return the places of rules, those that stand for one as one, and the ends."""
    ordered = sorted(places)
    # A table may be open at its sides.
    if ordered[0] - low > _SHORTEST:
        ordered.insert(0, low)
    if high - ordered[-1] > _SHORTEST:
        ordered.append(high)
    kept = [ordered[0]]
    for before, place in pairwise(ordered):
        if place - before > _SAME:
            kept.append(place)
    return tuple(kept)


def _by_place(
    ruling_lines: list[RulingLine], edges: Sequence[float]
) -> list[list[RulingLine]]:
    """Return the rules at each edge."""
    by_edge: list[list[RulingLine]] = [[] for _ in edges]
    for rule in ruling_lines:
        near = min(range(len(edges)), key=lambda at: abs(edges[at] - rule.at))
        by_edge[near].append(rule)
    return by_edge


def _covers(ruling_lines: Iterable[RulingLine], start: float, end: float) -> bool:
    """Tell whether a rule goes by the middle of a cell's side."""
    middle = (start + end) / 2
    return any(rule.start <= middle <= rule.end for rule in ruling_lines)
