"""What documents of Office share: relations, drawings, files inside them."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.language import lowered, raised
from erya.loading.builder import TextBuilder
from erya.loading.formats.docx_math import MATH, formula
from erya.loading.formats.packed import Package
from erya.loading.formats.symbols import decode_symbols
from erya.loading.looks import STRUCK
from erya.records import Part

__all__ = [
    "MOST_HEADS",
    "add_sheet_drawings",
    "alternative",
    "embedded_files",
    "join_heads",
    "number_of",
    "paragraphs_of",
    "related_parts",
    "text_of",
]

_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_REL: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_CHART: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_EMBEDDED: Final = re.compile(
    r"(?:word|ppt|xl)/embeddings/[^/]+\.(?:docx|xlsx|pptx|pdf|txt)"
)
_DRAWINGS: Final = re.compile(r"xl/(?:drawings/drawing|charts/chart)\d+\.xml")
MOST_HEADS: Final = 4  # rows of names above a table
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
    related = {}
    for relation in package.xml(path).iter(f"{_REL}Relationship"):
        if relation.get("TargetMode") != "External":
            target = relation.get("Target", "")
            inside = posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            related[relation.get("Id", "")] = (kind, inside)
    return related


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


def join_heads(heads: Sequence[Sequence[str]]) -> list[str]:
    """Return one row of names for several: each column has those above it."""
    return [
        " ".join(dict.fromkeys(filter(None, names)))
        for names in zip_longest(*heads, fillvalue="")
    ]


def paragraphs_of(element: Any) -> Iterator[tuple[int, str]]:
    """Yield the depth and the text of each paragraph."""
    for paragraph in element.iter(f"{_A}p"):
        properties = paragraph.find(f"{_A}pPr")
        depth = number_of(properties, "lvl") if properties is not None else 0
        yield min(depth, 8), text_of(paragraph)


def text_of(paragraph: Any) -> str:
    """Return what a paragraph shows."""
    return _read_text(paragraph).strip()


def _read_text(element: Any) -> str:
    """Return what a paragraph or a part of it shows, formulas in a line."""
    text = ""
    for child in element:
        if child.tag == f"{_A}r":
            text = _with_run(text, child)
        elif child.tag == f"{_A}t":
            text += child.text or ""
        elif child.tag == f"{_A}br":
            text += "\n"
        elif child.tag in MATH:
            text += formula(child)
        elif child.tag != f"{_MC}Fallback":
            text += _read_text(child)
    return text


def _with_run(text: str, run: Any) -> str:
    """Return a line with a run behind it, in its font, off the line, struck or not."""
    run_text = _read_text(run)
    properties = run.find(f"{_A}rPr")
    if properties is None:
        return text + run_text
    run_text = _in_font(run_text, properties)
    if height := number_of(properties, "baseline"):
        run_text = (raised if height > 0 else lowered)(run_text, before=text)
    if properties.get("strike", "noStrike") == "noStrike" or not run_text.strip():
        return text + run_text
    before = run.getprevious()
    properties_before = before.find(f"{_A}rPr") if before is not None else None
    goes_on = (
        properties_before is not None
        and properties_before.get("strike", "noStrike") != "noStrike"
    )
    if goes_on and text.endswith(STRUCK):
        return f"{text.removesuffix(STRUCK)}{run_text}{STRUCK}"
    return f"{text}{STRUCK}{run_text}{STRUCK}"


def _in_font(text: str, properties: Any) -> str:
    """Return text as its font shows it.

    PowerPoint leaves a font of signs at words behind one: only a sign alone is meant.
    """
    sign = properties.find(f"{_A}sym")
    if sign is not None and (len(text.strip()) == 1 or text[:1] >= "\uf000"):
        return decode_symbols(sign.get("typeface", ""), text)
    latin = properties.find(f"{_A}latin")
    return (
        decode_symbols(latin.get("typeface", ""), text) if latin is not None else text
    )


def add_sheet_drawings(builder: TextBuilder, package: Package) -> None:
    """Add the text boxes of sheets, and the titles of their charts.

    The numbers of a chart stand in cells.
    """
    for name in sorted(filter(_DRAWINGS.fullmatch, package.names)):
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
