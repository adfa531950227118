"""Tables of a PDF's page: cells between rules, or below each other without any.

A table stands among the lines of its page as one piece, so that it is read in its turn.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import chain
from typing import Final

from erya.language import table_row
from erya.loading.pdf.boxes import joined
from erya.loading.pdf.joining import by_lines, flat, is_broken, running
from erya.loading.pdf.lines import NONE, OVER, Line, Piece, numbers_of
from erya.loading.pdf.ruling_lines import Grid, RulingLine
from erya.loading.pdf.tables.column_names import has_names, is_figure, with_names, words
from erya.loading.pdf.tables.columns import BEFORE, BEHIND, FIGURES, Row
from erya.loading.pdf.tables.region_rows import region_rows
from erya.loading.pdf.tables.stream import stream_tables

__all__ = [
    "Table",
    "grids_of_tables",
    "place_lattice_tables",
    "region_table",
    "split_tables",
    "table_text",
]

_Place = tuple[int, int]  # row and column of a cell

_LARGEST_CELL: Final = 2_000  # characters: what holds more is a frame around text
_LEAST_FILLED: Final = 0.3  # of the cells: a chart, or a drawing, has less in them
_ROWS_FILLED: Final = 0.5  # of the rows have several cells, in a region of a table
_MOST_OVER: Final = 0.25  # of the pieces may reach over a rule
_MOST_HIDDEN: Final = 0.3  # of the cells have wide gaps in them, as a row has
_MOST_NAME_ROWS: Final = 4
_MOST_LOOKED_AT: Final = 1_000_000  # pieces beside grids
_ROW_BESIDE: Final = 1.2  # times the height of a row, up to the next one
_SIGN: Final = 1.5  # times the width of a sign, that is free where none has room
_MARGIN: Final = 7  # points: of a cell, on each side, as programs have it
_EACH_ITS_LINE: Final = 3  # lines in each column of a row: they are rows themselves


@dataclass(slots=True)
class Table(Piece):
    """A piece that stands for a table.

    Attributes:
        rows: All of the same length.
        named: The first row names the columns, whatever its words look like.
    """

    rows: list[Row] = field(default_factory=list)
    named: bool = False


def grids_of_tables(lines: Sequence[Line]) -> tuple[Grid, ...]:
    """Return the grids that make a table or a part of one, and no drawing."""
    inside = _by_grid(lines)
    if len(inside) * sum(map(len, lines)) > _MOST_LOOKED_AT:
        return ()
    return tuple(
        grid
        for grid, pieces in inside.items()
        if _in_grid(grid, pieces) is not None or _goes_on_beside(grid, lines)
    )


def place_lattice_tables(lines: Sequence[Line]) -> list[Line]:
    """Return lines with a table in place of what stands in the cells of a grid."""
    inside = _by_grid(lines)
    tables = {
        grid: table_lines
        for grid, pieces in inside.items()
        if (table_lines := _in_grid(grid, pieces)) is not None
        and not _goes_on_beside(grid, lines)
    }
    if not tables:
        return list(lines)
    out: list[Line] = []
    emitted: set[Grid] = set()
    for line in lines:
        rest = [p for p in line if p.grid not in tables or p.place == OVER]
        for grid in (p.grid for p in line if p.place != OVER):
            if grid in tables and grid not in emitted:
                emitted.add(grid)
                out += tables[grid]
        if rest:
            out.append(rest)
    return out


def _by_grid(lines: Sequence[Line]) -> dict[Grid, list[Piece]]:
    inside: dict[Grid, list[Piece]] = defaultdict(list)
    for line in lines:
        for piece in line:
            if piece.grid is not None:
                inside[piece.grid].append(piece)
    return inside


def _in_grid(grid: Grid, pieces: Sequence[Piece]) -> list[Line] | None:
    """Return the table that a grid makes, titles above it apart; None of a drawing."""
    cells: dict[_Place, list[Piece]] = defaultdict(list)
    for piece in pieces:
        cells[piece.place].append(piece)
    over = cells.pop(OVER, [])
    cells = {place: _unbroken(grid, place, cell) for place, cell in cells.items()}
    if len(over) > _MOST_OVER * len(pieces) or not _is_filled(grid, cells):
        return None
    titles: list[Line] = []
    rows: list[Row] = []
    first = 0  # the first row that is no title
    for number, row in enumerate(grid.cells):
        row_cells = [
            cells.get(place, []) if place == (number, at) else []
            for at, place in enumerate(row)
        ]
        if not any(row_cells):
            first = first if rows else number + 1
        elif not rows and len(set(row)) == 1:
            titles += by_lines(_from_top(row_cells[0]))
            first = number + 1
        elif all(above == number for above, _ in row):
            rows += _rows_of(row_cells)
        else:
            rows.append(row_cells)
    rows = _without_empty(_with_names(grid.cells[first:], cells, rows))
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    return [*titles, [_table(rows)]]


def _unbroken(grid: Grid, place: _Place, pieces: list[Piece]) -> list[Piece]:
    """Join the parts of a number or code that its cell was too narrow for."""
    if len(pieces) < 2:
        return pieces
    row, left = place
    right = max(at for at, cell in enumerate(grid.cells[row]) if cell == place) + 1
    width = grid.xs[right] - grid.xs[left]
    out: list[Piece] = []
    for piece in _from_top(pieces):
        above = out[-1] if out else None
        if (
            above is not None
            and piece.box.top < above.box.top - above.height / 2
            and _fills(above, width)
            and is_broken(above.text, piece.text)
        ):
            out[-1] = replace(
                above,
                text=above.text + piece.text,
                numbers=[*above.numbers, *piece.numbers],
                box=joined(above.box, piece.box),
                gaps=(),
            )
        else:
            out.append(piece)
    return out


def _fills(piece: Piece, width: float) -> bool:
    """Tell whether one more sign would not stand in a cell of a width."""
    used = piece.box.right - piece.box.left
    sign = used / max(len(piece.text), 1)
    return width - used < _SIGN * sign + 2 * _MARGIN


def _is_filled(grid: Grid, cells: Mapping[_Place, Sequence[Piece]]) -> bool:
    """Tell whether cells hold what those of a table do.

    Many of them are filled; none has the text of a page; few have columns of their own.
    """
    places = {place for row in grid.cells for place in row}
    if len(cells) < _LEAST_FILLED * len(places):
        return False
    longest = max(sum(len(piece.text) for piece in cell) for cell in cells.values())
    hidden = sum(map(_has_row, cells.values()))
    return longest <= _LARGEST_CELL and hidden <= _MOST_HIDDEN * len(cells)


def _has_row(pieces: Sequence[Piece]) -> bool:
    """Tell whether a line of pieces has gaps and figures in it as a row has."""
    return any(
        len(line) > 2 or any(FIGURES.fullmatch(piece.text) for piece in line[1:])
        for line in by_lines(_from_top(pieces))
    )


def _with_names(
    places: Sequence[Sequence[_Place]],
    cells: Mapping[_Place, list[Piece]],
    rows: list[Row],
) -> list[Row]:
    """Join names of columns over several rows; one over several is of the first."""
    count = 1  # of rows of names: below them, rows have a first cell of their own
    while count < len(places) and (
        places[count][0] == places[count - 1][0] or not cells.get(places[count][0])
    ):
        count += 1
    merged = any(len(set(row)) < len(row) for row in places[:count])
    if not merged or not 1 < count <= _MOST_NAME_ROWS or len(rows) != len(places):
        return rows
    columns = list(zip(*places[:count], strict=True))
    names = [
        [
            piece
            for place in dict.fromkeys(column)
            if place[1] == at
            for piece in cells.get(place, [])
        ]
        for at, column in enumerate(columns)
    ]
    figures = any(is_figure(piece.text) for name in names for piece in name)
    return rows if figures else [names, *rows[count:]]


def _goes_on_beside(grid: Grid, lines: Sequence[Line]) -> bool:
    """Tell whether a row stands above or below a grid: of a table partly in colour."""
    left, bottom, right, top = grid.box
    reach = _ROW_BESIDE * (top - bottom) / len(grid.cells)
    beside = [
        piece
        for line in lines
        for piece in line
        if piece.grid is not grid
        and left < piece.box.right and piece.box.left < right
        and bottom - reach < (piece.box.bottom + piece.box.top) / 2 < top + reach
    ]  # fmt: skip
    return _has_row(beside)


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


def _with_signs(rows: list[Row]) -> list[Row]:
    """Join signs of money with figures.

    Signs that stand near to their figures are joined before columns are looked for;
    here are those with a column of their own.
    """
    for at in range(len(rows[0]) - 1, -1, -1):
        texts = {words(row[at]) for row in rows if row[at]}
        step = 1 if texts <= BEFORE else -1 if texts <= BEHIND else 0
        if step and 0 <= at + step < len(rows[0]):
            first, last = sorted((at, at + step))
            rows = [
                [*row[:first], row[first] + row[last], *row[last + 1 :]] for row in rows
            ]
    return rows


def _table(rows: list[Row], *, named: bool = False) -> Table:
    pieces = [piece for row in rows for cell in row for piece in cell]
    return Table(
        " ".join(piece.text for piece in pieces),
        (),
        reduce(joined, (piece.box for piece in pieces)),
        statistics.median(piece.size for piece in pieces),
        pieces[0].base,
        rows=rows,
        named=named,
    )


def table_text(table: Table) -> tuple[str, list[int]]:
    """Return a table in Markdown, and the number of each character.

    The first row names the columns, or nothing does.
    """
    out = _Written()
    rows: Sequence[Row] = table.rows
    width = len(rows[0])
    if not table.named and not has_names(rows):
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


def split_tables(
    lines: Sequence[Line], horizontal_lines: Sequence[RulingLine]
) -> Iterator[list[Line]]:
    """Yield each table, and the lines between tables together.

    Args:
        lines: In their order, with tables between rules among them.
        horizontal_lines: The ruling lines from left to right.
    """
    lines, tables = _place_tables(lines, horizontal_lines)
    run: list[Line] = []
    emitted: set[int] = set()
    for line in lines:
        rest: Line = []
        for piece in line:
            for table, part in _by_table(piece, tables):
                if table is None:
                    rest.append(part)
                elif id(table) not in emitted:
                    emitted.add(id(table))
                    if run:
                        yield run
                    run = []
                    yield [[table]]
        if rest:
            run.append([flat(rest)])
    if run:
        yield run


def _place_tables(
    lines: Sequence[Line], horizontal_lines: Sequence[RulingLine]
) -> tuple[list[Line], dict[int, Table]]:
    """Return lines, with named tables in place of those between rules, and the others.

    Returns:
        The lines; the table of each character that is of one.
    """
    others = [line for line in lines if not isinstance(line[0], Table)]
    visual = by_lines(
        _from_top([part for line in others for piece in line for part in piece.parts()])
    )
    aligned = [_with_signs(rows) for rows in stream_tables(others, horizontal_lines)]
    inside = [numbers_of(chain(*chain(*rows))) for rows in aligned]

    def name_columns(rows: list[Row]) -> tuple[Table, set[int]]:
        # What is a part of another table names no column.
        naming = with_names(rows, visual, horizontal_lines)
        above = numbers_of(naming.above)
        if any(0 < len(above & other) < len(other) for other in inside):
            naming, above = with_names(rows, [], horizontal_lines), set()
        return _table(naming.rows, named=bool(above)), above

    tables: dict[int, Table] = {}
    # From below: what looks like a table of names is of the table below it.
    for rows, numbers in zip(reversed(aligned), reversed(inside), strict=True):
        if not numbers & tables.keys():
            table, above = name_columns(rows)
            tables |= dict.fromkeys(numbers | above, table)
    placed: list[Line] = []
    for line in lines:
        ruled = line[0]
        if isinstance(ruled, Table) and ruled.rows[0][0] and not has_names(ruled.rows):
            table, above = name_columns(ruled.rows)
            tables |= dict.fromkeys(above, table)
            placed.append([table])
        else:
            placed.append(line)
    return placed, tables


def region_table(
    pieces: Sequence[Piece],
    *,
    above: Sequence[Line],
    horizontal_lines: Sequence[RulingLine],
) -> Table | None:
    """Return the table that all pieces make, if they stand in rows and columns.

    Args:
        pieces: What stands where a table is known to be.
        above: The other lines of the page, from the top; they may name its columns.
        horizontal_lines: The ruling lines from left to right.
    """
    rows, count = region_rows(pieces)
    rows = _without_empty(rows)
    width = len(rows[0]) if rows else 0
    several = sum(sum(map(bool, row)) > 1 for row in rows)
    filled = sum(sum(map(bool, row)) for row in rows)
    if (
        min(len(rows), width) < 2
        or several < _ROWS_FILLED * len(rows)
        or filled < _LEAST_FILLED * len(rows) * width
    ):
        return None
    named = with_names(rows, above, horizontal_lines, count=count)
    return _table(named.rows, named=bool(count or named.above))


def _by_table(
    piece: Piece, tables: Mapping[int, Table]
) -> Iterator[tuple[Table | None, Piece]]:
    """Yield a piece, or its parts where a table has some of them, with their table."""
    if isinstance(piece, Table):
        yield piece, piece
    elif not tables or not any(number in tables for number in piece.numbers):
        yield None, piece
    else:
        for part in piece.parts():
            owners = (tables.get(number) for number in part.numbers)
            yield next((table for table in owners if table is not None), None), part
