"""Markdown with components (MDX): its code goes, and what components say is text."""

import html
import re
from bisect import bisect
from collections.abc import Sequence
from typing import Final

from erya.records import Span

__all__ = ["without_code", "write_components"]

_IMPORT: Final = re.compile(
    rb"import\s{0,20}+(?:type\s{1,20}+)?"
    rb"(?:[\w$*, \t]{0,200}(?:\{[^{}\"']{0,5000}\})?\s{0,20}from\s{0,20}+)?"
    rb"[\"'][^\"'\n]{1,500}[\"'][^\n]*"
)
_EXPORT: Final = re.compile(
    rb"export\s+(?:(?:const|let|var|function|async|default|class|type|interface|enum)\b"
    rb"|[{*])"
)
_STATEMENT: Final = re.compile(rb"^(?:import|export)\b|\{/\*", re.MULTILINE)
_COMMENT_END: Final = b"*/}"
_OPEN, _CLOSE = b"({[", b")}]"
_GOES_ON: Final = (b"=", b"=>", b"(", b",", b"?", b":", b"+", b"&&", b"||")
_LINE: Final = re.compile(rb"[^\n]+\n?|\n")
_PARTED: Final = re.compile(rb"[ \t]*\n[^\s)}\]]")  # what comes begins anew
# A component with attributes, as it stands in a page.
_COMPONENT: Final = re.compile(
    r"<[A-Z][\w.]{0,60}(?=\s)((?:\s+[\w:-]{1,60}"
    r"(?:=(?:\"[^\"]{0,2000}\"|'[^']{0,2000}'|\{[^{}<>]{0,2000}\}))?)+)\s*/?>"
)
_ATTRIBUTE: Final = re.compile(r"([\w:-]+)=(?:\"([^\"]*)\"|'([^']*)'|\{([^{}]*)\})")
_TITLES: Final = frozenset(
    ("title", "subtitle", "label", "heading", "header", "caption", "summary", "name",
     "question", "alt", "description", "text", "tag")
)  # fmt: skip
# What is for programs alone.
_UNSEEN: Final = re.compile(
    r"href|to|src|url|id|key|class(?:Name)?|style|icon|img|image|color|variant|size"
    r"|width|height|cols|columns|ref|rel|target|lang(?:uage)?|layout|align|default\w*"
    r"|groupId|queryString|on[A-Z]\w*|data-[\w-]*|aria-[\w-]*|client:\w*|type"
)


def without_code(source: bytes, code: Sequence[Span]) -> tuple[bytes, int]:
    """Return MDX without imports, exports and comments, and how many exports it had.

    Args:
        source: The page.
        code: Where code for readers stands, in order; there it stays.
    """
    starts = [span.start for span in code]
    kept: list[bytes] = []
    done = exports = 0
    comments = True
    for match in _STATEMENT.finditer(source):
        at = match.start()
        before = bisect(starts, at) - 1
        if at < done or (before >= 0 and at < code[before].end):
            continue
        if match[0] == b"{/*":
            end = source.find(_COMMENT_END, at) if comments else -1
            comments = end >= 0  # none closes any more
            end += len(_COMMENT_END) if comments else 0
        else:
            end = _end_of_statement(source, at)
            exports += end > at and match[0] == b"export"
        if end > at:
            kept.append(source[done:at])
            done = end
    return b"".join((*kept, source[done:])), exports


def _end_of_statement(source: bytes, at: int) -> int:
    """Return where an import or export ends; -1 if it is a sentence of prose."""
    imported = _IMPORT.match(source, at)
    if imported:
        return imported.end()
    if not _EXPORT.match(source, at):
        return -1
    depth = 0
    for line in _LINE.finditer(source, at):
        depth += _depth(line[0])
        whole = depth <= 0 and not line[0].rstrip().endswith(_GOES_ON)
        if whole or _PARTED.match(source, line.end()):
            return line.end()
    return len(source)


def _depth(line: bytes) -> int:
    """Return how many more brackets a line opens than it closes."""
    opened = len(line) - len(line.translate(None, _OPEN))
    return opened - (len(line) - len(line.translate(None, _CLOSE)))


def write_components(page: str) -> str:
    """Return a page with the titles and values of components as text behind them."""
    return _COMPONENT.sub(_with_attributes, page)


def _with_attributes(match: re.Match[str]) -> str:
    attributes = {
        name: html.unescape(a or b or c.strip("`'\" "))
        for name, a, b, c in _ATTRIBUTE.findall(match[1])
        if not _UNSEEN.fullmatch(name)
    }
    titles = [value for name, value in attributes.items() if name in _TITLES]
    others = [
        f"{name}: {value}"
        for name, value in attributes.items()
        if name not in _TITLES
        and value
        and not (name == "value" and "label" in attributes)
    ]
    heading = "".join(f"{html.escape(title)}<br>" for title in titles if title)
    return f"{match[0]}{heading}{html.escape(', '.join(others))} "
