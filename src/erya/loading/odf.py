"""OpenDocument texts and slides (odt, odp), read from their XML."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from erya.errors import DocumentError
from erya.language import lowered, raised
from erya.loading.builder import TextBuilder
from erya.loading.docx_numbering import written
from erya.loading.packed import Package
from erya.records import Parsed

__all__ = ["parse_odf"]

_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT: Final = f"{{{_OASIS}text:1.0}}"
_TABLE: Final = f"{{{_OASIS}table:1.0}}"
_DRAW: Final = f"{{{_OASIS}drawing:1.0}}"
_OFFICE: Final = f"{{{_OASIS}office:1.0}}"
_STYLE: Final = f"{{{_OASIS}style:1.0}}"
_NOTES: Final = f"{{{_OASIS}presentation:1.0}}notes"
_UNSEEN: Final = frozenset(
    (f"{_TEXT}tracked-changes", f"{_OFFICE}annotation", f"{_TEXT}sequence-decls",
     f"{_OFFICE}forms", f"{_TEXT}ruby-text", f"{_OFFICE}annotation-end")
)  # fmt: skip
_FO: Final = f"{{{_OASIS}xsl-fo-compatible:1.0}}"
_NEAR_WHITE: Final = re.compile("#(?:[fF][a-fA-F]){3}")
_MOST_REPEATS: Final = 100  # of a cell or row; more are the empty rest of a sheet
_LEVELS: Final = 6
_DEEPEST: Final = 8  # a list inside of lists; what is deeper stands at that depth
_DIGITS: Final = 9  # of a number that a list begins with
_FORMS: Final = {  # as Word calls them
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
    "一, 二, 三, ...": "chineseCounting",
}
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
    if _take_hidden(content):
        message = "Some text is hidden from a reader; it is not searched."
        builder.notice("hidden_text", message)
    _write_raised(content)
    body = content.find(f"{_OFFICE}body")
    numbered = _numbered(content)
    if "styles.xml" in package.names:
        numbered |= _numbered(package.xml("styles.xml"))
    _Reader(builder, numbered).read(body if body is not None else ())
    comments = sum(1 for _ in content.iter(f"{_OFFICE}annotation"))
    if comments:
        builder.notice("comments", f"Comments of it are not read ({comments}).")
    kind = package.read("mimetype").decode("ascii", "replace").strip()
    facts = package.facts()
    title = facts.pop("title", "") or PurePosixPath(name).stem
    return builder.parsed(title=title, media_type=kind, **facts)


def _write_raised(content: Any) -> None:
    """Write what stands above or below the line by its style as a line has it."""
    heights: dict[str, str] = {}
    for style in content.iter(f"{_STYLE}style"):
        for told in style.iter(f"{_STYLE}text-properties"):
            position = told.get(f"{_STYLE}text-position", "").partition(" ")[0]
            if position.rstrip("%") not in {"", "0"}:
                heights[style.get(f"{_STYLE}name", "")] = position
    for span in content.iter(f"{_TEXT}span") if heights else ():
        position = heights.get(span.get(f"{_TEXT}style-name", ""), "")
        if position and not len(span):
            low = position.startswith(("sub", "-"))
            above = span.getprevious()
            before = above.tail if above is not None else span.getparent().text
            span.text = (lowered if low else raised)(
                span.text or "", before=before or ""
            )


def _take_hidden(content: Any) -> bool:
    """Take away text that nobody sees by its style; tell whether there was some."""
    looks = {
        style.get(f"{_STYLE}name", ""): _look(style)
        for style in content.iter(f"{_STYLE}style")
    }
    unseen = list(content.iter(f"{_TEXT}hidden-text", f"{_TEXT}hidden-paragraph"))
    if {"unseen", "white"} & {*looks.values()}:
        styled = content.iter(f"{_TEXT}span", f"{_TEXT}p", f"{_TEXT}h")
        unseen += [element for element in styled if _is_unseen(element, looks)]
    told = False
    for element in unseen:
        told |= bool("".join(element.itertext()).strip())
        tail = element.tail
        element.clear()
        element.tail = tail
    return told


def _is_unseen(element: Any, looks: Mapping[str, str]) -> bool:
    look = looks.get(element.get(f"{_TEXT}style-name", ""))
    if look != "white":
        return look == "unseen"
    # Shapes and cells may have a colour.
    return not any(
        around.tag.startswith((_DRAW, _TABLE))
        or looks.get(around.get(f"{_TEXT}style-name", "")) == "coloured"
        for around in element.iterancestors()
    )


def _look(style: Any) -> str:
    """Tell how a style shows text: `unseen`, `white`, on a ground, or else."""
    white = False
    for told in style.iter(f"{_STYLE}text-properties", f"{_STYLE}paragraph-properties"):
        if told.get(f"{_TEXT}display") == "none":
            return "unseen"
        ground = told.get(f"{_FO}background-color", "transparent")
        if ground != "transparent" and _NEAR_WHITE.fullmatch(ground) is None:
            return "coloured"
        white |= _NEAR_WHITE.fullmatch(told.get(f"{_FO}color", "")) is not None
    return "white" if white else ""


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


def _numbered(styles: Any) -> dict[tuple[str, int], _Numbers]:
    """Return how levels of styles of lists are numbered; those of marks are not."""
    return {
        (style.get(f"{_STYLE}name", ""), _whole(level, "level") - 1): _Numbers(
            form=level.get(f"{_STYLE}num-format", ""),
            start=_whole(level, "start-value"),
            before=level.get(f"{_STYLE}num-prefix", ""),
            after=level.get(f"{_STYLE}num-suffix", ""),
        )
        for style in styles.iter(f"{_TEXT}list-style")
        for level in style.iter(f"{_TEXT}list-level-style-number")
        if level.get(f"{_STYLE}num-format")
    }


def _whole(element: Any, name: str) -> int:
    told = element.get(f"{_TEXT}{name}", "1")
    return int(told) if told.isdecimal() and len(told) < _DIGITS else 1


class _Reader:
    def __init__(
        self, builder: TextBuilder, numbered: Mapping[tuple[str, int], _Numbers]
    ) -> None:
        self._builder = builder
        self._numbered = numbered
        self._style = ""  # of the list that is open
        self._counts: list[int] = []  # of items, one for each level that is open
        self._last: dict[str, int] = {}  # the last item of a list, by its id
        self._mark = ""  # for the next paragraph of a list

    def read(self, root: Any, *, depth: int = -1) -> None:
        """Add what stands under an element, in its order."""
        for element in root:
            tag = element.tag
            if tag in _UNSEEN:
                continue
            if tag == f"{_TEXT}h":
                level = element.get(f"{_TEXT}outline-level", "1")
                number = int(level) if level.isdecimal() else 1
                self._builder.heading(_shown(element), level=min(number, _LEVELS))
            elif tag == f"{_TEXT}p":
                self._paragraph(element, depth=depth)
            elif tag == f"{_TEXT}list":
                self._list(element, depth=depth + 1)
            elif tag == f"{_TABLE}table":
                self._builder.table(_rows(element), header=True)
            elif tag == f"{_DRAW}page":
                self._builder.begin_page()
                self.read(element)
            elif tag == f"{_TEXT}list-item" and self._counts:
                self._item(element, depth=depth)
            else:
                self.read(element, depth=depth)

    def _paragraph(self, element: Any, *, depth: int) -> None:
        text = _shown(element)
        if depth >= 0 and text.strip():
            mark, self._mark = self._mark or "-", ""
            self._builder.item(text, depth=min(depth, _DEEPEST), mark=mark)
        elif depth < 0:
            self._builder.paragraph(text)
        for frame in element.iter(f"{_DRAW}text-box"):  # anchored in the paragraph
            self.read(frame)

    def _list(self, element: Any, *, depth: int) -> None:
        if depth == 0:
            self._style = element.get(f"{_TEXT}style-name", "")
        # A list goes on after what stands between, if it says so.
        before = element.get(f"{_TEXT}continue-list", "")
        numbers = self._numbered.get((self._style, depth))
        first = numbers.start - 1 if numbers else 0
        self._counts.append(self._last.get(before, first))
        self.read(element, depth=depth)
        last = self._counts.pop()
        if key := element.get(_XML_ID):
            self._last[key] = last
        if depth == 0:
            self._builder.end_list()

    def _item(self, element: Any, *, depth: int) -> None:
        given = element.get(f"{_TEXT}start-value") is not None
        number = _whole(element, "start-value") if given else self._counts[-1] + 1
        self._counts[-1] = number
        numbers = self._numbered.get((self._style, depth))
        if numbers is None:
            self._mark = "-"
        else:
            told = written(number, _FORMS.get(numbers.form, "decimal"))
            self._mark = f"{numbers.before}{told}{numbers.after}"
        self.read(element, depth=depth)


def _rows(table: Any) -> list[list[str]]:
    rows = []
    for row in table.iter(f"{_TABLE}table-row"):
        cells: list[str] = []
        for cell in row:
            if cell.tag.startswith(_TABLE) and cell.tag.endswith("table-cell"):
                text = " ".join(_shown(p) for p in cell.iter(f"{_TEXT}p"))
                cells += [text] * _repeats(cell, "number-columns-repeated")
        rows += [cells] * _repeats(row, "number-rows-repeated")
    return rows


def _repeats(element: Any, name: str) -> int:
    told = element.get(f"{_TABLE}{name}", "1")
    count = int(told) if told.isdecimal() else 1
    return count if count <= _MOST_REPEATS else 1


def _shown(element: Any) -> str:
    """Return the text of a paragraph: blanks, tabs and line ends are elements."""
    parts: list[str] = [element.text or ""]
    for child in element:
        if child.tag == f"{_TEXT}s":
            told = child.get(f"{_TEXT}c", "1")
            parts.append(" " * min(int(told) if told.isdecimal() else 1, 100))
        elif child.tag == f"{_TEXT}tab":
            parts.append(" ")
        elif child.tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif child.tag == f"{_TEXT}note":
            body = child.find(f"{_TEXT}note-body")
            if body is not None:
                notes = (_shown(each) for each in body.iter(f"{_TEXT}p"))
                parts.append(f" [{' '.join(notes)}]")
        elif child.tag not in _UNSEEN and child.tag != f"{_DRAW}frame":
            parts.append(_shown(child))
        parts.append(child.tail or "")
    return "".join(parts)
