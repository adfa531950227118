"""Markdown (CommonMark with tables): marks go, structure stays."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token

from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.html import add_html
from erya.records import Parsed

__all__ = ["add_markdown", "parse_markdown"]

_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n((?:[\w-]+:.*\n|[ \t#-].*\n|[ \t]*\n)+?)"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_TITLE_LINE = re.compile(r"^title:\s*(.+?)\s*$", re.MULTILINE)
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_NESTING = 40  # deeper lists and quotes are read as text


def parse_markdown(data: bytes, name: str) -> Parsed:
    """Read Markdown. The title is the front matter's, else the first heading."""
    source = decode(data)
    title = ""
    if front := _FRONT_MATTER.match(source):
        if line := _TITLE_LINE.search(front[1]):
            title = line[1].strip("\"'")
        source = source[front.end() :]
    builder = TextBuilder()
    add_markdown(builder, source)
    parsed = builder.parsed(title=title, media_type="text/markdown")
    if parsed.title:
        return parsed
    return builder.parsed(title=PurePosixPath(name).stem, media_type="text/markdown")


def add_markdown(builder: TextBuilder, source: str) -> None:
    """Add what a reader sees of Markdown."""
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table")
    _Reader(builder).read(parser.parse(source))


class _Reader:
    """Turns the parser's flat list of tokens into blocks."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._heading = 0
        self._lists: list[int | None] = []  # the next number of each open list, if any
        self._item_begins = False
        self._rows: list[list[str]] = []
        self._in_table = False

    def read(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            match token.type:
                case "inline":
                    self._inline(inline_text(token.children or []))
                case "heading_open":
                    self._heading = int(token.tag[1])
                case "heading_close":
                    self._heading = 0
                case "fence" | "code_block":
                    self._builder.code(token.content)
                case "html_block":
                    add_html(self._builder, token.content)
                case _:
                    self._structure(token)

    def _structure(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                if not self._lists:
                    self._builder.end_list()
            case "list_item_open":
                self._item_begins = True
            case "table_open":
                self._rows, self._in_table = [], True
            case "table_close":
                self._in_table = False
                self._builder.table(self._rows, header=True)
            case "tr_open":
                self._rows.append([])
            case _:
                pass  # a closing tag, or a mark that only a browser would show

    def _inline(self, text: str) -> None:
        if self._in_table:
            self._rows[-1].append(text)
        elif self._heading:
            self._builder.heading(text, level=self._heading)
        elif self._lists:
            self._item(text)
        else:
            self._builder.paragraph(text)

    def _item(self, text: str) -> None:
        number, mark = self._lists[-1], "-"
        if not self._item_begins:
            mark = " "  # a further paragraph of the same item
        elif number is not None:
            mark = f"{number}."
            self._lists[-1] = number + 1
        self._item_begins = False
        self._builder.item(text, depth=len(self._lists) - 1, mark=mark)


def inline_text(children: Sequence[Token]) -> str:
    """Return what a reader sees of inline Markdown: link texts, image descriptions."""
    parts: list[str] = []
    for child in children:
        if child.type in {"text", "code_inline"}:
            parts.append(child.content)
        elif child.type == "image":
            parts.append(inline_text(child.children or []))
        elif child.type == "hardbreak" or child.content.lower().startswith("<br"):
            parts.append("\n")
        elif child.type == "softbreak":
            # Chinese has no blanks: a wrapped line goes on without one.
            wide = bool(parts and parts[-1] and _WIDE.match(parts[-1][-1]))
            parts.append("" if wide else " ")
    return "".join(parts)
