"""What documents of Office share: relations, drawings, charts, files inside them."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.language import lowered, raised
from erya.loading.builder import TextBuilder
from erya.loading.docx_math import MATH, formula
from erya.loading.packed import Package
from erya.loading.symbols import shown_in
from erya.records import Part

__all__ = [
    "add_chart",
    "add_sheet_drawings",
    "alternative",
    "embedded_files",
    "number_of",
    "paragraphs_of",
    "related_parts",
]

_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_REL: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_CHART: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_EMBEDDED: Final = re.compile(
    r"(?:word|ppt|xl)/embeddings/[^/]+\.(?:docx|xlsx|pptx|pdf|txt)"
)
_DRAWN: Final = re.compile(r"xl/(?:drawings/drawing|charts/chart)\d+\.xml")
_PICTURES: Final = (
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg",
)  # fmt: skip
_CHARTS: Final = re.compile(r"(?:word|ppt|xl)/charts/[^/]+\.xml")


def related_parts(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Return what a part refers to inside the file: by id, the kind and the path."""
    folder, base = posixpath.split(part)
    path = f"{folder}/_rels/{base}.rels"
    if path not in package.names:
        return {}
    found = {}
    for relation in package.xml(path).iter(f"{_REL}Relationship"):
        if relation.get("TargetMode") != "External":
            target = relation.get("Target", "")
            inside = posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            found[relation.get("Id", "")] = (kind, inside)
    return found


def number_of(element: Any, name: str) -> int:
    """Return a whole number that an attribute holds; 0 for none."""
    try:
        return int(element.get(name, "0"))
    except ValueError:
        return 0


def alternative(properties: Any) -> str:
    """Return the words that an author gave for a drawing; "" for a file's name."""
    words = next(filter(None, map(properties.get, ("descr", "alt", "title"))), "")
    return "" if words.lower().endswith(_PICTURES) else " ".join(words.split())


def add_chart(builder: TextBuilder, chart: Any) -> None:
    """Add a chart's title and its numbers, as they were when it was last shown."""
    title = chart.find(f".//{_CHART}title")
    if title is not None:
        builder.paragraph(" ".join(text for _, text in paragraphs_of(title)))
    columns: list[list[str]] = []
    named = ""
    for series in chart.iter(f"{_CHART}ser"):
        for part, cap in (("cat", ""), ("tx", None), ("val", None)):
            found = series.find(f"{_CHART}{part}")
            values = (
                [v.text or "" for v in found.iter(f"{_CHART}v")]
                if found is not None
                else []
            )
            if part == "cat" and not columns:
                columns.append([cap or "", *values])
            elif part == "tx":
                named = values[0] if values else ""
            elif part == "val":
                columns.append([named, *values])
    height = max(map(len, columns), default=0)
    builder.table(
        [[column[at] if at < len(column) else "" for column in columns]
         for at in range(height)],
        header=True,
    )  # fmt: skip


def paragraphs_of(element: Any) -> Iterator[tuple[int, str]]:
    """Yield the depth and the text of each paragraph."""
    for paragraph in element.iter(f"{_A}p"):
        told = paragraph.find(f"{_A}pPr")
        depth = number_of(told, "lvl") if told is not None else 0
        yield min(depth, 8), _shown(paragraph).strip()


def _shown(element: Any) -> str:
    """Return what a paragraph or a part of it shows, formulas in a line."""
    text = ""
    for child in element:
        if child.tag == f"{_A}r":
            text += _run(child, before=text)
        elif child.tag == f"{_A}t":
            text += child.text or ""
        elif child.tag == f"{_A}br":
            text += "\n"
        elif child.tag in MATH:
            text += formula(child)
        elif child.tag != f"{_MC}Fallback":
            text += _shown(child)
    return text


def _run(run: Any, *, before: str) -> str:
    """Return a run of letters, that of Symbol and what stands off the line as well."""
    text = _shown(run)
    properties = run.find(f"{_A}rPr")
    if properties is None:
        return text
    sign = properties.find(f"{_A}sym")
    font = sign if sign is not None else properties.find(f"{_A}latin")
    if font is not None:
        text = shown_in(font.get("typeface", ""), text)
    height = number_of(properties, "baseline")
    if not height:
        return text
    return (raised if height > 0 else lowered)(text, before=before)


def add_sheet_drawings(builder: TextBuilder, package: Package) -> None:
    """Add the text boxes of sheets, and the titles of their charts.

    The numbers of a chart stand in cells.
    """
    for name in sorted(filter(_DRAWN.fullmatch, package.names)):
        try:
            root = package.xml(name)
        except DocumentError as error:
            builder.notice(error.code, str(error))
            continue
        titles = root.iter(f"{_CHART}title") if "/charts/" in name else (root,)
        for each in titles:
            for _, text in paragraphs_of(each):
                builder.paragraph(text)


def embedded_files(data: bytes) -> Iterator[Part]:
    """Yield the documents inside a document; the numbers of its charts are its own.

    Args:
        data: A package of Office.

    Raises:
        DocumentError: It is damaged or encrypted, or would unpack to too much.
    """
    package = Package(data, called="Office document", office=True)
    of_charts = {
        path
        for name in filter(_CHARTS.fullmatch, package.names)
        for _, path in related_parts(package, name).values()
    }
    for name in sorted(filter(_EMBEDDED.fullmatch, package.names)):
        if name not in of_charts:
            yield Part(PurePosixPath(name).name, package.read(name))
