"""Pictures of text, as of a camera or a scanner."""

import io
from pathlib import PurePosixPath
from typing import Final

from erya.errors import DocumentError
from erya.extras import require
from erya.loading.pdf.layout import PageText, lay_out
from erya.records import Notice, Parsed, Span

__all__ = ["parse_picture"]

_MOST_PIXELS: Final = 60_000_000
_LONGER_SIDE: Final = 4_000  # pixels; larger pictures are made smaller first
_POINTS: Final = 0.36  # a pixel at 200 to the inch


def parse_picture(data: bytes, name: str, *, ocr: bool) -> Parsed:
    """Recognise the text of a picture.

    Raises:
        DocumentError: Text recognition is not wanted here, the picture is damaged or
            too large, or there is no text in it.
    """
    if not ocr:
        msg = (
            "It is a picture. Text recognition reads it: pip install 'erya[ocr]', then "
            "read it again."
        )
        raise DocumentError(msg, code="needs_ocr")
    from erya.loading.pdf.ocr import recognise_picture  # noqa: PLC0415 - an extra

    image = require("PIL.Image", feature="Reading pictures", extra="ocr")
    numpy = require("numpy", feature="Reading pictures", extra="ocr")
    try:
        with image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
            if width * height > _MOST_PIXELS:
                msg = (
                    f"The picture has {width:,} × {height:,} pixels; up to "
                    f"{_MOST_PIXELS:,} are read. Make it smaller."
                )
                raise DocumentError(msg, code="too_large")
            flat = picture.convert("RGB")
    except image.DecompressionBombError as error:  # judged by its head alone
        msg = f"The picture has too many pixels: {error}. Make it smaller."
        raise DocumentError(msg, code="too_large") from None
    except (OSError, ValueError, SyntaxError) as error:
        msg = f"This picture is damaged: {error}"
        raise DocumentError(msg, code="damaged") from None
    flat.thumbnail((_LONGER_SIDE, _LONGER_SIDE))
    pixels = numpy.asarray(flat)[:, :, ::-1]
    recognition = recognise_picture(
        pixels, size=(flat.width * _POINTS, flat.height * _POINTS)
    )
    page = PageText()
    lay_out(page, recognition.lines)
    if not page.blocks:
        msg = "Text recognition found no text in this picture."
        raise DocumentError(msg, code="empty")
    message = "The text was recognised in a picture; that errs now and then."
    return Parsed(
        title=PurePosixPath(name).stem,
        text=page.text,
        blocks=tuple(page.blocks),
        pages=(Span(0, len(page.text)),),
        media_type="image/*",
        notices=(Notice("ocr", message, 1),),
    )
