"""The characters of a page of a PDF, numbered as PDFium has them.

What PDFium gives a line end in is left as it is: lines are made of them in `pdf_lines`.
"""

import ctypes
import math
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise, repeat
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

from erya.loading.pdf.boxes import ADDRESS, Box, direct

__all__ = ["NOTHING", "SEVERAL", "SOFT_HYPHEN", "Signs", "TextObject", "direction"]

NOTHING: Final = "\x00"  # stands where there was a sign, and is left out of texts
SEVERAL: Final = "\x01"  # stands for several signs, which `Signs.several` has
SOFT_HYPHEN: Final = "\ufffe"  # PDFium's sign for a hyphen at a line's end
# What no text is made of: fonts that do not say which letters their signs are.
_IMPOSSIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff\ufff0-\ufffb]"
)
_SAMPLED: Final = 200  # characters of a page that PDFium is asked about
_SAMPLED_DIRECTION: Final = 50

_CHAR_BOX: Final = direct(
    pdfium.FPDFText_GetCharBox, ctypes.c_int, ADDRESS, ctypes.c_int, *[ADDRESS] * 4
)
_FONT_SIZE: Final = direct(
    pdfium.FPDFText_GetFontSize, ctypes.c_double, ADDRESS, ctypes.c_int
)
_MATRIX: Final = direct(
    pdfium.FPDFText_GetMatrix, ctypes.c_int, ADDRESS, ctypes.c_int, ADDRESS
)
_UNICODE: Final = direct(
    pdfium.FPDFText_GetUnicode, ctypes.c_uint, ADDRESS, ctypes.c_int
)
_TEXT_OBJECT: Final = direct(
    pdfium.FPDFText_GetTextObject, ADDRESS, ADDRESS, ctypes.c_int
)
_MAP_ERROR: Final = direct(
    pdfium.FPDFText_HasUnicodeMapError, ctypes.c_int, ADDRESS, ctypes.c_int
)
_FOUR: Final = struct.Struct("4d")


class TextObject(NamedTuple):
    """Characters that the page draws at once: from `start` to before `end`.

    Attributes:
        start: The first.
        end: One past the last.
        by: PDFium's object that draws them.
    """

    start: int
    end: int
    by: int


class Signs:
    """The characters of a page: which they are, and where they stand.

    Attributes:
        units: One UTF-16 unit each: an index is their number.
        several: What is read in the place of one sign, where that is not one sign.
        text_objects: Those that are drawn at once, without blanks and line ends
            around them.
        box: Where a character stands, on the page as it is shown.
        box_on_page: Where it stands on the page as it is.
    """

    def __init__(self, textpage: Any, turn: Callable[[Box], Box] | None = None) -> None:
        """Read the characters.

        Args:
            textpage: PDFium's list of them.
            turn: Turns a box to where it stands on the page as it is shown.
        """
        self.textpage = textpage
        self._textpage = ctypes.cast(textpage, ctypes.c_void_p).value
        self.units = self._raw_units = _units(textpage)
        self.several: dict[int, str] = {}
        self.text_objects = list(self._find_text_objects()) if self.units else []
        self.box_on_page = box = _boxes(self._textpage)
        self.box = box if turn is None else lambda number: turn(box(number))
        self._turn = turn
        self._sizes: dict[int, tuple[float, float]] = {}
        self._matrix = (ctypes.c_float * 6)()
        self._matrix_at = ctypes.addressof(self._matrix)

    def size(self, number: int) -> tuple[float, float]:
        """Return the size of a letter as it is drawn, and the height of its line.

        Many fonts are set at 1 point.
        """
        if number not in self._sizes:
            self._sizes[number] = self._size(number)
        return self._sizes[number]

    def set_on_line(self, number: int, like: int) -> None:
        """Take a sign that is off its line for one that stands like another."""
        self._sizes[number] = self.size(like)

    def garbled_share(self) -> float:
        """Return the share of signs that cannot be what the page shows, 0 to 1.

        Signs without a letter, of a private alphabet, or of which PDFium says that the
        font does not tell them; of long pages some are looked at. 0 without signs.
        """
        signs = "".join(self._raw_units.split())
        if not signs:
            return 0.0
        impossible = len(_IMPOSSIBLE.findall(signs)) / len(signs)
        count = len(self._raw_units)
        sample = range(0, count, max(1, count // _SAMPLED))
        errors = sum(_MAP_ERROR(self._textpage, number) == 1 for number in sample)
        return float(max(impossible, errors / len(sample)))

    def _size(self, number: int) -> tuple[float, float]:
        size = float(_FONT_SIZE(self._textpage, number))
        if not _MATRIX(self._textpage, number, self._matrix_at):
            return size, self.box(number).bottom
        _, _, across, up, x, base = self._matrix
        if self._turn is not None:
            base = self._turn(Box(x, base, x, base)).bottom
        return round(size * math.hypot(across, up), 3), base

    def _find_text_objects(self) -> Iterator[TextObject]:
        units, count = self.units, len(self.units)
        objects = list(map(_TEXT_OBJECT, repeat(self._textpage, count), range(count)))
        ends = [at for at, (one, two) in enumerate(pairwise(objects), 1) if one != two]
        for start, end in pairwise([0, *ends, count]):
            by, first, last = objects[start], start, end
            while first < last and units[first].isspace():
                first += 1
            while first < last and units[last - 1].isspace():
                last -= 1
            if by and first < last:
                yield TextObject(first, last, by)


def direction(textpage: Any) -> int:
    """Return the direction in which most letters of a page are written.

    In degrees against the clock: 0 to the right, 90 upwards, 180, 270. 0 where there
    are no letters, or no direction has most of them.
    """
    address = ctypes.cast(textpage, ctypes.c_void_p).value
    count = pdfium.FPDFText_CountChars(textpage)
    matrix = (ctypes.c_float * 6)()
    place = ctypes.addressof(matrix)
    counts: Counter[int] = Counter()
    for number in range(0, max(count, 0), max(1, count // _SAMPLED_DIRECTION)):
        if _MATRIX(address, number, place):
            quarters = round(math.degrees(math.atan2(matrix[1], matrix[0])) / 90)
            counts[quarters % 4 * 90] += 1
    most = max(counts, key=counts.__getitem__, default=0)
    return most if 2 * counts[most] > counts.total() else 0


def _units(textpage: Any) -> str:
    """Return PDFium's characters, one UTF-16 unit each: an index is their number.

    One call for the whole page where nothing was left out of it; otherwise one each.
    """
    count = pdfium.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    copied = pdfium.FPDFText_GetText(textpage, 0, count, buffer)
    if copied - 1 == count:
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        # Two units of one character are one here, and two numbers there.
        return text if len(text) == count else "".join(map(chr, buffer[:count]))
    address = ctypes.cast(textpage, ctypes.c_void_p).value
    text = "".join([chr(_UNICODE(address, number)) for number in range(count)])
    # Asked one by one, it calls a hyphen at a line's end 2.
    return text.replace("\x02", SOFT_HYPHEN)


def _boxes(textpage: int | None) -> Callable[[int], Box]:
    """Return a function from a character's number to its box; called most of all."""
    values = (ctypes.c_double * len(Box._fields))()
    first = ctypes.addressof(values)
    # PDFium gives left, right, bottom and top; a box has them in another order.
    left, right, bottom, top = (
        first + 8 * Box._fields.index(name)
        for name in ("left", "right", "bottom", "top")
    )
    ask, unpack, new = _CHAR_BOX, _FOUR.unpack_from, tuple.__new__

    def box(number: int) -> Box:
        ask(textpage, number, left, right, bottom, top)
        return new(Box, unpack(values))  # as `Box` does, without its own function

    return box
