"""Objects inside OpenDocument files: formulas in a line, charts as tables."""

import posixpath
from typing import Any, Final

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.mathml import formula
from erya.loading.odf_names import CHART, DRAW, TABLE, TEXT, XLINK
from erya.loading.packed import Package

__all__ = ["Objects"]

_MATH: Final = "{http://www.w3.org/1998/Math/MathML}math"
_MOST_REPEATS: Final = 100


class Objects:
    """Reads the objects of a file, each part of it once."""

    def __init__(self, package: Package, builder: TextBuilder) -> None:
        self._package = package
        self._builder = builder
        self._roots: dict[str, Any] = {}

    def formula(self, frame: Any) -> str:
        """Return the formula in a frame; "" for none."""
        root = self._root(frame)
        math = next(root.iter(_MATH), None) if root is not None else None
        return "" if math is None else _in_line(math)

    def add_chart(self, frame: Any, *, numbers: bool = True) -> None:
        """Add the chart in a frame, if there is one: its titles and its numbers."""
        root = self._root(frame)
        chart = next(root.iter(f"{CHART}chart"), None) if root is not None else None
        if chart is None:
            return
        for title in chart.iterchildren(f"{CHART}title", f"{CHART}subtitle"):
            self._builder.paragraph(_words(title))
        titles = {
            axis.get(f"{CHART}dimension", ""): _words(title)
            for axis in chart.iter(f"{CHART}axis")
            for title in axis.iterchildren(f"{CHART}title")
        }
        table = chart.find(f".//{TABLE}table")
        if table is None or not numbers:
            for words in titles.values():
                self._builder.paragraph(words)
            return
        rows = [_cells(row) for row in table.iter(f"{TABLE}table-row")]
        if rows and rows[0]:
            unit = titles.get("y", "")
            named = [f"{name} ({unit})" if unit else name for name in rows[0][1:]]
            rows[0] = [rows[0][0] or titles.get("x", ""), *named]
        self._builder.table(rows, header=True)

    def _root(self, frame: Any) -> Any:
        """Return what a frame holds: a part of the file, or what stands in it."""
        held = frame.find(f"{DRAW}object")
        if held is None:
            return None
        path = posixpath.normpath(held.get(f"{XLINK}href", "")) + "/content.xml"
        if path not in self._package.names:
            return held
        if path not in self._roots:
            try:
                self._roots[path] = self._package.xml(path)
            except DocumentError as error:  # one object must not hide the text
                self._builder.notice("object", f"An object in it: {error}")
                self._roots[path] = None
        return self._roots[path]


def _in_line(math: Any) -> str:
    """Return a formula as it is read of a page."""
    copy = etree.fromstring(etree.tostring(math, with_tail=False))
    for element in copy.iter(etree.Element):
        element.tag = etree.QName(element).localname
    etree.cleanup_namespaces(copy)
    page = LexborHTMLParser(etree.tostring(copy, method="html", encoding="unicode"))
    node = page.css_first("math")
    return formula(node).strip() if node is not None else ""


def _words(element: Any) -> str:
    texts = ("".join(each.itertext()) for each in element.iter(f"{TEXT}p"))
    return " ".join(" ".join(texts).split())


def _cells(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in row.iterchildren(f"{TABLE}table-cell"):
        text = _words(cell)
        told = cell.get(f"{TABLE}number-columns-repeated", "1")
        count = int(told) if told.isdecimal() and len(told) < 4 else 1
        # A point that is not there.
        cells += ["" if text == "NaN" else text] * min(count, _MOST_REPEATS)
    return cells
