"""Books (EPUB): the chapters in the order of their spine."""

import posixpath
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.html import add_html
from erya.loading.packed import Package
from erya.records import Parsed

__all__ = ["parse_epub"]

_CONTAINER: Final = "META-INF/container.xml"
_OPF: Final = "{http://www.idpf.org/2007/opf}"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_HTML: Final = frozenset({"application/xhtml+xml", "text/html"})


def parse_epub(data: bytes, name: str) -> Parsed:
    """Read every chapter, its headings as they stand there.

    Raises:
        DocumentError: It is damaged, encrypted, or would unpack to too much.
    """
    package = Package(data, called="book")
    if "META-INF/encryption.xml" in package.names and any(
        b"EncryptedData" in package.read(part)
        and b"IDPF" not in package.read(part).upper()  # fonts only
        for part in ("META-INF/encryption.xml",)
    ):
        msg = "This book is locked by its seller (DRM) and cannot be read."
        raise DocumentError(msg, code="password_protected")
    roots = [
        element.get("full-path", "")
        for element in package.xml(_CONTAINER).iter("{*}rootfile")
    ]
    if not roots or roots[0] not in package.names:
        msg = "This book is damaged: it does not say where its chapters are."
        raise DocumentError(msg, code="damaged")
    book = package.xml(roots[0])
    folder = posixpath.dirname(roots[0])
    files = {
        item.get("id"): item
        for item in book.iter(f"{_OPF}item")
        if item.get("media-type") in _HTML
    }
    builder = TextBuilder()
    for reference in book.iter(f"{_OPF}itemref"):
        item = files.get(reference.get("idref"))
        if item is None:
            continue
        path = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        if path in package.names:
            add_html(builder, decode(package.read(path)))
        else:
            builder.notice("missing_part", f"The chapter {path!r} is not in the book.")
    told = {each: book.findtext(f".//{_DC}{each}") or ""
            for each in ("title", "creator", "date", "publisher")}  # fmt: skip
    return builder.parsed(
        title=told["title"] or PurePosixPath(name).stem,
        media_type="application/epub+zip",
        author=told["creator"],
        date=told["date"],
        publisher=told["publisher"],
    )
