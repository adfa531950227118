"""What a workbook (xlsx) says of its cells beside their values, read from its XML."""

import posixpath
import re
from functools import cache
from typing import Any, Final, NamedTuple

from erya.errors import DocumentError
from erya.loading.formats.number_formats import changes
from erya.loading.formats.packed import Package

__all__ = [
    "FILLED",
    "SHEET",
    "SYMBOL_FONTS",
    "SheetMarks",
    "column_number",
    "is_struck",
    "place_of",
    "read_marks",
]

SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")
# A cell with something in it: others end at once.
FILLED: Final = re.compile(
    rb'<(?:\w{1,20}:)?c(?=[^<>]*?\sr="([A-Z]{1,3})(\d{1,7})")'
    rb'(?=(?:[^<>]*?\ss="(\d{1,5})")?)[^<>]*(?<!/)>(?!</)'
)
_HIDDEN: Final = re.compile(rb'<(?:row|col)\s[^<>]*\bhidden="(?:1|true)"')
# An empty text is a value.
_UNCALCULATED: Final = re.compile(
    rb'<c (?![^<>]*\bt="str")[^<>]*>'
    rb"<f[^<>]*(?:/>|>[^<]*</f>)(?:<v></v>|<v\s*/>)?</c>"
)
_ERROR: Final = re.compile(
    rb'<(?:\w{1,20}:)?c(?=[^<>]*?\sr="([A-Z]{1,3})(\d{1,7})")[^<>]*?\st="e"[^<>]*>'
    rb"(?:<(?:\w{1,20}:)?f[^<>]*(?:/>|>[^<]*</(?:\w{1,20}:)?f>))?"
    rb"<(?:\w{1,20}:)?v>([^<]{1,20})<"
)
_STARTS_1904: Final = re.compile(rb'<workbookPr\s[^<>]*date1904="(?:1|true)"')
_NONE: Final = frozenset((";;", ";;;"))  # a format that shows nothing
_DAY: Final = re.compile(r"aaa|ddd")
SYMBOL_FONTS: Final = frozenset(("symbol", "wingdings", "wingdings 2"))
# Formats that every program has (ECMA-376, part 1, 18.8.30).
_USUAL: Final = {
    "1": "0", "2": "0.00", "3": "#,##0", "4": "#,##0.00", "9": "0%", "10": "0.00%",
    "37": "#,##0;(#,##0)", "38": "#,##0;(#,##0)", "39": "#,##0.00;(#,##0.00)",
    "40": "#,##0.00;(#,##0.00)",
}  # fmt: skip


class SheetMarks(NamedTuple):
    """What is said of one sheet.

    Attributes:
        rows: The last row with a filled cell, from 1.
        columns: The last column with one, from 1.
        formats: How numbers are shown that are not shown as they are, by `place_of`.
        fonts: Fonts of signs, by `place_of`: a letter in them shows something else.
        struck: Cells whose text is struck out, by `place_of`.
        errors: What cells without a value show in its place, such as `#N/A`.
        hidden: Whether rows, columns or, by their format, numbers are hidden.
        uncalculated: Cells whose formula has no value, as no program calculated it.
    """

    rows: int
    columns: int
    formats: dict[int, str]
    fonts: dict[int, str]
    struck: set[int]
    errors: dict[int, str]
    hidden: bool
    uncalculated: int


class _Styles(NamedTuple):
    """Formats and fonts of the styles that show cells otherwise than they are.

    Attributes:
        formats: Formats of numbers.
        fonts: Fonts of signs.
        struck: Styles of text that is struck out.
        hiding: Styles whose format shows nothing.
    """

    formats: dict[bytes, str]
    fonts: dict[bytes, str]
    struck: frozenset[bytes]
    hiding: frozenset[bytes]


def read_marks(package: Package) -> dict[str, SheetMarks]:
    """Return what is said of each sheet, by its name; by its part if it has none.

    Raises:
        DocumentError: A part is damaged.
    """
    names = _names(package)
    styles = _styles(package)
    marks_of_sheets: dict[str, SheetMarks] = {}
    for part in sorted(filter(SHEET.fullmatch, package.names)):
        marks = _marks(package.read(part), styles)
        marks_of_sheets |= dict.fromkeys(names.get(part, [part]), marks)
    return marks_of_sheets


def _marks(sheet: bytes, styles: _Styles) -> SheetMarks:
    rows = columns = 0
    formats: dict[int, str] = {}
    fonts: dict[int, str] = {}
    struck: set[int] = set()
    used: set[bytes] = set()
    for cell in FILLED.finditer(sheet):
        letters, digits, style = cell.groups()
        row, column = int(digits), column_number(letters)
        rows, columns = max(rows, row), max(columns, column)
        if (code := styles.formats.get(style)) is not None:
            formats[place_of(row - 1, column - 1)] = code
        used.add(style)
        if style in styles.struck:
            struck.add(place_of(row - 1, column - 1))
        if (font := styles.fonts.get(style)) is not None:
            fonts[place_of(row - 1, column - 1)] = font
    errors = {
        place_of(int(cell[2]) - 1, column_number(cell[1]) - 1): cell[3].decode()
        for cell in (_ERROR.finditer(sheet) if b't="e"' in sheet else ())
    }
    hidden = _HIDDEN.search(sheet) is not None or not styles.hiding.isdisjoint(used)
    uncalculated = sum(1 for _ in _UNCALCULATED.finditer(sheet))
    return SheetMarks(
        rows, columns, formats, fonts, struck, errors, hidden, uncalculated
    )


def place_of(row: int, column: int) -> int:
    """Return one number for a cell, from its row and column from 0."""
    return row << 14 | column


@cache
def column_number(column: bytes) -> int:
    """Return the number of a column from 1: A is 1, XFD is 16,384."""
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


def _names(package: Package) -> dict[str, list[str]]:
    """Return the names of sheets by their parts."""
    book, links = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if not package.names >= {book, links}:
        return {}
    parts = {
        link.get("Id"): posixpath.normpath(
            posixpath.join("/xl", link.get("Target", ""))
        )
        for link in package.xml(links)
    }
    names: dict[str, list[str]] = {}
    for sheet in package.xml(book).iter("{*}sheet"):
        ids = (value for key, value in sheet.attrib.items() if key.endswith("}id"))
        part = parts.get(next(ids, None), "").lstrip("/")
        names.setdefault(part, []).append(sheet.get("name", ""))
    return names


def _styles(package: Package) -> _Styles:
    part = "xl/styles.xml"
    if part not in package.names:
        return _Styles({}, {}, frozenset(), frozenset())
    try:
        styles = package.xml(part)
    except DocumentError:  # the values are still there
        return _Styles({}, {}, frozenset(), frozenset())
    formats = _USUAL | {
        element.get("numFmtId", ""): element.get("formatCode", "")
        for element in styles.iter("{*}numFmt")
    }
    all_fonts = list(styles.iterfind("{*}fonts/{*}font"))
    names = [font.find("{*}name") for font in all_fonts]
    struck = {str(at) for at, font in enumerate(all_fonts) if is_struck(font)}
    fonts = {
        str(at): element.get("val", "").lower()
        for at, element in enumerate(names)
        if element is not None and element.get("val", "").lower() in SYMBOL_FONTS
    }
    used = list(styles.iterfind("{*}cellXfs/{*}xf"))
    codes = [formats.get(style.get("numFmtId", ""), "") for style in used]
    if _starts_1904(package):  # days of the week would be those of another date
        codes = ["" if _DAY.search(code) else code for code in codes]
    named = [fonts.get(style.get("fontId", ""), "") for style in used]
    return _Styles(
        {str(at).encode(): code for at, code in enumerate(codes) if changes(code)},
        {str(at).encode(): font for at, font in enumerate(named) if font},
        frozenset(
            str(at).encode()
            for at, style in enumerate(used)
            if style.get("fontId") in struck
        ),
        frozenset(str(at).encode() for at, code in enumerate(codes) if code in _NONE),
    )


def is_struck(font: Any) -> bool:
    """Tell whether a font strikes its text out."""
    strike = font.find("{*}strike")
    return strike is not None and strike.get("val", "1") not in {"0", "false"}


def _starts_1904(package: Package) -> bool:
    part = "xl/workbook.xml"
    return part in package.names and bool(_STARTS_1904.search(package.read(part)))
