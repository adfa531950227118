"""Spreadsheets (xlsx, xls, xlsb, ods), by calamine."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

import python_calamine

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.number_formats import shown
from erya.loading.odf import add_drawings
from erya.loading.office_parts import add_sheet_drawings
from erya.loading.packed import Package
from erya.loading.sheet_compact import brought_nearer
from erya.loading.sheet_marks import SheetMarks, place_of, read_marks
from erya.loading.sheet_shown import ods_texts, with_raised_signs, xls_formats
from erya.records import Parsed

__all__ = ["looks_named", "parse_sheets"]

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
_OLE: Final = b"\xd0\xcf\x11\xe0"  # how xls begins
_MIDNIGHT: Final = " 00:00:00"


def parse_sheets(data: bytes, name: str) -> Parsed:
    """Read every sheet: its name as a heading, its rows as tables, hidden sheets too.

    `pages` are the sheets. Rows without anything in them part tables.

    Raises:
        DocumentError: It is damaged, wants a password, or has too many cells.
    """
    data, package, marks, formats, texts = _told_beside(data)
    book = _opened(with_raised_signs(data, package))
    _refuse_unnamed(marks, book.sheet_names)
    builder = TextBuilder()
    if package is not None and (comments := _comments(package)):
        builder.notice("comments", f"Comments of its cells are not read ({comments}).")
    if formats is None:
        builder.notice("number_formats", _UNSHOWN)
        formats = {}
    _note_unseen(builder, book, marks)
    left = _MOST_CELLS
    for sheet in book.sheet_names:
        told = marks.get(sheet)
        if told is not None and _is_sparse(told):
            builder.notice("too_large", _FAR.format(sheet, told.rows, told.columns))
            continue
        try:
            found = book.get_sheet_by_name(sheet)
        except _ERRORS as error:  # one sheet must not hide the others
            builder.notice("damaged", f"The sheet {sheet!r} cannot be read: {error}")
            continue
        builder.begin_page()
        cells = found.height * found.width
        if cells > left:
            builder.notice(
                "too_large",
                f"The sheet {sheet!r} has {found.height:,} rows of {found.width:,}; of "
                f"all sheets {_MOST_CELLS:,} cells are read. Split the file.",
            )
            continue
        left -= cells
        builder.heading(sheet, level=1)
        ways = _Ways(
            found.start[1] if found.start else 0,
            formats.get(sheet, {}),
            texts.get(sheet, {}),
        )
        for rows, named in _runs(found.iter_rows(), ways):
            builder.table(rows, header=named)
    if package is not None:
        _add_drawings(builder, package)
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


class _Beside(NamedTuple):
    """What a file tells of its sheets beside their values, by their names."""

    data: bytes
    package: Package | None
    marks: dict[str, SheetMarks]
    formats: dict[str, dict[int, str]] | None
    texts: dict[str, dict[int, str]]


def _told_beside(data: bytes) -> _Beside:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        formats = xls_formats(data) if data.startswith(_OLE) else {}
        return _Beside(data, None, {}, formats, {})
    package = Package(data, called="spreadsheet")
    nearer = brought_nearer(data, package)
    if nearer is not data:
        data, package = nearer, Package(nearer, called="spreadsheet")
    marks = read_marks(package)
    formats = {sheet: told.formats for sheet, told in marks.items()}
    texts = ods_texts(package) if "content.xml" in package.names else {}
    return _Beside(data, package, marks, formats, texts)


def _add_drawings(builder: TextBuilder, package: Package) -> None:
    """Add what is drawn on the sheets of a workbook (xlsx, ods)."""
    if "content.xml" in package.names:
        add_drawings(builder, package)
    else:
        add_sheet_drawings(builder, package)


def _comments(package: Package) -> int:
    """Count the comments of a workbook (xlsx, ods)."""
    if "content.xml" in package.names:
        return len(_ANNOTATION.findall(package.read("content.xml")))
    parts = filter(_COMMENTS.fullmatch, package.names)
    return sum(len(_COMMENT.findall(package.read(part))) for part in parts)


def _opened(data: bytes) -> python_calamine.CalamineWorkbook:
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
    for part, told in marks.items():
        if part not in names and _is_sparse(told):
            msg = _FAR.format(part, told.rows, told.columns)
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
    hidden = [name for name, told in marks.items() if told.hidden]
    if hidden:
        message = (
            f"Rows or columns that are hidden were read as well: {', '.join(hidden)}."
        )
        builder.notice("hidden_cells", message)
    if empty := sum(sheet.uncalculated for sheet in marks.values()):
        message = (
            f"Cells whose formula no program has calculated, so without a value: "
            f"{empty:,}. Open the file in a spreadsheet program, and save it."
        )
        builder.notice("no_value", message)


class _Ways(NamedTuple):
    """How the numbers of a sheet are shown.

    Attributes:
        first: The column, from 0, that its rows begin with.
        formats: Formats, by `place_of`.
        texts: What stands in the cells, where the file says it itself.
    """

    first: int
    formats: dict[int, str]
    texts: dict[int, str]

    def shown(self, cell: Any, row: int, column: int) -> str:
        """Return a cell of a row as its program shows it."""
        number = isinstance(cell, int | float) and not isinstance(cell, bool)
        if not number or not (self.formats or self.texts):
            return _shown(cell)
        place = place_of(row, self.first + column)
        return self.texts.get(place) or _shown(float(cell), self.formats.get(place))


def _runs(
    rows: Iterable[list[Any]], ways: _Ways
) -> Iterator[tuple[list[list[str]], bool]]:
    """Yield rows without an empty one between them, and whether they have a header.

    Args:
        rows: All rows, from the top.
        ways: How numbers are shown.
    """
    run: list[list[str]] = []
    numeric = False  # the first row has a number in it
    for at, row in enumerate(rows):
        cells = [ways.shown(cell, at, n) for n, cell in enumerate(row)]
        if any(cells):
            if not run:
                numeric = any(isinstance(cell, float) for cell in row)
            run.append(cells)
        elif run:
            yield run, not numeric and looks_named(run)
            run = []
    if run:
        yield run, not numeric and looks_named(run)


def _shown(cell: Any, code: str | None = None) -> str:
    """Return a cell as its program shows it, by its format if that is a usual one."""
    if isinstance(cell, float):
        told = shown(cell, code) if code else None
        return _digits(cell) if told is None else told
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, dt.datetime):
        told = cell.isoformat(sep=" ", timespec="seconds")
        return told.removesuffix(_MIDNIGHT)
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return "" if cell is None else str(cell).strip()


def _digits(number: float) -> str:
    """Return a number with the digits that the programs have, without an exponent."""
    told = f"{number:.15g}"
    return f"{Decimal(told):f}" if "e+" in told else told


def looks_named(rows: list[list[str]]) -> bool:
    """Tell whether the first row names the columns: it has texts, and no number."""
    first = [cell for cell in rows[0] if cell]
    return (
        len(rows) > 1
        and len(first) * 2 > len(rows[0])
        and not any(cell.replace(",", "").replace(".", "").isdigit() for cell in first)
    )
