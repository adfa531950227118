"""Text boxes and titles of charts in old workbooks (xls, BIFF8)."""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final

from erya.loading.formats.sheet_shown import Silent

__all__ = ["texts_of", "xls_texts"]

# Numbers of records ([MS-XLS], 2.3.2).
_TEXT_BOX: Final = 0x01B6
_CONTINUES: Final = 0x003C
_CHART_TEXT: Final = 0x100D
_STREAMS: Final = ("Workbook", "Book")
_MOST: Final = 10_000  # texts


def xls_texts(data: bytes) -> list[str]:
    """Return what text boxes, titles and series of charts say, each once.

    Empty where there are none, or the file is damaged.
    """
    import xlrd  # noqa: PLC0415 - seldom needed

    try:
        document = xlrd.compdoc.CompDoc(data, logfile=Silent())
        streams = (document.get_named_stream(name) for name in _STREAMS)
        stream = next((each for each in streams if each), b"")
        texts = list(islice(texts_of(stream), _MOST))
    except (
        xlrd.compdoc.CompDocError, struct.error, AssertionError, LookupError,
        TypeError, ValueError,
    ):  # fmt: skip
        return []
    return list(dict.fromkeys(text for text in texts if text))


def texts_of(stream: bytes) -> Iterator[str]:
    """Yield the texts of a stream of records, in order."""
    expected_length = 0  # characters of a text box, which stand in the next record
    for kind, body in _records(stream):
        if kind == _TEXT_BOX and len(body) >= 12:
            (expected_length,) = struct.unpack_from("<H", body, 10)
        elif kind == _CONTINUES and expected_length and body:
            yield _decode(body[1:], expected_length, wide=bool(body[0] & 1))
            expected_length = 0
        elif kind == _CHART_TEXT and len(body) > 4:
            yield _decode(body[4:], body[2], wide=bool(body[3] & 1))


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _decode(data: bytes, count: int, *, wide: bool) -> str:
    text = data[: 2 * count if wide else count].decode(
        "utf-16-le" if wide else "latin-1", "replace"
    )
    return " ".join(text.split())
