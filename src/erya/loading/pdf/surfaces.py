"""What on a page of a PDF may hide letters: surfaces, and the edges of what is clipped.

These only raise a suspicion: whether letters are seen is decided by the rendered page.
"""

import ctypes
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

from erya.loading.pdf.boxes import ADDRESS, Box, direct, joined
from erya.loading.pdf.objects import Matrix, PageObject, bounds, moved, raw

__all__ = [
    "Colour",
    "Surfaces",
    "clip_of",
    "colours",
    "has_middle",
    "is_clipped",
    "is_inside",
]

_THINNEST: Final = 1.0  # point: what is no wider hides no letter
_ALIKE: Final = 12  # of 255, between colours that a reader does not tell apart
_BANDS: Final = 64  # of a page, from its bottom to its top
_MOST_IN_BAND: Final = 200
_ANY: Final = 1 << 30  # the order of what is on top of all
_MOST_CLIPS: Final = 32  # of a text
_MOST_POINTS: Final = 64  # of a clip: one with more is a drawing
_MOST_ANNOTATIONS: Final = 1_000
_PATH: Final = pdfium.FPDF_PAGEOBJ_PATH
_KINDS: Final = frozenset(
    (_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING)
)
# What is laid over a page as a surface.
_LAID_OVER: Final = frozenset(
    (
        pdfium.FPDF_ANNOT_SQUARE, pdfium.FPDF_ANNOT_CIRCLE, pdfium.FPDF_ANNOT_POLYGON,
        pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_STAMP, pdfium.FPDF_ANNOT_INK,
        pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_REDACT,
    )
)  # fmt: skip

_COLOUR: Final = struct.Struct("4I")
_FILL: Final = direct(
    pdfium.FPDFPageObj_GetFillColor, ctypes.c_int, ADDRESS, *[ADDRESS] * 4
)
_CLIP: Final = direct(pdfium.FPDFPageObj_GetClipPath, ADDRESS, ADDRESS)
_COUNT_CLIPS: Final = direct(pdfium.FPDFClipPath_CountPaths, ctypes.c_int, ADDRESS)
_COUNT_SEGMENTS: Final = direct(
    pdfium.FPDFClipPath_CountPathSegments, ctypes.c_int, ADDRESS, ctypes.c_int
)
_SEGMENT: Final = direct(
    pdfium.FPDFClipPath_GetPathSegment, ADDRESS, ADDRESS, ctypes.c_int, ctypes.c_int
)
_POINT: Final = direct(
    pdfium.FPDFPathSegment_GetPoint, ctypes.c_int, ADDRESS, ADDRESS, ADDRESS
)

Colour = tuple[int, int, int, int]


class _Surface(NamedTuple):
    order: int
    box: Box
    colour: Colour | None


class Surfaces:
    """The surfaces of a page, by their height."""

    def __init__(self, page: Any, objects: Iterable[PageObject], edges: Box) -> None:
        """List them.

        Args:
            page: PDFium's page.
            objects: What it draws.
            edges: Of the page as it is.
        """
        self._colour_of = colours()
        self._low = edges.bottom
        self._step = max((edges.top - edges.bottom) / _BANDS, _THINNEST)
        self._bands: dict[int, list[_Surface]] = defaultdict(list)
        self._orders: dict[int, int] = {}
        self._colours: set[Colour] = set()
        self._last = order = 0
        self._alike: dict[Colour, bool] = {}
        for order, page_object in enumerate(objects, start=1):
            if page_object.kind in _KINDS:
                self._add(page_object, order)
            else:
                self._orders[page_object.at] = order
        for box in _annotation_boxes(page):
            self._put(_Surface(order + 1, box, None))

    def may_hide(self, handle: int, colour: Colour) -> bool:
        """Tell whether there is any surface on top of a text, or of its colour."""
        if self._orders.get(handle, self._last) < self._last:
            return True
        if colour not in self._alike:
            self._alike[colour] = any(_alike(each, colour) for each in self._colours)
        return self._alike[colour]

    def over(self, handle: int, box: Box, colour: Colour) -> Iterator[Box]:
        """Yield the surfaces that may hide a text: on top of it, or of its colour.

        Args:
            handle: PDFium's text object.
            box: Where it stands.
            colour: Of its letters.
        """
        around: dict[_Surface, None] = {}  # each once, in their order
        for number in range(self._band(box.bottom), self._band(box.top) + 1):
            around.update(dict.fromkeys(self._bands.get(number, ())))
        order = self._orders.get(handle, _ANY)
        for each in around:
            is_near = each.box.left < box.right and box.left < each.box.right
            if is_near and (each.order > order or _alike(each.colour, colour)):
                yield each.box

    def _add(self, page_object: PageObject, order: int) -> None:
        box = bounds(page_object)
        if box is None or min(box.right - box.left, box.top - box.bottom) <= _THINNEST:
            return
        if page_object.kind != _PATH:
            self._put(_Surface(order, box, None))
            return
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        has_mode = pdfium.FPDFPath_GetDrawMode(
            raw(page_object.at), ctypes.byref(mode), ctypes.byref(stroke)
        )
        if has_mode and mode.value != pdfium.FPDF_FILLMODE_NONE:
            self._put(_Surface(order, box, self._colour_of(page_object.at)))

    def _put(self, surface: _Surface) -> None:
        box = surface.box
        self._last = surface.order
        if surface.colour is not None:
            self._colours.add(surface.colour)
        for number in range(self._band(box.bottom), self._band(box.top) + 1):
            band = self._bands[number]
            if len(band) < _MOST_IN_BAND:
                band.append(surface)
            else:  # what may lie under any of many is looked at
                band[-1] = _Surface(_ANY, joined(band[-1].box, box), None)

    def _band(self, height: float) -> int:
        return min(max(int((height - self._low) / self._step), 0), _BANDS)


def is_inside(inner: Box, outer: Box) -> bool:
    """Tell whether a box lies in another, but for a point at its sides."""
    return (
        outer.left <= inner.left + _THINNEST
        and outer.right >= inner.right - _THINNEST
        and outer.bottom <= inner.bottom + _THINNEST
        and outer.top >= inner.top - _THINNEST
    )


def has_middle(outer: Box, inner: Box) -> bool:
    """Tell whether the middle of a box lies in another."""
    return (
        2 * outer.left <= inner.left + inner.right <= 2 * outer.right
        and 2 * outer.bottom <= inner.bottom + inner.top <= 2 * outer.top
    )


def colours() -> Callable[[int], Colour | None]:
    """Return a function from an object to red, green, blue and opacity, 0 to 255.

    None of a pattern.
    """
    values = (ctypes.c_uint * 4)()
    red = ctypes.addressof(values)
    green, blue, alpha = red + 4, red + 8, red + 12

    def colour_of(handle: int) -> Colour | None:
        if not _FILL(handle, red, green, blue, alpha):
            return None
        one, two, three, opacity = _COLOUR.unpack_from(values)
        return one, two, three, opacity

    return colour_of


def is_clipped(handle: int) -> bool:
    """Tell whether an object is cut to a path."""
    return bool(_COUNT_CLIPS(_CLIP(handle)) > 0)


def clip_of(handle: int, form: Matrix | None) -> Box | None:
    """Return the box that an object is cut to; None where it is not.

    Args:
        handle: PDFium's object.
        form: How the form that it is in is placed.
    """
    clip = _CLIP(handle)
    count = _COUNT_CLIPS(clip) if clip else 0
    clip_box: Box | None = None
    for number in range(min(count, _MOST_CLIPS)):
        box = _box_of_clip(clip, number)
        if box is None:
            continue
        clip_box = box if clip_box is None else _intersection(clip_box, box)
    return clip_box if clip_box is None or form is None else moved(clip_box, form)


def _box_of_clip(clip: int, number: int) -> Box | None:
    count = _COUNT_SEGMENTS(clip, number)
    if not 2 < count <= _MOST_POINTS:
        return None
    values = (ctypes.c_float * 2)()
    x = ctypes.addressof(values)
    points = []
    for at in range(count):
        _POINT(_SEGMENT(clip, number, at), x, x + 4)
        points.append(tuple(values))
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def _intersection(one: Box, other: Box) -> Box:
    return Box(
        max(one.left, other.left),
        max(one.bottom, other.bottom),
        min(one.right, other.right),
        min(one.top, other.top),
    )


def _annotation_boxes(page: Any) -> Iterator[Box]:
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        if pdfium.FPDFAnnot_GetSubtype(annotation) in _LAID_OVER:
            rect = pdfium.FS_RECTF()
            if pdfium.FPDFAnnot_GetRect(annotation, rect):
                yield Box(rect.left, rect.bottom, rect.right, rect.top)
        pdfium.FPDFPage_CloseAnnot(annotation)


def _alike(one: Colour | None, other: Colour) -> bool:
    return one is not None and all(
        abs(a - b) < _ALIKE for a, b in zip(one[:3], other[:3], strict=True)
    )
