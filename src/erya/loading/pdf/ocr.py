"""Recognise the text of pictures, by RapidOCR. Runs in a parsing process of its own."""

import statistics
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from erya.errors import DocumentError
from erya.extras import onnxruntime, require
from erya.loading.pdf.boxes import Box
from erya.loading.pdf.lines import Line, Piece

if TYPE_CHECKING:
    import numpy as np
    import pypdfium2
    from numpy.typing import NDArray

__all__ = ["Recognition", "prepare", "recognise_page", "recognise_picture"]

_DPI: Final = 200  # as scanners have it: finer takes longer and is read no better
_MOST_PIXELS: Final = 4_000  # of the longer side
_POINTS: Final = 72  # to the inch
_UPRIGHT: Final = 4  # characters: more are not written in one place
_SURE: Final = 0.5  # what is less likely to be right is left out
_ALIKE: Final = (0.7, 1.4)  # times the usual height: letters of one size


class Recognition(NamedTuple):
    """What was recognised.

    Attributes:
        lines: The lines, in points of the page.
        boxes: The box of each character by its number, in shares of the page, from
            its upper left corner: `top` is smaller than `bottom`.
    """

    lines: list[Line]
    boxes: list[Box]


def recognise_page(page: "pypdfium2.PdfPage") -> Recognition:
    """Recognise the text of a page, as it is shown.

    Raises:
        MissingExtraError: The extra `ocr` is not installed.
    """
    width, height = page.get_size()
    scale = min(_DPI / _POINTS, _MOST_PIXELS / max(width, height, 1.0))
    pixels = page.render(scale=scale, rev_byteorder=False).to_numpy()[:, :, :3]
    return recognise_picture(pixels, size=(width, height))


def recognise_picture(
    pixels: "NDArray[np.uint8]", *, size: tuple[float, float]
) -> Recognition:
    """Recognise the text of a picture.

    Args:
        pixels: Of the shape (height, width, 3), blue first.
        size: The width and height that the lines are to have, in points.

    Raises:
        DocumentError: The picture has no area.
        MissingExtraError: The extra `ocr` is not installed.
    """
    if 0 in pixels.shape:
        msg = "The picture has no area."
        raise DocumentError(msg, code="damaged")
    result = _engine()(pixels)
    recognition = Recognition([], [])
    if result.boxes is None:
        return recognition
    high, wide = pixels.shape[:2]
    width, height = size
    rows: list[tuple[str, Box]] = []
    for corners, text, score in zip(
        result.boxes, result.txts, result.scores, strict=True
    ):
        if score >= _SURE and text.strip():
            xs = [float(x) / wide for x, _ in corners]
            ys = [float(y) / high for _, y in corners]
            rows.append((text.strip(), Box(min(xs), max(ys), max(xs), min(ys))))
    sizes = [(box.bottom - box.top) * height for _, box in rows]
    usual = statistics.median(sizes) if sizes else 0.0
    for (text, box), tall in zip(rows, sizes, strict=True):
        first = len(recognition.boxes)
        recognition.boxes.extend(_characters(text, box))
        alike = _ALIKE[0] * usual <= tall <= _ALIKE[1] * usual
        recognition.lines.append([
            Piece(
                text,
                range(first, len(recognition.boxes)),
                Box(box.left * width, height * (1 - box.bottom),
                    box.right * width, height * (1 - box.top)),
                usual if alike else tall,
                height * (1 - box.bottom),
            )
        ])  # fmt: skip
    return Recognition(_rows(recognition.lines), recognition.boxes)


def _characters(text: str, box: Box) -> Sequence[Box]:
    """Share a line's box among its characters; Chinese ones are twice as wide."""
    if box.bottom - box.top > box.right - box.left and len(text) > _UPRIGHT:
        return [box] * len(text)  # it runs up or down: the whole line is marked
    widths = [2 if character > "\u2e7f" else 1 for character in text]
    step = (box.right - box.left) / sum(widths)
    boxes = []
    left = box.left
    for width in widths:
        boxes.append(Box(left, box.bottom, left + width * step, box.top))
        left += width * step
    return boxes


def _rows(lines: list[Line]) -> list[Line]:
    """Put what stands at one height into one line, from the top."""
    rows: list[Line] = []
    for line in sorted(lines, key=lambda each: -each[0].box.top):
        middle = (line[0].box.top + line[0].box.bottom) / 2
        if rows and rows[-1][0].box.bottom < middle < rows[-1][0].box.top:
            rows[-1].extend(line)
        else:
            rows.append(list(line))
    return [sorted(row, key=lambda piece: piece.box.left) for row in rows]


def prepare() -> None:
    """Load the models; a process that is bounded later can do so no more.

    Each is loaded when it first has something to do, so a word is rendered for them.

    Raises:
        MissingExtraError: The extra `ocr` is not installed.
    """
    import numpy as np  # noqa: PLC0415

    cv2 = require("cv2", feature="Text recognition", extra="ocr")
    sample = np.full((80, 240, 3), 255, dtype=np.uint8)
    cv2.putText(sample, "Erya", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 3)
    _engine()(sample)


@cache
def _engine() -> Any:
    onnxruntime()  # tell it first not to report to its maker
    rapidocr = require("rapidocr", feature="Text recognition", extra="ocr")
    return rapidocr.RapidOCR(params={"Global.log_level": "critical"})
