"""OpenDocument texts and slides (odt, odp), read from their XML."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.formats.docx_numbering import format_list_number, tick
from erya.loading.formats.odf_line import (
    UNSEEN,
    Lines,
    alternative,
    form_values,
    paragraphs_in,
)
from erya.loading.formats.odf_looks import Looks
from erya.loading.formats.odf_names import (
    DRAW,
    FO,
    OFFICE,
    PRESENTATION,
    STYLE,
    TABLE,
    TEXT,
)
from erya.loading.formats.odf_objects import Objects
from erya.loading.formats.office_parts import MOST_HEADS, join_heads
from erya.loading.formats.packed import Package, read_xml
from erya.loading.formats.symbols import decode_symbols
from erya.loading.formats.whole_numbers import whole_number
from erya.records import Parsed

__all__ = ["add_drawings", "parse_odf"]

_MOST_REPEATS: Final = 100  # of a cell or row; more are the empty rest of a sheet
_LEVELS: Final = 6
_DEEPEST: Final = 8  # a list inside of lists; what is deeper stands at that depth
_FORMS: Final = {  # as Word calls them
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
    "一, 二, 三, ...": "chineseCounting",
}
_COMMENT: Final = "{http://openoffice.org/2009/office}annotation"
_COVERED: Final = f"{TABLE}covered-table-cell"
_OUTLINE: Final = f"{TEXT}outline-style"
_MOST_LEVELS: Final = 10  # of headings
_DRAWING: Final = re.compile(rb"<\w{1,20}:(?:frame|custom-shape)[\s>]")
_DRAWINGS: Final = (f"{DRAW}frame", f"{DRAW}custom-shape")
_FURNITURE: Final = frozenset(("page-number", "date-time", "header", "footer"))
_XML_ID: Final = "{http://www.w3.org/XML/1998/namespace}id"


def parse_odf(data: bytes, name: str) -> Parsed:
    """Read headings, paragraphs, lists, tables and footnotes; slides are `pages`.

    Raises:
        DocumentError: It is damaged, encrypted, or would unpack to too much.
    """
    package = Package(data, called="OpenDocument file")
    if _is_encrypted(package):
        msg = "This OpenDocument file wants a password. Save it without one."
        raise DocumentError(msg, code="password_protected")
    builder = TextBuilder()
    content = package.xml("content.xml")
    styles = package.xml("styles.xml") if "styles.xml" in package.names else None
    roots = [content] if styles is None else [styles, content]
    objects = Objects(package, builder)
    values: dict[str, str] = {}
    for forms in content.iter(f"{OFFICE}forms"):
        values |= form_values(forms)
    lines = Lines(Looks(roots), objects.formula, values)
    body = content.find(f"{OFFICE}body")
    numbered: dict[tuple[str, int], _Numbers] = {}
    for root in reversed(roots):  # as of old, those of all pages last
        numbered |= _list_numbers(root)
    for text in _edges(styles, lines, "header"):
        builder.omit(text, reason="running_head")
    reader = _Reader(builder, lines, objects, numbered=numbered)
    reader.read(body if body is not None else ())
    for text in _edges(styles, lines, "footer"):
        builder.omit(text, reason="running_head")
    if reader.has_hidden or lines.has_hidden:
        message = "Some text is hidden from a reader; it is not searched."
        builder.notice("hidden_text", message)
    comments = sum(1 for _ in content.iter(f"{OFFICE}annotation", _COMMENT))
    if comments:
        builder.notice("comments", f"Comments of it are not read ({comments}).")
    kind = package.read("mimetype").decode("ascii", "replace").strip()
    facts = package.facts()
    title = facts.pop("title", "") or PurePosixPath(name).stem
    return builder.parsed(title=title, media_type=kind, **facts)


def add_drawings(builder: TextBuilder, package: Package) -> None:
    """Add the text boxes and formulas of the sheets of a spreadsheet (ods).

    Of charts it adds the titles: their numbers stand in cells.

    Raises:
        DocumentError: It is damaged.
    """
    data = package.read("content.xml")
    if _DRAWING.search(data) is None:
        return
    content = read_xml(data, called="spreadsheet")
    objects = Objects(package, builder)
    lines = Lines(Looks([content]), objects.formula, {})
    for drawing in content.iter(*_DRAWINGS):
        if next(drawing.iterancestors(*_DRAWINGS), None) is not None:
            continue  # read with the one around it
        for paragraph in paragraphs_in(drawing):
            builder.paragraph(lines.read(paragraph))
        builder.paragraph(objects.formula(drawing) or alternative(drawing))
        objects.add_chart(drawing, numbers=False)


def _edges(styles: Any, lines: Lines, which: str) -> Iterator[str]:
    """Yield what stands at the top or the bottom of pages, each text once."""
    names = [f"{STYLE}{which}{kind}" for kind in ("", "-left", "-first")]
    seen: set[str] = set()
    for edge in styles.iter(*names) if styles is not None else ():
        text = "\n".join(filter(None, map(lines.read, paragraphs_in(edge))))
        if text not in seen:
            seen.add(text)
            yield text


def _is_encrypted(package: Package) -> bool:
    if "META-INF/manifest.xml" not in package.names:
        return False
    return b"encryption-data" in package.read("META-INF/manifest.xml")


class _Numbers(NamedTuple):
    """How a level of a list is numbered."""

    form: str
    start: int
    before: str
    after: str
    levels: int  # how many numbers are written, with those of the levels above


def _list_numbers(styles: Any) -> dict[tuple[str, int], _Numbers]:
    """Return how levels of lists are numbered, and which have a tick for a mark."""
    numbered = {}
    for style in styles.iter(f"{TEXT}list-style", _OUTLINE):
        for level in style:
            form = level.get(f"{STYLE}num-format", "")
            numbers = _Numbers(
                form=form,
                start=_whole(level, "start-value"),
                before=level.get(f"{STYLE}num-prefix", ""),
                after=level.get(f"{STYLE}num-suffix", ""),
                levels=_whole(level, "display-levels"),
            )
            if sign := _sign(level):
                numbers = _Numbers("", 1, sign, "", 1)
            if form or sign:
                named = style.get(f"{STYLE}name", "")
                key = named if style.tag != _OUTLINE else _OUTLINE
                numbered[key, _whole(level, "level") - 1] = numbers
    return numbered


def _sign(level: Any) -> str:
    """Return the sign before items, if it means something."""
    sign = level.get(f"{TEXT}bullet-char", "")
    properties = level.find(f"{STYLE}text-properties")
    if properties is not None:
        font = properties.get(f"{STYLE}font-name", properties.get(f"{FO}font-family"))
        sign = decode_symbols((font or "").strip("'"), sign)
    return tick(sign)


def _whole(element: Any, name: str) -> int:
    return whole_number(element.get(f"{TEXT}{name}"), default=1)


class _Reader:
    def __init__(
        self,
        builder: TextBuilder,
        lines: Lines,
        objects: Objects,
        *,
        numbered: Mapping[tuple[str, int], _Numbers],
    ) -> None:
        self.has_hidden = False  # a section, or a row
        self._builder = builder
        self._lines = lines
        self._objects = objects
        self._list_numbers = numbered
        self._headings: list[int] = []  # the numbers of headings, by levels
        self._style = ""  # of the list that is open
        self._counts: list[int] = []  # of items, one for each level that is open
        self._last: dict[str, int] = {}  # the last item of a list, by its id
        self._mark = ""  # for the next paragraph of a list

    def read(self, root: Any, *, depth: int = -1) -> None:
        """Add what stands under an element, in its order."""
        for element in root:
            if element.tag in UNSEEN:
                continue
            if element.tag == f"{TEXT}p":
                self._paragraph(element, depth=depth)
            elif element.tag == f"{TEXT}list":
                self._list(element, depth=depth + 1)
            elif element.tag == f"{TEXT}list-item" and self._counts:
                self._item(element, depth=depth)
            elif element.tag in {f"{TEXT}h", f"{TABLE}table", f"{DRAW}frame"}:
                self._block(element)
            elif element.get(f"{TEXT}display") == "none":  # a section
                self.has_hidden |= bool("".join(element.itertext()).strip())
            else:
                if element.tag == f"{DRAW}page":
                    self._builder.begin_page()
                self.read(element, depth=depth)
                if element.tag.startswith(DRAW):
                    self._builder.paragraph(alternative(element))

    def _block(self, element: Any) -> None:
        if element.tag == f"{TEXT}h":
            number = _whole(element, "outline-level")
            text = self._lines.read(element)
            label = self._heading_number(element, number - 1)  # an empty one counts
            mark, self._mark = self._mark, ""
            if self._counts and mark.strip("-"):  # of the list that it is an item of
                label = f"{mark} "
            if text.strip():
                self._builder.heading(label + text, level=min(number, _LEVELS))
            self._add_anchored(element)
        elif element.tag == f"{TABLE}table":
            self._builder.table(self._rows(element), header=True)
        else:
            self._frame(element)

    def _frame(self, frame: Any) -> None:
        """Add what a slide has in a frame: text, a table, a formula, or a chart."""
        if frame.get(f"{PRESENTATION}class") in _FURNITURE:
            texts = map(self._lines.read, paragraphs_in(frame))
            self._builder.omit("\n".join(texts), reason="running_head")
            return
        self.read(frame)
        formula = self._objects.formula(frame)
        self._builder.paragraph(formula or alternative(frame))
        self._objects.add_chart(frame)

    def _paragraph(self, element: Any, *, depth: int) -> None:
        text = self._lines.read(element)
        if depth >= 0 and text.strip():
            mark, self._mark = self._mark or "-", ""
            self._builder.item(text, depth=min(depth, _DEEPEST), mark=mark)
        elif depth < 0:
            self._builder.paragraph(text)
        self._add_anchored(element)

    def _add_anchored(self, element: Any) -> None:
        """Add the text boxes and charts of a paragraph or a heading."""
        for frame in _frames(element):
            for box in frame.iterchildren(f"{DRAW}text-box"):
                self.read(box)
            self._objects.add_chart(frame)

    def _list(self, element: Any, *, depth: int) -> None:
        if depth == 0:
            self._style = element.get(f"{TEXT}style-name", "")
        # A list goes on after what stands between, if it says so.
        before = element.get(f"{TEXT}continue-list", "")
        numbers = self._list_numbers.get((self._style, depth))
        first = numbers.start - 1 if numbers else 0
        self._counts.append(self._last.get(before, first))
        self.read(element, depth=depth)
        last = self._counts.pop()
        if key := element.get(_XML_ID):
            self._last[key] = last
        if depth == 0:
            self._builder.end_list()

    def _item(self, element: Any, *, depth: int) -> None:
        has_start = element.get(f"{TEXT}start-value") is not None
        number = _whole(element, "start-value") if has_start else self._counts[-1] + 1
        self._counts[-1] = number
        numbers = self._list_numbers.get((self._style, depth))
        if numbers is None:
            self._mark = "-"
        else:
            style, counts = self._style, self._counts
            label = self._number(numbers, depth, style=style, counts=counts)
            label = label if numbers.form else ""
            self._mark = f"{numbers.before}{label}{numbers.after}"
        self.read(element, depth=depth)

    def _heading_number(self, heading: Any, depth: int) -> str:
        """Return the number before a heading, and count it."""
        numbers = self._list_numbers.get((_OUTLINE, depth))
        plain = heading.get(f"{TEXT}is-list-header") == "true"
        if numbers is None or plain or depth >= _MOST_LEVELS:
            return ""
        del self._headings[depth + 1 :]
        for level in range(len(self._headings), depth + 1):
            above = self._list_numbers.get((_OUTLINE, level), numbers)
            self._headings.append(above.start - (level == depth))
        self._headings[depth] += 1
        label = self._number(numbers, depth, style=_OUTLINE, counts=self._headings)
        return f"{numbers.before}{label}{numbers.after} "

    def _number(
        self, numbers: _Numbers, depth: int, *, style: str, counts: Sequence[int]
    ) -> str:
        """Return a number, behind those of the levels above if it has them."""
        first = max(0, depth + 1 - numbers.levels)
        levels = range(first, min(depth + 1, len(counts)))
        forms = {
            level: (self._list_numbers.get((style, level)) or numbers).form
            for level in levels
        }
        return ".".join(
            format_list_number(counts[level], _FORMS.get(forms[level], "decimal"))
            for level in levels
        )

    def _rows(self, table: Any) -> list[list[str]]:
        """Return the texts of cells; one that goes over rows stands in each."""
        rows: list[list[str]] = []
        heads = _heads(table)
        over: dict[int, tuple[int, str]] = {}  # by columns: rows that are left, text
        for row in table.iter(f"{TABLE}table-row"):
            cells: list[str] = []
            spread = len(rows) < heads > 1
            for cell in row.iterchildren(f"{TABLE}table-cell", _COVERED):
                repeats = range(_repeats(cell, "number-columns-repeated"))
                if cell.tag == _COVERED:
                    for _ in repeats:
                        beside = cells[-1] if cells and spread else ""
                        left, text = over.pop(len(cells), (1, beside))
                        if left > 1:
                            over[len(cells)] = left - 1, text
                        cells.append(text)
                    continue
                text = " ".join(map(self._lines.read, paragraphs_in(cell)))
                if (below := _count(cell, "number-rows-spanned")) > 1:
                    over[len(cells)] = below - 1, text
                cells += [text for _ in repeats]
            rows += [cells] * _repeats(row, "number-rows-repeated")
        if heads > 1:
            rows[:heads] = [join_heads(rows[:heads])]
        return rows


def _frames(element: Any) -> Iterator[Any]:
    """Yield the frames in an element that are not in each other."""
    for child in element:
        if child.tag == f"{DRAW}frame":
            yield child
        else:
            yield from _frames(child)


def _heads(table: Any) -> int:
    """Return how many rows cells of the first go over, if all others are wide."""
    rows = list(islice(table.iter(f"{TABLE}table-row"), MOST_HEADS + 1))
    cells = list(rows[0].iterchildren(f"{TABLE}table-cell")) if rows else []
    spans = [_count(cell, "number-rows-spanned") for cell in cells]
    heads = max(spans, default=1)
    wide = [
        _count(cell, "number-columns-spanned") > 1
        for cell, span in zip(cells, spans, strict=True)
        if span < 2
    ]
    return heads if wide and all(wide) and heads < len(rows) else 1


def _count(cell: Any, name: str) -> int:
    return min(whole_number(cell.get(f"{TABLE}{name}"), default=1), _MOST_REPEATS)


def _repeats(element: Any, name: str) -> int:
    count = whole_number(element.get(f"{TABLE}{name}"), default=1)
    return count if count <= _MOST_REPEATS else 1
