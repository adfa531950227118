"""Texts that Word has written as XML by itself (Word 2003 XML, WordprocessingML)."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath
from typing import Any, Final

from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.formats.packed import read_xml
from erya.loading.looks import STRUCK
from erya.records import Parsed

__all__ = ["parse_word_xml"]

_HEADING: Final = "heading"
_BREAKS: Final = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_LEVELS: Final = 6
_OFF: Final = frozenset(("0", "false", "off"))
_NOTES: Final = frozenset(("footnote", "endnote"))
_EDGES: Final = frozenset(("hdr", "ftr"))  # in the properties of a section
_UNSEEN: Final = _EDGES | {"pPr", "rPr", "tblPr", "trPr", "tcPr", "rt"}
_LINE_ENDS: Final = re.compile(r"\n\n+")


def parse_word_xml(data: bytes, name: str) -> Parsed:
    """Read headings, paragraphs and tables; tables inside of tables as their text.

    Raises:
        DocumentError: It is damaged, or declares entities.
    """
    root = read_xml(data, called="Word document")
    levels = {
        _value(style, "styleId"): _level(style.find("{*}name"))
        for style in root.iter("{*}style")
    }
    builder = TextBuilder()
    body = root.find("{*}body")
    lines = _Lines()
    for edge in body.iter("{*}hdr", "{*}ftr") if body is not None else ():
        builder.omit(lines.of(edge), reason="running_head")
    for element in _topmost(body, {"p", "tbl"}):
        if _local(element) == "p":
            style = element.find("{*}pPr/{*}pStyle")
            level = levels.get(_value(style, "val"), 0) if style is not None else 0
            if level:
                builder.heading(lines.read(element), level=level)
            else:
                builder.paragraph(lines.read(element))
            continue
        rows = [
            [lines.of(cell) for cell in _topmost(row, {"tc"})]
            for row in _topmost(element, {"tr"})
        ]
        builder.table(rows, header=True)
    if lines.has_hidden:
        message = "Some text is hidden from a reader; it is not searched."
        builder.notice("hidden_text", message)
    comments = sum(1 for each in root.iter("{*}annotation") if _is(each, "Comment"))
    if comments:
        builder.notice("comments", f"Comments of it are not read ({comments}).")
    return builder.parsed(title=PurePosixPath(name).stem, media_type="application/xml")


def _topmost(root: Any, names: AbstractSet[str]) -> Iterator[Any]:
    """Yield elements of these names that are shown and in none of them."""
    stack = list(reversed(root)) if root is not None else []
    while stack:
        element = stack.pop()
        if _local(element) in names:
            yield element
        elif not _is_unseen(element):
            stack.extend(reversed(element))


class _Lines:
    """Reads paragraphs."""

    def __init__(self) -> None:
        self.has_hidden = False  # in any of them

    def of(self, element: Any) -> str:
        """Return the paragraphs in an element, each on a line of its own."""
        return "\n".join(map(self.read, _topmost(element, {"p"})))

    def read(self, paragraph: Any) -> str:
        """Return what a paragraph shows, a text box or a note in it included."""
        line = _Line(self)
        line.read(paragraph)
        line.strike(is_struck=False)
        return _LINE_ENDS.sub("\n", "".join(line.parts).strip("\n"))


class _Line:
    """A paragraph that is being read."""

    def __init__(self, lines: _Lines) -> None:
        self.parts: list[str] = []
        self._lines = lines
        self._is_struck = False

    def read(self, element: Any) -> None:
        """Add what is in an element of a paragraph."""
        for child in element:
            name = _local(child)
            if name == "r":
                self._run(child)
            elif name == "p":  # in a text box
                self.parts.append(f"\n{self._lines.read(child)}\n")
            elif name in _NOTES:
                self.parts.append(f" [{' '.join(self._lines.of(child).split())}]")
            elif not _is_unseen(child):
                self.read(child)

    def strike(self, *, is_struck: bool) -> None:
        """Begin or end what is struck out."""
        if is_struck != self._is_struck:
            self.parts.append(STRUCK)
            self._is_struck = is_struck

    def _run(self, run: Any) -> None:
        if _is_on(run, "vanish"):
            texts = ("".join(each.itertext()) for each in run.iter("{*}t"))
            self._lines.has_hidden |= any(text.strip() for text in texts)
            return
        text = ""
        for child in run:
            name = _local(child)
            if name == "t" or name in _BREAKS:
                text += _BREAKS.get(name, child.text or "")
            elif not _is_unseen(child):
                self._text(text, run)
                text = ""
                self.read((child,))
        self._text(text, run)

    def _text(self, text: str, run: Any) -> None:
        """Add text of a run, signs off the line written as such."""
        if text and not text.isspace():
            struck = any(_is_on(run, name) for name in ("strike", "dstrike"))
            self.strike(is_struck=struck)
        stands = run.find("{*}rPr/{*}vertAlign")
        write = STANDING.get(_value(stands, "val")) if stands is not None else None
        if write is not None and text:
            text = write(text, before=self.parts[-1] if self.parts else "")
        if text:
            self.parts.append(text)


def _is_on(run: Any, name: str) -> bool:
    element = run.find(f"{{*}}rPr/{{*}}{name}")
    return element is not None and _value(element, "val") not in _OFF


def _is_unseen(element: Any) -> bool:
    """Tell whether an element is deleted, a comment, or how others look."""
    return _local(element) in _UNSEEN or any(
        _is(element, kind) for kind in ("Deletion", "Comment")
    )


def _is(element: Any, kind: str) -> bool:
    """Tell whether an element is an annotation of a kind."""
    return _local(element) == "annotation" and _value(element, "type").endswith(kind)


def _level(name: Any) -> int:
    """Return the level of a heading, by the name of its style; 0 if it is none."""
    style_name = _value(name, "val").lower() if name is not None else ""
    digit = style_name.removeprefix(_HEADING).strip()
    return (
        min(int(digit), _LEVELS)
        if style_name != digit and digit in set("123456789")
        else 0
    )


def _value(element: Any, name: str) -> str:
    values = (value for key, value in element.items() if key.rpartition("}")[2] == name)
    return next(values, "")


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
