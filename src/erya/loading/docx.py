"""Word documents (docx), by python-docx."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml import etree

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.docx_numbering import Numbering
from erya.loading.encodings import clean
from erya.records import Parsed

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement

__all__ = ["parse_docx"]

_DAMAGED: Final = (
    PackageNotFoundError, KeyError, ValueError, zipfile.BadZipFile, zlib.error,
    etree.LxmlError,
)  # fmt: skip
_MEDIA_TYPE: Final = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)
_LEVELS: Final = 9
# Text that a reader does not see: deleted by a tracked change, or a field's formula.
_HIDDEN: Final = frozenset(map(qn, ("w:del", "w:moveFrom", "w:instrText", "w:rPr")))
_ALTERNATIVE: Final = (
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
)
_TEXT: Final = frozenset(map(qn, ("w:t", "m:t")))
_BREAKS: Final = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n"}


def parse_docx(data: bytes, name: str) -> Parsed:
    """Read the body in its order: headings by their styles, lists, tables, footnotes.

    Raises:
        DocumentError: It is no Word document, or is damaged.
    """
    try:
        document = docx.Document(io.BytesIO(data))
    except _DAMAGED as error:
        msg = f"This Word document is damaged: {error}"
        raise DocumentError(msg, code="damaged") from None
    builder = TextBuilder()
    _Reader(document, builder).read()
    told = document.core_properties
    title = clean(" ".join((told.title or "").split()))
    parsed = builder.parsed(title=title, media_type=_MEDIA_TYPE)
    if parsed.title:
        return parsed
    return builder.parsed(title=PurePosixPath(name).stem, media_type=_MEDIA_TYPE)


class _Reader:
    """Walks through the elements of a body."""

    def __init__(self, document: "Document", builder: TextBuilder) -> None:
        self._document = document
        self._builder = builder
        self._styles = {style.style_id: style for style in document.styles}
        self._numbering = Numbering(_numbering_of(document))

    def read(self) -> None:
        for element in _blocks(self._document.element.body):
            if element.tag == qn("w:p"):
                self._paragraph(element)
            else:
                self._table(element)
        self._builder.end_list()
        for text in _footnotes(self._document):
            self._builder.paragraph(text)

    def _paragraph(self, element: "BaseOxmlElement") -> None:
        text = _text_of(element)
        if not text.strip():
            return
        style = self._style_of(element)
        mark = self._numbering.mark_of(element, style)
        level = self._heading_level(element, style)
        if level:
            self._builder.end_list()
            label = f"{mark.label} " if mark and mark.label else ""
            self._builder.heading(label + text, level=level)
        elif mark is None:
            self._builder.end_list()
            self._builder.paragraph(text)
        elif mark.label and not mark.is_short:
            # An article of a law is numbered, and is no item of a list.
            self._builder.end_list()
            self._builder.paragraph(f"{mark.label} {text}")
        else:
            self._builder.item(text, depth=mark.depth, mark=mark.label or "-")

    def _table(self, element: "BaseOxmlElement") -> None:
        self._builder.end_list()
        rows = [
            [" ".join(_cell_text(cell).split()) for cell in row.iter(qn("w:tc"))]
            for row in element.iterchildren(qn("w:tr"))
        ]
        if len(rows) == 1 or all(len(row) == 1 for row in rows):
            for cell in (cell for row in rows for cell in row):
                self._builder.paragraph(cell)  # a frame around text
        else:
            self._builder.table(rows, header=True)

    def _style_of(self, element: "BaseOxmlElement") -> Any:
        found = element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self._styles.get(found.get(qn("w:val"))) if found is not None else None

    def _heading_level(self, element: "BaseOxmlElement", style: Any) -> int:
        """Return the level of a heading; 0 for other text."""
        outline = element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        for _ in range(_LEVELS):  # a style may be based on another
            if outline is not None:
                level = int(outline.get(qn("w:val"))) + 1
                return level if level <= _LEVELS else 0
            if style is None:
                return 0
            name = (style.name or "").lower()
            if name == "title":
                return 1
            if name.startswith("heading ") and name[8:].isdigit():
                return min(int(name[8:]), _LEVELS)
            outline = style.element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
            if outline is None:
                style = getattr(style, "base_style", None)
        return 0


def _blocks(parent: "BaseOxmlElement") -> Iterator["BaseOxmlElement"]:
    """Yield paragraphs and tables, those inside of content controls too."""
    for element in parent.iterchildren():
        if element.tag in {qn("w:p"), qn("w:tbl")}:
            yield element
        elif element.tag in {
            qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:moveTo"),
            qn("w:customXml"), qn("w:smartTag"),
        }:  # fmt: skip
            yield from _blocks(element)


def _text_of(element: "BaseOxmlElement") -> str:
    """Return what a reader sees of a paragraph."""
    return "".join(_pieces(element))


def _pieces(element: "BaseOxmlElement") -> Iterator[str]:
    for child in element.iterchildren():
        if child.tag in _TEXT:
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag not in _HIDDEN and child.tag != _ALTERNATIVE:
            yield from _pieces(child)


def _cell_text(cell: "BaseOxmlElement") -> str:
    return " ".join(_text_of(element) for element in cell.iter(qn("w:p")))


def _numbering_of(document: "Document") -> "BaseOxmlElement | None":
    try:
        element: BaseOxmlElement = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return None
    return element


def _footnotes(document: "Document") -> Iterator[str]:
    for relation in document.part.rels.values():
        if relation.is_external or not relation.reltype.endswith("/footnotes"):
            continue
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(relation.target_part.blob, parser)
        for note in root.iterchildren(qn("w:footnote")):
            if note.get(qn("w:type")) is None:  # others are lines drawn above notes
                yield " ".join(_text_of(p) for p in note.iter(qn("w:p")))
