"""HTML: what a browser would show, with headings, lists and tables.

The tree is made, cleared of what is not seen and of marks inside of lines, and written
out again by lexbor; what is left are well-formed tags, which are read one by one.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.flowing import without_wraps
from erya.loading.formats.html_lists import NumberedList, count_reversed, value_of_item
from erya.loading.formats.html_looks import apply_looks
from erya.loading.formats.html_tables import TableReader
from erya.loading.formats.html_values import (
    close_dialogs,
    open_frames,
    tell_stand_ins,
    write_formulas,
    write_marks,
    write_values,
)
from erya.loading.formats.xhtml import as_html, is_xhtml, without_prefixes
from erya.records import Parsed

__all__ = ["add_html", "add_well_formed", "parse_html"]

_CHARSET = re.compile(
    rb"(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,100}?encoding)"
    rb"\s*=\s*[\"']?\s*([\w.:-]{1,40})",
    re.IGNORECASE,
)
_DECLARED_WITHIN = 4_096
# Not shown, or no text: with all that is in them.
_UNSEEN: Final = (
    "script", "style", "noscript", "template", "nav", "head", "svg", "iframe",
    "embed", "select", "button", "rp", "rt", "rtc", "audio", "video",
    "canvas", "datalist", "noembed", "noframes",
)  # fmt: skip
_RAISED: Final = ("sub", "sup")
_STRUCK: Final = ("del", "s", "strike")  # shown, but struck out
_OFF: Final = re.compile("[\u00b2\u00b3\u00b9\u2070-\u208e^]")  # signs off the line
_STANDS_DEEP: Final = 4  # elements of one that stands off its line
_RAW: Final = ("xmp", "plaintext")  # shown, and all in them is text
# Marks inside of lines: their text goes on in the line.
_INLINE: Final = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data",
    "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark", "output", "q",
    "rb", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr",
]  # fmt: skip
_BLOCKS: Final = frozenset(
    ("address", "article", "aside", "blockquote", "body", "caption", "center", "dd",
     "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
     "header", "hr", "html", "legend", "li", "main", "p", "section", "summary")
)  # fmt: skip
_OWN_KINDS: Final = frozenset(
    ("caption", "dd", "dl", "dt", "li")
)  # blocks of their own kind
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_LISTS: Final = frozenset(("ul", "ol", "menu"))
_CELLS: Final = frozenset(("td", "th"))
_ALONE: Final = frozenset(("p", *_HEADINGS))
# What stands apart from its neighbours inside a cell of a table.
_PARTS: Final = frozenset((*_BLOCKS, *_HEADINGS, *_CELLS, "tr"))
# Attributes as lexbor writes them: values are quoted, and a name may hold what is no
# name, such as a quotation mark too many.
_ATTRIBUTES: Final = r"(?:\s+[^\s/>][^\s/>=]*(?:=\"[^\"]*\")?)*\s*/?"
# Some text and what follows it: most often a whole element without others inside, or
# tags that only part what stands around them.
_NEXT: Final = re.compile(
    rf"([^<]*)(?:<(p|h[1-6]|t[dh]|li)({_ATTRIBUTES})>([^<]*)</\2>"
    rf"|((?:</?(?:{'|'.join(sorted(_BLOCKS - _OWN_KINDS))}){_ATTRIBUTES}>\s*)+)"
    rf"|<(/?)([a-zA-Z][^\s/>]*)({_ATTRIBUTES})>"
    r"|<!--.*?-->|<![dD][^>]*>|(<)|\Z)",
    re.DOTALL,
)
_ANY_TAG: Final = re.compile(rf"</?[a-zA-Z][^\s/>]*{_ATTRIBUTES}>")
_INLINE_TAGS: Final = re.compile(rf"</?(?:{'|'.join(_INLINE)}){_ATTRIBUTES}>")
_NAMES: Final = re.compile(r"<([a-zA-Z]{1,10})\b")
_DEEPEST: Final = 20  # a list inside of lists; what is deeper stands at that depth
_MOST_PARTS: Final = 200  # that are asked whether they are the main part
_LEAST_MAIN: Final = 0.2  # of a page's text: less is no main part
_ASIDES: Final = (
    "header, footer, aside, [role=banner], [role=contentinfo], [role=complementary]"
)
_FACTS: Final = {
    "author": ("author", "article:author", "og:article:author"),
    "date": ("date", "article:published_time", "dcterms.date", "pubdate"),
    "description": ("description", "og:description"),
    "keywords": ("keywords", "news_keywords", "article:tag"),
}


def parse_html(data: bytes, name: str, *, main: bool = False) -> Parsed:
    """Read a page. The title is its `<title>`, else its first heading.

    Scripts, styles, navigation and elements hidden by attribute or inline style are
    left out: what a reader of the page cannot see cannot be cited.

    Args:
        data: The page.
        name: Its name.
        main: Read only what is marked as its main part, if there is enough of it; else
            leave out headers, footers and asides.
    """
    source = _source(data, name)
    tree = LexborHTMLParser(source)
    title = _title(tree)
    facts = _facts(tree)
    if main:
        _narrow(tree)
    builder = TextBuilder()
    _add_tree(builder, tree, source)
    parsed = builder.parsed(title=title, media_type="text/html", **facts)
    return parsed if parsed.title else replace(parsed, title=PurePosixPath(name).stem)


def _source(data: bytes, name: str) -> str:
    declared = _CHARSET.search(data[:_DECLARED_WITHIN])
    source = decode(data, declared=declared[1].decode("ascii") if declared else None)
    if name.lower().endswith((".xhtml", ".xht")) or is_xhtml(source):
        return as_html(source)
    return without_prefixes(source)


def _title(tree: LexborHTMLParser) -> str:
    """Return the title of a page, and not of a drawing in it."""
    in_drawings = {node.mem_id for node in tree.css("svg title")}
    titles = (node for node in tree.css("title") if node.mem_id not in in_drawings)
    first = next(titles, None)
    return first.text(deep=True) if first is not None else ""


def _facts(tree: LexborHTMLParser) -> dict[str, str]:
    """Return what a page says of itself for programs."""
    meta: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        name = attributes.get("name") or attributes.get("property") or ""
        meta.setdefault(name.lower(), attributes.get("content") or "")
    return {
        fact: next((meta[name] for name in names if meta.get(name)), "")
        for fact, names in _FACTS.items()
    }


def _narrow(tree: LexborHTMLParser) -> None:
    """Take away what is not the main part of a page."""
    body = tree.body
    if body is None:
        return
    parts = tree.css("main, [role=main], article")[:_MOST_PARTS]
    best = max(parts, key=lambda node: len(node.text()), default=None)
    if best is not None and len(best.text()) > _LEAST_MAIN * len(body.text()):
        node = best
        while (parent := node.parent) is not None and node.mem_id != body.mem_id:
            for other in list(parent.iter()):
                if other.mem_id != node.mem_id:
                    other.decompose()
            node = parent
        return
    for node in reversed(tree.css(_ASIDES)):
        node.decompose()


def add_html(builder: TextBuilder, fragment: str, *, linked: str | None = None) -> None:
    """Add what a reader sees of HTML, as inside Markdown, a mail or a book.

    Args:
        builder: Where to add it.
        fragment: The HTML.
        linked: The style sheets that it names; None if those are not there.
    """
    fragment = without_prefixes(fragment)
    _add_tree(builder, LexborHTMLParser(fragment), fragment, linked=linked)


def add_well_formed(builder: TextBuilder, page: str) -> None:
    """Add HTML that a program has written, with nothing in it to hide."""
    if "<del>" in page:  # written back as Markdown has it
        page = page.replace("<del>", "~~").replace("</del>", "~~")
    _Reader(builder).read(_INLINE_TAGS.sub("", page))


def _add_tree(
    builder: TextBuilder,
    tree: LexborHTMLParser,
    source: str,
    *,
    linked: str | None = None,
) -> None:
    # Each tag asked for costs a walk through the tree.
    there = set(map(str.lower, _NAMES.findall(source)))
    marks = apply_looks(builder, tree, linked=linked)
    if "iframe" in there and "srcdoc" in source.lower():
        marks |= open_frames(tree, partial(apply_looks, builder, linked=None))
        there |= set(map(str.lower, _NAMES.findall(tree.html or "")))
    if "dialog" in there:
        close_dialogs(tree)
    write_marks(tree, marks)
    write_formulas(tree, there)
    write_values(tree, there)
    tell_stand_ins(builder, tree, there)
    tree.strip_tags(["head", *there.intersection(_UNSEEN)], recursive=True)
    _write_standing(tree, [*there.intersection(_RAISED), *_mark("standing", marks)])
    if not there.isdisjoint(_RAW):  # it would be written as if it were tags
        for node in tree.css(", ".join(_RAW)):
            node.replace_with(node.text())
    _strike_out(tree, [*there.intersection(_STRUCK), *_mark("struck", marks)])
    if "ol" in there and "reversed" in source:
        count_reversed(tree)
    if inline := sorted(there.intersection(_INLINE)):
        tree.unwrap_tags(inline)
    _Reader(builder).read(tree.html or "")


def _mark(name: str, marks: frozenset[str]) -> list[str]:
    """Return the selector of what has a mark, if anything has."""
    return [f"[erya-{name}]"] if f"erya-{name}" in marks else []


def _write_standing(tree: LexborHTMLParser, selectors: list[str]) -> None:
    """Write what stands off the line so that it changes no number."""
    if not selectors:
        return
    for node in reversed(tree.css(", ".join(sorted(selectors)))):  # inner ones first
        how = node.tag if node.tag in _RAISED else node.attributes["erya-standing"]
        text = node.text()
        if node.tag not in _RAISED and (_is_within_raised(node) or _OFF.search(text)):
            continue  # it is raised once
        before = node.prev.text() if node.prev is not None else ""
        node.replace_with(STANDING[str(how)](text, before=before))


def _is_within_raised(node: LexborNode) -> bool:
    above = node.parent
    for _ in range(_STANDS_DEEP):
        if above is None:
            return False
        if above.tag in _RAISED or "erya-standing" in above.attributes:
            return True
        above = above.parent
    return False


def _strike_out(tree: LexborHTMLParser, selectors: list[str]) -> None:
    """Mark what is not valid any more as Markdown does, each line of it for itself."""
    if not selectors:
        return
    seen: set[int] = set()
    for struck in tree.css(", ".join(sorted(selectors))):
        if struck.mem_id not in seen:
            for first, last in list(_lines(struck, seen)):
                first.insert_before("~~")
                last.insert_after("~~")


def _lines(root: LexborNode, seen: set[int]) -> Iterator[tuple[LexborNode, LexborNode]]:
    """Yield the first and the last text of each line inside an element."""
    blocks: dict[int, int] = {}
    line: list[LexborNode] = []
    of = 0  # the block of the line
    for node in root.traverse(include_text=True):
        seen.add(node.mem_id)
        above = node.parent
        block = blocks.get(above.mem_id, 0) if above is not None else 0
        is_text = node.tag == "-text"
        if not is_text:
            blocks[node.mem_id] = block if node.tag in _INLINE else node.mem_id
        if line and (block != of or not (is_text or node.tag in _INLINE)):
            yield line[0], line[-1]
            line = []
        if is_text and (node.text_content or "").strip():
            line.append(node)
            of = block
    if line:
        yield line[0], line[-1]


class _Reader:
    """Reads well-formed tags and the text between them."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._inline: list[str] = []
        self._lists: list[NumberedList | None] = []
        self._term = ""  # of a definition that has not come yet
        self._item_begins = False
        self._tables = 0
        self._table = TableReader()

    def read(self, source: str) -> None:
        """Add what stands in a page as lexbor writes it."""
        raw = 0  # elements of preformatted text that are open
        inline = self._inline
        for before, whole, attrs, text, blocks, closes, tag, attributes, sign in map(
            re.Match.groups, _NEXT.finditer(source)
        ):
            if before and (inline or raw or not before.isspace()):
                inline.append(before if raw else _flowing(before))
            if sign:
                inline.append(sign)
            elif raw:
                raw += self._raw(tag, text or blocks, closes=bool(closes))
            elif whole:
                self._whole(whole, attrs, text)
            elif blocks:
                self._part()
            elif tag == "pre" and not (closes or self._tables):
                self._flush()
                self._end_term()
                raw = 1
            elif closes:
                self._leave(tag)
            elif tag:
                self._enter(tag, attributes)
        self._flush()
        self._end_term()

    def _raw(self, tag: str | None, within: str | None, *, closes: bool) -> int:
        """Add what stands in preformatted text; return how many more are open."""
        if tag == "pre":
            self._builder.code(self._take())
            return -1 if closes else 1
        if within:
            self._inline.append(_ANY_TAG.sub("", within))
        elif tag == "br":
            self._inline.append("\n")
        return 0

    def _whole(self, tag: str, attributes: str, text: str) -> None:
        """Add an element that has no others in it."""
        open_ = self._tables or self._lists or self._inline or self._term
        if not (open_ or tag not in _ALONE):
            if "\n" in text:
                text = _flowing(text)
            if "&" in text:
                text = html.unescape(text)
            if tag == "p":
                self._builder.paragraph(text)
            else:
                self._builder.heading(text, level=_HEADINGS[tag])
            return
        self._enter(tag, attributes)
        self._inline.append(_flowing(text))
        self._leave(tag)

    def _part(self) -> None:
        """End what stands before blocks that begin or end."""
        if self._tables:
            self._inline.append(" ")
        else:
            self._flush()

    def _enter(self, tag: str, attributes: str) -> None:
        if tag == "br":
            self._inline.append("\n")
        elif self._tables or tag == "table":
            self._enter_table(tag, attributes)
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
            if tag == "li":
                self._begin_item(attributes)
        elif tag in _LISTS:
            self._flush()
            self._lists.append(NumberedList.of(attributes) if tag == "ol" else None)

    def _begin_item(self, attributes: str) -> None:
        self._item_begins = True
        numbers = self._lists[-1] if self._lists else None
        if numbers is not None and "value" in attributes:
            value = value_of_item(attributes)
            numbers.number = numbers.number if value is None else value

    def _enter_table(self, tag: str, attributes: str) -> None:
        if tag == "table":
            if not self._tables:
                self._flush()
                self._end_term()
                self._table = TableReader()
            self._tables += 1
        elif tag == "thead" and self._tables == 1:
            self._table.set_head(begins=True)
        elif tag == "tr" and self._tables == 1:
            self._table.begin_row()
        elif tag in _CELLS and self._tables == 1:
            self._inline.clear()
            self._table.begin_cell(attributes, is_head=tag == "th")
        elif tag in _PARTS:
            self._inline.append(" ")

    def _leave(self, tag: str) -> None:
        if self._tables:
            self._leave_table(tag)
        elif tag in _HEADINGS:
            text = self._take()
            self._end_term()
            self._builder.heading(text, level=_HEADINGS[tag])
        elif tag in _LISTS:
            self._flush()
            if self._lists:
                self._lists.pop()
            if not self._lists:
                self._builder.end_list()
        elif tag == "dt":
            term = self._take().strip()
            self._term = ", ".join(filter(None, (self._term, term)))
        elif tag in _BLOCKS:
            self._flush()
            if tag in {"dd", "dl"}:
                self._end_term()

    def _leave_table(self, tag: str) -> None:
        if tag == "table":
            self._tables -= 1
            if not self._tables:
                self._inline.clear()
                title, rows, header = self._table.finish()
                self._builder.paragraph(title)
                self._builder.table(rows, header=header)
        elif tag in _CELLS and self._tables == 1:
            self._table.end_cell(self._take())
        elif tag == "thead" and self._tables == 1:
            self._table.set_head(begins=False)
        elif tag == "tr" and self._tables == 1:
            self._table.end_row()
        elif tag == "caption" and self._tables == 1:
            self._builder.paragraph(self._take())
        elif tag in _PARTS:
            self._inline.append(" ")

    def _flush(self) -> None:
        """End the paragraph or list item that is being collected."""
        if not self._inline:
            return
        text = self._take()
        if not text or text.isspace():
            return
        if self._term:
            text = f"{_introducing(self._term)}{text.lstrip()}"
            self._term = ""
        if not self._lists:
            self._builder.paragraph(text)
            return
        numbers = self._lists[-1]
        if not self._item_begins:
            mark = " "
        else:
            mark = numbers.next_mark() if numbers is not None else "-"
        self._item_begins = False
        self._builder.item(text, depth=min(len(self._lists), _DEEPEST) - 1, mark=mark)

    def _end_term(self) -> None:
        """Write a term that no text defines as a paragraph."""
        if self._term:
            self._builder.paragraph(self._term)
            self._term = ""

    def _take(self) -> str:
        text = "".join(self._inline)
        self._inline.clear()
        return html.unescape(text) if "&" in text else text


def _introducing(term: str) -> str:
    """Return a term as it stands before what defines it."""
    if term.endswith((":", "：", "?", "？", "!", "！", ".", "。")):
        return f"{term}\n"
    return f"{term}: " if term[-1].isascii() else f"{term}："


def _flowing(text: str) -> str:
    """Return text between tags: a line end is a blank, and none between Chinese."""
    return without_wraps(text).replace("\n", " ")
