"""Which parser reads which kind of bytes."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final, cast

from erya.errors import DocumentError
from erya.loading.base import Parser
from erya.loading.sniffing import media_type
from erya.records import Notice, Parsed, Part

__all__ = ["PARSERS", "parse", "parser_for", "read_file"]

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
_SHEETS: Final = ("erya.loading.sheets", "parse_sheets")
_PDF: Final = "application/pdf"

# Media type → module and function. Named, not imported: a process that only asks, and a
# parsing process that never meets a format, need not load its library.
PARSERS: Final[dict[str, tuple[str, str]]] = {
    "text/plain": ("erya.loading.text", "parse_text"),
    "text/markdown": ("erya.loading.markdown", "parse_markdown"),
    "text/x-rst": ("erya.loading.rst", "parse_rst"),
    "text/html": ("erya.loading.html", "parse_html"),
    "text/csv": ("erya.loading.faq", "parse_csv"),
    "text/calendar": ("erya.loading.calendars", "parse_calendar"),
    "text/vcard": ("erya.loading.contacts", "parse_contacts"),
    "text/vtt": ("erya.loading.subtitles", "parse_subtitles"),
    "text/x-source": ("erya.loading.code", "parse_code"),
    "application/json": ("erya.loading.data", "parse_json"),
    "application/jsonl": ("erya.loading.faq", "parse_jsonl"),
    "application/xml": ("erya.loading.xml_text", "parse_xml"),
    "image/svg+xml": ("erya.loading.xml_text", "parse_xml"),
    "application/x-ipynb+json": ("erya.loading.notebook", "parse_notebook"),
    "application/epub+zip": ("erya.loading.epub", "parse_epub"),
    "multipart/related": ("erya.loading.mail", "parse_mhtml"),
    f"{_OOXML}wordprocessingml.document": ("erya.loading.docx", "parse_docx"),
    f"{_OOXML}presentationml.presentation": ("erya.loading.pptx", "parse_pptx"),
    f"{_OOXML}spreadsheetml.sheet": _SHEETS,
    "application/vnd.ms-excel": _SHEETS,
    "application/x-spreadsheet-xml": ("erya.loading.sheet_xml", "parse_sheet_xml"),
    "application/x-word-xml": ("erya.loading.word_xml", "parse_word_xml"),
    f"{_ODF}spreadsheet": _SHEETS,
    f"{_ODF}text": ("erya.loading.odf", "parse_odf"),
    f"{_ODF}presentation": ("erya.loading.odf", "parse_odf"),
}
# Read with what is attached to them.
_MAILS: Final = {
    "message/rfc822": ("erya.loading.mail", "parse_mail"),
    "application/vnd.ms-outlook": ("erya.loading.mail", "parse_msg"),
}
_ARCHIVES: Final = frozenset(
    ("application/zip", "application/x-tar", "application/gzip",
     "application/x-bzip2", "application/x-xz")
)  # fmt: skip
_MAILBOX: Final = "application/mbox"
# What LibreOffice turns into a kind that can be read.
_OFFICE: Final = {
    "application/msword": "docx",
    "application/vnd.ms-powerpoint": "pptx",
    "application/rtf": "docx",
}
_LOCKED: Final = frozenset(
    ("application/x-encrypted-office", "application/pgp-encrypted")
)
_TAGS: Final = b"\xf3\xa0"  # how tags (U+E0000 to U+E007F) begin in UTF-8
_ZERO_WIDTH: Final = "\u200b".encode()
_SOME: Final = 3  # one or two are left behind by editors
_CALLED: Final = {
    "application/x-ole-storage": "an old Office file of an unknown program",
    "application/x-executable": "a program",
    "application/x-heic": "a HEIC picture",
    "application/octet-stream": "of an unknown kind",
}


# What a name promises, where the bytes of other kinds are no such file.
_PROMISED: Final = {
    ".pdf": _PDF,
    ".docx": f"{_OOXML}wordprocessingml.document",
    ".pptx": f"{_OOXML}presentationml.presentation",
    ".xlsx": f"{_OOXML}spreadsheetml.sheet",
    ".odt": f"{_ODF}text",
    ".epub": "application/epub+zip",
    ".zip": "application/zip",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_OFTEN_TEXT: Final = frozenset((".doc", ".xls"))  # programs write text under them
_LEAST_TEXT: Final = 64  # bytes of a text that bears the name of something else


def _mismatch(data: bytes, name: str, kind: str) -> Notice | None:
    """Say that a file is of another kind than its name tells.

    Raises:
        DocumentError: It is of no kind that can be read, or next to nothing.
    """
    promised = _PROMISED.get(PurePosixPath(name).suffix.lower(), kind)
    if kind in {promised, "application/x-empty"} or kind in _LOCKED:
        return None
    suffix = PurePosixPath(name).suffix
    called = kind.rpartition("/")[2] if kind.startswith(("text/", "image/")) else kind
    message = f"Its name ends in {suffix}, but that is not what it is: {called}."
    readable = kind in {*PARSERS, *_MAILS, *_ARCHIVES, *_OFFICE, _PDF}
    few = kind == "text/plain" and len(data) < _LEAST_TEXT
    if not readable or (few and suffix.lower() not in _OFTEN_TEXT):
        msg = f"{message} Open it and save it again."
        raise DocumentError(msg, code="type_mismatch")
    return Notice("type_mismatch", f"{message} It was read as what it is.")


def parser_for(kind: str) -> Parser:
    """Return the parser of a media type.

    Raises:
        DocumentError: No parser reads this kind.
    """
    if kind == "application/x-empty":
        msg = "The file is empty."
        raise DocumentError(msg, code="empty_file")
    if kind not in PARSERS:
        called = _CALLED.get(kind, f"of the kind {kind}")
        msg = f"The file is {called}, which cannot be read. Save it as PDF or text."
        raise DocumentError(msg, code="unsupported_type")
    return cast("Parser", _opened(PARSERS[kind]))


def _opened(named: tuple[str, str]) -> Callable[..., object]:
    module, function = named
    return cast(
        "Callable[..., object]", getattr(importlib.import_module(module), function)
    )


def parse(data: bytes, name: str) -> Parsed:
    """Read `data` with the parser for what it is; what is attached to it is left out.

    Raises:
        DocumentError: The kind is not supported, the bytes are damaged, or there is no
            text in them.
    """
    read = read_file(data, name)
    if isinstance(read, Parsed):
        return read
    msg = "The file is an archive; `ParserPool` reads what is in it."
    raise DocumentError(msg, code="unsupported_type")


def read_file(
    data: bytes,
    name: str,
    *,
    ocr: bool = False,
    layout: bool = False,
    main: bool = False,
    on_page: Callable[[int], None] = lambda _: None,
    on_part: Callable[[Part], None] = lambda _: None,
) -> Parsed | list[Notice]:
    """Read `data` with the parser for what it is.

    Args:
        data: The file's bytes.
        name: The file's name.
        ocr: Recognise the text of pictures, where a page has no other.
        layout: Read pages of PDFs by their regions, as a model sees them.
        main: Read only the main part of web pages.
        on_page: Called after each page of what is read page by page, with the number
            of pages in all.
        on_part: Called with each file inside the file.

    Returns:
        What was read; of an archive the notices of what was passed over.

    Raises:
        DocumentError: The kind is not supported, the bytes are damaged, or there is no
            text in them.
    """
    kind = media_type(data, name)
    if kind in _LOCKED:
        msg = "The file wants a password. Save it without one, and read it again."
        raise DocumentError(msg, code="password_protected")
    other = _mismatch(data, name, kind)
    if kind in _ARCHIVES or kind == _MAILBOX:
        return _unpacked(data, name, kind=kind, on_part=on_part)
    if kind in _OFFICE:
        msg = f"It is read as {_OFFICE[kind]}, which LibreOffice turns it into."
        raise DocumentError(msg, code=f"convert_to_{_OFFICE[kind]}")
    if kind.startswith(_OOXML):
        data = _usual_office(data, on_part)
    if kind in _MAILS:
        parsed, parts = cast(
            "tuple[Parsed, list[Part]]", _opened(_MAILS[kind])(data, name)
        )
        for part in parts:
            on_part(part)
    elif kind == _PDF:
        from erya.loading.pdf import parse_pdf  # noqa: PLC0415 - PDFium is large

        parsed = parse_pdf(
            data, name, ocr=ocr, layout=layout, on_page=on_page, on_part=on_part
        )
    else:
        parsed = _parser_of(kind, ocr=ocr, main=main)(data, name)
    if not parsed.blocks:
        told = (notice.message for notice in parsed.notices)
        msg = " ".join(("The file has no text in it.", *told))
        raise DocumentError(msg, code="empty")
    notices = [*parsed.notices, *filter(None, (other, _unseen(data, kind)))]
    return replace(parsed, notices=tuple(notices))


def _parser_of(kind: str, *, ocr: bool, main: bool) -> Parser:
    if kind.startswith("image/") and kind not in PARSERS:
        from erya.loading.pictures import parse_picture  # noqa: PLC0415

        return partial(parse_picture, ocr=ocr)
    if kind == "text/html":
        from erya.loading.html import parse_html  # noqa: PLC0415 - as its siblings

        return partial(parse_html, main=main)
    return parser_for(kind)


def _usual_office(data: bytes, on_part: Callable[[Part], None]) -> bytes:
    """Return a package of Office with usual names; pass on the documents inside it."""
    from erya.loading.office_package import usual_package  # noqa: PLC0415
    from erya.loading.office_parts import embedded_files  # noqa: PLC0415

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


def _unpacked(
    data: bytes, name: str, *, kind: str, on_part: Callable[[Part], None]
) -> list[Notice]:
    if kind == _MAILBOX:
        from erya.loading.mail import mailbox_parts  # noqa: PLC0415

        for part in mailbox_parts(data):
            on_part(part)
        return []
    from erya.loading.archives import archive_parts  # noqa: PLC0415

    notices: list[Notice] = []
    parts = 0
    for found in archive_parts(data, name, kind):
        if isinstance(found, Part):
            on_part(found)
            parts += 1
        else:
            notices.append(found)
    if notices and not parts:
        raise DocumentError(notices[0].message, code=notices[0].code)
    return notices
