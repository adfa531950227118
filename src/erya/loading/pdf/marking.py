"""Mark a span of a PDF's text on its page. Runs in a parsing process.

The page is read again exactly as it was for the text, so that each character of the
span leads to its number in PDFium's list, and from there to where it stands.
"""

import base64
import ctypes
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from erya.errors import DocumentError
from erya.language import fold_letters
from erya.loading.pdf.boxes import Box as _Points
from erya.loading.pdf.parser import PdfReader, open_pdf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["mark_pdf"]

_GRID: Final = 100_000  # PDFium counts a page in whole steps; boxes are shares of it
_MOST_RECTANGLES: Final = 2_000
_PIXELS: Final = 1_600  # of the longer side
_YELLOW: Final = (255, 235, 90)


class _Box(NamedTuple):
    """A rectangle in shares of the page, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


def mark_pdf(  # noqa: PLR0913 - where it stands, and how it was read
    data: bytes,
    *,
    page: int,
    start: int,
    end: int,
    quote: str,
    ocr: bool = False,
    layout: bool = False,
    picture: bool = True,
) -> dict[str, Any]:
    """Return where a span stands, and a picture of the page with the span marked.

    Args:
        data: The PDF.
        page: From 1.
        start: First character, counted in the text of the page.
        end: One past the last.
        quote: What stands there, as it was cited.
        ocr: Recognise the text of the page if it has no other.
        layout: Read the page by its regions, as a model sees them.
        picture: Whether a picture is wanted.

    Returns:
        `boxes`: [left, top, right, bottom] of each line, 0 to 1; `png`: the picture in
        base64.

    Raises:
        DocumentError: There is no such page or span.
    """
    with open_pdf(data) as document:
        if not 0 < page <= len(document):
            msg = f"There is no page {page} in this PDF of {len(document)} pages."
            raise DocumentError(msg, code="no_such_page")
        page_text = PdfReader(document, ocr=ocr, layout=layout).page(page - 1)
        if fold_letters(page_text.text[start:end]) != fold_letters(quote):
            msg = (
                f"Page {page} is read otherwise than when the file was ingested, so "
                "the words cannot be marked. Ingest it again with --force."
            )
            raise DocumentError(msg, code="no_such_span")
        numbers = [number for number in page_text.numbers[start:end] if number >= 0]
        if not numbers:
            msg = f"There is nothing to mark from {start} to {end} on page {page}."
            raise DocumentError(msg, code="no_such_span")
        opened = document[page - 1]
        shares = (
            (_shares(page_text.ocr_boxes[number]) for number in numbers)
            if page_text.ocr_boxes
            else _boxes(opened, numbers)
        )
        boxes = list(_lines(shares))
        png = _picture(opened, boxes) if picture else b""
    return {
        "boxes": [[round(value, 4) for value in box] for box in boxes],
        "png": base64.b64encode(png).decode(),
    }


def _shares(box: _Points) -> _Box:
    return _Box(box.left, box.top, box.right, box.bottom)


def _boxes(page: pypdfium2.PdfPage, numbers: Sequence[int]) -> Iterator[_Box]:
    """Yield the rectangles of characters, run by run as PDFium counts them."""
    textpage = page.get_textpage()
    for first, count in _runs(numbers):
        rectangles = pdfium.FPDFText_CountRects(textpage.raw, first, count)
        for at in range(min(rectangles, _MOST_RECTANGLES)):
            yield _on_page(page, textpage.get_rect(at))
    textpage.close()


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the count of numbers that follow each other."""
    start = before = numbers[0]
    for number in numbers[1:]:
        if number != before + 1:
            yield start, before - start + 1
            start = number
        before = number
    yield start, before - start + 1


def _on_page(
    page: pypdfium2.PdfPage, rectangle: tuple[float, float, float, float]
) -> _Box:
    """Turn PDF points into shares of the page as it is shown: rotated and cropped."""
    left, bottom, right, top = rectangle
    corners = []
    for x, y in ((left, top), (right, bottom)):
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(
            page.raw, 0, 0, _GRID, _GRID, 0, x, y,
            ctypes.byref(across), ctypes.byref(down),
        )  # fmt: skip
        corners.append((across.value / _GRID, down.value / _GRID))
    (x1, y1), (x2, y2) = corners
    return _Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _lines(boxes: Iterator[_Box]) -> Iterator[_Box]:
    """Join rectangles that stand beside each other on one line."""
    line: _Box | None = None
    for box in boxes:
        if line is not None and _beside(line, box):
            line = _Box(
                min(line.left, box.left), min(line.top, box.top),
                max(line.right, box.right), max(line.bottom, box.bottom),
            )  # fmt: skip
            continue
        if line is not None:
            yield line
        line = box
    if line is not None:
        yield line


def _beside(line: _Box, box: _Box) -> bool:
    shared = min(line.bottom, box.bottom) - max(line.top, box.top)
    lower = min(line.bottom - line.top, box.bottom - box.top)
    return shared > 0.5 * lower and abs(box.left - line.right) < 0.05


def _picture(page: pypdfium2.PdfPage, boxes: Sequence[_Box]) -> bytes:
    """Return the page as a PNG with the boxes in yellow, as a text marker would."""
    import numpy as np  # noqa: PLC0415

    scale = _PIXELS / max(*page.get_size(), 1.0)
    bitmap = page.render(scale=scale, rev_byteorder=True)
    pixels = np.array(bitmap.to_numpy()[:, :, :3])
    height, width = pixels.shape[:2]
    for box in boxes:
        part = pixels[
            max(int(box.top * height), 0) : max(int(box.bottom * height) + 1, 0),
            max(int(box.left * width), 0) : max(int(box.right * width) + 1, 0),
        ]
        # Darker wins, so that the letters stay.
        part[:] = np.minimum(part, np.array(_YELLOW, dtype=np.uint8))
    return _png(pixels)


def _png(pixels: "NDArray[np.uint8]") -> bytes:
    """Write an image of the shape (height, width, 3) as PNG (RFC 2083)."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\x00" + row.tobytes() for row in pixels)  # 0: rows as they are
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 6)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )  # fmt: skip
