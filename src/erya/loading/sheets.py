"""Spreadsheets (xlsx, xls, xlsb, ods), by calamine."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final

import python_calamine

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.packed import Package
from erya.records import Parsed

__all__ = ["looks_named", "parse_sheets"]

_MOST_CELLS: Final = 2_000_000  # of one file
_ERRORS: Final = (python_calamine.CalamineError, ValueError, OSError, KeyError)
_SPARSE: Final = 10  # times as many may be empty
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")
# A cell with something in it: others end at once.
_FILLED: Final = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"(?:\s[^<>]*)?(?<!/)>')
_MIDNIGHT: Final = dt.time()


def parse_sheets(data: bytes, name: str) -> Parsed:
    """Read every sheet: its name as a heading, its rows as tables, hidden sheets too.

    `pages` are the sheets. Rows without anything in them part tables.

    Raises:
        DocumentError: It is damaged, wants a password, or has too many cells.
    """
    if zipfile.is_zipfile(io.BytesIO(data)):
        _check_extents(Package(data, called="spreadsheet"))
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
    except python_calamine.PasswordError:
        msg = "This spreadsheet wants a password. Save it without one."
        raise DocumentError(msg, code="password_protected") from None
    except _ERRORS as error:
        msg = f"This spreadsheet is damaged, or wants a password: {error}"
        raise DocumentError(msg, code="damaged") from None
    builder = TextBuilder()
    hidden = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible != python_calamine.SheetVisibleEnum.Visible
    ]
    if hidden:
        message = f"Sheets that are hidden were read as well: {', '.join(hidden)}."
        builder.notice("hidden_sheet", message)
    left = _MOST_CELLS
    for sheet in book.sheet_names:
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
        for rows in _runs(found.iter_rows()):
            builder.table(rows, header=looks_named(rows))
    parsed = builder.parsed(
        title=PurePosixPath(name).stem,
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    if all(block.kind == "heading" for block in parsed.blocks):
        msg = "No sheet of this file has anything in it that was read. "
        msg += " ".join(notice.message for notice in parsed.notices)
        raise DocumentError(msg, code="too_large" if parsed.notices else "empty")
    return parsed


def _check_extents(package: Package) -> None:
    """Refuse cells so far apart that what lies between them would fill the memory.

    Raises:
        DocumentError: They are.
    """
    for name in package.names:
        if not _SHEET.fullmatch(name):
            continue
        rows, columns = [0], [0]
        for column, row in _FILLED.findall(package.read(name)):
            rows.append(int(row))
            columns.append(_number_of(column))
        if max(rows) * max(columns) > _MOST_CELLS * _SPARSE:
            msg = (
                f"A sheet has cells as far as row {max(rows):,}, column "
                f"{max(columns):,}; nothing was read. Delete what stands "
                "far out, or save it as CSV."
            )
            raise DocumentError(msg, code="too_large")


def _number_of(column: bytes) -> int:
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


def _runs(rows: Iterable[list[Any]]) -> Iterator[list[list[str]]]:
    run: list[list[str]] = []
    for row in rows:
        cells = [_shown(cell) for cell in row]
        if any(cells):
            run.append(cells)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _shown(cell: Any) -> str:  # noqa: PLR0911 - a return for each kind of cell
    """Return a cell as its program would show it without a format."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, dt.datetime) and cell.time() == _MIDNIGHT:
        return cell.date().isoformat()
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return "" if cell is None else str(cell).strip()


def looks_named(rows: list[list[str]]) -> bool:
    """Tell whether the first row names the columns: it has texts, and no number."""
    first = [cell for cell in rows[0] if cell]
    return (
        len(rows) > 1
        and len(first) * 2 > len(rows[0])
        and not any(cell.replace(",", "").replace(".", "").isdigit() for cell in first)
    )
