"""Plain text: paragraphs between blank lines, headings by numbering."""

import re
from pathlib import PurePosixPath

from erya.language import is_row
from erya.loading.encodings import clean, decode
from erya.loading.formats.text_tables import with_tables
from erya.records import Block, BlockKind, Parsed

__all__ = ["parse_text"]

_LONGEST_HEADING = 60
# "第三章 总则", "一、适用范围", "3. Scope", "2.1 Returns": a short line that ends open.
_HEADINGS = (
    (re.compile(r"第[零〇一二三四五六七八九十百\d]+[编編章篇部](?:\s|$)"), 1),
    (re.compile(r"第[零〇一二三四五六七八九十百\d]+[节節](?:\s|$)"), 2),
    (re.compile(r"[一二三四五六七八九十]{1,3}、\S"), 1),
    (re.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]\S"), 2),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{1,2}\.?\s+\S"), 3),
    (re.compile(r"\d{1,2}\.\d{1,2}\.?\s+\S"), 2),
    (re.compile(r"\d{1,2}[.、]\s*\S"), 1),
)
_OPEN_END = re.compile(r"[^。．.!?！？；;：:，,、…\d]$|\w$")
_LIST_ITEM = re.compile(r"\s*(?:[-*•·●]|\d{1,2}[.)、]|[（(]\d{1,2}[）)])\s*\S")
_RULE = re.compile(r"\|(?: --- \|)+")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def parse_text(data: bytes, name: str) -> Parsed:
    """Read plain text in any common encoding. All but tables is kept as it is.

    A paragraph ends at a blank line. A short numbered line that stands alone, and a
    short first line before a blank one, are headings.
    """
    text = decode(data)
    if name.lower().endswith(".properties"):  # of Java: `\\u4ef7` is 价
        text = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
        pairs = text.encode("utf-16", "surrogatepass")  # of what one code cannot hold
        text = clean(pairs.decode("utf-16", "replace"))
    text = with_tables(text)
    blocks: list[Block] = []
    for match in re.finditer(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*", text):
        blocks.extend(_paragraph(text, match.start(), match.end(), first=not blocks))
    first = blocks[0] if blocks else None
    titled = first is not None and first.kind == "heading"
    return Parsed(
        title=text[first.start : first.end] if first and titled else _stem(name),
        text=text,
        blocks=tuple(blocks),
        media_type="text/plain",
    )


def _paragraph(text: str, start: int, end: int, *, first: bool) -> list[Block]:
    """Split one run of lines into its heading, if it opens with one, and its body."""
    end = start + len(text[start:end].rstrip())
    line_end = text.find("\n", start, end)
    if _is_table(text[start:end]):
        return [Block(kind="table", start=start, end=end)]
    alone = line_end < 0
    line = text[start : end if alone else line_end]
    level = _heading_level(line, first=first and alone)
    if level and alone:
        return [Block(kind="heading", start=start, end=end, level=level)]
    if level and not _LIST_ITEM.match(text[line_end + 1 : end]):
        body = line_end + 1
        body += len(text[body:end]) - len(text[body:end].lstrip())
        heading = Block(
            kind="heading", start=start, end=start + len(line.rstrip()), level=level
        )
        return [heading, Block(kind=_kind(text[body:end]), start=body, end=end)]
    return [Block(kind=_kind(text[start:end]), start=start, end=end)]


def _is_table(text: str) -> bool:
    lines = text.split("\n", 2)
    return len(lines) > 2 and is_row(lines[0]) and _RULE.fullmatch(lines[1]) is not None


def _kind(text: str) -> BlockKind:
    lines = text.splitlines()
    items = sum(_LIST_ITEM.match(line) is not None for line in lines)
    return "list" if items * 2 > len(lines) and len(lines) > 1 else "paragraph"


def _heading_level(line: str, *, first: bool) -> int:
    """Return the depth of a heading, or 0 if `line` is none."""
    line = line.strip()
    if len(line) > _LONGEST_HEADING or not _OPEN_END.search(line):
        return 0
    for pattern, level in _HEADINGS:
        if pattern.match(line):
            return level + 1
    return 1 if first else 0


def _stem(name: str) -> str:
    return PurePosixPath(name).stem
