"""What bytes are, by looking at them; the name only breaks ties."""

import io
import re
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Final

from erya.loading.encodings import unmarked_utf16
from erya.loading.registry import plugin_media_type, suffix_formats

__all__ = ["media_type"]

_HEAD = 4_096
_OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MAGIC: Final = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (_OLE_MAGIC, "application/x-ole-storage"),
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
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x7fELF", "application/x-executable"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"ITSF", "application/vnd.ms-htmlhelp"),
    (b"-----BEGIN PGP", "application/pgp-encrypted"),
)

_PDF_MARK: Final = re.compile(rb"%PDF-[12]\.")
_PDF_END: Final = b"%%EOF"
_PDF_WITHIN: Final = 1_024
_OFFICE_KIND = "application/vnd.openxmlformats-officedocument."
# The part that each kind of Office document has.
_OFFICE: Final = {
    "word/document.xml": f"{_OFFICE_KIND}wordprocessingml.document",
    "ppt/presentation.xml": f"{_OFFICE_KIND}presentationml.presentation",
    "xl/workbook.xml": f"{_OFFICE_KIND}spreadsheetml.sheet",
    "xl/workbook.bin": f"{_OFFICE_KIND}spreadsheetml.sheet",
    "META-INF/container.xml": "application/epub+zip",
}
# The main part of each kind: of documents, templates, shows, and with macros.
_MAIN_PARTS: Final = (
    ("document", re.compile(rb"word(?:processingml)?\.\w+(?:\.macro\w+)?\.main\+xml")),
    ("presentation", re.compile(
        rb"(?:presentationml|powerpoint)\.\w+(?:\.macro\w+)?\.main\+xml"
    )),
    ("sheet", re.compile(rb"(?:spreadsheetml|excel)\.\w+(?:\.macro\w+)?\.main\+xml")),
)  # fmt: skip
_TYPES: Final = "[Content_Types].xml"
_MOST_TYPES: Final = 2_000_000  # bytes of the list of parts
# The same by what the list of parts says: main parts may have other names.
_BY_MAIN: Final = {
    "document": f"{_OFFICE_KIND}wordprocessingml.document",
    "presentation": f"{_OFFICE_KIND}presentationml.presentation",
    "sheet": f"{_OFFICE_KIND}spreadsheetml.sheet",
}
_OPEN: Final = "application/vnd.oasis.opendocument."
_MIMETYPES: Final = frozenset(
    (
        f"{_OPEN}text",
        f"{_OPEN}presentation",
        f"{_OPEN}spreadsheet",
        "application/epub+zip",
    )
)
# The stream that each kind of old Office file has; the first that is found counts.
_STREAMS: Final = (
    ("EncryptedPackage", "application/x-encrypted-office"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("WordDocument", "application/msword"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
)
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError, EOFError,
    RuntimeError, KeyError,
)  # fmt: skip

_BY_SUFFIX: Final = {
    suffix: file_format.media_types[0]
    for suffix, file_format in suffix_formats(signed=False).items()
}

# Kinds that tell little: a format of another package may know better.
_VAGUE: Final = frozenset(
    ("text/plain", "application/octet-stream", "application/zip", "application/xml",
     "application/x-ole-storage")
)  # fmt: skip

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
# What may stand before the first element, each with its end.
_BEFORE_HTML: Final = ((b"<?xml", b"?>"), (b"<!--", b"-->"))
_SHEETS: Final = frozenset((".xls", ".xlsx", ".xlsb", ".xlt"))
# What programs save as text under the names of Office: pages, also in archives, parts
# of pages, XML.
_OFFICE_NAMES: Final = _SHEETS | {".doc", ".docx", ".dot", ".ppt", ".pptx", ".wps"}
_WEB_NAMES: Final = _OFFICE_NAMES | {".htm", ".html"}
_WEB_ARCHIVE: Final = re.compile(
    rb"\s{0,20}(?:[!-9;-~]{1,76}:[^\n]{0,500}\n|[ \t][^\n]{0,500}\n){0,40}?"
    rb"Content-Type:[ \t]{0,9}multipart/related",
    re.IGNORECASE,
)
_PART_OF_HTML: Final = re.compile(
    rb"<(?:p|div|table|style|meta|title|h[1-6]|ul|ol|span|font|center|section|article)"
    rb"[\s>]",
    re.IGNORECASE,
)
_WORD_XML: Final = "application/x-word-xml"
_WORD_XML_MARK: Final = b"schemas.microsoft.com/office/word/2003/wordml"
_XML_SHEET: Final = "application/x-spreadsheet-xml"
_XML_SHEET_MARK: Final = b"urn:schemas-microsoft-com:office:spreadsheet"
_MAILBOX: Final = re.compile(rb"From [^\n]{1,200}\d{4}\r?\n[A-Za-z-]{2,40}: ")
_HEIC: Final = {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"}
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x07\b\x1b"))
_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def media_type(data: bytes, name: str) -> str:
    """Return the media type of `data`.

    Known signatures win over the name, HTML is known by its first element, and the name
    tells apart the kinds of plain text. Bytes that are no text are
    `application/octet-stream`; no bytes at all are `application/x-empty`. What these
    tell nothing of, a format of another package may know by its name.
    """
    if not data:
        return "application/x-empty"
    kind = _kind_of(data, name)
    return (plugin_media_type(name) or kind) if kind in _VAGUE else kind


def _kind_of(data: bytes, name: str) -> str:
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return _within(kind, data, name)
    if data[4:12] in _HEIC:
        return "application/x-heic"
    if data[257:262] == b"ustar":
        return "application/x-tar"
    return _kind_of_other(data, name)


def _kind_of_other(data: bytes, name: str) -> str:
    """Return the kind of what has no signature at its beginning."""
    head = data[:_HEAD]
    # Some servers send something before it, and readers look for it that far.
    named = PurePosixPath(name).suffix.lower() in {"", ".pdf"}
    mark = _PDF_MARK.search(head, 0, _PDF_WITHIN)
    if named and mark and _PDF_END in data[-_PDF_WITHIN:]:
        return "application/pdf"
    if _is_text(head):
        return _kind_of_text(head, name)
    return "application/pdf" if _PDF_MARK.search(head) else "application/octet-stream"


def _kind_of_text(head: bytes, name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    if kind := _kind_by_form(_ascii(head), suffix):
        return kind
    if kind := _BY_SUFFIX.get(suffix):
        return kind
    if suffix in {"", ".bin", ".dat"} and _ascii(head).lstrip().startswith(b"<?xml"):
        return "application/xml"
    return "application/mbox" if _MAILBOX.match(head) else "text/plain"


def _kind_by_form(text: bytes, suffix: str) -> str | None:
    """Return the kind of a text that its first lines tell; None if they do not."""
    if suffix in _WEB_NAMES and _WEB_ARCHIVE.match(text):
        return "multipart/related"
    if _begins_html(text):
        return "text/html"
    return _kind_of_office(text, suffix) if suffix in _OFFICE_NAMES else None


def _kind_of_office(text: bytes, suffix: str) -> str | None:
    """Return the kind of a text that has a name of Office, as programs export it."""
    if _PART_OF_HTML.match(_past_comments(text)):
        return "text/html"
    if text.lstrip().startswith(b"<?xml"):
        if _XML_SHEET_MARK in text:
            return _XML_SHEET
        return _WORD_XML if _WORD_XML_MARK in text else "application/xml"
    if suffix not in _SHEETS:
        return None
    return "text/csv" if any(sign in text for sign in b"\t,;|") else "text/plain"


def _within(kind: str, data: bytes, name: str) -> str:
    """Look closer at what many kinds of files are made of."""
    if kind == "application/zip":
        return _inside_zip(data)
    if kind == "application/x-ole-storage":
        # The names of its streams stand in it as UTF-16.
        return next(
            (inner for stream, inner in _STREAMS if stream.encode("utf-16-le") in data),
            kind,
        )
    if kind == "image/bmp" and not name.lower().endswith(".bmp"):
        return _kind_of_text(data[:_HEAD], name)  # a text that begins with BM
    return kind


def _inside_zip(data: bytes) -> str:
    """Tell what an archive is by the names in it; little is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.replace("\\", "/") for name in archive.namelist()}
            office = _main_kind(archive)
            mimetype = archive.read("mimetype")[:200] if _says_kind(archive) else b""
    except _DAMAGED:
        return "application/zip"
    kind = mimetype.decode("ascii", "replace").strip().removesuffix("-template")
    if kind in _MIMETYPES:
        return kind
    if office in _BY_MAIN:
        return _BY_MAIN[office]
    return next((kind for name, kind in _OFFICE.items() if name in names),
                "application/zip")  # fmt: skip


def _main_kind(archive: zipfile.ZipFile) -> str:
    """Return what the list of parts says that the main one is; empty if nothing."""
    try:
        if archive.getinfo(_TYPES).file_size > _MOST_TYPES:
            return ""
        types = archive.read(_TYPES)
    except _DAMAGED:
        return ""
    return next((kind for kind, form in _MAIN_PARTS if form.search(types)), "")


def _says_kind(archive: zipfile.ZipFile) -> bool:
    """Tell whether an archive has the short part that names its kind."""
    try:
        return archive.getinfo("mimetype").file_size <= 200
    except KeyError:
        return False


def _begins_html(head: bytes) -> bool:
    """Tell whether the first element is one of HTML, comments before it aside."""
    return _HTML.match(_past_comments(head)) is not None


def _past_comments(head: bytes) -> bytes:
    """Return what stands behind a declaration of XML and comments."""
    head = head.lstrip()
    while before := next((b for b in _BEFORE_HTML if head.startswith(b[0])), None):
        head = head.partition(before[1])[2].lstrip()
    return head


def _ascii(head: bytes) -> bytes:
    """Drop a byte order mark, and the zero bytes that UTF-16 puts between letters."""
    for bom in _BOMS:
        head = head.removeprefix(bom)
    return head.replace(b"\x00", b"")


def _is_text(head: bytes) -> bool:
    """Tell text from binary: few control bytes, or UTF-16."""
    if head.startswith(_BOMS):
        return True
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls * 50 <= max(len(head), 50) or unmarked_utf16(head) is not None
