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
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

from erya.records import Block, BlockKind

__all__ = ["PageText", "read_page"]

_NONE: Final = -1  # the number of a character that is ours and not the page's
_SOFT_HYPHEN: Final = "\ufffe"  # PDFium's sign for a hyphen at a line's end
# A line without the blanks around it.
_LINE: Final = re.compile(r"[^\s\ufffe](?:[^\r\n\ufffe]*[^\s\ufffe])?")
_BLANKS: Final = re.compile(r"\s+")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\uffff]")
_UNTIDY: Final = re.compile(r"\s\s|(?! )\s|" + _UNSEEN.pattern)
_WIDE_GAP: Final = 1.5  # times the height of a line: no blank between words is as wide
_WIDE_SHARE: Final = 0.4  # of a page's lines: then every line is looked at closely
_NEAR: Final = 1.5  # points: edges that are meant to stand below each other
_GUTTER_ROWS: Final = 4  # lines beside each other that make two columns
_ACROSS: Final = 0.35  # of all pieces may reach over the gutter, such as a title
_FULL: Final = 0.55  # of a column's width, that lines of running text fill
_NEW_PARAGRAPH: Final = 1.45  # times the usual distance of lines
_SHORT: Final = 0.85  # of the width: a line that ends here may end a paragraph
_LARGER: Final = 1.12  # times the usual size: a heading
_LONGEST_HEADING: Final = 150
_SENTENCE_ENDS: Final = frozenset(".!?:;。！？：；…”\"')）」")


def _direct(function: Any, result: Any, *arguments: Any) -> Any:
    """Return a function of PDFium that takes plain addresses and keeps Python's lock.

    Most of a page's time goes into asking where characters stand, and most of that into
    making and checking pointers: a call takes a sixth of the time.
    """
    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


_CHAR_BOX: Final = _direct(
    pdfium.FPDFText_GetCharBox,
    ctypes.c_int, ctypes.c_void_p, ctypes.c_int, *[ctypes.c_void_p] * 4,
)  # fmt: skip
_FONT_SIZE: Final = _direct(
    pdfium.FPDFText_GetFontSize, ctypes.c_double, ctypes.c_void_p, ctypes.c_int
)
_UNICODE: Final = _direct(
    pdfium.FPDFText_GetUnicode, ctypes.c_uint, ctypes.c_void_p, ctypes.c_int
)
_FOUR: Final = struct.Struct("4d")


class _Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float


@dataclass(slots=True)
class _Piece:
    """A run of characters on one line, without a wide gap in it."""

    text: str
    numbers: Sequence[int]
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

    def add(
        self, kind: BlockKind, text: str, numbers: list[int], *, size: float
    ) -> None:
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
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        # Two units of one character are one here, and two numbers there.
        return text if len(text) == count else "".join(map(chr, buffer[:count]))
    address = ctypes.cast(textpage, ctypes.c_void_p).value
    text = "".join([chr(_UNICODE(address, number)) for number in range(count)])
    # Asked one by one, it calls a hyphen at a line's end 2.
    return text.replace("\x02", _SOFT_HYPHEN)


def _lines(textpage: Any) -> Iterator[list[_Piece]]:
    """Yield each line as its pieces, in PDFium's order."""
    units = _units(textpage)
    geometry = _Geometry(textpage)
    spans = [line.span() for line in _LINE.finditer(units)]
    # Asking where characters stand is most of the work: running text is only sampled.
    wide = [_looks_wide(units, *span, geometry=geometry) for span in spans]
    cut_all = sum(wide) >= _WIDE_SHARE * len(spans)
    for at, (start, end) in enumerate(spans):
        cut = cut_all or any(wide[max(at - 1, 0) : at + 2])
        pieces = [
            piece
            for piece in _pieces(units, start, end, cut=cut, geometry=geometry)
            if piece.text.strip()
        ]
        if pieces:
            rest = units[end : end + 2].lstrip(" ")
            pieces[-1].hyphen = rest.startswith(_SOFT_HYPHEN)
            yield pieces


def _looks_wide(units: str, start: int, end: int, *, geometry: "_Geometry") -> bool:
    """Tell whether a line has a wide gap where rows and merged columns have one.

    Rows of a table have it before their last cell, columns near the middle.
    """
    last = units.rfind(" ", start, end)
    middle = (start + end) // 2
    before, after = units.rfind(" ", start, middle), units.find(" ", middle, end)
    near = before if after < 0 or middle - before < after - middle else after
    for at in {last, near}:
        blank = _BLANKS.match(units, at) if at > 0 else None
        if blank and blank.end() < end:
            here, there = geometry.box(at - 1), geometry.box(blank.end())
            if _is_wide(here, there):
                return True
    return False


def _is_wide(here: "_Box", there: "_Box", height: float = 1.0) -> bool:
    gap = there.left - here.right
    if gap <= _WIDE_GAP * height:  # as nearly all
        return False
    return gap > _WIDE_GAP * max(here.top - here.bottom, there.top - there.bottom)


class _Geometry:
    """Where characters stand."""

    def __init__(self, textpage: Any) -> None:
        self._textpage = ctypes.cast(textpage, ctypes.c_void_p).value
        self.box = _boxes(self._textpage)

    def size(self, number: int) -> float:
        return float(_FONT_SIZE(self._textpage, number))


def _boxes(textpage: int | None) -> Callable[[int], _Box]:
    """Return a function from a character's number to its box; called most of all."""
    values = (ctypes.c_double * len(_Box._fields))()
    first = ctypes.addressof(values)
    # PDFium gives left, right, bottom and top; a box has them in another order.
    left, right, bottom, top = (
        first + 8 * _Box._fields.index(name)
        for name in ("left", "right", "bottom", "top")
    )
    ask, unpack, new = _CHAR_BOX, _FOUR.unpack_from, tuple.__new__

    def box(number: int) -> _Box:
        ask(textpage, number, left, right, bottom, top)
        return new(_Box, unpack(values))  # as `_Box` does, without its own function

    return box


def _pieces(
    units: str, start: int, end: int, *, cut: bool, geometry: _Geometry
) -> Iterator[_Piece]:
    """Cut a line at gaps that are wider than any blank between words."""
    first, last = geometry.box(start), geometry.box(end - 1)
    height = max(first.top - first.bottom, last.top - last.bottom, 1.0)
    begin, left = start, first
    for blank in _BLANKS.finditer(units, start, end) if cut else ():
        before, after = blank.span()
        here, there = geometry.box(before - 1), geometry.box(after)
        height = max(height, here.top - here.bottom)
        if _is_wide(here, there, height):
            box = _joined(left, here)
            yield _piece(units, begin, before, box=box, geometry=geometry)
            begin, left = after, there
    yield _piece(units, begin, end, box=_joined(left, last), geometry=geometry)


def _joined(one: _Box, other: _Box) -> _Box:
    return _Box(
        min(one.left, other.left),
        min(one.bottom, other.bottom),
        max(one.right, other.right),
        max(one.top, other.top),
    )


def _piece(
    units: str, start: int, end: int, *, box: _Box, geometry: _Geometry
) -> _Piece:
    """Return characters `start` to `end` as text, one number for each code point."""
    text = units[start:end]
    numbers: Sequence[int] = range(start, end)
    plain = text.isprintable() and "  " not in text  # nearly all, and soon told
    if not plain and _UNTIDY.search(text):
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
        again = character == " " and text[-1:] == [" "]
        if code >= 0x20 and not _UNSEEN.match(character) and not again:
            text.append(character)
            kept.append(number)
    return "".join(text), kept


def _usual_size(lines: Sequence[Sequence[_Piece]]) -> float:
    """Return the size of most of the page's letters."""
    exact: Counter[float] = Counter()
    for line in lines:
        for piece in line:
            exact[piece.size] += len(piece.text)
    weights: Counter[float] = Counter()
    for size, weight in exact.items():
        weights[round(size, 1)] += weight
    return max(weights, key=lambda size: (weights[size], size))


# What a page is cut into: lines that belong together, each as its pieces.
_Lines = list[list[_Piece]]


def _ordered(lines: _Lines) -> Iterator[_Lines]:
    """Yield runs of lines in reading order; columns one after the other."""
    upright = [line for line in lines if not _stands(line)]
    yield from _ordered_upright(upright)
    for line in lines:
        if _stands(line):  # a mark along the margin belongs to no line beside it
            yield [line]


def _stands(line: Sequence[_Piece]) -> bool:
    """Tell whether letters are written from bottom to top, or from top to bottom."""
    box = line[0].box
    return len(line[0].text) > 3 and box.top - box.bottom > 3 * (box.right - box.left)


def _ordered_upright(lines: _Lines) -> Iterator[_Lines]:
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
    middle, reach = (low + high) / 2, (high - low) * 0.15
    # Columns begin where many pieces begin, near the middle of the page.
    starts = [p.box.left for p in pieces if abs(p.box.left - middle) < reach]
    place = statistics.mode(map(round, starts)) - 1.5 if starts else low
    left = [p for p in pieces if p.box.right <= place]
    right = [p for p in pieces if p.box.left >= place]
    across = len(pieces) - len(left) - len(right)
    parts = (
        min(len(left), len(right)) >= _GUTTER_ROWS
        and across <= _ACROSS * len(pieces)
        and _fills(left, place - low)
        and _fills(right, high - place)
    )
    return place if parts else None


def _fills(pieces: Sequence[_Piece], width: float) -> bool:
    widths = [piece.box.right - piece.box.left for piece in pieces]
    return statistics.median(widths) >= _FULL * width


def _tables_apart(lines: _Lines) -> Iterator[_Lines]:
    """Yield rows of a table together, and what stands between tables together.

    A line with wide gaps is a row if a neighbour's cells stand below its own; blanks of
    justified text are as wide, and stand anywhere.
    """
    rows = [
        len(line) > 1
        and any(
            _aligned(line, lines[o]) for o in (at - 1, at + 1) if 0 <= o < len(lines)
        )
        for at, line in enumerate(lines)
    ]
    for at in range(len(lines) - 1):  # the names of columns are often set otherwise
        rows[at] = rows[at] or (rows[at + 1] and _heads(lines[at], lines[at + 1]))
    run: _Lines = []
    before = False
    for line, row in zip(lines, rows, strict=True):
        if run and row != before:
            yield run
            run = []
        run.append(line if row else [_flat(line)])
        before = row
    if run:
        yield run


def _aligned(line: Sequence[_Piece], other: Sequence[_Piece]) -> bool:
    """Tell whether at least half of the inner edges of cells stand below each other.

    The outermost edges do so in any text.
    """
    if len(other) < 2:
        return False
    near = 0
    for before, after in pairwise(line):
        near += any(
            abs(after.box.left - each.box.left) < _NEAR
            or abs(after.box.left + after.box.right - each.box.left - each.box.right)
            < 2 * _NEAR
            for each in other[1:]
        ) or any(abs(before.box.right - each.box.right) < _NEAR for each in other[:-1])
    return 2 * near >= len(line) - 1


def _heads(line: Sequence[_Piece], row: Sequence[_Piece]) -> bool:
    """Tell whether each piece of a line stands above one cell of a row."""
    return len(line) == len(row) > 1 and all(
        one.box.left < other.box.right and other.box.left < one.box.right
        for one, other in zip(line, row, strict=True)
    )


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
        page.add("heading" if heading else "paragraph", text, numbers, size=size)


def _flat(line: Sequence[_Piece]) -> _Piece:
    """Return a line as one piece: wide gaps become a blank."""
    if len(line) == 1:
        return line[0]
    text, numbers = line[0].text, [*line[0].numbers]
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
        for one, other in pairwise(lines)
        if one.box.bottom > other.box.bottom
    ]
    usual = statistics.median(steps) if steps else 0.0
    paragraph = [lines[0]]
    for before, line in pairwise(lines):
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
    cut = True  # nothing stands before the first line
    for line in lines:
        if not cut and not (_is_chinese(text[-1]) and _is_chinese(line.text[0])):
            text += " "
            numbers.append(_NONE)
        cut = line.hyphen
        text += line.text
        numbers += line.numbers
    return text, numbers


def _is_chinese(character: str) -> bool:
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
            numbers += [*[_NONE] * len(before), *piece.numbers]
    page.add("table", text, numbers, size=lines[0][0].size)
