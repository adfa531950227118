"""Objects inside OpenDocument files: formulas in a line, charts as tables."""

import posixpath
import re
from collections.abc import Mapping
from typing import Any, Final

from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.formats.mathml import formula
from erya.loading.formats.number_formats import format_number
from erya.loading.formats.odf_names import (
    CHART,
    DRAW,
    NUMBER,
    STYLE,
    TABLE,
    TEXT,
    XLINK,
)
from erya.loading.formats.packed import Package

__all__ = ["Objects"]

_MATH: Final = "{http://www.w3.org/1998/Math/MathML}math"
_ADDRESS: Final = re.compile(r"local-table\.\$?([A-Z]{1,3})\$?\d")
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,20})?")
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
            _show_percents(rows, _percents(root, chart))
            across, unit = titles.get("x", ""), titles.get("y", "")
            named = [f"{name} ({unit})" if unit else name for name in rows[0][1:]]
            rows[0] = [rows[0][0] or across, *named]
            for column in _domains(chart):  # what stands from left to right
                if column < len(rows[0]):
                    rows[0][column] = across or "x"
        self._builder.table(rows, header=True)

    def _root(self, frame: Any) -> Any:
        """Return what a frame holds: a part of the file, or what stands in it."""
        embedded = frame.find(f"{DRAW}object")
        if embedded is None:
            return None
        path = posixpath.normpath(embedded.get(f"{XLINK}href", "")) + "/content.xml"
        if path not in self._package.names:
            return embedded
        if path not in self._roots:
            try:
                self._roots[path] = self._package.xml(path)
            except DocumentError as error:  # one object must not hide the text
                self._builder.notice("object", f"An object in it: {error}")
                self._roots[path] = None
        return self._roots[path]


def _percents(root: Any, chart: Any) -> dict[int, int]:
    """Return the columns of a chart's table that show percents, with their decimals."""
    decimals = {
        style.get(f"{STYLE}name", ""): each.get(f"{NUMBER}decimal-places", "0")
        for style in root.iter(f"{NUMBER}percentage-style")
        for each in style.iterchildren(f"{NUMBER}number")
    }
    formats = {
        style.get(f"{STYLE}name", ""): style.get(f"{STYLE}data-style-name", "")
        for style in root.iter(f"{STYLE}style")
    }
    column_decimals = {}
    for series in chart.iter(f"{CHART}series"):
        column = _column(series.get(f"{CHART}values-cell-range-address", ""))
        how = decimals.get(formats.get(series.get(f"{CHART}style-name", ""), ""), "")
        if column is not None and how.isdecimal() and len(how) == 1:
            column_decimals[column] = int(how)
    return column_decimals


def _show_percents(rows: list[list[str]], decimals: Mapping[int, int]) -> None:
    for row in rows[1:]:
        for column, places in decimals.items():
            if column < len(row) and _NUMBER.fullmatch(row[column]):
                code = f"0.{'0' * places}%" if places else "0%"
                row[column] = format_number(float(row[column]), code) or row[column]


def _domains(chart: Any) -> list[int]:
    domains = chart.iter(f"{CHART}domain")
    columns = (_column(each.get(f"{TABLE}cell-range-address", "")) for each in domains)
    return [column for column in columns if column is not None]


def _column(address: str) -> int | None:
    """Return the column of an address such as `local-table.$B$2:.$B$3`, from 0."""
    match = _ADDRESS.match(address)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


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
        repeats = cell.get(f"{TABLE}number-columns-repeated", "1")
        count = int(repeats) if repeats.isdecimal() and len(repeats) < 4 else 1
        # A point that is not there.
        cells += ["" if text == "NaN" else text] * min(count, _MOST_REPEATS)
    return cells
