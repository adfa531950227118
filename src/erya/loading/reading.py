"""Read the bytes of one file, whatever it is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from erya.errors import DocumentError
from erya.loading.base import Conversion, Format, ParseOptions
from erya.loading.registry import format_of, suffix_formats
from erya.loading.sniffing import media_type
from erya.records import Notice, Parsed, Part

__all__ = ["parse", "read_file"]

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_EMPTY: Final = "application/x-empty"
_TAGS: Final = b"\xf3\xa0"  # how tags (U+E0000 to U+E007F) begin in UTF-8
_ZERO_WIDTH: Final = "\u200b".encode()
_SOME: Final = 3  # one or two are left behind by editors
_PICTURES: Final = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff")
)
_PROMISES: Final = suffix_formats(signed=True)
_OFTEN_TEXT: Final = frozenset((".doc", ".xls"))  # programs write text under them
_LEAST_TEXT: Final = 64  # bytes of a text that bears the name of something else


def parse(data: bytes, name: str) -> Parsed:
    """Read `data` with the parser for what it is; what is attached to it is left out.

    Raises:
        DocumentError: The kind is not supported, the bytes are damaged, or there is no
            text in them.
    """
    read = read_file(data, name)
    if isinstance(read, Parsed):
        return read
    if isinstance(read, Conversion):
        msg = f"It is read as {read.to}, which LibreOffice turns it into."
        raise DocumentError(msg, code="needs_program")
    msg = "The file is an archive; `ParserPool` reads what is in it."
    raise DocumentError(msg, code="unsupported_type")


def read_file(
    data: bytes, name: str, options: ParseOptions | None = None
) -> Parsed | list[Notice] | Conversion:
    """Read `data` with the parser for what it is.

    Args:
        data: The file's bytes.
        name: The file's name.
        options: What the parser is given beside them.

    Returns:
        What was read; of an archive the notices of what was passed over; of what
        LibreOffice has to convert first, into what.

    Raises:
        DocumentError: The kind is not supported, the bytes are damaged, or there is no
            text in them.
    """
    kind = media_type(data, name)
    file_format = _readable(kind, data, name)
    other = _mismatch(data, name, kind)
    if file_format.via:
        return Conversion(file_format.via)
    options = replace(options or ParseOptions(), media_type=kind)
    if kind.startswith(_OOXML):
        data = _usual_office(data, options.on_part)
    parsed = file_format.parse(data, name, options)
    if not isinstance(parsed, Parsed):
        return [*parsed, *filter(None, (other,))]
    if not parsed.blocks:
        reasons = (notice.message for notice in parsed.notices)
        msg = " ".join(("The file has no text in it.", *reasons))
        raise DocumentError(msg, code="empty")
    notices = [*parsed.notices, *filter(None, (other, _unseen(data, kind)))]
    return replace(parsed, notices=tuple(notices))


def _readable(kind: str, data: bytes, name: str) -> Format:
    """Return the format of a kind of file that something reads.

    Raises:
        DocumentError: Nothing does.
    """
    file_format = format_of(kind)
    if file_format is not None and file_format.locked:
        msg = "The file wants a password. Save it without one, and read it again."
        raise DocumentError(msg, code="password_protected")
    if kind == _EMPTY:
        msg = "The file is empty."
        raise DocumentError(msg, code="empty_file")
    if file_format is None or not (file_format.parser or file_format.via):
        _mismatch(data, name, kind)  # says what its name promises
        refusal = file_format.refusal if file_format else ""
        what = refusal or f"of the kind {kind}"
        msg = f"The file is {what}, which cannot be read. Save it as PDF or text."
        raise DocumentError(msg, code="unsupported_type")
    return file_format


def _mismatch(data: bytes, name: str, kind: str) -> Notice | None:
    """Say that a file is of another kind than its name tells.

    Raises:
        DocumentError: It is of no kind that can be read, or next to nothing.
    """
    suffix = PurePosixPath(name).suffix
    promised = _PROMISES.get(suffix.lower())
    if promised is None or kind in promised.media_types:
        return None
    what = kind.rpartition("/")[2] if kind.startswith(("text/", "image/")) else kind
    message = f"Its name ends in {suffix}, but that is not what it is: {what}."
    file_format = format_of(kind)
    # A picture under such a name is a mistake of whoever saved it.
    readable = (
        kind not in _PICTURES
        and file_format
        and (file_format.parser or file_format.via)
    )
    few = kind == "text/plain" and len(data) < _LEAST_TEXT
    if not readable or (few and suffix.lower() not in _OFTEN_TEXT):
        msg = f"{message} Open it and save it again."
        raise DocumentError(msg, code="type_mismatch")
    return Notice("type_mismatch", f"{message} It was read as what it is.")


def _usual_office(data: bytes, on_part: Callable[[Part], None]) -> bytes:
    """Return a package of Office with usual names; pass on the documents inside it."""
    # Not above: they load lxml, which a program that only asks has no use for.
    from erya.loading.formats.office_package import usual_package  # noqa: PLC0415
    from erya.loading.formats.office_parts import embedded_files  # noqa: PLC0415

    data = usual_package(data, called="Office document")
    for part in embedded_files(data):
        on_part(part)
    return data


def _unseen(data: bytes, kind: str) -> Notice | None:
    """Say that a text had signs in it that hide text from a reader."""
    if not kind.startswith("text/") or (
        _TAGS not in data and data.count(_ZERO_WIDTH) < _SOME
    ):
        return None
    message = "Signs that no reader can see, as text is hidden with, were removed."
    return Notice("hidden_text", message)
