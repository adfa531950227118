"""Which share of a file's own words is in the text that was read of it, part by part.

A second, simple reading: all text of each XML part, every character that PDFium gives
of a page, the file itself where it is text. It knows nothing of order or structure, and
counts words, so that it tells what a parser has lost and not how it writes it.
"""

import io
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from lxml import etree, html

from erya.errors import DocumentError
from erya.language import HAN
from erya.loading.base import PartCoverage
from erya.loading.encodings import decode
from erya.loading.formats.packed import DAMAGED, Package
from erya.loading.sniffing import media_type

__all__ = ["coverage_of", "own_parts"]

_WORDS: Final = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
# What tells signs above and below the line, which a file has without it: x_i, x^(n+1).
_OFF_THE_LINE: Final = re.compile(r"[\^_]\(?")
# Parts of packages that a reader sees, and the elements of each that hold text.
_TEXT_PARTS: Final = re.compile(
    r"word/(?:document|footnotes|endnotes|header|footer)\w*\.xml|word/charts/chart\w*\.xml"
    r"|ppt/(?:slides/slide|notesSlides/notesSlide|charts/chart)\w*\.xml"
    r"|xl/sharedStrings\.xml|xl/(?:drawings/drawing|charts/chart)\w*\.xml"
    r"|content\.xml|.*\.xhtml|.*\.html?"
)
_PARAGRAPHS: Final = frozenset(("p", "si", "tab", "br", "v"))
# Elements of pages that stand within words.
_INLINE: Final = frozenset(
    ("a", "abbr", "b", "bdi", "big", "code", "del", "em", "font", "i", "ins", "kbd",
     "mark", "s", "small", "span", "strong", "sub", "sup", "tt", "u", "wbr")
)  # fmt: skip
_UNSEEN: Final = frozenset(
    ("script", "style", "instrText", "delText", "annotation", "head", "f", "Fallback")
)
_OFFICE_TEXT: Final = frozenset(("t", "v"))
_MOST_MISSING: Final = 12  # words that are missing


def coverage_of(data: bytes, name: str, text: str) -> list[PartCoverage]:
    """Return the coverage of each part of a file; none of a kind that is all picture.

    Args:
        data: The file.
        name: Its name.
        text: What was read of it, left out of search or not.

    Raises:
        DocumentError: It is damaged.
    """
    left = Counter(_words(text))
    shares = []
    for part, own in own_parts(data, name):
        words = Counter(_words(own))
        both = words & left
        left -= both
        missing = (word for word, _ in (words - both).most_common(_MOST_MISSING))
        if words:
            share = PartCoverage(part, words.total(), both.total(), tuple(missing))
            shares.append(share)
    return shares


def _words(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return (match[0] for match in _WORDS.finditer(_OFF_THE_LINE.sub("", folded)))


def own_parts(data: bytes, name: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each part of a file, as a simple reading has it.

    Raises:
        DocumentError: It is damaged.
    """
    kind = media_type(data, name)
    if kind == "application/pdf":
        yield from _pages(data)
    elif zipfile.is_zipfile(io.BytesIO(data)):
        package = Package(data, called="package")
        for part in sorted(filter(_TEXT_PARTS.fullmatch, package.names)):
            office = part.startswith(("word/", "ppt/", "xl/"))
            if data_of := package.read(part).strip():
                yield part, _read_text(_tree(data_of), office=office)
    elif kind in {"text/html", "application/xml", "image/svg+xml"}:
        yield name, _read_text(_tree(data))
    elif kind.startswith("text/") or kind in {"application/json", "application/jsonl"}:
        yield name, decode(data)


def _pages(data: bytes) -> Iterator[tuple[str, str]]:
    from erya.loading.pdf.parser import open_pdf  # noqa: PLC0415 - PDFium is large

    with open_pdf(data) as document:
        for number in range(len(document)):
            page = document[number]
            yield f"p. {number + 1}", page.get_textpage().get_text_range()
            page.close()


def _tree(data: bytes) -> Any:
    """Return the root of XML, or of HTML that is none.

    Raises:
        DocumentError: It is neither.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    try:
        return etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        pass
    try:
        return html.document_fromstring(decode(data))
    except (*DAMAGED, etree.ParserError) as error:
        msg = f"Its own words cannot be read: {error}"
        raise DocumentError(msg, code="damaged") from None


def _read_text(root: Any, *, office: bool = False) -> str:
    """Return the text of a tree, paragraphs apart: runs of one word are not.

    Args:
        root: Its root.
        office: Whether text stands in some elements alone; others hold places.
    """
    return "".join(_pieces(root, office=office))


def _pieces(root: Any, *, office: bool) -> Iterable[str]:
    skipped = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        apart = name in _PARAGRAPHS if office else name not in _INLINE
        if event == "start":
            skipped += name in _UNSEEN
            if apart:
                yield " "
            if not skipped and name and (not office or name in _OFFICE_TEXT):
                yield element.text or ""
            continue
        skipped -= name in _UNSEEN
        if apart:
            yield " "
        if not skipped and not office:
            yield element.tail or ""
