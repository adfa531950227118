"""HTML: what a browser would show, with headings, lists and tables.

The tree is made, cleared of what is not seen and of marks inside of lines, and written
out again by lexbor; what is left are well-formed tags, which are read one by one.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.html_sheets import hidden_by_sheets
from erya.loading.mathml import formula
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
    "object", "embed", "select", "button", "rp", "rt", "rtc", "audio", "video",
    "canvas", "map", "datalist", "dialog", "noembed", "noframes",
)  # fmt: skip
_BOXES: Final = frozenset(("checkbox", "radio"))
_TYPED: Final = frozenset(
    ("text", "email", "tel", "url", "search", "number", "date", "time", "month", "week",
     "datetime-local", "range")
)  # fmt: skip
_RAISED: Final = ("sub", "sup")
_STRUCK: Final = ("del", "s", "strike")  # shown, but struck out
_RAW: Final = ("xmp", "plaintext")  # shown, and all in them is text
# What is hidden, or may be by its style: lexbor looks soonest.
_HIDDEN: Final = (
    "[hidden], [aria-hidden=true i], "
    + ", ".join(
        f"[style*='{sign}' i]"
        for sign in (
            "none",
            "hidden",
            "collapse",
            "opacity",
            "font-size",
            "font:",
            "color",
            "left",
            "top",
            "indent",
        )
    )
    + ", font[color]"
    + r", [style*='\\']"
)
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
_TOLD: Final = frozenset(
    ("caption", "dd", "dl", "dt", "li")
)  # blocks of their own kind
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_LISTS: Final = frozenset(("ul", "ol", "menu"))
_CELLS: Final = frozenset(("td", "th"))
_ALONE: Final = frozenset(("p", *_HEADINGS))
# What stands apart from its neighbours inside a cell of a table.
_PARTS: Final = frozenset((*_BLOCKS, *_HEADINGS, *_CELLS, "tr"))
# Of a style: what holds no declaration of it, and what a sign is written as (CSS 2.1).
_HELD: Final = re.compile(
    r"url\([^)]{0,2000}\)|\"[^\"]*\"|'[^']*'|/\*.*?(?:\*/|$)", re.DOTALL
)
_DRAWN: Final = re.compile(r"\s*\{\\displaystyle\s+(.*)\}\s*", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.DOTALL)
_NOTHING: Final = r"\+?(?:0{1,9}\.?0{0,9}|\.0{1,9})(?:[a-z]{1,9}|%)?"  # a size of it
_FAR_OFF: Final = r"-\d{3,6}(?:\.\d+)?(?:px|pt|em|rem)?|-\d{3,6}(?:vw|vh|%)"
_WHITE: Final = re.compile(
    r"#f[a-f]{2}|#(?:f[a-f]){3}|white|rgba?\(\s*(?:25[0-5]\s*,\s*){2}25[0-5]\s*(?:,.*)?\)"
)
_COLOUR: Final = re.compile(r"(?:^|[;\s])color\s*:\s*([^;]*)")
_GROUND: Final = re.compile(r"background(?:-color)?\s*:\s*([^;]*)")
# What no page does to its own menus: it is told.
_DISGUISED: Final = frozenset(
    ("opacity", "font-size", "font", "color", "left", "top", "text-indent")
)
_HIDING: Final = {
    name: re.compile(value, re.DOTALL)
    for name, value in {
        "display": "none",
        "visibility": "hidden|collapse",
        "opacity": rf"{_NOTHING}|-.*",
        "font-size": _NOTHING,
        "font": rf"(?:.*\s)?{_NOTHING}[\s/].*",
        "color": r"transparent|rgba\(.*,\s*0?\.?0+%?\s*\)",
        "left": _FAR_OFF,
        "top": _FAR_OFF,
        "text-indent": _FAR_OFF,
    }.items()
}
_MAY_HIDE: Final = re.compile(rf";\s*({'|'.join(_HIDING)})\s*:([^;]*)")
# Attributes as lexbor writes them: values are quoted, and a name may hold what is no
# name, such as a quotation mark too many.
_GIVEN: Final = r"(?:\s+[^\s/>][^\s/>=]*(?:=\"[^\"]*\")?)*\s*/?"
# Some text and what follows it: most often a whole element without others inside, or
# tags that only part what stands around them.
_NEXT: Final = re.compile(
    rf"([^<]*)(?:<(p|h[1-6]|t[dh]|li)({_GIVEN})>([^<]*)</\2>"
    rf"|((?:</?(?:{'|'.join(sorted(_BLOCKS - _TOLD))}){_GIVEN}>\s*)+)"
    rf"|<(/?)([a-zA-Z][^\s/>]*)({_GIVEN})>"
    r"|<!--.*?-->|<![dD][^>]*>|(<)|\Z)",
    re.DOTALL,
)
_ANY_TAG: Final = re.compile(rf"</?[a-zA-Z][^\s/>]*{_GIVEN}>")
_INLINE_TAGS: Final = re.compile(rf"</?(?:{'|'.join(_INLINE)}){_GIVEN}>")
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
}
_START: Final = re.compile(r'\bstart="(\d{1,9})"')
_COLUMNS: Final = re.compile(r'\bcolspan="(\d{1,3})"')
_ROWS: Final = re.compile(r'\browspan="(\d{1,3})"')
_MOST_SPANNED: Final = 100
_MOST_REACHING: Final = 200  # columns with cells that reach down
_WIDE_WRAP: Final = re.compile(
    r"(?<=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])[ \t\r\f]*\n\s*"
    r"(?=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])"
)


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
    declared = _CHARSET.search(data[:_DECLARED_WITHIN])
    source = decode(data, declared=declared[1].decode("ascii") if declared else None)
    tree = LexborHTMLParser(source)
    title_node = tree.css_first("title")
    title = title_node.text(deep=True) if title_node is not None else ""
    facts = _facts(tree)
    if main:
        _narrow(tree)
    builder = TextBuilder()
    _add_tree(builder, tree, source)
    parsed = builder.parsed(title=title, media_type="text/html", **facts)
    return parsed if parsed.title else replace(parsed, title=PurePosixPath(name).stem)


def _facts(tree: LexborHTMLParser) -> dict[str, str]:
    """Return what a page says of itself for programs."""
    told: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        name = attributes.get("name") or attributes.get("property") or ""
        told.setdefault(name.lower(), attributes.get("content") or "")
    return {
        fact: next((told[name] for name in names if told.get(name)), "")
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


def add_html(builder: TextBuilder, fragment: str) -> None:
    """Add what a reader sees of HTML, as inside Markdown or a mail."""
    _add_tree(builder, LexborHTMLParser(fragment), fragment)


def add_well_formed(builder: TextBuilder, page: str) -> None:
    """Add HTML that a program has written, with nothing in it to hide."""
    if "<del>" in page:  # written back as Markdown has it
        page = page.replace("<del>", "~~").replace("</del>", "~~")
    _Reader(builder).read(_INLINE_TAGS.sub("", page))


def _add_tree(builder: TextBuilder, tree: LexborHTMLParser, source: str) -> None:
    _leave_out_hidden(builder, tree)
    # Each tag asked for costs a walk through the tree.
    there = set(map(str.lower, _NAMES.findall(source)))
    _write_formulas(tree, there)
    _write_values(tree, there)
    tree.strip_tags(["head", *there.intersection(_UNSEEN)], recursive=True)
    if not there.isdisjoint(_RAISED):
        for node in reversed(tree.css(", ".join(_RAISED))):  # inner ones first
            before = node.prev.text() if node.prev is not None else ""
            node.replace_with(STANDING[str(node.tag)](node.text(), before=before))
    if not there.isdisjoint(_RAW):  # it would be written as if it were tags
        for node in tree.css(", ".join(_RAW)):
            node.replace_with(node.text())
    if not there.isdisjoint(_STRUCK):  # as Markdown writes what is not valid any more
        for node in tree.css(", ".join(_STRUCK)):
            if node.text().strip():
                node.insert_before("~~")
                node.insert_after("~~")
    if inline := sorted(there.intersection(_INLINE)):
        tree.unwrap_tags(inline)
    _Reader(builder).read(tree.html or "")


def _write_values(tree: LexborHTMLParser, there: set[str]) -> None:
    """Put the words of pictures and the values of form fields in their places."""
    for tag in sorted(there.intersection(_VALUES)):
        for node in tree.css(tag):
            told = _VALUES[tag](node)
            if told is not None:
                node.replace_with(f" {told} ")


def _value_of_input(node: LexborNode) -> str | None:
    kind = (node.attributes.get("type") or "text").lower()
    if kind in _BOXES:
        return "☑" if "checked" in node.attributes else "☐"
    return node.attributes.get("value") or "" if kind in _TYPED else None


def _value_of_select(node: LexborNode) -> str:
    chosen = node.css("option[selected]") or node.css("option")[:1]
    return ", ".join(option.text().strip() for option in chosen)


_VALUES: Final[dict[str, Callable[[LexborNode], str | None]]] = {
    "img": lambda node: node.attributes.get("alt"),
    "input": _value_of_input,
    "select": _value_of_select,
    "textarea": lambda node: node.text(),
}


def _write_formulas(tree: LexborHTMLParser, there: set[str]) -> None:
    """Put the lines of formulas in their places, as the page's own words first.

    A picture of a formula that has it in words, and a script that would draw it, are
    shown by most pages beside a hidden formula, so each formula is written once.
    """
    if "script" in there:
        for node in tree.css("script[type^='math/tex']"):
            node.replace_with(node.text())
    if "math" in there:
        for node in tree.css("math"):
            told = node.css_first("annotation[encoding='application/x-tex']")
            written = told.text().strip() if told is not None else ""
            node.replace_with(f" {written or formula(node).strip()} ")
    if "img" in there:
        for node in tree.css("img[alt*='displaystyle']"):
            drawn = _DRAWN.fullmatch(node.attributes.get("alt") or "")
            if drawn:
                node.replace_with(f" {drawn[1]} ")


def _leave_out_hidden(builder: TextBuilder, tree: LexborHTMLParser) -> None:
    tell = False
    for node in hidden_by_sheets(tree, _hides, _whitens):
        tell |= bool(node.text().strip())
        node.attrs["hidden"] = ""  # as all that is hidden, it goes in its order below
    # A page that is hidden as a whole is shown by a script in the end.
    hidden = [
        node
        for node in tree.css(_HIDDEN)
        if node.tag not in {"html", "body"}
        and (_is_hidden(node.attributes) or _is_white(node))
    ]
    tell |= any(_is_disguised(node) and node.text().strip() for node in hidden)
    if tell:
        message = "Some text is hidden from a reader; it is not searched."
        builder.notice("hidden_text", message)
    for node in reversed(hidden):  # what is inside others goes before them
        node.decompose()


def _is_white(node: LexborNode) -> bool:
    """Tell whether an element is white, and nothing around it has another colour."""
    told = (node.attributes.get("style") or "").lower()
    colour = _COLOUR.search(told)
    if colour is None and node.tag != "font":
        return False
    name = colour[1] if colour else (node.attributes.get("color") or "").lower()
    if not _WHITE.fullmatch(name.partition("!")[0].strip()):
        return False
    around: LexborNode | None = node
    while around is not None:
        given = around.attributes
        ground = (given.get("style") or "").lower()
        if {"bgcolor", "class", "background"} & {*given} or _is_coloured(ground):
            return False  # a class may colour it
        around = around.parent
    return True


def _is_coloured(style: str) -> bool:
    ground = _GROUND.search(style)
    return ground is not None and not _WHITE.fullmatch(ground[1].strip())


def _whitens(style: str) -> bool:
    """Tell whether declarations make text white and nothing behind it coloured."""
    colour = _COLOUR.search(style)
    white = colour is not None and _WHITE.fullmatch(colour[1].partition("!")[0].strip())
    return bool(white) and not _is_coloured(style)


def _hides(style: str) -> bool:
    return _is_hidden({"style": style})


def _is_disguised(node: LexborNode) -> bool:
    """Tell whether an element is hidden as no page hides its own menus."""
    style = ";" + _HELD.sub("", (node.attributes.get("style") or "").lower())
    return _is_white(node) or any(
        told[1] in _DISGUISED and _HIDING[told[1]].fullmatch(told[2].strip())
        for told in _MAY_HIDE.finditer(style)
    )


def _is_hidden(attributes: Mapping[str, str | None]) -> bool:
    if (
        "hidden" in attributes
        or (attributes.get("aria-hidden") or "").lower() == "true"
    ):
        return True
    style = _HELD.sub("", (attributes.get("style") or "").lower())
    if "\\" in style:
        style = _ESCAPED.sub(_unescaped, style)
    return any(
        _HIDING[told[1]].fullmatch(told[2].partition("!")[0].strip())
        for told in _MAY_HIDE.finditer(";" + style)
    )


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1] or "0", 16)
    return match[2] or (chr(code) if 0 < code < 0x110000 else "")


class _Reader:
    """Reads well-formed tags and the text between them."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._inline: list[str] = []
        self._lists: list[int | None] = []
        self._term = ""  # of a definition that has not come yet
        self._item_begins = False
        self._tables = 0
        self._rows: list[list[str]] = []
        self._header = False
        self._columns = self._height = 1  # of the cell that is open
        # What reaches down into other rows: by its column the last row, and its text.
        self._reaching: dict[int, tuple[int, str]] = {}

    def read(self, source: str) -> None:
        """Add what stands in a page as lexbor writes it."""
        raw = 0  # elements of preformatted text that are open
        inline = self._inline
        for before, whole, given, text, blocks, closes, tag, attributes, sign in map(
            re.Match.groups, _NEXT.finditer(source)
        ):
            if before and (inline or raw or not before.isspace()):
                inline.append(before if raw else _flowing(before))
            if sign:
                inline.append(sign)
            elif raw:
                raw += self._raw(tag, text or blocks, closes=bool(closes))
            elif whole:
                self._whole(whole, given, text)
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
            self._item_begins = self._item_begins or tag == "li"
        elif tag in _LISTS:
            self._flush()
            start = _START.search(attributes)
            first = int(start[1]) if start else 1
            self._lists.append(first if tag == "ol" else None)

    def _enter_table(self, tag: str, attributes: str) -> None:
        if tag == "table":
            if not self._tables:
                self._flush()
                self._end_term()
                self._rows, self._header, self._reaching = [], False, {}
            self._tables += 1
        elif tag == "tr" and self._tables == 1:
            self._rows.append([])
        elif tag in _CELLS and self._tables == 1:
            self._inline.clear()
            self._columns = self._height = 1
            if "span" in attributes:
                self._columns = _spanned(_COLUMNS, attributes)
                self._height = _spanned(_ROWS, attributes)
            if tag == "th" and len(self._rows) == 1:
                self._header = True
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
                self._builder.table(self._rows, header=self._header)
        elif tag in _CELLS and self._tables == 1:
            if not self._rows:
                self._rows.append([])
            self._add_cell(self._take())
        elif tag == "tr" and self._tables == 1:
            self._reach_down()
        elif tag == "caption" and self._tables == 1:
            self._builder.paragraph(self._take())
        elif tag in _PARTS:
            self._inline.append(" ")

    def _add_cell(self, text: str) -> None:
        """Add a cell: over several columns to the first, over several rows to each."""
        self._reach_down()
        row = self._rows[-1]
        cells = [text, *[""] * (self._columns - 1)]
        if self._height > 1 and len(row) < _MOST_REACHING:
            last = len(self._rows) + self._height - 1
            self._reaching |= {
                len(row) + at: (last, cell) for at, cell in enumerate(cells)
            }
        row += cells

    def _reach_down(self) -> None:
        """Add the cells of rows above that stand where this row goes on."""
        row = self._rows[-1] if self._rows else []
        while self._reaching and (told := self._reaching.get(len(row))):
            last, text = told
            if len(self._rows) > last:
                return
            row.append(text)

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
        number, mark = self._lists[-1], "-"
        if not self._item_begins:
            mark = " "
        elif number is not None:
            mark = f"{number}."
            self._lists[-1] = number + 1
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


def _spanned(form: re.Pattern[str], attributes: str) -> int:
    told = form.search(attributes)
    return min(max(int(told[1]), 1), _MOST_SPANNED) if told else 1


def _flowing(text: str) -> str:
    """Return text between tags: a line end is a blank, and none between Chinese."""
    if "\n" in text:
        if not text.isascii():
            text = _WIDE_WRAP.sub("", text)
        text = text.replace("\n", " ")
    return text
