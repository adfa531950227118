"""Escapes for what Markdown would take for marks, and take away with them."""

import re
from bisect import bisect
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, NamedTuple

import pyromark
from lxml.html import defs

from erya.records import Span

__all__ = ["OPTIONS", "code_spans", "with_escapes"]

OPTIONS: Final = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
)
# Emphasis that is a product: 600*800*1200.
_TIMES: Final = re.compile(rb"\d(\*{1,2})\d")
# What would be a tag without a closing one: <name>, <your key>, List<String>.
_PLACE: Final = re.compile(rb"<([A-Za-z][\w.-]*)((?:\s+[\w.-]+)*)\s*>")
_CLOSING: Final = re.compile(rb"</([A-Za-z][\w.-]*)")
_HTML_TAGS: Final = defs.tags | {
    "bdi", "data", "dialog", "main", "picture", "search", "slot", "template",
}  # fmt: skip
# Lines that begin with a sign of a number, and not with a quotation or an item.
_GREATER: Final = re.compile(rb">[ \t]?\d[^\n]*\n?")
_PLUS: Final = re.compile(rb"\+[ \t]\d")
# A label that looks like one of a link: `[^1]: Note` and `[Note]: words` are text.
_LABEL: Final = re.compile(
    rb"^([ >\t*+\d.)-]{0,20})\[([^\]\n]{1,500})\]:", re.MULTILINE
)
_ADDRESS: Final = re.compile(
    r"#?|[a-zA-Z][a-zA-Z+.-]*:.*|[!-~]*[/#][!-~]*|.*\.[a-zA-Z][a-zA-Z0-9]{0,4}(?:#.*)?",
    re.DOTALL,
)
# A number that stands for a note, and not behind the text of a link: `250[1]`.
_NOTED: Final = re.compile(rb"(?<![\]\\!])\[(\d{1,9})\](?![\[(:])")
_PIPE: Final = re.compile(rb"(?<!\\)\|")
_CODE_WITH_PIPE: Final = re.compile(rb"`[^`\n]{0,500}`")
_MOST_CELLS: Final = 50  # of a row beyond those of the header

# What may be such a sign, wherever it stands.
_AT_BEGIN: Final = re.compile(
    rb"^[ \t>*+\d.)-]{0,20}(?:>[ \t]?|\+[ \t])\d", re.MULTILINE
)
_RULE: Final = re.compile(
    rb"^[ \t>*+\d.)-]{0,20}\|?[ \t]{0,20}:?-{1,200}:?[ \t]{0,20}\|", re.MULTILINE
)

_Edit = tuple[int, bytes]  # where something is put in, in bytes


class _Event(NamedTuple):
    """What begins in Markdown, and where it stands, in bytes."""

    kind: str
    start: int
    end: int


def code_spans(source: bytes) -> list[Span]:
    """Return where code stands in Markdown, in bytes."""
    return [
        Span(start, end)
        for kind, start, end in _events(source.decode())
        if kind in {"Code", "CodeBlock"}
    ]


def with_escapes(source: str) -> str:
    """Escape what is no mark, and would take itself or its text away as one.

    Products of numbers are no emphasis, `<name>` is no tag where none is closed,
    `> 5` in a line of its own is no quotation, `[Note]: words` is no address of a
    link, and rows with more cells than the header are rows of a wider table.
    """
    data = source.encode()
    edits: dict[int, bytes] = {}
    for sign, look in _LOOKS:
        if sign.search(data):  # as seldom: each reads the whole text
            edits.update(look(source, data))
    if not edits:
        return source
    kept: list[bytes] = []
    done = 0
    for place, put in sorted(edits.items()):
        kept += [data[done:place], put]
        done = place
    return b"".join([*kept, data[done:]]).decode()


def _events(source: str) -> Iterator[_Event]:
    """Yield what begins, one by one: all together would fill the memory."""
    for event, place in pyromark.events_with_range(source, options=OPTIONS):
        if isinstance(event, dict):
            inner: Any = event.get("Start")
            kind = inner or next(iter(event))
            kind = next(iter(kind)) if isinstance(kind, dict) else kind
            yield _Event(kind, place["start"], place["end"])


def _products(source: str, data: bytes) -> Iterator[_Edit]:
    for kind, start, end in _events(source):
        if kind in {"Emphasis", "Strong"}:
            marks = 1 if kind == "Emphasis" else 2
            ends = (start, end - marks)
            if any(at and _TIMES.match(data, at - 1) for at in ends):
                yield from ((at + n, b"\\") for at in ends for n in range(marks))


def _places(source: str, data: bytes) -> Iterator[_Edit]:
    closed: set[bytes] | None = None
    for kind, start, end in _events(source):
        if kind not in {"InlineHtml", "HtmlBlock"}:
            continue
        tag = _PLACE.match(data, start, end)
        if tag is None or _is_tag(tag[1], tag[2]):
            continue
        if closed is None:
            closed = set(_CLOSING.findall(data))
        if tag[1] not in closed:
            yield start, b"\\"


def _is_tag(name: bytes, words: bytes) -> bool:
    """Tell whether a tag is one of HTML: in `a<b and c>d` there is none."""
    is_html = name.decode("ascii", "replace").lower() in _HTML_TAGS
    return is_html and (len(name) > 1 or words.strip() in {b"", b"hidden"})


def _signs(source: str, data: bytes) -> Iterator[_Edit]:
    for kind, start, end in _events(source):
        quoted = kind == "BlockQuote" and _GREATER.fullmatch(data[start:end].rstrip())
        if quoted or (kind == "Item" and _PLUS.match(data, start)):
            yield start, b"\\"


def _tables(source: str, data: bytes) -> Iterator[_Edit]:
    head, columns, more = _Event("", 0, 0), 0, 0
    for event in chain(_events(source), [_Event("Table", 0, 0)]):
        if event.kind == "Table":
            yield from _wider(head, data, more)
            more = 0
        elif event.kind == "TableHead":
            head = event
            columns = _count_cells(data[head.start : head.end])
        elif event.kind == "TableRow":
            row = data[event.start : event.end]
            if _count_cells(row) > columns:  # a sign in code is no end of a cell
                signs = [
                    code.start() + sign.start()
                    for code in _CODE_WITH_PIPE.finditer(row)
                    for sign in _PIPE.finditer(code[0])
                ]
                yield from ((event.start + sign, b"\\") for sign in signs)
                more = max(more, _count_cells(row) - len(signs) - columns)


def _count_cells(row: bytes) -> int:
    row = row.strip()
    ends = row.startswith(b"|") + (row.endswith(b"|") and not row.endswith(b"\\|"))
    return len(_PIPE.findall(row)) + 1 - ends


def _wider(head: _Event, data: bytes, more: int) -> Iterator[_Edit]:
    """Yield what gives a table columns without names, behind the others."""
    if more <= 0:
        return
    more = min(more, _MOST_CELLS)
    names = data[head.start : head.end].rstrip()
    rule_end = data.find(b"\n", head.end)
    rule = data[head.end : rule_end if rule_end >= 0 else len(data)].rstrip()
    closed = names.endswith(b"|")
    yield head.start + len(names), b" |" * (more + (not closed))
    closed = rule.endswith(b"|")
    yield head.end + len(rule), (b"---|" if closed else b"|---") * more


def _labels(source: str, data: bytes) -> Iterator[_Edit]:
    """Yield where labels stand that are none of links."""
    definitions = pyromark.reference_definitions(source, options=OPTIONS)
    noted = {number.decode() for number in _NOTED.findall(data)}
    labels = {
        label.casefold()
        for label, each in definitions.items()
        if label.startswith("^")
        or label in noted
        or not _ADDRESS.fullmatch(each["dest"])
    }
    code = code_spans(data)
    starts = [span.start for span in code]
    for match in _LABEL.finditer(data):
        before = bisect(starts, match.end(1)) - 1
        within = before >= 0 and match.end(1) < code[before].end
        if not within and match[2].decode().casefold() in labels:
            yield match.end(1), b"\\"


_LOOKS: Final = (
    (_TIMES, _products),
    (_PLACE, _places),
    (_AT_BEGIN, _signs),
    (_RULE, _tables),
    (_LABEL, _labels),
)
