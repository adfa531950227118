"""Word documents (docx), by python-docx."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml import etree

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import clean, decode
from erya.loading.formats.docx_line import number_in, read_line
from erya.loading.formats.docx_looks import Looks, has_cover, is_on
from erya.loading.formats.docx_numbering import Numbering
from erya.loading.formats.html import add_html
from erya.loading.formats.office_charts import add_chart
from erya.loading.formats.office_parts import MOST_HEADS, join_heads, paragraphs_of
from erya.loading.formats.packed import Package, read_xml
from erya.loading.formats.whole_numbers import whole_number
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
_CHART: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
_DIAGRAM: Final = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_OBJECT: Final = "{urn:schemas-microsoft-com:office:office}OLEObject"
_LEVELS: Final = 9
_WRAPPERS: Final = frozenset(
    map(qn, ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:customXml", "w:smartTag"))
)
_MOST_COLUMNS: Final = 200
_LITTLE: Final = 500  # characters for a picture: with less it may be what matters
_Write = Callable[["BaseOxmlElement"], str]


def parse_docx(data: bytes, name: str) -> Parsed:
    """Read the body in its order: headings by their styles, lists, tables, notes.

    Raises:
        DocumentError: It is no Word document, or is damaged.
    """
    # Checks what it unpacks to.
    facts = Package(data, called="Word document", office=True).facts()
    try:
        document = docx.Document(io.BytesIO(data))
    except _DAMAGED as error:
        msg = f"This Word document is damaged: {error}"
        raise DocumentError(msg, code="damaged") from None
    builder = TextBuilder()
    _Reader(document, builder).read()
    facts |= {"title": _title(document)}
    parsed = builder.parsed(media_type=_MEDIA_TYPE, **facts)
    return parsed if parsed.title else replace(parsed, title=PurePosixPath(name).stem)


class _Reader:
    """Walks through the elements of a body."""

    def __init__(self, document: "Document", builder: TextBuilder) -> None:
        self._document = document
        self._builder = builder
        self._styles = {style.style_id: style for style in document.styles}
        self._hidden = False
        self._hidden_rows = False
        self._unseen: list[str] = []
        self._looks = _looks_of(document)
        self._numbering = Numbering(_numbering_of(document))

    def read(self) -> None:
        for text in self._edges("header"):
            self._builder.omit(text, reason="running_head")
        self.read_body()
        for text in self._notes():
            self._builder.paragraph(text)
        self._leave_out_unseen()
        self._note_unread()
        for text in self._edges("footer"):
            self._builder.omit(text, reason="running_head")

    def read_body(self) -> None:
        """Add paragraphs, tables, charts, and pieces of other documents."""
        for element in _blocks(self._document.element.body):
            if element.tag == qn("w:p"):
                self._paragraph(element)
                self._drawings(element)
            elif element.tag == qn("w:altChunk"):
                self._import_part(element)
            else:
                self._table(element)
                self._drawings(element)
        self._builder.end_list()

    def _note_unread(self) -> None:
        pictures = sum(
            rel.reltype.endswith("/image") for rel in self._document.part.rels.values()
        )
        if pictures and self._builder.length < _LITTLE * pictures:
            message = f"Pictures in it were not read ({pictures})."
            self._builder.notice("pictures", message)
        if comments := sum(map(len, _parts(self._document, "comments"))):
            message = f"Comments at its margin are not read ({comments})."
            self._builder.notice("comments", message)
        if newer := sum(1 for _ in _parts(self._document, "chartEx")):
            message = f"Charts of a newer kind in it were not read ({newer})."
            self._builder.notice("chart", message)
        body = self._document.element.body
        if formulas := sum(_is_formula(each) for each in body.iter(_OBJECT)):
            message = f"Formulas in it that are pictures were not read ({formulas})."
            self._builder.notice("formulas", message)
        if self._hidden:
            message = "Some text is hidden from a reader; it is not searched."
            self._builder.notice("hidden_text", message)
        if self._hidden_rows:
            message = "Some rows of tables are marked as hidden; they are searched."
            self._builder.notice("hidden_rows", message)

    def _paragraph(self, element: "BaseOxmlElement") -> None:
        style = self._style_of(element)
        mark = self._numbering.mark_of(element, style)  # an empty one counts, too
        text = self._text_of(element)
        self._leave_out_unseen()
        if not text.strip():
            return
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

    def _text_of(self, element: "BaseOxmlElement") -> str:
        """Return what a reader sees of a paragraph; keep what is hidden in it."""
        line = read_line(element, self._looks)
        self._hidden |= line.has_hidden
        if line.unseen:
            self._unseen.append(line.unseen)
        return line.text

    def _leave_out_unseen(self) -> None:
        for text in self._unseen:
            self._builder.omit(text, reason="hidden")
            self._hidden = True
        self._unseen.clear()

    def _drawings(self, element: "BaseOxmlElement") -> None:
        """Add the charts and diagrams (SmartArt) of a paragraph or a table."""
        for drawing in element.iter(_CHART, _DIAGRAM):
            name = qn("r:id" if drawing.tag == _CHART else "r:dm")
            part = self._document.part.related_parts.get(drawing.get(name, ""))
            if part is None:
                continue
            self._builder.end_list()
            try:
                root = read_xml(part.blob, called="Word document")
            except DocumentError as error:  # one chart must not hide the text
                self._builder.notice("chart", f"A chart in it: {error}")
                continue
            if drawing.tag == _CHART:
                add_chart(self._builder, root)
                continue
            for depth, text in paragraphs_of(root):
                self._builder.item(text, depth=depth)
            self._builder.end_list()

    def _import_part(self, element: "BaseOxmlElement") -> None:
        """Add a piece of another document, which Word shows where it stands."""
        self._builder.end_list()
        part = self._document.part.related_parts.get(element.get(qn("r:id"), ""))
        kind = part.content_type if part is not None else ""
        if part is not None and "html" in kind:
            add_html(self._builder, decode(part.blob))
        elif part is not None and kind == "text/plain":
            for paragraph in decode(part.blob).split("\n\n"):
                self._builder.paragraph(paragraph)
        elif part is not None and "wordprocessingml" in kind:
            try:
                Package(part.blob, called="Word document", office=True)
                inner = docx.Document(io.BytesIO(part.blob))
            except (*_DAMAGED, DocumentError) as error:
                message = f"A piece of another document in it was not read: {error}"
                self._builder.notice("imported", message)
                return
            _Reader(inner, self._builder).read_body()
        else:
            message = f"A piece of another document in it was not read ({kind})."
            self._builder.notice("imported", message)

    def _table(self, element: "BaseOxmlElement") -> None:
        self._builder.end_list()
        rows: list[list[str]] = []
        elements = [
            row
            for row in _children(element, "w:tr")
            if not _has_row_property(row, "w:del")
        ]
        heads = _heads(elements)
        for row in elements:
            self._hidden_rows |= _has_row_property(row, "w:hidden")
            above = rows[-1] if rows else []
            spread = len(rows) < heads > 1
            rows.append(_cells(row, above=above, write=self._item_text, spread=spread))
        self._leave_out_unseen()
        if heads > 1 and len({*rows[0]}) == 1:  # a title above all names
            self._builder.paragraph(rows.pop(0)[0])
            heads -= 1
        if heads > 1:
            rows[:heads] = [join_heads(rows[:heads])]
        if len(rows) == 1 or all(len(row) == 1 for row in rows):
            for cell in (cell for row in rows for cell in row):
                self._builder.paragraph(cell)  # a frame around text
        else:
            self._builder.table(rows, header=True)

    def _item_text(self, element: "BaseOxmlElement") -> str:
        """Return a paragraph in a table with its number, and count it."""
        mark = self._numbering.mark_of(element, self._style_of(element))
        label = f"{mark.label} " if mark and mark.label else ""
        return label + self._text_of(element)

    def _edges(self, which: str) -> Iterator[str]:
        """Yield what stands at the top or the bottom of pages, each text once."""
        seen: set[str] = set()
        for root in _parts(self._document, which):
            text = "\n".join(filter(None, map(self._text_of, root.iter(qn("w:p")))))
            if text not in seen:
                seen.add(text)
                yield text

    def _notes(self) -> Iterator[str]:
        for kind in ("footnote", "endnote"):
            for root in _parts(self._document, f"{kind}s"):
                for note in root.iterchildren(qn(f"w:{kind}")):
                    # Others are lines drawn above notes.
                    if note.get(qn("w:type")) is None:
                        yield _flat(note, self._text_of)

    def _style_of(self, element: "BaseOxmlElement") -> Any:
        style = element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self._styles.get(style.get(qn("w:val"))) if style is not None else None

    def _heading_level(self, element: "BaseOxmlElement", style: Any) -> int:
        """Return the level of a heading; 0 for other text."""
        outline = element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        for _ in range(_LEVELS):  # a style may be based on another
            if outline is not None:
                level = number_in(outline, _LEVELS) + 1
                return level if level <= _LEVELS else 0
            if style is None:
                return 0
            name = (style.name or "").lower()
            if name == "title":
                return 1
            number = whole_number(name.removeprefix("heading "), default=0)
            if number and name.startswith("heading "):
                return min(number, _LEVELS)
            outline = style.element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
            if outline is None:
                style = getattr(style, "base_style", None)
        return 0


def _blocks(parent: "BaseOxmlElement") -> Iterator["BaseOxmlElement"]:
    """Yield paragraphs and tables, those inside of content controls too."""
    for element in parent.iterchildren():
        if element.tag in {qn("w:p"), qn("w:tbl"), qn("w:altChunk")}:
            yield element
        elif element.tag in _WRAPPERS:
            yield from _blocks(element)


def _looks_of(document: "Document") -> Looks:
    roots = (document.element, *_parts(document, "header"))
    on_white = document.element.find(qn("w:background")) is None
    return Looks(
        document.styles.element, on_white=on_white and not has_cover(iter(roots))
    )


def _is_formula(embedded: "BaseOxmlElement") -> bool:
    return str(embedded.get("ProgID", "")).startswith(("Equation", "MathType"))


def _children(parent: "BaseOxmlElement", name: str) -> Iterator["BaseOxmlElement"]:
    """Yield children of a name, those inside of content controls too."""
    for element in parent.iterchildren():
        if element.tag == qn(name):
            yield element
        elif element.tag in _WRAPPERS:
            yield from _children(element, name)


def _has_row_property(row: "BaseOxmlElement", name: str) -> bool:
    return is_on(row.find(f"{qn('w:trPr')}/{qn(name)}"))


def _heads(rows: "Sequence[BaseOxmlElement]") -> int:
    """Return how many rows of a table are names: those that its pages repeat.

    Without such, those that the merged cells of its first row go over, where all others
    in that row stand above several columns. In forms some do not.
    """
    repeated = 0
    while repeated < len(rows) and _has_row_property(rows[repeated], "w:tblHeader"):
        repeated += 1
    if repeated > 1:
        return repeated if repeated <= min(MOST_HEADS, len(rows) - 1) else 0
    first = _merges(rows[0]) if rows else []
    wide = [columns > 1 for merge, columns in first if merge != "restart"]
    if not wide or not all(wide) or len(wide) == len(first):
        return 1
    heads = 1
    while heads < len(rows) and any(
        merge == "continue" for merge, _ in _merges(rows[heads])
    ):
        heads += 1
    return heads if heads <= min(MOST_HEADS, len(rows) - 1) else 1


def _merges(row: "BaseOxmlElement") -> list[tuple[str, int]]:
    """Return of each cell how it is merged downwards, and over how many columns."""
    merges = []
    for cell in _children(row, "w:tc"):
        merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
        how = "" if merged is None else merged.get(qn("w:val"), "continue")
        merges.append((how, _columns(cell)))
    return merges


def _columns(cell: "BaseOxmlElement") -> int:
    columns = number_in(cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}"), 1)
    return min(columns, _MOST_COLUMNS)


def _cells(
    row: "BaseOxmlElement", *, above: Sequence[str], write: _Write, spread: bool
) -> list[str]:
    """Return a text for each column of the grid.

    A cell over several columns stands in the first of them, or with `spread` in each;
    one that goes on from the row above has its text.
    """
    cells = [""] * number_in(row.find(f"{qn('w:trPr')}/{qn('w:gridBefore')}"), 0)
    for cell in _children(row, "w:tc"):
        merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
        goes_on = merged is not None and merged.get(qn("w:val")) != "restart"
        if goes_on and len(cells) < len(above):
            text = above[len(cells)]
        else:
            text = " ".join(_flat(cell, write).split())
        cells += [text] + [text if spread else ""] * (_columns(cell) - 1)
    return cells


def _flat(cell: "BaseOxmlElement", write: _Write) -> str:
    """Return everything in a cell as one text, inner tables too.

    Args:
        cell: Holds paragraphs and tables.
        write: Returns the text of a paragraph.
    """
    parts: list[str] = []
    for element in _blocks(cell):
        if element.tag == qn("w:p"):
            parts.append(write(element))
        else:
            inner = (
                c for row in _children(element, "w:tr") for c in _children(row, "w:tc")
            )
            parts += [_flat(each, write) for each in inner]
    return " ".join(parts)


def _title(document: "Document") -> str:
    """Return the title that the document gives itself; python-docx makes one up."""
    rels = document.part.package.rels.values()
    if not any(rel.reltype.endswith("/core-properties") for rel in rels):
        return ""
    try:
        title = document.core_properties.title or ""
    except _DAMAGED:
        return ""
    return clean(" ".join(title.split()))


def _numbering_of(document: "Document") -> "BaseOxmlElement | None":
    try:
        element: BaseOxmlElement = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return None
    return element


def _parts(document: "Document", kind: str) -> Iterator["BaseOxmlElement"]:
    """Yield the root elements of the parts of a kind, such as `footnotes`."""
    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(f"/{kind}"):
            yield read_xml(relation.target_part.blob, called="Word document")
