"""HTML: what a browser would show, with headings, lists and tables."""

import re
from pathlib import PurePosixPath

from selectolax.lexbor import LexborHTMLParser, LexborNode

from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.records import Parsed

__all__ = ["add_html", "parse_html"]

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE
)
_DECLARED_WITHIN = 4_096
_UNSEEN = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "nav",
        "head",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "select",
        "button",
        "audio",
        "video",
        "canvas",
        "map",
        "datalist",
        "dialog",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "legend",
        "main",
        "p",
        "section",
        "summary",
    ]
)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])",
    re.IGNORECASE,
)
_HEADING = re.compile(r"h([1-6])")


def parse_html(data: bytes, name: str) -> Parsed:
    """Read a page. The title is its `<title>`, else its first heading.

    Scripts, styles, navigation and elements hidden by attribute or inline style are
    left out: what a reader of the page cannot see cannot be cited.
    """
    declared = _CHARSET.search(data[:_DECLARED_WITHIN])
    source = decode(data, declared=declared[1].decode("ascii") if declared else None)
    tree = LexborHTMLParser(source)
    builder = TextBuilder()
    if tree.root is not None:
        _Walker(builder).walk(tree.root)
    title_node = tree.css_first("title")
    title = title_node.text(deep=True) if title_node is not None else ""
    parsed = builder.parsed(title=title, media_type="text/html")
    if parsed.title:
        return parsed
    return builder.parsed(title=PurePosixPath(name).stem, media_type="text/html")


def add_html(builder: TextBuilder, fragment: str) -> None:
    """Add what a reader sees of an HTML fragment, as inside Markdown."""
    tree = LexborHTMLParser(fragment)
    if tree.root is not None:
        _Walker(builder).walk(tree.root)


class _Walker:
    """Visits every node once, without recursion: pages may nest without end."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._inline: list[str] = []
        self._lists: list[int | None] = []
        self._item_begins = False
        self._tables = 0
        self._rows: list[list[str]] = []
        self._header = False

    def walk(self, root: LexborNode) -> None:
        node: LexborNode | None = root
        while node is not None:
            child = node.child if self._enter(node) else None
            while child is None and node is not None:
                self._leave(node)
                if node.mem_id == root.mem_id:
                    node = None
                    break
                child = node.next
                node = node.parent if child is None else node
            node = child if node is not None else None
        self._flush()

    def _enter(self, node: LexborNode) -> bool:
        """Take in a node; return whether to visit its children."""
        tag = node.tag or ""
        if tag == "-text":
            self._inline.append(node.text_content or "")
            return False
        if tag in _UNSEEN or tag.startswith(("-", "!")) or _is_hidden(node):
            return tag == "-document"
        if tag == "pre" and not self._tables:
            self._flush()
            self._builder.code(node.text(deep=True))
            return False
        if tag == "br":
            self._inline.append("\n")
        elif self._tables or tag == "table":
            self._enter_table(tag)
        elif tag in _BLOCKS or tag == "li" or _HEADING.fullmatch(tag):
            self._flush()
            self._item_begins = self._item_begins or tag == "li"
        elif tag in {"ul", "ol", "menu"}:
            self._flush()
            self._lists.append(_first_number(node) if tag == "ol" else None)
        return True

    def _enter_table(self, tag: str) -> None:
        if tag == "table":
            if not self._tables:
                self._flush()
                self._rows, self._header = [], False
            self._tables += 1
        elif tag == "tr" and self._tables == 1:
            self._rows.append([])
        elif tag in {"td", "th"} and self._tables == 1:
            self._inline.clear()
            if tag == "th" and len(self._rows) == 1:
                self._header = True
        elif _parts(tag):
            self._inline.append(" ")

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if self._tables:
            self._leave_table(tag)
        elif heading := _HEADING.fullmatch(tag):
            self._builder.heading(self._take(), level=int(heading[1]))
        elif tag in {"ul", "ol", "menu"} and self._lists:
            self._flush()
            self._lists.pop()
            if not self._lists:
                self._builder.end_list()
        elif tag in _BLOCKS or tag == "li":
            self._flush()

    def _leave_table(self, tag: str) -> None:
        if tag == "table":
            self._tables -= 1
            if not self._tables:
                self._inline.clear()
                self._builder.table(self._rows, header=self._header)
        elif tag in {"td", "th"} and self._tables == 1:
            if not self._rows:
                self._rows.append([])
            self._rows[-1].append(self._take())
        elif tag == "caption" and self._tables == 1:
            self._builder.paragraph(self._take())
        elif _parts(tag):
            self._inline.append(" ")

    def _flush(self) -> None:
        """End the paragraph or list item that is being collected."""
        text = self._take()
        if not text.strip():
            return
        if not self._lists:
            self._builder.paragraph(text)
            return
        number, mark = self._lists[-1], "-"
        if not self._item_begins:
            mark = " "
        elif number is not None:
            mark = f"{number}."
            self._lists[-1] = number + 1
        self._item_begins = False
        self._builder.item(text, depth=len(self._lists) - 1, mark=mark)

    def _take(self) -> str:
        # In HTML a line end is a blank like any other; only <br> put one in alone.
        parts = [" ".join(re.split(r"\s", p)) if p != "\n" else p for p in self._inline]
        self._inline.clear()
        return "".join(parts)


def _first_number(node: LexborNode) -> int:
    start = node.attributes.get("start") or ""
    return int(start) if start.isascii() and start.isdecimal() else 1


def _parts(tag: str) -> bool:
    """Tell whether an element inside a table cell stands apart from its neighbours."""
    return (
        tag in _BLOCKS
        or tag in {"li", "tr", "td", "th"}
        or _HEADING.fullmatch(tag) is not None
    )


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
    )
