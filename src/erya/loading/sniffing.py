"""What bytes are, by looking at them; the name only breaks ties."""

import io
import re
import zipfile
from pathlib import PurePosixPath
from typing import Final

from erya.loading.encodings import unmarked_utf16

__all__ = ["media_type"]

_HEAD = 4_096

_MAGIC: Final = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x1f\x9d", "application/x-compress"),
    (b"BZh91AY&SY", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x7fELF", "application/x-executable"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"ITSF", "application/vnd.ms-htmlhelp"),
    (b"-----BEGIN PGP", "application/pgp-encrypted"),
)

_PDF_MARK: Final = b"%PDF-1."
_OFFICE_KIND = "application/vnd.openxmlformats-officedocument."
# The part that each kind of Office document has.
_OFFICE: Final = {
    "word/document.xml": f"{_OFFICE_KIND}wordprocessingml.document",
    "ppt/presentation.xml": f"{_OFFICE_KIND}presentationml.presentation",
    "xl/workbook.xml": f"{_OFFICE_KIND}spreadsheetml.sheet",
}

_BY_SUFFIX: Final = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
}

# Text of other kinds, which would be read as prose and should not be.
_UNREADABLE: Final = {
    ".json": "application/json",
    ".xml": "application/xml",
    ".eml": "message/rfc822",
    ".ipynb": "application/x-ipynb+json",
    ".nxml": "application/xml",
    ".p7s": "application/pkcs7-signature",
    ".svg": "image/svg+xml",
    ".fods": "application/xml",
}

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
# What may stand before the first element, each with its end.
_BEFORE_HTML: Final = ((b"<?xml", b"?>"), (b"<!--", b"-->"))
_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def media_type(data: bytes, name: str) -> str:
    """Return the media type of `data`.

    Known signatures win over the name, HTML is known by its first element, and the name
    tells apart the kinds of plain text. Bytes that are no text are
    `application/octet-stream`; no bytes at all are `application/x-empty`.
    """
    if not data:
        return "application/x-empty"
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return _inside_zip(data) if kind == "application/zip" else kind
    head = data[:_HEAD]
    if _is_text(head):
        return _kind_of_text(head, name)
    # Some servers send something before it.
    return "application/pdf" if _PDF_MARK in head else "application/octet-stream"


def _kind_of_text(head: bytes, name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    if _begins_html(_ascii(head)):
        return "text/html"
    return _BY_SUFFIX.get(suffix) or _UNREADABLE.get(suffix) or "text/plain"


def _inside_zip(data: bytes) -> str:
    """Tell what an archive is by the names in it; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "application/zip"
    return next((kind for name, kind in _OFFICE.items() if name in names),
                "application/zip")  # fmt: skip


def _begins_html(head: bytes) -> bool:
    """Tell whether the first element is one of HTML, comments before it aside."""
    head = head.lstrip()
    while before := next((b for b in _BEFORE_HTML if head.startswith(b[0])), None):
        head = head.partition(before[1])[2].lstrip()
    return _HTML.match(head) is not None


def _ascii(head: bytes) -> bytes:
    """Drop a byte order mark, and the zero bytes that UTF-16 puts between letters."""
    for bom in _BOMS:
        head = head.removeprefix(bom)
    return head.replace(b"\x00", b"")


def _is_text(head: bytes) -> bool:
    """Tell text from binary: few control bytes, or UTF-16."""
    if head.startswith(_BOMS):
        return True
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return controls * 50 <= len(head) or unmarked_utf16(head) is not None
