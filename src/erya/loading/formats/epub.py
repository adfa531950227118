"""Books (EPUB): the chapters in the order of their spine."""

import posixpath
import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.html import add_html
from erya.loading.formats.packed import Package
from erya.loading.formats.xhtml import as_html
from erya.records import Parsed

__all__ = ["parse_epub"]

_CONTAINER: Final = "META-INF/container.xml"
_OPF: Final = "{http://www.idpf.org/2007/opf}"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_PAGES: Final = frozenset(
    ("application/xhtml+xml", "text/html", "text/x-oeb1-document", "image/svg+xml")
)
_ENCODING: Final = re.compile(
    rb"\s*<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})"
)
_SCREENS: Final = frozenset(("all", "screen", ""))
_MOST_SHEETS: Final = 20  # of one chapter
_IMPORT: Final = re.compile(r"@import\s{1,9}(?:url\(\s{0,9})?[\"']?([^\"')\s;]{1,500})")


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
    items = {item.get("id"): item for item in book.iter(f"{_OPF}item")}
    builder = TextBuilder()
    for reference in book.iter(f"{_OPF}itemref"):
        item = items.get(reference.get("idref"))
        if item is None:
            message = "A chapter that the book names is not in its list of parts."
            builder.notice("missing_part", message)
            continue
        path = _within(roots[0], item.get("href", ""))
        if item.get("media-type") not in _PAGES:
            message = f"The part {path!r} is of a kind that is not read."
            builder.notice("missing_part", message)
        elif path in package.names:
            _add_chapter(builder, package, path)
        else:
            builder.notice("missing_part", f"The chapter {path!r} is not in the book.")
    facts = {each: book.findtext(f".//{_DC}{each}") or ""
            for each in ("title", "creator", "date", "publisher")}  # fmt: skip
    return builder.parsed(
        title=facts["title"] or PurePosixPath(name).stem,
        media_type="application/epub+zip",
        author=facts["creator"],
        date=facts["date"],
        publisher=facts["publisher"],
    )


def _add_chapter(builder: TextBuilder, package: Package, path: str) -> None:
    data = package.read(path)
    declared = _ENCODING.match(data)
    source = decode(data, declared=declared[1].decode("ascii") if declared else None)
    page = as_html(source)
    add_html(builder, page, linked=_sheets(package, path, page))


def _sheets(package: Package, path: str, page: str) -> str | None:
    """Return the style sheets that a chapter names; None if one is not there."""
    links = (
        LexborHTMLParser(page).css("link[rel~=stylesheet]") if "<link" in page else []
    )
    named = [
        _within(path, link.attributes.get("href") or "")
        for link in links
        if "alternate" not in (link.attributes.get("rel") or "").lower().split()
        and (link.attributes.get("media") or "all").lower() in _SCREENS
    ]
    sheets: dict[str, str] = {}
    while named and len(sheets) < _MOST_SHEETS:
        place = named.pop(0)
        if place in sheets:
            continue
        try:
            sheet = package.read(place).decode("utf-8", "replace")
        except DocumentError:  # no reason not to read the text
            return None
        sheets[place] = sheet
        named += [_within(place, other) for other in _IMPORT.findall(sheet)]
    # One that is imported comes before the one that does so.
    return "\n".join(reversed(sheets.values()))


def _within(path: str, href: str) -> str:
    """Return the path of what a part of a book names."""
    place = unquote(href.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), place))
