"""Word documents (docx), by python-docx."""

import io
import re
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
from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.docx_math import MATH, formula
from erya.loading.docx_numbering import Numbering
from erya.loading.encodings import clean, decode
from erya.loading.html import add_html
from erya.loading.office_parts import add_chart
from erya.loading.packed import Package, read_xml
from erya.loading.symbols import shown_in
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
_LEVELS: Final = 9
# Text that a reader does not see: deleted by a tracked change, or a field's formula;
# and readings above the line.
_HIDDEN: Final = frozenset(
    map(qn, ("w:del", "w:moveFrom", "w:instrText", "w:rPr", "w:rt"))
)
_ALTERNATIVE: Final = (
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
)
_WRAPPERS: Final = frozenset(
    map(qn, ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:customXml", "w:smartTag"))
)
_LINE_ENDS: Final = re.compile(r"\n\n+")
_NEAR_WHITE: Final = re.compile("(?:[fF][a-fA-F]){3}")
_UNSEEN_SIZES: Final = frozenset(("0", "1", "2"))  # half points
_MOST_COLUMNS: Final = 200
_LITTLE: Final = 500  # characters for a picture: with less it may be what matters
_Label = Callable[["BaseOxmlElement"], str]
_TEXT: Final = frozenset((qn("w:t"),))
_BREAKS: Final = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n"}


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
        self._on_white = document.element.find(qn("w:background")) is None
        self._numbering = Numbering(_numbering_of(document))

    def read(self) -> None:
        for text in _edges(self._document, "header"):
            self._builder.omit(text, reason="running_head")
        self.read_body()
        for text in _notes(self._document):
            self._builder.paragraph(text)
        self._note_unread()
        for text in _edges(self._document, "footer"):
            self._builder.omit(text, reason="running_head")

    def read_body(self) -> None:
        """Add paragraphs, tables, charts, and pieces of other documents."""
        for element in _blocks(self._document.element.body):
            if element.tag == qn("w:p"):
                self._paragraph(element)
                self._charts(element)
            elif element.tag == qn("w:altChunk"):
                self._imported(element)
            else:
                self._table(element)
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
        if self._hidden or any(
            _is_hidden(run) for run in self._document.element.body.iter(qn("w:r"))
        ):
            message = "Some text is hidden from a reader; it is not searched."
            self._builder.notice("hidden_text", message)

    def _paragraph(self, element: "BaseOxmlElement") -> None:
        style = self._style_of(element)
        mark = self._numbering.mark_of(element, style)  # an empty one counts, too
        if self._on_white and (
            white := [run for run in _runs(element) if _is_white(run)]
        ):
            self._hidden = True
            told = "".join(piece for run in white for piece in _run(run))
            self._builder.omit(told, reason="hidden")
            for run in white:
                run.getparent().remove(run)
        text = _text_of(element)
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

    def _charts(self, element: "BaseOxmlElement") -> None:
        for chart in element.iter(_CHART):
            part = self._document.part.related_parts.get(chart.get(qn("r:id"), ""))
            if part is None:
                continue
            self._builder.end_list()
            try:
                add_chart(self._builder, read_xml(part.blob, called="Word document"))
            except DocumentError as error:  # one chart must not hide the text
                self._builder.notice("chart", f"A chart in it: {error}")

    def _imported(self, element: "BaseOxmlElement") -> None:
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
        for row in _children(element, "w:tr"):
            above = rows[-1] if rows else []
            rows.append(_cells(row, above=above, label=self._label))
        if len(rows) == 1 or all(len(row) == 1 for row in rows):
            for cell in (cell for row in rows for cell in row):
                self._builder.paragraph(cell)  # a frame around text
        else:
            self._builder.table(rows, header=True)

    def _label(self, element: "BaseOxmlElement") -> str:
        """Return the number before a paragraph in a table, and count it."""
        mark = self._numbering.mark_of(element, self._style_of(element))
        return f"{mark.label} " if mark and mark.label else ""

    def _style_of(self, element: "BaseOxmlElement") -> Any:
        found = element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self._styles.get(found.get(qn("w:val"))) if found is not None else None

    def _heading_level(self, element: "BaseOxmlElement", style: Any) -> int:
        """Return the level of a heading; 0 for other text."""
        outline = element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        for _ in range(_LEVELS):  # a style may be based on another
            if outline is not None:
                level = _number(outline, _LEVELS) + 1
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
        if element.tag in {qn("w:p"), qn("w:tbl"), qn("w:altChunk")}:
            yield element
        elif element.tag in _WRAPPERS:
            yield from _blocks(element)


def _text_of(element: "BaseOxmlElement") -> str:
    """Return what a reader sees of a paragraph, a text box at it included."""
    return _LINE_ENDS.sub("\n", "".join(_pieces(element)).strip("\n"))


def _is_hidden(run: "BaseOxmlElement") -> bool:
    hidden = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return hidden is not None and hidden.get(qn("w:val")) not in {"0", "false", "off"}


def _runs(paragraph: "BaseOxmlElement") -> "list[BaseOxmlElement]":
    """Return the runs of a paragraph with nothing behind it, but for text boxes."""
    if _is_coloured(paragraph.find(f"{qn('w:pPr')}/{qn('w:shd')}")):
        return []
    return [
        run
        for run in paragraph.iter(qn("w:r"))
        if next(run.iterancestors(qn("w:txbxContent")), None) is None
    ]


def _is_white(run: "BaseOxmlElement") -> bool:
    """Tell whether a run is written in white, or nearly, on nothing; or too small."""
    properties = run.find(qn("w:rPr"))
    if properties is None or run.find(qn("w:t")) is None:
        return False
    size = properties.find(qn("w:sz"))
    if size is not None and size.get(qn("w:val")) in _UNSEEN_SIZES:
        return True
    colour = properties.find(qn("w:color"))
    return (
        properties.find(qn("w:highlight")) is None
        and not _is_coloured(properties.find(qn("w:shd")))
        and colour is not None
        and _NEAR_WHITE.fullmatch(colour.get(qn("w:val"), "")) is not None
    )


def _is_coloured(shading: "BaseOxmlElement | None") -> bool:
    fill = "auto" if shading is None else shading.get(qn("w:fill"), "auto")
    return fill.lower() != "auto" and _NEAR_WHITE.fullmatch(fill) is None


def _edges(document: "Document", which: str) -> Iterator[str]:
    """Yield what stands at the top or the bottom of pages, each text once."""
    seen: set[str] = set()
    for root in _parts(document, which):
        text = "\n".join(filter(None, map(_text_of, root.iter(qn("w:p")))))
        if text not in seen:
            seen.add(text)
            yield text


def _pieces(element: "BaseOxmlElement") -> Iterator[str]:
    if element.tag != qn("w:r"):
        yield from _inner_pieces(element)
    elif not _is_hidden(element):
        yield from _run(element)


def _run(run: "BaseOxmlElement") -> Iterator[str]:
    """Yield what a run shows: its letters as its font shows them, where they stand."""
    properties = run.find(qn("w:rPr"))
    if properties is None:
        yield from _inner_pieces(run)
        return
    fonts = properties.find(qn("w:rFonts"))
    font = fonts.get(qn("w:ascii"), "") if fonts is not None else ""
    pieces = _inner_pieces(run, font=font)
    stands = properties.find(qn("w:vertAlign"))
    write = STANDING.get(stands.get(qn("w:val"))) if stands is not None else None
    if write is None:
        yield from pieces
        return
    before = run.getprevious()
    told = before.findall(qn("w:t")) if before is not None else ()
    yield write("".join(pieces), before="".join(each.text or "" for each in told))


def _inner_pieces(element: "BaseOxmlElement", *, font: str = "") -> Iterator[str]:
    for child in element.iterchildren():
        if child.tag in _TEXT:
            yield shown_in(font, child.text or "")
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]
        elif child.tag in MATH:
            yield formula(child)
        elif child.tag == qn("w:sym"):
            yield _symbol(child)
        elif child.tag == qn("w:fldChar"):
            yield _form_value(child)
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag == qn("w:p"):  # in a text box, each on a line of its own
            yield "\n"
            yield from _pieces(child)
            yield "\n"
        elif child.tag not in _HIDDEN and child.tag != _ALTERNATIVE:
            yield from _pieces(child)


def _symbol(element: "BaseOxmlElement") -> str:
    """Return a sign that is told by a font and a number in it."""
    try:
        letter = chr(int(element.get(qn("w:char"), ""), 16))
    except (ValueError, OverflowError):
        return ""
    return shown_in(element.get(qn("w:font"), ""), letter)


def _form_value(mark: "BaseOxmlElement") -> str:
    """Return what a form field of old Word files holds: a box, or a chosen entry."""
    box = mark.find(f"{qn('w:ffData')}/{qn('w:checkBox')}")
    if box is not None:
        told = box.find(qn("w:checked"))
        told = box.find(qn("w:default")) if told is None else told
        off = told is None or told.get(qn("w:val")) in {"0", "false", "off"}
        return "☐" if off else "☑"
    choice = mark.find(f"{qn('w:ffData')}/{qn('w:ddList')}")
    if choice is None:
        return ""
    entries = [e.get(qn("w:val"), "") for e in choice.iterchildren(qn("w:listEntry"))]
    told = choice.find(qn("w:result"))
    told = choice.find(qn("w:default")) if told is None else told
    at = _number(told, 0)
    return entries[at] if at < len(entries) else ""


def _children(parent: "BaseOxmlElement", name: str) -> Iterator["BaseOxmlElement"]:
    """Yield children of a name, those inside of content controls too."""
    for element in parent.iterchildren():
        if element.tag == qn(name):
            yield element
        elif element.tag in _WRAPPERS:
            yield from _children(element, name)


def _cells(row: "BaseOxmlElement", *, above: Sequence[str], label: _Label) -> list[str]:
    """Return a text for each column of the grid.

    A cell over several columns stands in the first of them; one that goes on from the
    row above has its text.
    """
    cells = [""] * _number(row.find(f"{qn('w:trPr')}/{qn('w:gridBefore')}"), 0)
    for cell in _children(row, "w:tc"):
        merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
        goes_on = merged is not None and merged.get(qn("w:val")) != "restart"
        if goes_on and len(cells) < len(above):
            cells.append(above[len(cells)])
        else:
            cells.append(" ".join(_flat(cell, label).split()))
        columns = _number(cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}"), 1)
        cells += [""] * (min(columns, _MOST_COLUMNS) - 1)
    return cells


def _number(element: "BaseOxmlElement | None", default: int) -> int:
    value = element.get(qn("w:val")) if element is not None else None
    return int(value) if value is not None and value.isdecimal() else default


def _flat(cell: "BaseOxmlElement", label: _Label) -> str:
    """Return everything in a cell as one text, inner tables too.

    Args:
        cell: Holds paragraphs and tables.
        label: Returns what stands before a paragraph.
    """
    parts: list[str] = []
    for element in _blocks(cell):
        if element.tag == qn("w:p"):
            parts.append(label(element) + _text_of(element))
        else:
            inner = (
                c for row in _children(element, "w:tr") for c in _children(row, "w:tc")
            )
            parts += [_flat(each, label) for each in inner]
    return " ".join(parts)


def _title(document: "Document") -> str:
    """Return the title that the document gives itself; python-docx makes one up."""
    rels = document.part.package.rels.values()
    if not any(rel.reltype.endswith("/core-properties") for rel in rels):
        return ""
    try:
        told = document.core_properties.title or ""
    except _DAMAGED:
        return ""
    return clean(" ".join(told.split()))


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


def _notes(document: "Document") -> Iterator[str]:
    for kind in ("footnote", "endnote"):
        for root in _parts(document, f"{kind}s"):
            for note in root.iterchildren(qn(f"w:{kind}")):
                if note.get(qn("w:type")) is None:  # others are lines drawn above notes
                    yield _flat(note, label=lambda _: "")
