"""reStructuredText, by docutils."""

import re
from pathlib import PurePosixPath
from typing import Any, Final

from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.records import Parsed

__all__ = ["parse_rst"]

# Nothing that a document says may read a file, fetch a page, or run a program.
_SETTINGS: Final = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,  # what is wrong in a document is no matter of ours
    "halt_level": 6,
    "warning_stream": False,
    "_disable_config": True,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "line_length_limit": 1_000_000,
}
# Of Sphinx, which docutils does not know: `:ref:`text <target>`` is shown as text.
_ROLE: Final = re.compile(
    r":(?!su[bp](?:er)?(?:script)?:)[a-zA-Z][\w:+.-]{0,40}:(?=`[^`\n])"
)
_TARGET: Final = re.compile(r"`([^`<>\n]{1,300}?)\s*<[^`<>\n]{1,300}>`(?!_)")
_UNSEEN: Final = frozenset(
    ("comment", "substitution_definition", "target", "system_message", "raw", "pending",
     "meta", "problematic")
)  # fmt: skip
_INLINE_PARENTS: Final = frozenset(
    ("paragraph", "line", "caption", "attribution", "field_name", "term", "rubric")
)


def parse_rst(data: bytes, name: str) -> Parsed:
    """Read headings, paragraphs, lists, tables, code; directives of Sphinx as text."""
    import docutils.core  # noqa: PLC0415 - slow to import, and seldom needed
    import docutils.nodes  # noqa: PLC0415

    from erya.loading.rst_directives import know_directives  # noqa: PLC0415

    source = _TARGET.sub(r"`\1`", _ROLE.sub("", decode(data)))
    know_directives(source)
    tree = docutils.core.publish_doctree(source, settings_overrides=_SETTINGS)
    for node in list(tree.findall(lambda each: each.tagname in STANDING)):
        above = node.previous_sibling()
        before = above.astext() if above is not None else ""
        text = STANDING[node.tagname](node.astext(), before=before)
        node.parent.replace(node, docutils.nodes.Text(text))
    builder = TextBuilder()
    titled = any(child.tagname == "title" for child in tree.children)
    _Reader(builder).read(tree, level=int(titled))
    found = builder.parsed(title="", media_type="text/x-rst")
    if found.title:
        return found
    return builder.parsed(title=PurePosixPath(name).stem, media_type="text/x-rst")


class _Reader:
    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder

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
                continue
            if kind == "section":
                self.read(child, level=level + 1, depth=depth)
            elif kind in {"title", "subtitle"}:
                below = kind == "subtitle"
                self._builder.heading(child.astext(), level=max(level, 1) + below)
            elif kind in {"bullet_list", "enumerated_list"}:
                self._list(child, level=level, depth=depth + 1)
            elif kind == "table":
                self._table(child)
            elif kind in {"literal_block", "doctest_block", "math_block"}:
                self._builder.code(child.astext())
            elif kind == "definition_list_item":
                self._definition(child, level=level, depth=depth)
            elif kind in _INLINE_PARENTS or kind == "#text":
                self._line(child.astext(), depth=depth)
            else:
                self.read(child, level=level, depth=depth)

    def _line(self, text: str, *, depth: int) -> None:
        text = " ".join(text.split("\n"))
        if depth >= 0:
            self._builder.item(text, depth=depth, mark=" ")
        else:
            self._builder.paragraph(text)

    def _list(self, node: Any, *, level: int, depth: int) -> None:
        numbered = node.tagname == "enumerated_list"
        for number, item in enumerate(node.children, start=node.get("start", 1)):
            mark = f"{number}." if numbered else "-"
            first, *rest = item.children or [None]
            if first is not None and first.tagname == "paragraph":
                self._builder.item(
                    " ".join(first.astext().split()), depth=depth, mark=mark
                )
            elif first is not None:
                rest = [first, *rest]
            self.read(_Some(rest), level=level, depth=depth)
        if depth == 0:
            self._builder.end_list()

    def _definition(self, node: Any, *, level: int, depth: int) -> None:
        terms = [
            c.astext() for c in node.children if c.tagname in {"term", "classifier"}
        ]
        bodies = [c for c in node.children if c.tagname == "definition"]
        self._line(" : ".join(terms), depth=depth)
        for body in bodies:
            self.read(body, level=level, depth=depth)

    def _table(self, node: Any) -> None:
        rows = [
            [" ".join(entry.astext().split()) for entry in row.children]
            for row in node.findall(lambda each: each.tagname == "row")
        ]
        headed = any(node.findall(lambda each: each.tagname == "thead"))
        for title in node.children:
            if title.tagname == "title":
                self._builder.paragraph(title.astext())
        self._builder.table(rows, header=headed)


class _Some:
    """Some children, as if they had a parent of their own."""

    def __init__(self, children: list[Any]) -> None:
        self.children = children
