"""PowerPoint slides (pptx), read from their XML.

By lxml, which other readers need as well: python-pptx brings Pillow, which is as large
as all readers together, to read pictures that have no text in them.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.formats.office_charts import add_chart
from erya.loading.formats.office_parts import (
    MOST_HEADS,
    alternative,
    join_heads,
    number_of,
    paragraphs_of,
    related_parts,
)
from erya.loading.formats.packed import Package
from erya.loading.formats.pptx_lists import list_paragraphs
from erya.records import Parsed

__all__ = ["parse_pptx"]

_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P: Final = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MEDIA_TYPE: Final = (
    "application/vnd.openxmlformats-officedocument.presentationml.presentation"
)
_PRESENTATION: Final = "ppt/presentation.xml"
_SHAPES: Final = frozenset(
    f"{_P}{tag}" for tag in ("sp", "grpSp", "graphicFrame", "pic")
)
_ON: Final = frozenset(("1", "true"))
_OFF: Final = frozenset(("0", "false"))
_FIRST: Final = -(10**9)
_MOST_PAGES: Final = 10  # that a notice names
_TITLES: Final = frozenset({"title", "ctrTitle"})
_FURNITURE: Final = frozenset({"ftr", "sldNum", "dt", "hdr"})
_COMMENTS: Final = re.compile(r"ppt/comments/[^/]+\.xml")
_LITTLE: Final = 100  # characters beside a picture: it may be what matters
_ROW: Final = 200_000  # EMU, about half a centimetre: shapes on one line


def parse_pptx(data: bytes, name: str) -> Parsed:
    """Read every slide: title, texts from top to bottom, tables, charts, notes.

    `pages` are the slides. Footers and slide numbers stand in the text and are not
    searched. Hidden slides are read, and reported: they are part of the file.

    Raises:
        DocumentError: It is damaged, encrypted, or would unpack to too much.
    """
    package = Package(data, called="presentation", office=True)
    related = related_parts(package, _PRESENTATION)
    builder = TextBuilder()
    root = package.xml(_PRESENTATION)
    slides = _Slides(builder, package, _size(root))
    for number, slide in enumerate(root.iter(f"{_P}sldId"), start=1):
        builder.begin_page()
        path = related.get(slide.get(f"{_R}id", ""), ("", ""))[1]
        try:
            slides.add(path, number=number)
        except DocumentError as error:  # one slide must not hide the others
            builder.notice(error.code, str(error), page=number)
    slides.note_unseen()
    comments = sum(
        len(package.xml(each)) for each in filter(_COMMENTS.fullmatch, package.names)
    )
    if comments:
        builder.notice("comments", f"Comments of it are not read ({comments}).")
    facts = package.facts()
    title = facts.pop("title", "")
    if title.strip().lower() in {"", "powerpoint presentation"}:
        title = PurePosixPath(name).stem
    return builder.parsed(title=title, media_type=_MEDIA_TYPE, **facts)


def _size(presentation: Any) -> tuple[int, int]:
    """Return the width and height of slides; 0 where they are not given."""
    size = presentation.find(f"{_P}sldSz")
    return (0, 0) if size is None else (number_of(size, "cx"), number_of(size, "cy"))


class _Slides:
    """Adds slides, and counts what their audience does not see."""

    def __init__(
        self, builder: TextBuilder, package: Package, size: tuple[int, int]
    ) -> None:
        self._builder = builder
        self._package = package
        self._size = size
        self._hidden: list[int] = []  # slides
        self._has_hidden_text = False
        self._outside: list[int] = []  # slides beside which text stands
        self._formulas = 0

    def add(self, path: str, *, number: int) -> None:
        """Add a slide.

        Raises:
            DocumentError: It is missing or damaged.
        """
        related = related_parts(self._package, path)
        before = self._builder.length
        root = self._package.xml(path)
        if root.get("show") in _OFF:
            self._hidden.append(number)
        # Titles first, then as a person reads: from the top, and from the left.
        for shape in sorted(_shapes(root), key=lambda each: each[:2]):
            self._add_shape(shape, related, number=number)
        self._builder.end_list()
        pictures = sum(kind == "image" for kind, _ in related.values())
        if pictures and self._builder.length - before < _LITTLE:
            message = f"Pictures on a slide were not read ({pictures})."
            self._builder.notice("pictures", message, page=number)
        if any(kind == "chartEx" for kind, _ in related.values()):
            message = "A chart of a newer kind on a slide was not read."
            self._builder.notice("chart", message, page=number)
        for kind, part in related.values():
            if kind == "notesSlide" and part in self._package.names:
                for shape in _shapes(self._package.xml(part)):
                    if shape.kind == "body":
                        _add_text(self._builder, shape.element, kind="notes")

    def note_unseen(self) -> None:
        """Say what was read that nobody sees, and what was not read."""
        for code, pages, what in (
            (
                "hidden_slides",
                self._hidden,
                "Slides that are hidden when they are shown",
            ),
            ("outside", self._outside, "Texts beside slides, not on them,"),
        ):
            if pages:
                slide_numbers = ", ".join(map(str, pages[:_MOST_PAGES]))
                more = ", …" if len(pages) > _MOST_PAGES else ""
                message = f"{what} are searched as well (slides {slide_numbers}{more})."
                self._builder.notice(code, message)
        if self._has_hidden_text:
            message = "Some text is hidden from a reader; it is not searched."
            self._builder.notice("hidden_text", message)
        if self._formulas:
            message = f"Formulas that are pictures were not read ({self._formulas})."
            self._builder.notice("formulas", message)

    def _add_shape(
        self, shape: "_Shape", related: dict[str, tuple[str, str]], *, number: int
    ) -> None:
        element = shape.element
        if shape.is_hidden:
            texts = [text for _, text in paragraphs_of(element) if text]
            self._builder.omit("\n".join(texts), reason="hidden")
            self._has_hidden_text |= bool(texts)
            return
        before = self._builder.length
        _add_content(self._builder, self._package, shape, related=related)
        properties = element.find(f".//{_P}cNvPr")
        if properties is not None:
            self._builder.paragraph(alternative(properties))
        self._formulas += sum(
            each.get("progId", "").startswith(("Equation", "MathType"))
            for each in element.iter(f"{_P}oleObj")
        )
        if self._builder.length > before and self._is_outside(shape.place):
            self._outside += [number] if number not in self._outside[-1:] else []

    def _is_outside(self, place: Any) -> bool:
        """Tell whether a shape stands beside its slide with all that it has."""
        extent = place.getnext() if place is not None else None
        if extent is None or 0 in self._size:
            return False
        left, top = number_of(place, "x"), number_of(place, "y")
        return (
            left >= self._size[0]
            or top >= self._size[1]
            or left + number_of(extent, "cx") <= 0
            or top + number_of(extent, "cy") <= 0
        )


class _Shape(NamedTuple):
    row: int
    left: int
    kind: str  # of a placeholder
    element: Any
    place: Any  # where it says that it stands, if it does
    is_hidden: bool


def _shapes(
    root: Any, *, around: _Shape | None = None, is_hidden: bool = False
) -> Iterator[_Shape]:
    """Yield the shapes of a slide.

    What stands in a group stands where the group does, in its order.
    """
    tree = root.find(f".//{_P}spTree") if around is None else root
    for element in tree if tree is not None else ():
        if element.tag == f"{_MC}AlternateContent":  # the same twice, for old programs
            chosen = element.find(f"{_MC}Choice")
            if chosen is not None:
                at = around or _Shape(0, 0, "", chosen, None, is_hidden=False)
                yield from _shapes(chosen, around=at, is_hidden=is_hidden)
            continue
        if element.tag not in _SHAPES:
            continue
        shape = _shape(element, around, is_hidden=is_hidden)
        if element.tag == f"{_P}grpSp":
            yield from _shapes(element, around=shape, is_hidden=shape.is_hidden)
        else:
            yield shape


def _shape(element: Any, around: _Shape | None, *, is_hidden: bool) -> _Shape:
    holder = element.find(f".//{_P}nvPr/{_P}ph")
    kind = holder.get("type", "body") if holder is not None else ""
    properties = element.find(f"*/{_P}cNvPr")
    is_hidden |= properties is not None and properties.get("hidden") in _ON
    if around is not None:
        row, left, place = around.row, around.left, around.place
    else:
        place = element.find(f".//{_A}off")
        # Placeholders stand where the layout has them: first.
        row = number_of(place, "y") // _ROW if place is not None else 0
        left = number_of(place, "x") if place is not None else 0
    row = _FIRST if kind in _TITLES and element.tag != f"{_P}grpSp" else row
    return _Shape(row, left, kind, element, place, is_hidden)


def _add_content(
    builder: TextBuilder,
    package: Package,
    shape: _Shape,
    *,
    related: dict[str, tuple[str, str]],
) -> None:
    element = shape.element
    for table in element.iter(f"{_A}tbl"):
        properties = table.find(f"{_A}tblPr")
        named = properties is not None and properties.get("firstRow") in _ON
        builder.table(_rows(table, named=named), header=named)
        return
    for frame in element.iter(f"{_A}graphicData"):
        for reference in frame:
            what, path = related.get(reference.get(f"{_R}id", ""), ("", ""))
            if what == "chart" and path in package.names:
                add_chart(builder, package.xml(path))
            data = related.get(reference.get(f"{_R}dm", ""), ("", ""))[1]
            if data in package.names:  # a diagram (SmartArt)
                _add_text(builder, package.xml(data), kind="")
    _add_text(builder, element, kind=shape.kind)


def _rows(table: Any, *, named: bool) -> list[list[str]]:
    """Return the texts of cells; one that goes on from above has its text."""
    elements = list(table.iter(f"{_A}tr"))
    heads = _heads(elements) if named else 1
    rows: list[list[str]] = []
    for row in elements:
        above = rows[-1] if rows else []
        cells: list[str] = []
        for cell in row.iter(f"{_A}tc"):
            if cell.get("vMerge") in _ON and len(cells) < len(above):
                cells.append(above[len(cells)])
            elif cell.get("hMerge") in _ON and len(rows) < heads > 1 and cells:
                cells.append(cells[-1])
            else:
                cells.append(_cell(cell))
        rows.append(cells)
    if heads > 1:
        rows[:heads] = [join_heads(rows[:heads])]
    return rows


def _heads(rows: list[Any]) -> int:
    """Return how many rows cells of the first go over, if all others are wide."""
    cells = list(rows[0].iter(f"{_A}tc")) if rows else []
    spans = [number_of(cell, "rowSpan") for cell in cells]
    heads = max(spans, default=1)
    wide = [
        number_of(cell, "gridSpan") > 1
        for cell, span in zip(cells, spans, strict=True)
        if span < 2 and cell.get("hMerge") not in _ON
    ]
    is_usual = wide and all(wide) and 1 < heads < min(len(rows), MOST_HEADS + 1)
    return heads if is_usual else 1


def _cell(cell: Any) -> str:
    return " ".join(filter(None, (text for _, text in paragraphs_of(cell))))


def _add_text(builder: TextBuilder, shape: Any, *, kind: str) -> None:
    paragraphs = list(list_paragraphs(shape))
    if kind in _TITLES:
        builder.heading(" ".join(each.text for each in paragraphs), level=1)
        return
    if kind in _FURNITURE:
        builder.omit("\n".join(each.text for each in paragraphs), reason="running_head")
        return
    builder.end_list()
    for depth, mark, text in paragraphs:
        if mark or (len(paragraphs) > 1 and kind != "notes"):
            builder.item(text, depth=depth, mark=mark or "-")
        else:
            builder.paragraph(text)
