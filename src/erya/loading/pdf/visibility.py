"""What of a page a reader sees: by its drawing, and looked at where that may hide.

Letters beyond the edge, tiny ones and those that are not drawn are unseen. White on
white, opacity 0, a layer that is off, a surface on top of letters or the edge of a clip
are suspected first, by the colour and the order of what is drawn; then the page is
drawn, and what leaves no trace in its place is unseen.
"""

import ctypes
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING, Final

import pypdfium2
import pypdfium2.raw as pdfium

from erya.loading.pdf.boxes import ADDRESS, Box, direct, joined, overlap
from erya.loading.pdf.characters import Signs, TextObject
from erya.loading.pdf.lines import Line, Piece
from erya.loading.pdf.objects import PageObject
from erya.loading.pdf.surfaces import (
    Colour,
    Surfaces,
    clip_of,
    colours,
    has_middle,
    is_clipped,
    is_inside,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["part_by_sight", "shows_picture"]

_INVISIBLE: Final = 3  # the mode of drawing nothing (ISO 32000-1, 9.3.6)
_CLIPS: Final = 7  # the mode of only cutting what is drawn after it
_TINY: Final = 1.0  # point: smaller letters are not meant to be read
_LARGE: Final = 0.4  # of a page, that a picture of text covers
_MOST_MARKS: Final = 8
_ROOM: Final = 16  # bytes, for the name of a mark
_LAYER: Final = "OC\0".encode("utf-16-le")  # the mark of what is on one
_MOST_PICTURES: Final = 200
_SCALE: Final = 2.0  # pixels for a point
_MOST_PIXELS: Final = 16_000_000
_ALONE: Final = 2  # pixels around one letter: an l fills its own place
_CONTRAST: Final = 12  # of 255, between letters that can be read and what is behind
_LIGHT: Final = 245  # of 255: nearly paper
_FAINT: Final = 12  # of 255: nearly clear

_MARKS: Final = direct(pdfium.FPDFPageObj_CountMarks, ctypes.c_int, ADDRESS)
_MARK: Final = direct(pdfium.FPDFPageObj_GetMark, ADDRESS, ADDRESS, ctypes.c_ulong)
_NAME: Final = direct(
    pdfium.FPDFPageObjMark_GetName,
    ctypes.c_int, ADDRESS, ADDRESS, ctypes.c_ulong, ADDRESS,
)  # fmt: skip
_MODE: Final = direct(pdfium.FPDFTextObj_GetTextRenderMode, ctypes.c_int, ADDRESS)


def part_by_sight(
    lines: Sequence[Line],
    page: pypdfium2.PdfPage,
    *,
    signs: Signs,
    objects: Sequence[PageObject],
    edges: Box,
) -> tuple[list[Line], list[Line]]:
    """Part what a reader sees from what they do not.

    Under a picture of the page the text that is not drawn is what OCR has read in it.

    Args:
        lines: Of the page.
        page: Where they are.
        signs: Its characters.
        objects: What it draws.
        edges: Of the page, as the lines stand on it.
    """
    unseen = set(_Sight(page, signs, objects).unseen())
    visible: list[Line] = []
    hidden: list[Line] = []
    for line in lines:
        seen: Line = []
        missed: Line = []
        for piece in line:
            gone = _beyond(piece, signs, edges) | unseen.intersection(piece.numbers)
            seen += _only(piece, signs, gone, hidden=False)
            missed += _only(piece, signs, gone, hidden=True)
        visible += [seen] if seen else []
        hidden += [missed] if missed else []
    return visible, hidden


def _beyond(piece: Piece, signs: Signs, edges: Box) -> set[int]:
    """Return the characters of a piece that stand beyond the edges of the page."""
    inside = (
        piece.box.left >= edges.left and piece.box.right <= edges.right
        and piece.box.bottom >= edges.bottom and piece.box.top <= edges.top
    )  # fmt: skip
    if inside:  # as nearly all
        return set()
    boxes = ((number, signs.box(number)) for number in piece.numbers)
    return {
        number
        for number, box in boxes
        if box.left >= edges.right or box.right <= edges.left
        or box.bottom >= edges.top or box.top <= edges.bottom
    }  # fmt: skip


def _only(
    piece: Piece, signs: Signs, gone: set[int], *, hidden: bool
) -> Iterator[Piece]:
    """Yield what is left of a piece without its hidden characters, or they alone.

    A blank stands where others stood between them.
    """
    if not gone:
        if not hidden:
            yield piece
        return
    text: list[str] = []
    numbers: list[int] = []
    for letter, number in zip(piece.text, piece.numbers, strict=True):
        sign = letter if (number in gone) == hidden else " "
        if sign != " " or (text and text[-1] != " "):
            text.append(sign)
            numbers.append(number)
    if text[-1:] == [" "]:
        text.pop()
        numbers.pop()
    if text:
        box = reduce(joined, map(signs.box, numbers))
        gaps = [gap for gap in piece.gaps if gap.number in numbers]
        yield replace(piece, text="".join(text), numbers=numbers, box=box, gaps=gaps)


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
    for _, picture in zip(range(_MOST_PICTURES), pictures, strict=False):
        x1, y1, x2, y2 = picture.get_bounds()
        covered += max(min(x2, right) - max(x1, left), 0) * max(
            min(y2, top) - max(y1, bottom), 0
        )
    return bool(covered > least * area)


class _Sight:
    """Looks at one page; what takes time is done when it is first needed."""

    def __init__(
        self, page: pypdfium2.PdfPage, signs: Signs, objects: Sequence[PageObject]
    ) -> None:
        self._page = page
        self._signs = signs
        self._scanned: bool | None = None
        self._colour_of = colours()
        self._name, self._length = ctypes.create_string_buffer(_ROOM), ctypes.c_ulong()
        self._name_at = ctypes.addressof(self._name)
        self._length_at = ctypes.addressof(self._length)
        self._picture: NDArray[np.uint8] | None = None
        self._surfaces = Surfaces(page.raw, objects, Box(*page.get_bbox()))
        self._forms = {each.at: each.form for each in objects if each.form is not None}

    def unseen(self) -> Iterator[int]:
        """Yield the characters that leave no trace on the page."""
        # Some pages draw each letter for itself: what all need is looked up here.
        size, form_of = self._signs.size, self._forms.get
        for text_object in self._signs.text_objects:
            start, end, by = text_object
            colour, mode = self._colour_of(by), _MODE(by)
            if mode == _INVISIBLE:
                yield from () if self._is_scanned() else range(start, end)
            elif size(start)[0] < _TINY:
                yield from range(start, end)
            elif colour is None:
                continue
            elif mode == _CLIPS or self._is_faint(by, colour):
                numbers = range(start, end)
                yield from numbers if self._is_blank(numbers) else ()
            elif self._surfaces.may_hide(by, colour) or is_clipped(by):
                yield from self._find_covered(
                    text_object, colour, clip_of(by, form_of(by))
                )

    def _is_faint(self, by: int, colour: Colour) -> bool:
        return colour[3] < _FAINT or min(colour[:3]) > _LIGHT or self._on_layer(by)

    def _is_scanned(self) -> bool:
        if self._scanned is None:
            self._scanned = shows_picture(self._page)
        return self._scanned

    def _find_covered(
        self, text_object: TextObject, colour: Colour, clip: Box | None
    ) -> Iterator[int]:
        """Yield the characters under surfaces and beyond a clip that are not seen."""
        start, end, by = text_object
        box_of = self._signs.box_on_page
        around = joined(box_of(start), box_of(end - 1))
        covers = list(self._surfaces.over(by, around, colour))
        if clip is not None and is_inside(around, clip):
            clip = None
        if not covers and clip is None:
            return

        def cover_of(number: int) -> Box | None:
            box = box_of(number)
            beyond = clip is not None and not overlap(box, clip)
            around = (cover for cover in covers if has_middle(cover, box))
            return next(around, clip if beyond else None)

        units = self._signs.units
        letters = (at for at in range(start, end) if not units[at].isspace())
        for cover, members in groupby(letters, key=cover_of):
            run = list(members)
            if cover is not None and self._is_blank(run):
                yield from run

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
        pad = _ALONE if len(numbers) == 1 else 0
        place = self._picture[
            max(min(ys) - pad, 0) : max(max(ys) + pad + 1, 0),
            max(min(xs) - pad, 0) : max(max(xs) + pad + 1, 0),
        ]
        return bool(place.size and int(place.max()) - int(place.min()) < _CONTRAST)

    def _places(
        self, numbers: Sequence[int], width: int, height: int
    ) -> Iterator[tuple[int, int]]:
        """Yield the corners of characters, in pixels of the rendered page."""
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        x, y = ctypes.c_int(), ctypes.c_int()
        for number in numbers:
            corners = (left, right, bottom, top)
            if not pdfium.FPDFText_GetCharBox(
                self._signs.textpage, number, *map(ctypes.byref, corners)
            ):
                continue
            for across, upright in ((left, bottom), (right, top)):
                pdfium.FPDF_PageToDevice(
                    self._page.raw, 0, 0, width, height, 0,
                    across.value, upright.value, ctypes.byref(x), ctypes.byref(y),
                )  # fmt: skip
                yield x.value, y.value

    def _on_layer(self, handle: int) -> bool:
        """Tell whether something is on a layer, which may be off."""
        name, length = self._name, self._length
        for at in range(min(_MARKS(handle), _MOST_MARKS)):
            if (
                _NAME(_MARK(handle, at), self._name_at, _ROOM, self._length_at)
                and length.value == len(_LAYER)
                and name.raw[: len(_LAYER)] == _LAYER
            ):
                return True
        return False
