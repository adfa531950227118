"""OpenDocument texts and slides (odt, odp), read from their XML."""

from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.language import lowered, raised
from erya.loading.builder import TextBuilder
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
_MOST_REPEATS: Final = 100  # of a cell or row; more are the empty rest of a sheet
_LEVELS: Final = 6


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
    _write_raised(content)
    body = content.find(f"{_OFFICE}body")
    _Reader(builder).read(body if body is not None else ())
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


def _is_encrypted(package: Package) -> bool:
    if "META-INF/manifest.xml" not in package.names:
        return False
    return b"encryption-data" in package.read("META-INF/manifest.xml")


class _Reader:
    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder

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
            else:
                self.read(element, depth=depth)

    def _paragraph(self, element: Any, *, depth: int) -> None:
        if depth >= 0:
            self._builder.item(_shown(element), depth=min(depth, 8))
        else:
            self._builder.paragraph(_shown(element))
        for frame in element.iter(f"{_DRAW}text-box"):  # anchored in the paragraph
            self.read(frame)

    def _list(self, element: Any, *, depth: int) -> None:
        self.read(element, depth=depth)
        if depth == 0:
            self._builder.end_list()


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
