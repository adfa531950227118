"""How spreadsheets show their cells, where the values do not say it."""

import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Any, Final, NamedTuple

from lxml import etree

from erya.errors import DocumentError
from erya.language import STANDING, lowered, raised
from erya.loading.formats.number_formats import changes
from erya.loading.formats.odf_names import OFFICE, STYLE, TABLE, TEXT
from erya.loading.formats.packed import Package
from erya.loading.formats.sheet_compact import with_parts
from erya.loading.formats.sheet_marks import SHEET, SYMBOL_FONTS, is_struck, place_of
from erya.loading.formats.symbols import decode_symbols
from erya.loading.formats.whole_numbers import whole_number

__all__ = [
    "CellLook",
    "Silent",
    "as_struck",
    "in_font",
    "ods_look",
    "with_raised_signs",
    "xls_look",
]

_STRINGS: Final = "xl/sharedStrings.xml"
_NUMBERS: Final = frozenset(("float", "percentage", "currency"))
_CALC_TYPE: Final = (
    "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
)
_SHOWN_KINDS: Final = _NUMBERS | {"time", "string"}
# What tells that a part of a text looks otherwise than its letters.
_RUNS: Final = re.compile(rb'<vertAlign|<strike|rFont val="(?:Symbol|Wingdings)')
_MOST_SIGNS: Final = 3
_MOST_BLANKS: Final = 100
_XLS_ERROR: Final = 5
_XLS_ERRORS: Final = {  # MS-XLS, 2.5.10
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?",
    0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_MOST_TEXTS: Final = 200_000  # of one sheet; numbers beyond are read as they are stored
_MOST_REPEATS: Final = 1_000  # of a cell or row with something in it


class CellLook(NamedTuple):
    """How the cells of a sheet are shown, where its values do not tell.

    Attributes:
        formats: Formats of numbers, by `place_of`: those that change how they look.
        fonts: Fonts of signs, of the cells that are in one.
        texts: What cells show: errors, and texts with signs off the line.
        struck: Cells whose text is struck out, by `place_of`.
        merged: Cells that are one, by the first and the last of them, where the
            library that reads the values does not tell.
    """

    formats: dict[int, str]
    fonts: dict[int, str]
    texts: dict[int, str]
    struck: AbstractSet[int] = frozenset()
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]] = ()


def xls_look(data: bytes) -> dict[str, CellLook] | None:
    """Return how the cells of each sheet (xls) are shown; None if nothing says it."""
    import xlrd  # noqa: PLC0415 - seldom needed

    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, logfile=Silent()
        )
        codes = {
            at: number_format.format_str
            for at, style in enumerate(book.xf_list)
            if (number_format := book.format_map.get(style.format_key))
            and changes(number_format.format_str)
        }
        fonts = {
            at: name
            for at, style in enumerate(book.xf_list)
            if (name := book.font_list[style.font_index].name.lower()) in SYMBOL_FONTS
        }
        struck = {
            at
            for at, style in enumerate(book.xf_list)
            if book.font_list[style.font_index].struck_out
        }
        styles = _XlsStyles(codes, fonts, struck)
        return {sheet.name: _look(sheet, styles) for sheet in book.sheets()}
    except (
        xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, ArithmeticError,
        AssertionError, AttributeError, LookupError, TypeError, ValueError,
    ):  # fmt: skip  # what it raises for a damaged file
        return None


class _XlsStyles(NamedTuple):
    """What styles say, by their numbers."""

    formats: dict[int, str]
    fonts: dict[int, str]
    struck: set[int]


def _look(sheet: Any, styles: _XlsStyles) -> CellLook:
    struck: set[int] = set()
    look = CellLook({}, {}, {}, struck)
    for row in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(row)):
            place = place_of(row, column)
            if cell.xf_index in styles.formats:
                look.formats[place] = styles.formats[cell.xf_index]
            if cell.xf_index in styles.fonts:
                look.fonts[place] = styles.fonts[cell.xf_index]
            if cell.xf_index in styles.struck:
                struck.add(place)
            if cell.ctype == _XLS_ERROR:
                look.texts[place] = _XLS_ERRORS.get(cell.value, "#ERROR!")
    for (row, column), runs in sheet.rich_text_runlist_map.items():
        text = _raised_runs(str(sheet.cell_value(row, column)), runs, sheet.book)
        look.texts[place_of(row, column)] = text
    return look


def _raised_runs(text: str, runs: Sequence[tuple[int, int]], book: Any) -> str:
    """Return a text of runs, each with its beginning and font."""
    starts = [(0, -1), *runs, (len(text), -1)]
    parts: list[str] = []
    for (begin, font), (end, _) in pairwise(starts):
        look = book.font_list[font] if font >= 0 else None
        write = {1: raised, 2: lowered}.get(look.escapement if look else 0)
        part = text[begin:end]
        before = parts[-1] if parts else ""
        part = write(part, before=before) if write and part else part
        parts.append(as_struck(part) if look and look.struck_out else part)
    return "".join(parts)


def with_raised_signs(data: bytes, package: Package | None) -> bytes:
    """Return a workbook (xlsx) whose signs off the line are shown by their letters.

    The library that reads the cells does not tell where letters stand, nor in which
    font. Texts are in a part of their own, or in the cells.
    """
    if package is None:
        return data
    changed: dict[str, bytes] = {}
    for name in sorted(package.names):
        if name != _STRINGS and not SHEET.fullmatch(name):
            continue
        part = package.read(name)
        if not _RUNS.search(part):
            continue
        try:
            root = package.xml(name)
        except DocumentError:  # said by the library that reads the cells
            continue
        _write_raised(root if name == _STRINGS else root.iter("{*}is"))
        changed[name] = etree.tostring(root)
    return with_parts(data, package, changed) if changed else data


def _write_raised(entries: Iterable[Any]) -> None:
    for entry in entries:
        before = ""
        for run in entry.iter("{*}r"):
            text = run.find("{*}t")
            if text is None:
                continue
            font = run.find("{*}rPr/{*}rFont")
            if font is not None:
                text.text = in_font(font.get("val", ""), text.text or "")
            stands = run.find("{*}rPr/{*}vertAlign")
            write = STANDING.get(stands.get("val")) if stands is not None else None
            if write is not None:
                text.text = write(text.text or "", before=before)
            before = text.text or ""
            look = run.find("{*}rPr")
            if look is not None and is_struck(look):
                text.text = as_struck(before)


def as_struck(text: str) -> str:
    """Return text that is struck out with the marks of Markdown for it."""
    bare = text.strip()
    return text.replace(bare, f"~~{bare}~~", 1) if bare else text


def in_font(font: str, text: str) -> str:
    """Return what a cell or a part of it shows in a font of signs, such as a tick.

    The letters of Latin-1 are signs there as well. Longer texts are words that were
    given such a font by mistake.
    """
    if font.lower() not in SYMBOL_FONTS or len(text) > _MOST_SIGNS:
        return text
    letters = (chr(0xF000 + ord(c)) if "\xa0" <= c <= "\xff" else c for c in text)
    return decode_symbols(font, "".join(letters))


def ods_look(package: Package) -> dict[str, CellLook]:
    """Return how the cells of each sheet (ods) are shown.

    Not of dates and of yes and no, which programs show by the language they run in.
    """
    try:
        content = package.xml("content.xml")
    except DocumentError:  # the values are still there
        return {}
    heights = {
        style.get(f"{STYLE}name", ""): position
        for style in content.iter(f"{STYLE}style")
        for properties in style.iter(f"{STYLE}text-properties")
        if (position := properties.get(f"{STYLE}text-position", ""))
    }
    return {
        table.get(f"{TABLE}name", ""): _ods_look(table, heights)
        for table in content.iter(f"{TABLE}table")
    }


def _ods_look(table: Any, heights: Mapping[str, str]) -> CellLook:
    texts: dict[int, str] = {}
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = []
    row = 0
    for line in table.iter(f"{TABLE}table-row"):
        height = _repeats(line, "number-rows-repeated")
        column = 0
        for cell in line:
            width = _repeats(cell, "number-columns-repeated")
            down = min(_repeats(cell, "number-rows-spanned"), _MOST_REPEATS)
            right = min(_repeats(cell, "number-columns-spanned"), _MOST_REPEATS)
            if down > 1 or right > 1:
                last = row + down - 1, column + right - 1
                merged.append(((row, column), last))
            text = _cell_text(cell, heights)
            rows = range(row, row + min(height, _MOST_REPEATS) if text else row)
            columns = range(column, column + min(width, _MOST_REPEATS))
            if len(texts) + len(rows) * len(columns) > _MOST_TEXTS:
                return CellLook(
                    {}, {}, texts, merged=merged
                )  # too many cells to be read
            texts |= {place_of(r, c): text for r in rows for c in columns}
            column += width
        row += height
    return CellLook({}, {}, texts, merged=merged)


def _cell_text(cell: Any, heights: Mapping[str, str]) -> str:
    """Return what a cell shows; empty where its value tells as much."""
    kind = cell.get(f"{OFFICE}value-type")
    paragraphs = cell.findall(f"{TEXT}p")
    is_error = cell.get(_CALC_TYPE) == "error"  # of which the value is empty
    if kind not in _SHOWN_KINDS or (kind == "string" and not any(map(len, paragraphs))):
        return "".join(paragraphs[0].itertext()) if is_error and paragraphs else ""
    text = " ".join(_line(each, heights) for each in paragraphs)
    negative = cell.get(f"{OFFICE}value", "").startswith("-")
    # A colour may be all that tells it.
    bare = negative and kind in _NUMBERS and text[:1].isdigit() and "-" not in text
    return f"-{text}" if bare else text


def _line(element: Any, heights: Mapping[str, str]) -> str:
    """Return the text of a paragraph, its blanks and raised signs written out."""
    text = element.text or ""
    for child in element:
        if child.tag == f"{TEXT}s":
            text += " " * min(_repeats(child, "c", of=TEXT), _MOST_BLANKS)
        elif child.tag in {f"{TEXT}tab", f"{TEXT}line-break"}:
            text += " "
        elif child.tag in {f"{TEXT}span", f"{TEXT}a"}:
            inner = _line(child, heights)
            position = heights.get(child.get(f"{TEXT}style-name", ""), "0")
            if not position.startswith("0"):
                low = position.startswith(("sub", "-"))
                inner = (lowered if low else raised)(inner, before=text)
            text += inner
        text += child.tail or ""
    return text


def _repeats(element: Any, name: str, *, of: str = TABLE) -> int:
    return whole_number(element.get(f"{of}{name}"), default=1)


class Silent:
    """Takes what a library would print."""

    def write(self, text: str) -> None:
        """Take it."""

    def flush(self) -> None:
        """Nothing is kept."""
