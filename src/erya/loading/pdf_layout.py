"""Read one page of a PDF in the order in which a person would.

PDFium gives characters in the order of the page's drawing instructions, with line ends
where the baseline changes. Here they become lines, lines are cut at wide gaps, and the
pieces are put together again as columns, table rows and paragraphs. Every character of
the result knows its number in PDFium's list, so that a citation can be marked on the
page: offsets of a text and PDFium's numbers are not the same.
"""

import ctypes
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

from erya.records import Block, BlockKind

__all__ = ["PageText", "read_page"]

_NONE: Final = -1  # the number of a character that is ours and not the page's
_SOFT_HYPHEN: Final = "\ufffe"  # PDFium's sign for a hyphen at a line's end
_LINE: Final = re.compile(r"[^\r\n\ufffe]+")
_BLANKS: Final = re.compile(r"\s+")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\uffff]")
_UNTIDY: Final = re.compile(r"\s\s|(?! )\s|" + _UNSEEN.pattern)
_WIDE_GAP: Final = 1.5  # times the height of a line: no blank between words is as wide
_GUTTER_ROWS: Final = 4  # lines beside each other that make two columns
_FULL: Final = 0.55  # of a column's width, that lines of running text fill
_NEW_PARAGRAPH: Final = 1.45  # times the usual distance of lines
_SHORT: Final = 0.85  # of the width: a line that ends here may end a paragraph
_LARGER: Final = 1.12  # times the usual size: a heading
_LONGEST_HEADING: Final = 150
_SENTENCE_ENDS: Final = frozenset(".!?:;。！？：；…”\"')）」")
_LEVELS: Final = 3


class _Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float


@dataclass(slots=True)
class _Piece:
    """A run of characters on one line, without a wide gap in it."""

    text: str
    numbers: list[int]
    box: _Box
    size: float
    hyphen: bool = False  # the word goes on in the next line

    @property
    def height(self) -> float:
        return max(self.box.top - self.box.bottom, self.size * 0.5, 1.0)


@dataclass(slots=True)
class PageText:
    """A page as text.

    Attributes:
        text: Its text, blocks apart by blank lines.
        blocks: What the text consists of, in the offsets of the page.
        numbers: For each character its number in PDFium's list, or -1.
        sizes: For each heading the size of its letters, to rank headings by.
    """

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)

    def add(self, kind: BlockKind, text: str, numbers: list[int], size: float) -> None:
        """Add a block behind the others."""
        if not text.strip():
            return
        if self.text:
            self.text += "\n\n"
            self.numbers += [_NONE, _NONE]
        start = len(self.text)
        self.text += text
        self.numbers += numbers
        level = 1 if kind == "heading" else 0
        self.blocks.append(
            Block(kind=kind, start=start, end=len(self.text), level=level)
        )
        self.sizes.append(size)


def read_page(textpage: Any) -> PageText:
    """Return the text of a page, given PDFium's handle of its text."""
    lines = list(_lines(textpage))
    page = PageText()
    if not lines:
        return page
    usual = _usual_size(lines)
    for block in _ordered(lines):
        _write(page, block, usual)
    return page


def _units(textpage: Any) -> str:
    """Return PDFium's characters, one UTF-16 unit each: an index is their number.

    One call for the whole page where nothing was left out of it; otherwise one each.
    """
    count = pdfium.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(textpage, 0, count, buffer)
    if written - 1 == count:
        return "".join(map(chr, buffer[:count]))
    code = pdfium.FPDFText_GetUnicode
    units = (code(textpage, number) for number in range(count))
    # Asked one by one, it calls a hyphen at a line's end 2.
    return "".join(_SOFT_HYPHEN if unit == 2 else chr(unit) for unit in units)


def _lines(textpage: Any) -> Iterator[list[_Piece]]:
    """Yield each line as its pieces, in PDFium's order."""
    units = _units(textpage)
    geometry = _Geometry(textpage)
    for line in _LINE.finditer(units):
        found = _pieces(units, line.start(), line.end(), geometry)
        pieces = [piece for piece in found if piece.text.strip()]
        if pieces:
            pieces[-1].hyphen = units[line.end() : line.end() + 1] == _SOFT_HYPHEN
            yield pieces


class _Geometry:
    """Where characters stand; each call into PDFium costs more than the arithmetic."""

    def __init__(self, textpage: Any) -> None:
        self._textpage = textpage
        self._values = [ctypes.c_double() for _ in range(4)]
        self._places = [ctypes.byref(value) for value in self._values]

    def box(self, number: int) -> _Box:
        pdfium.FPDFText_GetCharBox(self._textpage, number, *self._places)
        left, right, bottom, top = (value.value for value in self._values)
        return _Box(left, bottom, right, top)

    def size(self, number: int) -> float:
        return float(pdfium.FPDFText_GetFontSize(self._textpage, number))


def _pieces(units: str, start: int, end: int, geometry: _Geometry) -> Iterator[_Piece]:
    """Cut a line at gaps that are wider than any blank between words."""
    line = units[start:end]
    start += len(line) - len(line.lstrip())
    end -= len(line) - len(line.rstrip())
    if start >= end:
        return
    first, last = geometry.box(start), geometry.box(end - 1)
    height = max(first.top - first.bottom, last.top - last.bottom, 1.0)
    begin, left = start, first
    for blank in _BLANKS.finditer(units, start, end):
        here, there = geometry.box(blank.start() - 1), geometry.box(blank.end())
        height = max(height, here.top - here.bottom)
        if there.left - here.right > _WIDE_GAP * height:
            box = _joined(left, here)
            yield _piece(units, begin, blank.start(), box, geometry)
            begin, left = blank.end(), there
    yield _piece(units, begin, end, _joined(left, last), geometry)


def _joined(one: _Box, other: _Box) -> _Box:
    return _Box(
        min(one.left, other.left),
        min(one.bottom, other.bottom),
        max(one.right, other.right),
        max(one.top, other.top),
    )


def _piece(units: str, start: int, end: int, box: _Box, geometry: _Geometry) -> _Piece:
    """Return characters `start` to `end` as text, one number for each code point."""
    text, numbers = units[start:end], list(range(start, end))
    if _UNTIDY.search(text):
        text, numbers = _tidied(units, numbers)
    return _Piece(text, numbers, box, geometry.size(start))


def _tidied(units: str, numbers: Sequence[int]) -> tuple[str, list[int]]:
    """Join surrogates, drop what no reader sees, and make one blank of several."""
    text: list[str] = []
    kept: list[int] = []
    high = 0
    for number in numbers:
        code = ord(units[number])
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            low, code = code, 0
            if high:
                code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
        high = 0
        character = " " if chr(code).isspace() else chr(code)
        if code >= 0x20 and not _UNSEEN.match(character):
            if character != " " or text[-1:] != [" "]:
                text.append(character)
                kept.append(number)
    return "".join(text), kept


def _usual_size(lines: Sequence[Sequence[_Piece]]) -> float:
    """Return the size of most of the page's letters."""
    weights: dict[float, int] = {}
    for line in lines:
        for piece in line:
            size = round(piece.size, 1)
            weights[size] = weights.get(size, 0) + len(piece.text)
    return max(weights, key=lambda size: (weights[size], size))


# What a page is cut into: lines that belong together, each as its pieces.
_Lines = list[list[_Piece]]


def _ordered(lines: _Lines) -> Iterator[_Lines]:
    """Yield runs of lines in reading order; columns one after the other."""
    gutter = _gutter(lines)
    if gutter is None:
        yield from _tables_apart(lines)
        return
    # Where a line reaches over the gutter, everything above is read before it.
    pieces = sorted((p for line in lines for p in line), key=lambda p: -p.box.top)
    left: list[_Piece] = []
    right: list[_Piece] = []
    for piece in pieces:
        if piece.box.right <= gutter:
            left.append(piece)
        elif piece.box.left >= gutter:
            right.append(piece)
        else:
            yield from _tables_apart(_by_lines(left))
            yield from _tables_apart(_by_lines(right))
            left, right = [], []
            yield [[piece]]
    yield from _tables_apart(_by_lines(left))
    yield from _tables_apart(_by_lines(right))


def _by_lines(pieces: Sequence[_Piece]) -> _Lines:
    """Put pieces at one height into one line, from left to right."""
    lines: _Lines = []
    for piece in pieces:  # from the top
        middle = (piece.box.top + piece.box.bottom) / 2
        if lines and lines[-1][0].box.bottom <= middle <= lines[-1][0].box.top:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [sorted(line, key=lambda piece: piece.box.left) for line in lines]


def _gutter(lines: _Lines) -> float | None:
    """Return the x between two columns of running text, or None.

    The pieces on both sides must fill their column, which the cells of a table do not.
    """
    pieces = [piece for line in lines for piece in line if len(piece.text) > 1]
    if len(pieces) < 2 * _GUTTER_ROWS:
        return None
    low = min(piece.box.left for piece in pieces)
    high = max(piece.box.right for piece in pieces)
    if high - low < 1:
        return None
    middle = (low + high) / 2
    reach = (high - low) * 0.15
    # Columns begin where many pieces begin, near the middle of the page.
    starts = [p.box.left for p in pieces if abs(p.box.left - middle) < reach]
    if len(starts) < _GUTTER_ROWS:
        return None
    place = statistics.mode(round(start) for start in starts) - 1.5
    left = [p for p in pieces if p.box.right <= place]
    right = [p for p in pieces if p.box.left >= place]
    across = len(pieces) - len(left) - len(right)
    if min(len(left), len(right)) < _GUTTER_ROWS or across > 0.35 * len(pieces):
        return None
    if not (_fills(left, place - low) and _fills(right, high - place)):
        return None
    return place


def _fills(pieces: Sequence[_Piece], width: float) -> bool:
    widths = [piece.box.right - piece.box.left for piece in pieces]
    return statistics.median(widths) >= _FULL * width


def _tables_apart(lines: _Lines) -> Iterator[_Lines]:
    """Yield rows of a table together, and what stands between tables together."""
    run: _Lines = []
    for line in lines:
        if run and (len(line) > 1) != (len(run[-1]) > 1):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _write(page: PageText, lines: _Lines, usual: float) -> None:
    if len(lines[0]) > 1 and len(lines) > 1:
        _write_table(page, lines)
        return
    single = [_flat(line) for line in lines]
    for paragraph in _paragraphs(single):
        text, numbers = _running(paragraph)
        size = max(piece.size for piece in paragraph)
        heading = (
            size > usual * _LARGER
            and len(text) <= _LONGEST_HEADING
            and any(character.isalpha() for character in text)
        )
        page.add("heading" if heading else "paragraph", text, numbers, size)


def _flat(line: Sequence[_Piece]) -> _Piece:
    """Return a line as one piece: wide gaps become a blank."""
    if len(line) == 1:
        return line[0]
    text, numbers = line[0].text, list(line[0].numbers)
    box = line[0].box
    for piece in line[1:]:
        text += " " + piece.text
        numbers += [_NONE, *piece.numbers]
        box = _joined(box, piece.box)
    return _Piece(text, numbers, box, line[0].size, line[-1].hyphen)


def _paragraphs(lines: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Yield the lines of each paragraph."""
    right = max(line.box.right for line in lines)
    left = min(line.box.left for line in lines)
    steps = [
        one.box.bottom - other.box.bottom
        for one, other in zip(lines, lines[1:], strict=False)
        if one.box.bottom > other.box.bottom
    ]
    usual = statistics.median(steps) if steps else 0.0
    paragraph = [lines[0]]
    for before, line in zip(lines, lines[1:], strict=False):
        step = before.box.bottom - line.box.bottom
        short = before.box.right - left < _SHORT * (right - left)
        if (
            step <= 0
            or step > _NEW_PARAGRAPH * max(usual, line.height)
            or abs(before.size - line.size) > 0.1 * line.size
            or (short and before.text[-1] in _SENTENCE_ENDS)
        ):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    yield paragraph


def _running(lines: Sequence[_Piece]) -> tuple[str, list[int]]:
    """Join lines as one text: with a blank, but not in Chinese or in a cut word."""
    text, numbers = "", []
    for before, line in zip([None, *lines], lines, strict=False):
        if before is not None and not before.hyphen:
            if not (_is_wide(text[-1]) and _is_wide(line.text[0])):
                text += " "
                numbers.append(_NONE)
        text += line.text
        numbers += line.numbers
    return text, numbers


def _is_wide(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef"


def _write_table(page: PageText, lines: _Lines) -> None:
    """Write a row a line; where the first row names the columns, with the names."""
    names = [piece.text for piece in lines[0]]
    named = len(lines) > 2 and all(len(line) == len(names) for line in lines)
    named = named and not any(c.isdigit() for name in names for c in name)
    text, numbers = "", []
    for line in lines[1:] if named else lines:
        if text:
            text += "\n"
            numbers.append(_NONE)
        for column, piece in enumerate(line):
            before = (" | " if column else "") + (f"{names[column]}: " if named else "")
            text += before + piece.text
            numbers += [_NONE] * len(before) + piece.numbers
    page.add("table", text, numbers, lines[0][0].size)
