"""Spreadsheets (xlsx, xls, xlsb, ods), by calamine."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

import python_calamine

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.formats.number_formats import format_number, format_plain
from erya.loading.formats.odf import add_drawings
from erya.loading.formats.office_parts import add_sheet_drawings
from erya.loading.formats.packed import Package
from erya.loading.formats.sheet_compact import bring_nearer
from erya.loading.formats.sheet_marks import SheetMarks, place_of, read_marks
from erya.loading.formats.sheet_shown import (
    CellLook,
    as_struck,
    in_font,
    ods_look,
    with_raised_signs,
    xls_look,
)
from erya.loading.formats.table_heads import Span, count_notes, join_heads, looks_named
from erya.loading.formats.xls_drawings import xls_texts
from erya.records import Parsed

__all__ = ["add_rows", "parse_sheets"]

_MOST_CELLS: Final = 2_000_000  # of one file
_ERRORS: Final = (python_calamine.CalamineError, ValueError, OSError, KeyError)
_SPARSE: Final = 10  # times as many may be empty
_FAR: Final = (
    "The sheet {!r} has cells as far as row {:,}, column {:,}; it was not read. Delete "
    "what stands far out, or save it as CSV."
)
_UNSHOWN: Final = "How it shows its numbers cannot be read; they are as it stores them."
_COMMENTS: Final = re.compile(r"xl/(?:comments/)?comments?\d*\.xml")
_COMMENT: Final = re.compile(rb"<(?:\w{1,20}:)?comment\s")
_ANNOTATION: Final = re.compile(rb"<office:annotation[\s>]")
_FOLDED: Final = re.compile(rb'table:visibility="(?:collapse|filter)"')
_OLE: Final = b"\xd0\xcf\x11\xe0"  # how xls begins
_PLAIN: Final = CellLook({}, {}, {})
_LONGEST_REPEATED: Final = 200  # characters of a cell over several rows
_LOOKED_AT: Final = 50  # rows that tell where the names of columns stand
_MOST_REPEATED: Final = 2_000_000  # characters of a sheet
_MIDNIGHT: Final = " 00:00:00"


def parse_sheets(data: bytes, name: str) -> Parsed:
    """Read every sheet: its name as a heading, its rows as tables, hidden sheets too.

    `pages` are the sheets. Rows without anything in them part tables.

    Raises:
        DocumentError: It is damaged, wants a password, or has too many cells.
    """
    beside = _read_beside(data)
    package, marks = beside.package, beside.marks
    book = _open_book(with_raised_signs(beside.data, package))
    _refuse_unnamed(marks, book.sheet_names)
    builder = TextBuilder()
    if beside.looks is None:
        builder.notice("number_formats", _UNSHOWN)
    _note_unseen(builder, book, marks)
    left = _MOST_CELLS
    for sheet in book.sheet_names:
        sheet_marks = marks.get(sheet)
        if sheet_marks is not None and _is_sparse(sheet_marks):
            builder.notice(
                "too_large", _FAR.format(sheet, sheet_marks.rows, sheet_marks.columns)
            )
            continue
        try:
            grid = book.get_sheet_by_name(sheet)
        except _ERRORS as error:  # one sheet must not hide the others
            builder.notice("damaged", f"The sheet {sheet!r} cannot be read: {error}")
            continue
        builder.begin_page()
        cells = grid.height * grid.width
        if cells > left:
            builder.notice(
                "too_large",
                f"The sheet {sheet!r} has {grid.height:,} rows of {grid.width:,}; of "
                f"all sheets {_MOST_CELLS:,} cells are read. Split the file.",
            )
            continue
        left -= cells
        builder.heading(sheet, level=1)
        look = (beside.looks or {}).get(sheet, _PLAIN)
        ways = _Ways(
            grid.start[1] if grid.start else 0,
            look,
            grid.merged_cell_ranges or look.merged,
        )
        for run in _runs(grid.iter_rows(), ways):
            _add_run(builder, run)
    _add_beside_cells(builder, package, data)
    facts = package.facts() if package is not None else {}
    facts |= {"title": PurePosixPath(name).stem}  # titles of sheets are left over
    parsed = builder.parsed(
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        **facts,
    )
    if all(block.kind == "heading" for block in parsed.blocks):
        msg = "No sheet of this file has anything in it that was read. "
        msg += " ".join(notice.message for notice in parsed.notices)
        too_large = any(notice.code == "too_large" for notice in parsed.notices)
        raise DocumentError(msg, code="too_large" if too_large else "empty")
    return parsed


def add_rows(
    builder: TextBuilder,
    rows: Iterable[list[Any]],
    *,
    look: CellLook,
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    """Add the rows of a sheet as tables; rows without anything in them part them.

    Args:
        builder: Takes the tables.
        rows: Values, each row as long as the others.
        look: How cells are shown.
        merged: Cells that are one, by the first and the last of them.
    """
    for run in _runs(rows, _Ways(0, look, merged)):
        _add_run(builder, run)


class _Beside(NamedTuple):
    """What a file tells of its sheets beside their values, by their names."""

    data: bytes
    package: Package | None
    marks: dict[str, SheetMarks]
    looks: Mapping[str, CellLook] | None


def _read_beside(data: bytes) -> _Beside:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return _Beside(data, None, {}, xls_look(data) if data.startswith(_OLE) else {})
    package = Package(data, called="spreadsheet")
    nearer = bring_nearer(data, package)
    if nearer is not data:
        data, package = nearer, Package(nearer, called="spreadsheet")
    marks = read_marks(package)
    looks = {
        sheet: CellLook(
            sheet_marks.formats,
            sheet_marks.fonts,
            sheet_marks.errors,
            sheet_marks.struck,
        )
        for sheet, sheet_marks in marks.items()
    }
    if "content.xml" in package.names:
        looks = ods_look(package)
    return _Beside(data, package, marks, looks)


def _comments(package: Package) -> int:
    """Count the comments of a workbook (xlsx, ods)."""
    if "content.xml" in package.names:
        return len(_ANNOTATION.findall(package.read("content.xml")))
    parts = filter(_COMMENTS.fullmatch, package.names)
    return sum(len(_COMMENT.findall(package.read(part))) for part in parts)


def _open_book(data: bytes) -> python_calamine.CalamineWorkbook:
    """Open a workbook.

    Raises:
        DocumentError: It is damaged, or wants a password.
    """
    try:
        return python_calamine.load_workbook(io.BytesIO(data))
    except python_calamine.PasswordError:
        msg = "This spreadsheet wants a password. Save it without one."
        raise DocumentError(msg, code="password_protected") from None
    except _ERRORS as error:
        msg = f"This spreadsheet is damaged, or wants a password: {error}"
        raise DocumentError(msg, code="damaged") from None


def _refuse_unnamed(marks: dict[str, SheetMarks], names: Sequence[str]) -> None:
    """Refuse a sheet of cells far apart that may be any of those that are read.

    Raises:
        DocumentError: There is one.
    """
    for part, sheet_marks in marks.items():
        if part not in names and _is_sparse(sheet_marks):
            msg = _FAR.format(part, sheet_marks.rows, sheet_marks.columns)
            raise DocumentError(msg, code="too_large")


def _is_sparse(sheet: SheetMarks) -> bool:
    """Tell whether what lies between its cells would fill the memory."""
    return sheet.rows * sheet.columns > _MOST_CELLS * _SPARSE


def _note_unseen(
    builder: TextBuilder,
    book: python_calamine.CalamineWorkbook,
    marks: dict[str, SheetMarks],
) -> None:
    """Say what is hidden, and which formulas have no value."""
    hidden = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible != python_calamine.SheetVisibleEnum.Visible
    ]
    if hidden:
        message = f"Sheets that are hidden were read as well: {', '.join(hidden)}."
        builder.notice("hidden_sheet", message)
    hidden = [name for name, sheet_marks in marks.items() if sheet_marks.hidden]
    if hidden:
        message = (
            "Rows, columns or numbers that are hidden were read as well: "
            f"{', '.join(hidden)}."
        )
        builder.notice("hidden_cells", message)
    if empty := sum(sheet.uncalculated for sheet in marks.values()):
        message = (
            f"Cells whose formula no program has calculated, so without a value: "
            f"{empty:,}. Open the file in a spreadsheet program, and save it."
        )
        builder.notice("no_value", message)


def _add_beside_cells(
    builder: TextBuilder, package: Package | None, data: bytes
) -> None:
    """Add what charts and boxes beside the cells say, and tell what is not read."""
    if package is None:
        for text in xls_texts(data) if data.startswith(_OLE) else ():
            builder.paragraph(text)
        return
    if comments := _comments(package):
        builder.notice("comments", f"Comments of its cells are not read ({comments}).")
    add_sheet_drawings(builder, package)
    if "content.xml" not in package.names:
        return
    try:
        add_drawings(builder, package)
    except DocumentError as error:
        builder.notice("damaged", f"What is drawn on it cannot be read: {error}")
    if _FOLDED.search(package.read("content.xml")):
        message = "Rows or columns that are hidden were read as well."
        builder.notice("hidden_cells", message)


class _Ways(NamedTuple):
    """How the cells of a sheet are shown.

    Attributes:
        first: The column, from 0, that its rows begin with.
        look: What is said of single cells.
        merged: Cells that are one, by the first and the last of them.
    """

    first: int
    look: CellLook
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]

    def format_cell(self, cell: Any, row: int, column: int) -> str:
        """Return a cell of a row as its program shows it."""
        place = place_of(row, self.first + column)
        text = self._plain(cell, place)
        struck = self.look.struck
        return as_struck(text) if struck and place in struck else text

    def _plain(self, cell: Any, place: int) -> str:
        formats, fonts, texts, *_ = self.look
        if texts and (text := texts.get(place)):
            return " ".join(text.split())
        if isinstance(cell, str):
            font = fonts.get(place) if fonts else None
            return in_font(font, cell.strip()) if font else cell.strip()
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return _format_value(float(cell), formats.get(place) if formats else None)
        return _format_value(cell)


class _Run(NamedTuple):
    """Rows without an empty one between them.

    Attributes:
        rows: What their cells show.
        numeric: Which of them have a number.
        spans: Cells of each that are one, but not all of its row.
    """

    rows: list[list[str]]
    numeric: list[bool]
    spans: list[list[Span]]


class _Merged:
    """Cells of a sheet that are one, as its rows are read from the top."""

    def __init__(self, ways: _Ways) -> None:
        self._down: dict[int, list[tuple[int, int]]] = {}  # columns and last rows
        self._across: dict[int, list[Span]] = {}
        self._left = _MOST_REPEATED
        self._open: dict[
            int, tuple[str, int]
        ] = {}  # by column: a text and its last row
        for (top, left), (bottom, right) in ways.merged:
            if bottom > top and left >= ways.first:
                self._down.setdefault(top, []).append((left - ways.first, bottom))
            if right > left >= ways.first:
                span = Span(left - ways.first, right - ways.first)
                self._across.setdefault(top, []).append(span)

    def fill(self, cells: list[str], at: int) -> None:
        """Write what stands in cells over several rows into a row of them."""
        for column, (text, last) in list(self._open.items()):
            if at > last:
                del self._open[column]
            elif not cells[column] and self._left > 0:
                cells[column] = text
                self._left -= len(text)
        for column, last in self._down.get(at, ()):
            if column < len(cells) and len(cells[column]) <= _LONGEST_REPEATED:
                self._open[column] = cells[column], last

    def spans(self, cells: list[str], at: int) -> list[Span]:
        """Return the cells of a row that are one and have something in them."""
        return [
            span
            for span in self._across.get(at, ())
            if span.last < len(cells) and cells[span.first]
        ]


def _runs(rows: Iterable[list[Any]], ways: _Ways) -> Iterator[_Run]:
    """Yield rows in runs, what stands in cells over several rows in each of them.

    Args:
        rows: All rows, from the top.
        ways: How cells are shown.
    """
    merged = _Merged(ways)
    run = _Run([], [], [])
    for at, row in enumerate(rows):
        cells = [ways.format_cell(cell, at, n) for n, cell in enumerate(row)]
        if not any(cells):
            if run.rows:
                yield run
            run = _Run([], [], [])
            continue
        merged.fill(cells, at)
        run.rows.append(cells)
        run.numeric.append(any(isinstance(cell, float) for cell in row))
        run.spans.append(merged.spans(cells, at))
    if run.rows:
        yield run


def _add_run(builder: TextBuilder, run: _Run) -> None:
    """Add rows: titles and notes above them, then the names of the columns."""
    top = run.rows[:_LOOKED_AT]
    first = min(at for row in top for at, cell in enumerate(row) if cell)
    spans = [
        # Alone and from the first column on it is a title.
        of_row if sum(map(bool, row)) > 1 else [s for s in of_row if s.first > first]
        for row, of_row in zip(top, run.spans, strict=False)
    ]
    over = [_spread(row, of_row) for row, of_row in zip(top, spans, strict=True)]
    notes = count_notes(over)
    for row in run.rows[:notes]:
        builder.paragraph(" | ".join(filter(None, row)), pairs=False)
    rows = run.rows[notes:]
    joined = join_heads(rows, spans[notes:])
    named = len(joined) < len(rows) or (not run.numeric[notes] and looks_named(rows))
    builder.table(joined, header=named)


def _spread(row: list[str], spans: Sequence[Span]) -> list[str]:
    """Return a row with what stands in cells over several columns in each of them."""
    spread = list(row)
    for span in spans:
        count = span.last + 1 - span.first
        spread[span.first : span.last + 1] = [row[span.first]] * count
    return spread


def _format_value(cell: Any, code: str | None = None) -> str:
    """Return a cell as its program shows it, by its format if that is a usual one."""
    if isinstance(cell, float):
        text = format_number(cell, code) if code else None
        return format_plain(cell) if text is None else text
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, dt.datetime):
        text = cell.isoformat(sep=" ", timespec="seconds")
        return text.removesuffix(_MIDNIGHT)
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return "" if cell is None else str(cell).strip()
