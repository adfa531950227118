"""PowerPoint slides (pptx), read from their XML.

By lxml, which other readers need as well: python-pptx brings Pillow, which is as large
as all readers together, to read pictures that have no text in them.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.office_parts import (
    add_chart,
    number_of,
    paragraphs_of,
    related_parts,
)
from erya.loading.packed import Package
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
_TITLES: Final = frozenset({"title", "ctrTitle"})
_FURNITURE: Final = frozenset({"ftr", "sldNum", "dt", "hdr"})
_COMMENTS: Final = re.compile(r"ppt/comments/[^/]+\.xml")
_LITTLE: Final = 100  # characters beside a picture: it may be what matters
_ROW: Final = 200_000  # EMU, about half a centimetre: shapes on one line


def parse_pptx(data: bytes, name: str) -> Parsed:
    """Read every slide: title, texts from top to bottom, tables, charts, notes.

    `pages` are the slides. Footers and slide numbers stand in the text and are not
    searched. Hidden slides are read: they are part of the file.

    Raises:
        DocumentError: It is damaged, encrypted, or would unpack to too much.
    """
    package = Package(data, called="presentation", office=True)
    related = related_parts(package, _PRESENTATION)
    builder = TextBuilder()
    slides = package.xml(_PRESENTATION).iter(f"{_P}sldId")
    for number, slide in enumerate(slides, start=1):
        builder.begin_page()
        path = related.get(slide.get(f"{_R}id", ""), ("", ""))[1]
        try:
            _add_slide(builder, package, path, number=number)
        except DocumentError as error:  # one slide must not hide the others
            builder.notice(error.code, str(error), page=number)
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


def _add_slide(
    builder: TextBuilder, package: Package, path: str, *, number: int
) -> None:
    related = related_parts(package, path)
    before = builder.length
    shapes = list(_shapes(package.xml(path)))
    # Titles first, then as a person reads: from the top, and from the left.
    for _, _, kind, shape in sorted(shapes, key=lambda each: each[:2]):
        _add_shape(builder, package, shape, kind=kind, related=related)
    builder.end_list()
    pictures = sum(kind == "image" for kind, _ in related.values())
    if pictures and builder.length - before < _LITTLE:
        message = f"Pictures on a slide were not read ({pictures})."
        builder.notice("pictures", message, page=number)
    for kind, part in related.values():
        if kind == "notesSlide" and part in package.names:
            for _, _, what, shape in _shapes(package.xml(part)):
                if what == "body":
                    _add_text(builder, shape, kind="notes")


def _shapes(
    root: Any, *, at: tuple[int, int] | None = None
) -> Iterator[tuple[int, int, str, Any]]:
    """Yield the row, the left edge, the kind, and the element of each shape.

    What stands in a group stands where the group does, in its order.
    """
    tree = root.find(f".//{_P}spTree") if at is None else root
    for element in tree if tree is not None else ():
        if element.tag == f"{_MC}AlternateContent":  # the same twice, for old programs
            chosen = element.find(f"{_MC}Choice")
            if chosen is not None:
                yield from _shapes(chosen, at=at or (0, 0))
            continue
        if element.tag not in {f"{_P}{tag}" for tag in ("sp", "grpSp", "graphicFrame")}:
            continue
        holder = element.find(f".//{_P}nvPr/{_P}ph")
        kind = holder.get("type", "body") if holder is not None else ""
        place = element.find(f".//{_A}off")
        if place is None:
            place = element.find(f".//{_P}xfrm/{_A}off")
        row, left = at or (
            (number_of(place, "y") // _ROW, number_of(place, "x"))
            if place is not None
            else (0, 0)  # placeholders stand where the layout has them: first
        )
        if element.tag == f"{_P}grpSp":
            yield from _shapes(element, at=(row, left))
        else:
            yield (-(10**9) if kind in _TITLES else row, left, kind, element)


def _add_shape(
    builder: TextBuilder,
    package: Package,
    shape: Any,
    *,
    kind: str,
    related: dict[str, tuple[str, str]],
) -> None:
    for table in shape.iter(f"{_A}tbl"):
        rows = [
            [_cell(cell) for cell in row.iter(f"{_A}tc")]
            for row in table.iter(f"{_A}tr")
        ]
        shown = table.find(f"{_A}tblPr")
        named = shown is not None and shown.get("firstRow") in {"1", "true"}
        builder.table(rows, header=named)
        return
    for frame in shape.iter(f"{_A}graphicData"):
        for reference in frame:
            what, path = related.get(reference.get(f"{_R}id", ""), ("", ""))
            if what == "chart" and path in package.names:
                add_chart(builder, package.xml(path))
            data = related.get(reference.get(f"{_R}dm", ""), ("", ""))[1]
            if data in package.names:  # a diagram (SmartArt)
                _add_text(builder, package.xml(data), kind="")
    _add_text(builder, shape, kind=kind)


def _cell(cell: Any) -> str:
    return " ".join(filter(None, (text for _, text in paragraphs_of(cell))))


def _add_text(builder: TextBuilder, shape: Any, *, kind: str) -> None:
    paragraphs = [(depth, text) for depth, text in paragraphs_of(shape) if text]
    if kind in _TITLES:
        builder.heading(" ".join(text for _, text in paragraphs), level=1)
        return
    if kind in _FURNITURE:
        builder.omit("\n".join(text for _, text in paragraphs), reason="running_head")
        return
    builder.end_list()
    for depth, text in paragraphs:
        if len(paragraphs) > 1 and kind != "notes":
            builder.item(text, depth=depth)
        else:
            builder.paragraph(text)
