"""Rectangles on a page of a PDF, and how PDFium is asked for them."""

import ctypes
from typing import Any, Final, NamedTuple

__all__ = ["Box", "area", "direct", "joined", "overlap", "turned"]


class Box(NamedTuple):
    """A rectangle in points, from the lower left corner."""

    left: float
    bottom: float
    right: float
    top: float


def direct(function: Any, result: Any, *arguments: Any) -> Any:
    """Return a function of PDFium that takes plain addresses and keeps Python's lock.

    Most of a page's time goes into asking where characters stand, and most of that into
    making and checking pointers: a call takes a sixth of the time.
    """
    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


ADDRESS: Final = ctypes.c_void_p


def turned(box: Box, *, degrees: int, edges: Box) -> Box:
    """Return where a box stands on a page that is shown turned.

    Args:
        box: On the page as it is.
        degrees: Clockwise: 0, 90, 180 or 270.
        edges: Of the page as it is; shown, its lower left corner is 0, 0.
    """
    left, bottom, right, top = (
        box.left - edges.left, box.bottom - edges.bottom,
        box.right - edges.left, box.top - edges.bottom,
    )  # fmt: skip
    width, height = edges.right - edges.left, edges.top - edges.bottom
    if degrees == 90:
        return Box(bottom, width - right, top, width - left)
    if degrees == 180:
        return Box(width - right, height - top, width - left, height - bottom)
    if degrees == 270:
        return Box(height - top, left, height - bottom, right)
    return Box(left, bottom, right, top)


def joined(one: Box, other: Box) -> Box:
    """Return the smallest box around both."""
    return Box(
        min(one.left, other.left),
        min(one.bottom, other.bottom),
        max(one.right, other.right),
        max(one.top, other.top),
    )


def area(box: Box) -> float:
    """Return the area of a box, never 0."""
    return max((box.right - box.left) * (box.top - box.bottom), 1e-6)


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share; 0 if they are apart."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.top, other.top) - max(one.bottom, other.bottom)
    return max(width, 0.0) * max(height, 0.0)
