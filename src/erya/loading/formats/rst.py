"""reStructuredText, by docutils."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.flowing import flowing
from erya.loading.formats.html import add_html
from erya.records import Parsed

__all__ = ["parse_rst"]

# Nothing that a document says may read a file, fetch a page, or run a program.
_SETTINGS: Final = {
    "file_insertion_enabled": False,
    "raw_enabled": True,  # what stands in the document itself, never a file
    "report_level": 5,  # what is wrong in a document is no matter of ours
    "halt_level": 6,
    "warning_stream": False,
    "_disable_config": True,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "line_length_limit": 1_000_000,
}
# A row right below a border whose first cell is empty, which docutils passes over.
_EMPTY_FIRST: Final = re.compile(
    r"^([ \t]*)(=+)((?: +=+)+[ \t]*\n)\1( +)(?=\S)", re.MULTILINE
)
_ONE_COLON: Final = re.compile(
    r"(?:note|warning|tip|hint|important|caution|attention|danger|error|admonition"
    r"|seealso|deprecated|version\w+): *\S"
)
_UNSEEN: Final = frozenset(
    ("comment", "substitution_definition", "target", "pending", "meta")
)
_INLINE_PARENTS: Final = frozenset(
    ("paragraph", "line", "caption", "attribution", "term", "rubric", "problematic")
)
# What stands at the top of a document about it, besides fields of any name.
_FACTS: Final = frozenset(
    ("author", "authors", "organization", "contact", "address", "version", "revision",
     "status", "date", "copyright")
)  # fmt: skip
_NAMED: Final = frozenset(("field", "option_list_item", "footnote", "citation"))
_NUMBERS: Final = {
    "loweralpha": "lowerLetter", "upperalpha": "upperLetter",
    "lowerroman": "lowerRoman", "upperroman": "upperRoman",
}  # fmt: skip
_ERROR: Final = 3  # the least level of a message that tells of what was not read
_MOST_SPANNED: Final = 100  # rows and columns of a cell
_MOST_NAMED: Final = 10  # names


def parse_rst(data: bytes, name: str) -> Parsed:
    """Read headings, paragraphs, lists, tables, code; directives of Sphinx as text.

    What docutils cannot read stands as it is written, and is reported.

    Raises:
        DocumentError: Its lists, quotes or sections are too deep inside each other.
    """
    try:
        return _parse(data, name)
    except RecursionError:
        msg = (
            "Parts of this reStructuredText stand too deep inside of each other. Save "
            "it with fewer levels of lists and quotes."
        )
        raise DocumentError(msg, code="too_deep") from None


def _parse(data: bytes, name: str) -> Parsed:
    import docutils.core  # noqa: PLC0415 - slow to import, and seldom needed
    import docutils.nodes  # noqa: PLC0415

    from erya.loading.formats.rst_directives import (  # noqa: PLC0415
        know_directives,
        know_roles,
    )

    source = _EMPTY_FIRST.sub(_fill_empty_cell, decode(data))
    know_directives(source)
    know_roles(source)
    tree = docutils.core.publish_doctree(source, settings_overrides=_SETTINGS)
    unread = _replace_messages(tree)
    for node in list(tree.findall(lambda each: each.tagname in _WRITERS)):
        text = _WRITERS[node.tagname](node)
        if text is not None:
            node.parent.replace(node, docutils.nodes.Text(text))
    builder = TextBuilder()
    titled = any(child.tagname == "title" for child in tree.children)
    reader = _Reader(builder)
    reader.read(tree, level=int(titled))
    reader.tell(unread)
    facts = {
        fact: next((node.astext() for node in tree.findall(_is(fact))), "")
        for fact in ("author", "date")
    }
    parsed = builder.parsed(title="", media_type="text/x-rst", **facts)
    return parsed if parsed.title else replace(parsed, title=PurePosixPath(name).stem)


def _fill_empty_cell(match: re.Match[str]) -> str:
    r"""Mark an empty first cell as one; `\\` and a blank are nothing."""
    indent, first, others, blanks = match.groups()
    if len(blanks) <= len(first):
        return match[0]
    return f"{indent}{first}{others}{indent}\\{blanks[1:]}"


def _replace_messages(tree: Any) -> int:
    """Put the source of what docutils could not read in the place of its messages.

    Returns:
        How many parts that are; other messages are of what was read, and go.
    """
    count = 0
    for node in list(tree.findall(_is("system_message"))):
        unread = node.get("level", 0) >= _ERROR
        source = [each for each in node.children if each.tagname == "literal_block"]
        node.parent.replace(node, source if unread else [])
        count += unread and bool(source)
    return count


def _is(tag: str) -> Callable[[Any], bool]:
    return lambda node: bool(node.tagname == tag)


def _standing(node: Any) -> str:
    above = node.previous_sibling()
    before = above.astext() if above is not None else ""
    return STANDING[node.tagname](node.astext(), before=before)


def _reference(node: Any) -> str:
    """Return a reference to a note as it is shown, not as digits of a number."""
    return f"[{node.astext()}]"


def _raw_in_line(node: Any) -> str | None:
    """Return the text of HTML in a line; of other formats nothing is shown."""
    if node.parent.tagname not in _INLINE_PARENTS:
        return None
    inner = TextBuilder()
    if "html" in node.get("format", "").split():
        add_html(inner, node.astext())
    return inner.parsed(title="", media_type="").text or " "


# How nodes within lines are written; those without an answer stay.
_WRITERS: Final[dict[str, Callable[[Any], str | None]]] = {
    **dict.fromkeys(STANDING, _standing),
    "footnote_reference": _reference,
    "citation_reference": _reference,
    "raw": _raw_in_line,
}


class _Reader:
    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._elsewhere: list[str] = []

    def tell(self, unread: int) -> None:
        """Note what was not read, and how many parts are not read as they are meant."""
        if self._elsewhere:
            names = list(dict.fromkeys(self._elsewhere))
            listed = ", ".join(names[:_MOST_NAMED]) + ", …" * (len(names) > _MOST_NAMED)
            message = f"What it shows of other files or programs is not read: {listed}."
            self._builder.notice("elsewhere", message)
        if unread:
            message = (
                "Parts that are no valid reStructuredText stand as they are written: "
                f"{unread}."
            )
            self._builder.notice("unreadable_markup", message)

    def read(self, node: Any, *, level: int, depth: int = -1) -> None:
        """Add what stands under a node.

        Args:
            node: Of docutils' tree.
            level: Sections above.
            depth: Lists above, less one.
        """
        for child in node.children:
            kind = child.tagname
            if kind in _UNSEEN:
                self._comment(child, depth=depth)
                continue
            if kind == "section":
                self.read(child, level=level + 1, depth=depth)
            elif kind in {"title", "subtitle"}:
                below = kind == "subtitle"
                self._builder.heading(child.astext(), level=max(level, 1) + below)
            elif kind in {"bullet_list", "enumerated_list"}:
                self._list(child, level=level, depth=depth + 1)
            elif kind == "definition_list_item":
                self._definition(child, level=level, depth=depth)
            elif kind in _NAMED:
                self._add_named(child, level=level, depth=depth)
            elif not self._leaf(child, depth=depth):
                self.read(child, level=level, depth=depth)

    def _leaf(self, node: Any, *, depth: int) -> bool:
        """Add what has no blocks inside of it; return whether it is such."""
        kind = node.tagname
        if kind in _INLINE_PARENTS or kind in {"#text", "image"}:
            self._line(node.astext(), depth=depth)
        elif kind in _FACTS:
            self._line(f"{kind.capitalize()}: {node.astext()}", depth=depth)
        elif kind in {"literal_block", "doctest_block", "math_block"}:
            self._builder.code(node.astext())
        elif kind == "table":
            self._table(node)
        elif kind == "elsewhere":
            self._elsewhere.append(node["name"])
        elif kind == "raw":
            self._raw(node)
        else:
            return False
        return True

    def _comment(self, node: Any, *, depth: int) -> None:
        """Add what is a comment for want of a colon: `.. note: text`."""
        meant = _ONE_COLON.match(node.astext()) if node.tagname == "comment" else None
        if meant:
            self._line(node.astext(), depth=depth)

    def _raw(self, node: Any) -> None:
        """Add HTML; what is for another program is not shown."""
        if "html" in node.get("format", "").split():
            add_html(self._builder, node.astext())
        else:
            self._elsewhere.append(node.get("format", ""))

    def _line(self, text: str, *, depth: int) -> None:
        text = flowing(text)
        if depth >= 0:
            self._builder.item(text, depth=depth, mark=" ")
        else:
            self._builder.paragraph(text)

    def _list(self, node: Any, *, level: int, depth: int) -> None:
        for number, item in enumerate(node.children, start=node.get("start", 1)):
            first, *rest = item.children or [None]
            if first is not None and first.tagname == "paragraph":
                self._builder.item(
                    flowing(first.astext()),
                    depth=depth,
                    mark=_mark(node, number),
                )
            elif first is not None:
                rest = [first, *rest]
            self.read(_Some(rest), level=level, depth=depth)
        if depth == 0:
            self._builder.end_list()

    def _add_named(self, node: Any, *, level: int, depth: int) -> None:
        """Add something below a name: with its name, where it begins with a line."""
        name, *rest = node.children
        if node.tagname == "option_list_item":
            named = ", ".join(option.astext() for option in name.children) + ":"
        else:
            named = f"{name.astext()}:"
        if name.tagname == "label":
            named = f"[{name.astext()}]"
        if rest and rest[0].tagname in {"field_body", "description"}:
            rest = list(rest[0].children)
        if rest and rest[0].tagname == "paragraph":
            named = f"{named} {rest.pop(0).astext()}"
        self._line(named, depth=depth)
        self.read(_Some(rest), level=level, depth=depth)

    def _definition(self, node: Any, *, level: int, depth: int) -> None:
        terms = [
            c.astext() for c in node.children if c.tagname in {"term", "classifier"}
        ]
        bodies = [c for c in node.children if c.tagname == "definition"]
        self._line(" : ".join(terms), depth=depth)
        for body in bodies:
            self.read(body, level=level, depth=depth)

    def _table(self, node: Any) -> None:
        for title in filter(_is("title"), node.children):
            self._builder.paragraph(title.astext())
        headed = False
        rows: list[list[str]] = []
        for group in filter(_is("tgroup"), node.children):
            for part in group.children:
                headed |= part.tagname == "thead"
                rows += _rows(part) if part.tagname in {"thead", "tbody"} else []
        self._builder.table(rows, header=headed)


def _rows(part: Any) -> list[list[str]]:
    """Return rows of cells: those over several rows stand in each of them."""
    rows: list[list[str]] = []
    below: dict[tuple[int, int], str] = {}  # row, column
    for at, row in enumerate(part.children):
        cells: list[str] = []
        for entry in row.children:
            while (at, len(cells)) in below:
                cells.append(below.pop((at, len(cells))))
            wide = [" ".join(entry.astext().split())]
            wide += [""] * min(entry.get("morecols", 0), _MOST_SPANNED)
            for down in range(min(entry.get("morerows", 0), _MOST_SPANNED)):
                for over, text in enumerate(wide, start=len(cells)):
                    below[at + 1 + down, over] = text
            cells += wide
        while (at, len(cells)) in below:
            cells.append(below.pop((at, len(cells))))
        rows.append(cells)
    return rows


def _mark(node: Any, number: int) -> str:
    """Return what stands before an item of a list: `-`, `3.`, `(a)`."""
    if node.tagname != "enumerated_list":
        return "-"
    how = _NUMBERS.get(node.get("enumtype", ""))
    if how is None:
        count = str(number)
    else:
        from erya.loading.formats.docx_numbering import format_list_number  # noqa: PLC0415 - seldom

        count = format_list_number(number, how)
    return f"{node.get('prefix', '')}{count}{node.get('suffix', '.')}"


class _Some:
    """Some children, as if they had a parent of their own."""

    def __init__(self, children: list[Any]) -> None:
        self.children = children
