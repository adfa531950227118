"""The order in which a page is read, by its regions: columns, titles, tables.

Lines go to the region that most of them lies in. What no region has is read by the
rules that hold without a model, in its turn.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Final, NamedTuple

from erya.loading.pdf.boxes import Box, area, joined, overlap
from erya.loading.pdf.joining import by_lines
from erya.loading.pdf.lines import Line, Piece, numbers_of
from erya.loading.pdf.ruling_lines import RulingLine
from erya.loading.pdf.tables.column_names import is_figure
from erya.loading.pdf.tables.tables import Table, region_table

__all__ = ["Region", "Run", "read_by_regions"]

_FLOW: Final = frozenset(
    {"text", "title", "figure_caption", "table_caption", "reference", "equation"}
)
_DIGIT: Final = re.compile(r"\d")
_INSIDE: Final = 0.5  # of a piece, that lies in its region
_COVERED: Final = 0.85  # of a region's pieces, that a table without the model has
_INNER: Final = 0.25  # of the width of a page
_TOUCH: Final = 2.0  # points, that columns or rows may reach into each other
_FAR: Final = 50.0  # points upwards: a run that does so is of two columns


class Region(NamedTuple):
    """What stands where on a page.

    Attributes:
        kind: text, title, figure, figure_caption, table, table_caption, header, footer,
            reference or equation.
        score: How sure the model is, 0 to 1.
        box: In points of the page.
    """

    kind: str
    score: float
    box: Box


class Run(NamedTuple):
    """Lines that are read together.

    Attributes:
        kind: Of their region; `table`; or `free` where no region has them.
        lines: In their order.
        box: Around them.
    """

    kind: str
    lines: list[Line]
    box: Box


def read_by_regions(
    lines: Sequence[Line],
    regions: Sequence[Region],
    horizontal_lines: Sequence[RulingLine],
    *,
    ordered: Callable[[Sequence[Line]], Iterator[list[Line]]],
) -> list[Run]:
    """Return runs of lines in reading order.

    Args:
        lines: Of a page, in any order, with tables between rules among them.
        regions: Of the page, tables first.
        horizontal_lines: The ruling lines from left to right.
        ordered: Puts lines in reading order without regions.
    """
    tables, lines = _tables(lines, regions, horizontal_lines, ordered=ordered)
    flow = [region for region in regions if region.kind in _FLOW]
    by_region: dict[Region, list[Line]] = defaultdict(list)
    free: list[Line] = []
    for line in lines:
        rest: Line = []
        parts: dict[Region, Line] = defaultdict(list)
        for piece in line:
            region = max(flow, key=lambda r: overlap(piece.box, r.box), default=None)
            if region is not None and _is_inside(piece, region.box):
                parts[region].append(piece)
            else:
                rest.append(piece)
        for region, part in parts.items():
            by_region[region].append(part)
        if rest:
            free.append(rest)
    runs = tables + [_run(r.kind, _from_top(lines)) for r, lines in by_region.items()]
    runs += (
        [part for block in ordered(free) for part in _cut(block, runs)] if free else []
    )
    return _in_order(runs)


def _by_lines(pieces: Sequence[Piece]) -> list[Line]:
    return by_lines(sorted(pieces, key=lambda piece: -piece.box.top))


def _from_top(lines: list[Line]) -> list[Line]:
    """Return lines from the top; as they are drawn, where some stand beside others."""
    visual = _by_lines([piece for line in lines for piece in line])
    return visual if len(visual) >= len(lines) else lines


def _is_inside(piece: Piece, box: Box) -> bool:
    return overlap(piece.box, box) > _INSIDE * area(piece.box)


def _around(pieces: Sequence[Piece]) -> Box:
    return reduce(joined, (piece.box for piece in pieces))


def _run(kind: str, lines: list[Line]) -> Run:
    return Run(kind, lines, _around([piece for line in lines for piece in line]))


def _tables(
    lines: Sequence[Line],
    regions: Sequence[Region],
    horizontal_lines: Sequence[RulingLine],
    *,
    ordered: Callable[[Sequence[Line]], Iterator[list[Line]]],
) -> tuple[list[Run], list[Line]]:
    """Return the tables in regions of tables, and the lines without them.

    A table that is found without the model as well is taken as that.
    """
    own = [block[0][0] for block in ordered(lines) if isinstance(block[0][0], Table)]
    parts = [part for line in lines for piece in line for part in _parts(piece)]
    tables: list[Table] = []
    taken: set[int] = set()
    table_regions = [region for region in regions if region.kind == "table"]
    for region in sorted(table_regions, key=lambda r: -area(r.box)):
        left = [part for part in parts if taken.isdisjoint(part.numbers)]
        inside = _whole_lines(region.box, left, regions)
        table = _covering(own, inside) or region_table(
            inside, above=_by_lines(left), horizontal_lines=horizontal_lines
        )
        if table is not None:
            tables.append(table)
            taken |= numbers_of(_pieces(table))
    flow = [region.box for region in regions if region.kind in _FLOW]
    ruled = (piece for line in lines for piece in line if isinstance(piece, Table))
    ruled_numbers = numbers_of(piece for table in ruled for piece in _pieces(table))
    for table in own:
        pieces = _pieces(table)
        numbers = numbers_of(pieces)
        in_text = sum(any(_is_inside(p, box) for box in flow) for p in pieces)
        is_table = in_text <= _INSIDE * len(pieces) or not ruled_numbers.isdisjoint(
            numbers
        )
        if is_table and taken.isdisjoint(numbers):
            tables.append(table)
            taken |= numbers
    rest = [
        kept
        for line in lines
        if (kept := [p for piece in line for p in _without(piece, taken)])
    ]
    return [Run("table", [[t]], _around(_pieces(t))) for t in tables], rest


def _covering(tables: Sequence[Table], inside: Sequence[Piece]) -> Table | None:
    """Return the table that has nearly all pieces, each row of figures for itself."""
    for table in tables:
        numbers = numbers_of(_pieces(table))
        covered = sum(not numbers.isdisjoint(piece.numbers) for piece in inside)
        if covered >= _COVERED * len(inside) > 0:
            return table if _is_parted(table) else None
    return None


def _is_parted(table: Table) -> bool:
    """Tell whether no row is several: with two figures in one cell, but for names.

    Two figures in one cell alone, beside others of one line, are of one row.
    """
    for row in table.rows[1:]:
        cells = [cell for cell in row if _count_figures(cell) > 1]
        stacked = all(len(_by_lines(cell)) == len(cell) for cell in cells)
        single = any(len(cell) == 1 for cell in row)
        if cells and not (stacked and single and len(cells) == 1):
            return False
    return True


def _count_figures(cell: Sequence[Piece]) -> int:
    return sum(
        is_figure(piece.text) and _DIGIT.search(piece.text) is not None
        for piece in cell
    )


def _parts(piece: Piece) -> Iterator[Piece]:
    if isinstance(piece, Table):
        yield from _pieces(piece)
    else:
        yield from piece.parts()


def _pieces(table: Table) -> list[Piece]:
    return [piece for row in table.rows for cell in row for piece in cell]


def _without(piece: Piece, taken: set[int]) -> Iterator[Piece]:
    """Yield what is left of a piece, whole if it can be."""
    parts = [*_parts(piece)]
    left = [part for part in parts if taken.isdisjoint(part.numbers)]
    yield from (
        [piece] if len(left) == len(parts) and not isinstance(piece, Table) else left
    )


def _whole_lines(
    box: Box, pieces: Sequence[Piece], regions: Sequence[Region]
) -> list[Piece]:
    """Return the pieces in a box, with those of their lines that no region has."""
    inside = [piece for piece in pieces if _is_inside(piece, box)]
    if not inside:
        return []
    around = _around(inside)
    have = {id(piece) for piece in inside}
    more = [
        piece
        for piece in pieces
        if id(piece) not in have
        and min(piece.box.top, around.top) - max(piece.box.bottom, around.bottom)
        > _INSIDE * (piece.box.top - piece.box.bottom)
        and not any(_is_inside(piece, region.box) for region in regions)
    ]
    return inside + more


def _cut(block: list[Line], runs: Sequence[Run]) -> Iterator[Run]:
    """Yield a run of lines in parts, where others stand between its lines."""
    if isinstance(block[0][0], Table):
        yield _run("table", block)
        return
    part: list[Line] = []
    for line in block:
        if part:
            above, below = _around(part[-1]), _around(line)
            between = any(
                above.bottom >= run.box.top - _TOUCH
                and run.box.bottom >= below.top - _TOUCH
                for run in runs
            )
            if between or below.bottom > above.bottom + _FAR:
                yield _run("free", part)
                part = []
        part.append(line)
    yield _run("free", part)


def _in_order(runs: Sequence[Run]) -> list[Run]:
    """Put runs in reading order: columns one after the other, else from the top."""
    if len(runs) < 2:
        return list(runs)
    gutter = _gutter(runs)
    if gutter is not None:
        left = [run for run in runs if (run.box.left + run.box.right) / 2 < gutter]
        right = [run for run in runs if (run.box.left + run.box.right) / 2 >= gutter]
        if left and right:
            return _in_order(left) + _in_order(right)
    strips = _strips(runs)
    if len(strips) == 1:
        return sorted(runs, key=lambda run: (-run.box.top, run.box.left))
    return [run for strip in strips for run in _in_order(strip)]


def _gutter(runs: Sequence[Run]) -> float | None:
    """Return the x that no run goes over, or None."""
    spans = sorted((run.box.left, run.box.right) for run in runs)
    reach = spans[0][1]
    for left, right in spans[1:]:
        if left - reach >= -_TOUCH:
            return (left + reach) / 2
        reach = max(reach, right)
    return None


def _is_inner(x: float, runs: Sequence[Run]) -> bool:
    """Tell whether columns may part there: a title leaves gaps nearer to the edges."""
    around = reduce(joined, (run.box for run in runs))
    apart = _INNER * (around.right - around.left)
    return around.left + apart < x < around.right - apart


def _strips(runs: Sequence[Run]) -> list[list[Run]]:
    """Part runs where nothing stands beside what is above; columns stay together."""
    strips: list[list[Run]] = []
    low = 0.0
    for run in sorted(runs, key=lambda run: -run.box.top):
        if strips and run.box.top > low + _TOUCH:
            strips[-1].append(run)
            low = min(low, run.box.bottom)
        else:
            strips.append([run])
            low = run.box.bottom
    merged: list[list[Run]] = []
    for strip in strips:
        both = [*merged[-1], *strip] if merged else []
        x = _gutter(both) if both else None
        if (
            x is not None
            and _is_inner(x, runs)
            and (_gutter(strip) is not None or _gutter(merged[-1]) is not None)
        ):
            merged[-1] = both
        else:
            merged.append(strip)
    return merged
