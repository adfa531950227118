"""The formats that can be read, one row each; other packages may bring more.

A package brings a format by an entry point of the group `erya.formats` that names a
`Format`. Its parser runs in the same walled process as ours, and it is asked only for
suffixes and media types that none of ours has.
"""

import functools
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import PurePosixPath
from typing import Final

from erya.errors import UsageError
from erya.loading.base import Format
from erya.loading.formats.code import LANGUAGES

__all__ = ["FORMATS", "format_name", "format_of", "plugin_media_type", "suffix_formats"]

_GROUP: Final = "erya.formats"
_HERE: Final = "erya.loading.formats."
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
_ENCRYPTED: Final = "application/x-encrypted-office"


def _row(
    name: str,
    media_types: str | tuple[str, ...],
    parser: str = "",
    *,
    suffixes: tuple[str, ...] = (),
    takes: tuple[str, ...] = (),
    signed: bool = False,
) -> Format:
    """Return a format whose parser is one of ours."""
    kinds = (media_types,) if isinstance(media_types, str) else media_types
    return Format(
        name=name,
        media_types=kinds,
        suffixes=suffixes,
        parser=_HERE + parser,
        takes=takes,
        signed=signed,
    )


FORMATS: Final[tuple[Format, ...]] = (
    _row(
        "text", "text/plain", "text:parse_text", suffixes=(".txt", ".text", ".log")
    ),
    _row(
        "markdown", "text/markdown", "markdown:parse_markdown",
        suffixes=(".md", ".markdown", ".mdx"),
    ),
    _row("rst", "text/x-rst", "rst:parse_rst", suffixes=(".rst",)),
    _row(
        "html", "text/html", "html:parse_html",
        suffixes=(".html", ".htm", ".xhtml"), takes=("main",),
    ),
    _row("csv", "text/csv", "faq:parse_csv", suffixes=(".csv", ".tsv")),
    _row(
        "calendar", "text/calendar", "calendars:parse_calendar",
        suffixes=(".ics", ".ical"),
    ),
    _row(
        "vcard", "text/vcard", "contacts:parse_contacts", suffixes=(".vcf", ".vcard")
    ),
    _row("vtt", "text/vtt", "subtitles:parse_subtitles", suffixes=(".srt", ".vtt")),
    _row("code", "text/x-source", "code:parse_code", suffixes=tuple(LANGUAGES)),
    _row("json", "application/json", "data:parse_json", suffixes=(".json",)),
    _row(
        "jsonl", "application/jsonl", "faq:parse_jsonl", suffixes=(".jsonl", ".ndjson")
    ),
    _row("xml", "application/xml", "xml_text:parse_xml", suffixes=(".xml", ".nxml")),
    _row("svg", "image/svg+xml", "xml_text:parse_xml", suffixes=(".svg",)),
    _row(
        "notebooks", "application/x-ipynb+json", "notebook:parse_notebook",
        suffixes=(".ipynb",),
    ),
    _row(
        "epub", "application/epub+zip", "epub:parse_epub", suffixes=(".epub",),
        signed=True,
    ),
    _row(
        "web archives", "multipart/related", "mail:parse_mhtml",
        suffixes=(".mht", ".mhtml"),
    ),
    _row(
        "mails", "message/rfc822", "mail:read_mail", suffixes=(".eml",),
        takes=("on_part",),
    ),
    _row("msg", "application/vnd.ms-outlook", "mail:read_msg", takes=("on_part",)),
    _row(
        "mailboxes", "application/mbox", "mail:read_mailbox", suffixes=(".mbox",),
        takes=("on_part",),
    ),
    _row(
        "docx", f"{_OOXML}wordprocessingml.document", "docx:parse_docx",
        suffixes=(".docx",), signed=True,
    ),
    _row(
        "pptx", f"{_OOXML}presentationml.presentation", "pptx:parse_pptx",
        suffixes=(".pptx",), signed=True,
    ),
    _row(
        "sheets", f"{_OOXML}spreadsheetml.sheet", "sheets:parse_sheets",
        suffixes=(".xlsx",), signed=True,
    ),
    _row(
        "xls", "application/vnd.ms-excel", "sheets:parse_sheets", suffixes=(".xls",),
        signed=True,
    ),
    _row("ods", f"{_ODF}spreadsheet", "sheets:parse_sheets"),
    _row("odt", f"{_ODF}text", "odf:parse_odf", suffixes=(".odt",), signed=True),
    _row("odp", f"{_ODF}presentation", "odf:parse_odf"),
    _row(
        "x-spreadsheet-xml", "application/x-spreadsheet-xml",
        "sheet_xml:parse_sheet_xml",
    ),
    _row("x-word-xml", "application/x-word-xml", "word_xml:parse_word_xml"),
    Format(
        name="pdf",
        media_types=("application/pdf",),
        suffixes=(".pdf",),
        parser="erya.loading.pdf.parser:parse_pdf",
        takes=("ocr", "layout", "on_page", "on_part"),
        signed=True,
    ),
    _row(
        "pictures",
        ("image/*", "image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff"),
        "pictures:parse_picture",
        takes=("ocr",),
    ),
    _row(
        "archives",
        ("application/zip", "application/x-tar", "application/gzip",
         "application/x-bzip2", "application/x-xz"),
        "archives:read_archive",
        suffixes=(".zip",),
        takes=("media_type", "on_part"),
        signed=True,
    ),
    Format(
        name="doc",
        media_types=("application/msword",),
        suffixes=(".doc",),
        via="docx",
        signed=True,
    ),
    Format(
        name="ppt",
        media_types=("application/vnd.ms-powerpoint",),
        suffixes=(".ppt",),
        via="pptx",
        signed=True,
    ),
    Format(name="rtf", media_types=("application/rtf",), via="docx"),
    Format(
        name="locked files",
        media_types=(_ENCRYPTED, "application/pgp-encrypted"),
        locked=True,
    ),
    # Text of other kinds, which would be read as prose and should not be.
    Format(
        name="signatures",
        media_types=("application/pkcs7-signature",),
        suffixes=(".p7s",),
    ),
    Format(
        name="flat OpenDocument",
        media_types=("application/x-flat-opendocument",),
        suffixes=(".fods",),
    ),
    Format(
        name="old Office files",
        media_types=("application/x-ole-storage",),
        refusal="an old Office file of an unknown program",
    ),
    Format(
        name="programs",
        media_types=("application/x-executable",),
        refusal="a program",
    ),
    Format(
        name="HEIC", media_types=("application/x-heic",), refusal="a HEIC picture"
    ),
    Format(
        name="unknown",
        media_types=("application/octet-stream",),
        refusal="of an unknown kind",
    ),
)  # fmt: skip
_BY_MEDIA_TYPE: Final[Mapping[str, Format]] = {
    kind: each for each in FORMATS for kind in each.media_types
}
_BY_SUFFIX: Final[Mapping[str, Format]] = {
    suffix: each for each in FORMATS for suffix in each.suffixes
}


@functools.cache
def _plugins() -> tuple[Format, ...]:
    """Return the formats of other packages.

    Raises:
        UsageError: What an entry point names is no format.
    """
    formats = []
    for point in entry_points(group=_GROUP):
        plugin = point.load()
        if not isinstance(plugin, Format):
            msg = (
                f"The entry point {point.name!r} of {_GROUP} names {point.value}, "
                "which is no erya.loading.Format. Remove its package, or mend it."
            )
            raise UsageError(msg)
        formats.append(plugin)
    return tuple(formats)


def format_of(media_type: str) -> Format | None:
    """Return the format of a media type; None if there is none.

    Raises:
        UsageError: A package brings a format that is none.
    """
    if media_type in _BY_MEDIA_TYPE:
        return _BY_MEDIA_TYPE[media_type]
    return next((each for each in _plugins() if media_type in each.media_types), None)


def suffix_formats(*, signed: bool) -> dict[str, Format]:
    """Return our formats by their suffixes: those with a signature, or the others."""
    return {s: each for s, each in _BY_SUFFIX.items() if each.signed == signed}


def plugin_media_type(name: str) -> str:
    """Return the media type that a package knows a file name by; empty if none does.

    Raises:
        UsageError: A package brings a format that is none.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if not suffix or suffix in _BY_SUFFIX:
        return ""
    named = (each.media_types[0] for each in _plugins() if suffix in each.suffixes)
    return next(named, "")


def format_name(media_type: str) -> str:
    """Return what people call a kind of file."""
    file_format = format_of(media_type)
    return file_format.name if file_format else media_type.rpartition("/")[2]
