"""Workbooks that programs have written as XML (XML Spreadsheet 2003)."""

import datetime as dt
import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from erya.errors import DocumentError
from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.formats.number_formats import changes
from erya.loading.formats.packed import read_xml
from erya.loading.formats.sheet_marks import place_of
from erya.loading.formats.sheet_shown import CellLook
from erya.loading.formats.sheets import add_rows
from erya.records import Parsed

__all__ = ["parse_sheet_xml"]

_MOST_COLUMNS: Final = 1_000
_MOST_CELLS: Final = 500_000
# Formats that have a name here.
_NAMED: Final = {
    "Currency": '"$"#,##0.00',
    "Euro Currency": '"€"#,##0.00',
    "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Percent": "0.00%",
    "Yes/No": '"Yes";"Yes";"No"',
    "True/False": '"True";"True";"False"',
    "On/Off": '"On";"On";"Off"',
}
_DAY_NONE: Final = dt.datetime(1899, 12, 31)  # noqa: DTZ001 - no day, of a time


class _Sheet(NamedTuple):
    """The rows of a sheet, how its numbers are shown, and which cells are one."""

    rows: list[list[Any]]
    formats: dict[int, str]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]


def parse_sheet_xml(data: bytes, name: str) -> Parsed:
    """Read every sheet: its name as a heading, its rows as tables.

    Raises:
        DocumentError: It is damaged, declares entities, or has too many cells.
    """
    book = read_xml(data, called="spreadsheet")
    builder = TextBuilder()
    codes = _codes(book)
    left = _MOST_CELLS
    for table in book.iter("{*}Worksheet"):
        builder.begin_page()
        builder.heading(_attribute(table, "Name"), level=1)
        sheet = _Sheet([], {}, [])
        for row in table.iter("{*}Row"):
            if _number(row, "Index") > len(sheet.rows) + 1 and sheet.rows:
                sheet.rows.append([])  # a gap parts tables, however wide it is
            _read_row(row, sheet, codes)
            left -= len(sheet.rows[-1])
            if left < 0:
                msg = f"This spreadsheet has more than {_MOST_CELLS:,} cells."
                raise DocumentError(msg, code="too_large")
        width = max(map(len, sheet.rows), default=0)
        if width * len(sheet.rows) > _MOST_CELLS * 2:
            msg = f"This spreadsheet has more than {_MOST_CELLS:,} cells."
            raise DocumentError(msg, code="too_large")
        rows = [row + [""] * (width - len(row)) for row in sheet.rows]
        look = CellLook(sheet.formats, {}, {})
        add_rows(builder, rows, look=look, merged=sheet.merged)
    if comments := sum(1 for _ in book.iter("{*}Comment")):
        builder.notice("comments", f"Comments of its cells are not read ({comments}).")
    return builder.parsed(
        title=PurePosixPath(name).stem, media_type="application/x-spreadsheet-xml"
    )


def _codes(book: Any) -> dict[str, str]:
    """Return the formats of styles by their names."""
    codes: dict[str, str] = {}
    for style in book.iter("{*}Style"):
        number_format = style.find("{*}NumberFormat")
        code = _attribute(number_format, "Format") if number_format is not None else ""
        codes[_attribute(style, "ID")] = _NAMED.get(code, code)
    return codes


def _read_row(row: Any, sheet: _Sheet, codes: Mapping[str, str]) -> None:
    at = len(sheet.rows)
    cells: list[Any] = []
    for cell in row.iter("{*}Cell"):
        # Cells before it are empty.
        place = min(_number(cell, "Index"), _MOST_COLUMNS) - 1
        cells += [""] * (place - len(cells))
        code = codes.get(_attribute(cell, "StyleID"), "")
        if changes(code):
            sheet.formats[place_of(at, len(cells))] = code
        across = min(_number(cell, "MergeAcross"), _MOST_COLUMNS)
        down = min(_number(cell, "MergeDown"), _MOST_CELLS)
        if across or down:
            first = (at, len(cells))
            sheet.merged.append((first, (at + down, len(cells) + across)))
        cells.append(_value(cell.find("{*}Data"), code))
        cells += [""] * across
    sheet.rows.append(cells)


def _value(element: Any, code: str) -> Any:
    """Return the value of a cell: a text, a number, a date, or true or false."""
    if element is None:
        return ""
    text = " ".join(_raised_text(element).split())
    kind = _attribute(element, "Type")
    if kind == "Boolean" and text in {"0", "1"}:
        return text == "1"
    try:
        if kind == "Number":
            number = float(text)
            return number if math.isfinite(number) else text
        if kind == "DateTime":
            moment = dt.datetime.fromisoformat(text)
            lasts = "[h" in code.lower() or moment.year < _DAY_NONE.year + 1
            return moment - _DAY_NONE if lasts else moment
    except (ValueError, TypeError):
        pass
    return text


def _raised_text(element: Any) -> str:
    """Return the text of an element, signs off the line written as such."""
    text = element.text or ""
    for child in element:
        name = (
            child.tag.rpartition("}")[2].lower() if isinstance(child.tag, str) else ""
        )
        inner = _raised_text(child)
        write = STANDING.get(name)
        text += write(inner, before=text) if write is not None else inner
        text += child.tail or ""
    return text


def _number(element: Any, name: str) -> int:
    text = _attribute(element, name)
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _attribute(element: Any, name: str) -> str:
    values = (value for key, value in element.items() if key.rpartition("}")[2] == name)
    return next(values, "")
