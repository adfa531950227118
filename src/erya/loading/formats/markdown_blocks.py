"""What programs add to Markdown: boxes, tabs, containers, links of wikis, comments.

MkDocs (`!!! note`, `=== "Tab"`), Docusaurus and VitePress (`:::tip`), GitHub
(`> [!NOTE]`) and Obsidian (`[[page|words]]`, `==marked==`, `%%comment%%`).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

__all__ = ["Plain", "in_plain_markdown"]

_FENCE: Final = re.compile(r"\s{0,12}(`{3,}|~{3,})")
_BOX: Final = re.compile(
    r" {0,12}(?:(?:!!!|\?\?\?\+?) +(?P<kind>[\w-]{1,30})(?: +[\w-]{1,30}){0,3}"
    r"(?: +\"(?P<title>[^\"]{0,200})\")?|===[!+]? +\"(?P<tab>[^\"]{1,200})\")\s*"
)
_CONTAINER: Final = re.compile(
    r" {0,12}:{3,} *(?P<kind>[\w-]{0,30})"
    r"(?: *\[(?P<title>[^\]]{0,200})\]| +(?P<rest>.{0,200}))?"
)
_ALERT: Final = re.compile(r"(\s{0,4}> ?)\[!(\w{1,30})\][+-]?(.{0,200})")
_DEFINES: Final = re.compile(r" {0,3}: {1,3}(?=\S)")
_WIKI: Final = re.compile(
    r"(!?)\[\[([^\[\]|#\n]{0,200})(?:#[^\[\]|\n]{0,200})?(?:\|([^\[\]\n]{0,200}))?\]\]"
)
_MARKED: Final = re.compile(r"==(?=\S)([^=\n]{1,500})(?<=\S)==")
_COMMENT: Final = re.compile(r"%%[^%\n]{1,2000}%%")
_LONGEST_TERM: Final = 100
_WIDTH: Final = 4  # blanks, by which what is in a box stands in


class Plain(NamedTuple):
    """Markdown without such marks, and how many comments were left out."""

    text: str
    comments: int


def in_plain_markdown(source: str) -> Plain:
    """Return Markdown that any program reads so; code is left as it is."""
    lines: list[str] = []
    comments = 0
    for line, is_code in _blocks(source.split("\n")):
        if is_code or "`" in line:
            lines.append(line)
            continue
        plain, count = _COMMENT.subn("", line) if "%%" in line else (line, 0)
        comments += count
        plain = _WIKI.sub(_words, plain) if "[[" in plain else plain
        plain = _MARKED.sub(r"\1", plain) if "==" in plain else plain
        definition = _DEFINES.match(plain)
        if definition and lines and 0 < len(lines[-1].strip()) <= _LONGEST_TERM:
            lines[-1] += f": {plain[definition.end() :]}"
        else:
            lines.append(plain)
    return Plain("\n".join(lines), comments)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield each line without the marks of boxes, and whether it is of code."""
    fence = ""
    boxes: list[int] = []  # how far what is in each open box stands in
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        while boxes and line.strip() and indent < boxes[-1]:
            boxes.pop()
        inside = line[_WIDTH * len(boxes) :] if line.strip() else line
        if fence_match := _FENCE.match(inside):
            mark = fence_match[1]
            if not fence:
                fence = mark
            elif mark.startswith(fence):
                fence = ""
            yield inside, True
        elif fence:
            yield inside, True
        elif box := _BOX.fullmatch(inside):
            boxes.append(indent + _WIDTH)
            yield from _write_title(
                box["tab"] or box["title"] or box["kind"].capitalize()
            )
        elif container := _CONTAINER.fullmatch(inside):
            kind = container["kind"]
            title = container["title"] or (container["rest"] or "").strip()
            yield from _write_title(title or kind.capitalize())
        elif alert := _ALERT.fullmatch(inside):
            quote, kind, title = alert.groups()
            yield f"{quote}{title.strip() or kind.capitalize()}", False
            yield quote.rstrip(), False
        else:
            yield inside, False


def _write_title(title: str) -> Iterator[tuple[str, bool]]:
    """Yield a title as a paragraph of its own; a blank line where there is none."""
    yield "", False
    if title.strip(" {}"):
        yield title, False
        yield "", False


def _words(link: re.Match[str]) -> str:
    embedded, page, words = link.groups()
    return "" if embedded else words or page
