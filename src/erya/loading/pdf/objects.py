"""What a page of a PDF draws, one after the other, listed once for all who look at it.

A form is drawn as one object; what it draws itself is listed in its place, forms inside
of forms are not.
"""

import ctypes
from collections.abc import Iterator
from itertools import repeat
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

from erya.loading.pdf.boxes import ADDRESS, Box, direct

__all__ = [
    "Matrix",
    "PageObject",
    "bounds",
    "matrix_of",
    "moved",
    "page_objects",
    "point",
    "raw",
]

_MOST_OBJECTS: Final = 20_000  # of a page, or of a form
_MOST_OF_FORMS: Final = 50_000
_FORM: Final = pdfium.FPDF_PAGEOBJ_FORM

_COUNT: Final = direct(pdfium.FPDFPage_CountObjects, ctypes.c_int, ADDRESS)
_GET: Final = direct(pdfium.FPDFPage_GetObject, ADDRESS, ADDRESS, ctypes.c_int)
_TYPE: Final = direct(pdfium.FPDFPageObj_GetType, ctypes.c_int, ADDRESS)
_COUNT_OF_FORM: Final = direct(pdfium.FPDFFormObj_CountObjects, ctypes.c_int, ADDRESS)
_GET_OF_FORM: Final = direct(
    pdfium.FPDFFormObj_GetObject, ADDRESS, ADDRESS, ctypes.c_ulong
)
_BOUNDS: Final = direct(
    pdfium.FPDFPageObj_GetBounds, ctypes.c_int, ADDRESS, *[ADDRESS] * 4
)

Matrix = tuple[float, float, float, float, float, float]


class PageObject(NamedTuple):
    """A text, a path, a picture or a shading.

    Attributes:
        at: Where PDFium has it.
        kind: As PDFium counts kinds.
        form: How the form that it is in is placed; None on the page itself.
    """

    at: int
    kind: int
    form: Matrix | None


def page_objects(page: Any) -> list[PageObject]:
    """Return what a page draws, in its order, up to a bound.

    Args:
        page: PDFium's page.
    """
    address = ctypes.cast(page, ctypes.c_void_p).value
    count = min(max(_COUNT(address), 0), _MOST_OBJECTS)
    places = list(map(_GET, repeat(address, count), range(count)))
    listed = list(map(PageObject, places, map(_TYPE, places), repeat(None)))
    if not any(each.kind == _FORM for each in listed):
        return listed
    expanded: list[PageObject] = []
    left = _MOST_OF_FORMS
    for each in listed:
        if each.kind != _FORM:
            expanded.append(each)
            continue
        inside = list(_inside(each.at, left))
        left -= len(inside)
        expanded += inside
    return expanded


def _inside(form: int, most: int) -> Iterator[PageObject]:
    matrix = matrix_of(form)
    count = min(max(_COUNT_OF_FORM(form), 0), _MOST_OBJECTS, most)
    for number in range(count):
        place = _GET_OF_FORM(form, number)
        yield PageObject(place, _TYPE(place), matrix)


def bounds(page_object: PageObject) -> Box | None:
    """Return where something stands on the page; None where PDFium does not know."""
    values = (ctypes.c_float * 4)()
    first = ctypes.addressof(values)
    if not _BOUNDS(page_object.at, first, first + 4, first + 8, first + 12):
        return None
    box = Box(*values)
    return box if page_object.form is None else moved(box, page_object.form)


def raw(place: int) -> Any:
    """Return PDFium's own pointer to an object."""
    return ctypes.cast(place, pdfium.FPDF_PAGEOBJECT)


def matrix_of(place: int) -> Matrix:
    """Return how an object is placed."""
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(raw(place), matrix):
        return (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    return (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def point(x: float, y: float, matrix: Matrix) -> tuple[float, float]:
    """Return where a matrix moves a point."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def moved(box: Box, matrix: Matrix) -> Box:
    """Return the smallest box around what a matrix makes of a box."""
    corners = [
        point(x, y, matrix)
        for x in (box.left, box.right)
        for y in (box.bottom, box.top)
    ]
    xs, ys = zip(*corners, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))
