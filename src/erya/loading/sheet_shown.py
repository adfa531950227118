"""How spreadsheets show their cells, where it is not told with the values."""

import struct
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from erya.errors import DocumentError
from erya.language import STANDING
from erya.loading.number_formats import changes
from erya.loading.packed import Package
from erya.loading.sheet_compact import with_parts
from erya.loading.sheet_marks import place_of

__all__ = ["ods_texts", "with_raised_signs", "xls_formats"]

_STRINGS: Final = "xl/sharedStrings.xml"
_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE: Final = f"{{{_OASIS}office:1.0}}"
_TABLE: Final = f"{{{_OASIS}table:1.0}}"
_TEXT: Final = f"{{{_OASIS}text:1.0}}"
_NUMBERS: Final = frozenset(("float", "percentage", "currency"))
_MOST_TEXTS: Final = 200_000  # of one sheet; numbers beyond are read as they are stored
_MOST_REPEATS: Final = 1_000  # of a cell or row with something in it


def xls_formats(data: bytes) -> dict[str, dict[int, str]] | None:
    """Return the formats of the numbers in each sheet (xls), by `place_of`.

    Only those that show a number otherwise than it is; None where they cannot be read.
    """
    import xlrd  # noqa: PLC0415 - seldom needed

    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, logfile=_Silent()
        )
    except (
        xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, ArithmeticError,
        AssertionError, AttributeError, LookupError, TypeError, ValueError,
    ):  # fmt: skip  # what it raises for a damaged file
        return None
    codes = {
        at: told.format_str
        for at, style in enumerate(book.xf_list)
        if (told := book.format_map.get(style.format_key)) and changes(told.format_str)
    }
    return {
        sheet.name: {
            place_of(row, column): codes[cell.xf_index]
            for row in range(sheet.nrows)
            for column, cell in enumerate(sheet.row(row))
            if cell.xf_index in codes
        }
        for sheet in book.sheets()
    }


def with_raised_signs(data: bytes, package: Package | None) -> bytes:
    """Return a workbook (xlsx) whose signs off the line are told by their letters.

    The library that reads the cells does not tell where letters stand.
    """
    if package is None or _STRINGS not in package.names:
        return data
    strings = package.read(_STRINGS)
    if b"vertAlign" not in strings:
        return data
    try:
        root = package.xml(_STRINGS)
    except DocumentError:  # said by the library that reads the cells
        return data
    _write_raised(root)
    return with_parts(data, package, {_STRINGS: etree.tostring(root)})


def _write_raised(root: Any) -> None:
    for entry in root:
        before = ""
        for run in entry.iter("{*}r"):
            text = run.find("{*}t")
            if text is None:
                continue
            stands = run.find("{*}rPr/{*}vertAlign")
            write = STANDING.get(stands.get("val")) if stands is not None else None
            if write is not None:
                text.text = write(text.text or "", before=before)
            before = text.text or ""


def ods_texts(package: Package) -> dict[str, dict[int, str]]:
    """Return what the cells with numbers show in each sheet (ods), by `place_of`."""
    try:
        content = package.xml("content.xml")
    except DocumentError:  # the values are still there
        return {}
    return {
        table.get(f"{_TABLE}name", ""): dict(_texts(table))
        for table in content.iter(f"{_TABLE}table")
    }


def _texts(table: Any) -> Iterator[tuple[int, str]]:
    row, left = 0, _MOST_TEXTS
    for line in table.iter(f"{_TABLE}table-row"):
        height = _repeats(line, "number-rows-repeated")
        column = 0
        for cell in line:
            width = _repeats(cell, "number-columns-repeated")
            if cell.get(f"{_OFFICE}value-type") in _NUMBERS:
                told = cell.findall(f"{_TEXT}p")
                text = " ".join("".join(each.itertext()) for each in told)
                for down in range(min(height, _MOST_REPEATS) if text else 0):
                    for right in range(min(width, _MOST_REPEATS)):
                        left -= 1
                        if left < 0:  # the file has too many cells to be read
                            return
                        yield place_of(row + down, column + right), text
            column += width
        row += height


def _repeats(element: Any, name: str) -> int:
    told = element.get(f"{_TABLE}{name}", "1")
    return int(told) if told.isdecimal() else 1


class _Silent:
    """Takes what a library would print."""

    def write(self, text: str) -> None:
        """Take it."""

    def flush(self) -> None:
        """Nothing is kept."""
