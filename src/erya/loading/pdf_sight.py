"""What of a page a reader sees: told by its drawing, and looked at where that may hide.

Letters beyond the edge, tiny ones and those that are not drawn are unseen. White on
white, opacity 0, a layer that is off, or a surface on top of letters are suspected
first, by the colour and the order of what is drawn; then the page is drawn, and what
leaves no trace in its place is unseen.
"""

import ctypes
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from erya.loading.pdf_boxes import (
    ADDRESS,
    COUNT_OBJECTS,
    GET_BOUNDS,
    GET_OBJECT,
    GET_TYPE,
    Box,
    direct,
)
from erya.loading.pdf_lines import NONE, Line, Piece

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["part_by_sight", "shows_picture"]

_INVISIBLE: Final = 3  # the mode of drawing nothing (ISO 32000-1, 9.3.6)
_TINY: Final = 1.0  # point: smaller letters are not meant to be read
_LARGE: Final = 0.4  # of a page, that a picture of text covers
_MOST_MARKS: Final = 8
_MOST_PICTURES: Final = 200
_MOST_OBJECTS: Final = 20_000  # of a page, that are looked at
_SCALE: Final = 2.0  # pixels for a point
_MOST_PIXELS: Final = 16_000_000
_CONTRAST: Final = 12  # of 255, between letters that can be read and what is behind
_LIGHT: Final = 245  # of 255: nearly paper
_FAINT: Final = 12  # of 255: nearly clear
_AROUND: Final = 1.0  # point

_FILL: Final = direct(
    pdfium.FPDFPageObj_GetFillColor, ctypes.c_int, ADDRESS, *[ADDRESS] * 4
)
_MARKS: Final = direct(pdfium.FPDFPageObj_CountMarks, ctypes.c_int, ADDRESS)
_DRAWN: Final = direct(pdfium.FPDFText_GetTextObject, ADDRESS, ADDRESS, ctypes.c_int)
_MODE: Final = direct(pdfium.FPDFTextObj_GetTextRenderMode, ctypes.c_int, ADDRESS)

_Colour = tuple[int, int, int, int]


class _Surface(NamedTuple):
    """A filled path or a picture: when it is drawn, where, and in which colour."""

    order: int
    box: Box
    colour: _Colour | None


def part_by_sight(
    lines: Sequence[Line],
    page: pypdfium2.PdfPage,
    textpage: pypdfium2.PdfTextPage,
    *,
    edges: Box,
) -> tuple[list[Line], list[Line]]:
    """Part what a reader sees from what they do not.

    Under a picture of the page the text that is not drawn is what OCR has read in it.

    Args:
        lines: Of the page.
        page: Where they are.
        textpage: PDFium's list of its characters.
        edges: Of the page, as the lines stand on it.
    """
    sight = _Sight(page, textpage)
    shown: list[Line] = []
    hidden: list[Line] = []
    for line in lines:
        first = line[0]
        outside = (
            first.box.left >= edges.right or first.box.bottom >= edges.top
            or line[-1].box.right <= edges.left or first.box.top <= edges.bottom
        )  # fmt: skip
        if outside or first.size < _TINY:
            hidden.append(line)
            continue
        missed = [piece for piece in line if sight.misses(piece)]
        seen = [piece for piece in line if piece not in missed]
        shown += [seen] if seen else []
        hidden += [missed] if missed else []
    return shown, hidden


def shows_picture(page: pypdfium2.PdfPage, *, least: float = _LARGE) -> bool:
    """Tell whether pictures cover much of a page.

    Args:
        page: An open page.
        least: The share of it.
    """
    left, bottom, right, top = page.get_bbox()
    area = max((right - left) * (top - bottom), 1.0)
    covered = 0.0
    pictures = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])
    for _, found in zip(range(_MOST_PICTURES), pictures, strict=False):
        x1, y1, x2, y2 = found.get_bounds()
        covered += max(min(x2, right) - max(x1, left), 0) * max(
            min(y2, top) - max(y1, bottom), 0
        )
    return bool(covered > least * area)


class _Sight:
    """Looks at one page; what takes time is done when it is first needed."""

    def __init__(
        self, page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage
    ) -> None:
        self._page = page
        self._textpage = textpage.raw
        self._address = ctypes.cast(textpage.raw, ctypes.c_void_p).value
        self._scanned: bool | None = None
        self._picture: NDArray[np.uint8] | None = None
        self._orders: dict[int, int] = {}
        self._surfaces: list[_Surface] = []
        self._list_objects()

    def misses(self, piece: Piece) -> bool:
        """Tell whether a run of characters leaves no trace on the page."""
        numbers = [number for number in piece.numbers if number != NONE]
        drawn = _DRAWN(self._address, numbers[0]) if numbers else None
        if not drawn:
            return False
        if _MODE(drawn) == _INVISIBLE:
            if self._scanned is None:
                self._scanned = shows_picture(self._page)
            return not self._scanned
        return self._is_suspect(drawn) and self._is_blank(numbers)

    def _list_objects(self) -> None:
        page = ctypes.cast(self._page.raw, ctypes.c_void_p).value
        for order in range(min(COUNT_OBJECTS(page), _MOST_OBJECTS)):
            found = GET_OBJECT(page, order)
            kind = GET_TYPE(found)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                self._orders[found] = order
            elif kind in {pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE}:
                path = kind == pdfium.FPDF_PAGEOBJ_PATH
                self._surfaces += _surface(found, order, filled=path)

    def _is_suspect(self, drawn: int) -> bool:
        colour = _colour_of(drawn)
        if colour is None:
            return False
        if colour[3] < _FAINT or min(colour[:3]) > _LIGHT or _on_layer(drawn):
            return True
        box, order = _box_of(drawn), self._orders.get(drawn, -1)
        return any(
            _holds(each.box, box)
            and (each.order > order >= 0 or _alike(each.colour, colour))
            for each in self._surfaces
        )

    def _is_blank(self, numbers: Sequence[int]) -> bool:
        """Tell whether the place of these characters is of one colour."""
        if self._picture is None:
            width, height = self._page.get_size()
            scale = min(_SCALE, math.sqrt(_MOST_PIXELS / max(width * height, 1.0)))
            bitmap = self._page.render(scale=scale, grayscale=True)
            self._picture = bitmap.to_numpy()
        height, width = self._picture.shape[:2]
        places = list(self._places(numbers, width, height))
        if not places:
            return False
        xs, ys = [x for x, _ in places], [y for _, y in places]
        place = self._picture[
            max(min(ys), 0) : max(ys) + 1, max(min(xs), 0) : max(xs) + 1
        ]
        return bool(place.size and int(place.max()) - int(place.min()) < _CONTRAST)

    def _places(
        self, numbers: Sequence[int], width: int, height: int
    ) -> Iterator[tuple[int, int]]:
        """Yield the corners of characters, in pixels of the drawn page."""
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        x, y = ctypes.c_int(), ctypes.c_int()
        for number in numbers:
            corners = (left, right, bottom, top)
            if not pdfium.FPDFText_GetCharBox(
                self._textpage, number, *map(ctypes.byref, corners)
            ):
                continue
            for across, upright in ((left, bottom), (right, top)):
                pdfium.FPDF_PageToDevice(
                    self._page.raw, 0, 0, width, height, 0,
                    across.value, upright.value, ctypes.byref(x), ctypes.byref(y),
                )  # fmt: skip
                yield x.value, y.value


def _surface(found: int, order: int, *, filled: bool) -> Iterator[_Surface]:
    if not filled:
        yield _Surface(order, _box_of(found), None)
        return
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    path = ctypes.cast(found, pdfium.FPDF_PAGEOBJECT)
    drawn = pdfium.FPDFPath_GetDrawMode(path, ctypes.byref(mode), ctypes.byref(stroke))
    if drawn and mode.value != pdfium.FPDF_FILLMODE_NONE:
        box = _box_of(found)
        if box.right - box.left > _AROUND and box.top - box.bottom > _AROUND:
            yield _Surface(order, box, _colour_of(found))


def _colour_of(found: int) -> _Colour | None:
    parts = [ctypes.c_uint() for _ in range(4)]
    if not _FILL(found, *map(ctypes.addressof, parts)):
        return None
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _on_layer(found: int) -> bool:
    """Tell whether something is on a layer, which may be off."""
    name, length = ctypes.create_string_buffer(16), ctypes.c_ulong()
    shown = ctypes.cast(found, pdfium.FPDF_PAGEOBJECT)
    for at in range(min(_MARKS(found), _MOST_MARKS)):
        mark = pdfium.FPDFPageObj_GetMark(shown, at)
        told = ctypes.cast(name, ctypes.POINTER(pdfium.FPDF_WCHAR))
        if pdfium.FPDFPageObjMark_GetName(mark, told, 16, ctypes.byref(length)) and (
            name.raw[: length.value].decode("utf-16-le", "replace") == "OC\0"
        ):
            return True
    return False


def _box_of(found: int) -> Box:
    sides = [ctypes.c_float() for _ in range(4)]
    GET_BOUNDS(found, *map(ctypes.addressof, sides))
    left, bottom, right, top = (side.value for side in sides)
    return Box(left, bottom, right, top)


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer.left <= inner.left + _AROUND and outer.right >= inner.right - _AROUND
        and outer.bottom <= inner.bottom + _AROUND and outer.top >= inner.top - _AROUND
    )  # fmt: skip


def _alike(one: _Colour | None, other: _Colour) -> bool:
    return one is not None and all(
        abs(a - b) < _CONTRAST for a, b in zip(one[:3], other[:3], strict=True)
    )
