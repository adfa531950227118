"""Markdown (CommonMark with tables): marks go, structure stays. By pulldown-cmark."""

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

import pyromark
from lxml.html import defs

from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.front_matter import front_matter
from erya.loading.html import add_html, add_well_formed
from erya.loading.mdx import said_by_components, without_code
from erya.records import Parsed, Span

__all__ = ["add_markdown", "parse_markdown"]

_FACTS: Final = ("author", "date")
_OPTIONS: Final = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
)
# As pulldown-cmark writes them.
_IMAGE: Final = re.compile(
    r'<img src="[^"]*" alt="([^"]*)"(?: title="([^"]*)")?[^>]*/>'
)
_TASK: Final = re.compile(r'<input disabled="" type="checkbox"( checked="")?/>\n')
# Emphasis that is a product: 600*800*1200.
_TIMES: Final = re.compile(rb"\d(\*{1,2})\d")
# What would be a tag without a closing one: <name>, <your key>, List<String>.
_PLACE: Final = re.compile(rb"<([A-Za-z][\w.-]*)(?:\s+[\w.-]+)*\s*>")
_CLOSING: Final = re.compile(rb"</([A-Za-z][\w.-]*)")
# A label that looks like one of a link: `[^1]: Note` and `[Note]: words` are text.
_LABEL: Final = re.compile(
    rb"^([ >\t*+\d.)-]{0,20})\[([^\]\n]{1,500})\]:", re.MULTILINE
)
_ADDRESS: Final = re.compile(
    r"#?|[a-zA-Z][a-zA-Z+.-]*:.*|[!-~]*[/#][!-~]*|.*\.[a-zA-Z][a-zA-Z0-9]{0,4}(?:#.*)?",
    re.DOTALL,
)
_HTML_TAGS: Final = defs.tags | {
    "bdi", "data", "dialog", "main", "picture", "search", "slot", "template",
}  # fmt: skip
_RAW_HTML: Final = re.compile(r"<[a-zA-Z/?]")  # comments are passed over anyway


def parse_markdown(data: bytes, name: str) -> Parsed:
    """Read Markdown. The title is the front matter's, else the first heading.

    What else the front matter says stands above the page, a line for each value.
    """
    source = decode(data)
    values, end = front_matter(source)
    source = source[end:]
    builder = TextBuilder()
    lines = [
        f"{key}: {told}" for key, told in values.items() if key != "title" and told
    ]
    builder.paragraph("\n".join(lines), pairs=False)
    if name.lower().endswith(".mdx"):
        page = source.encode()
        page, exports = without_code(page, _code_spans(page))
        source = page.decode()
        if exports:
            message = f"Code that the page exports is not read: {exports} statements."
            builder.notice("code_left_out", message)
    add_markdown(builder, source)
    facts = {fact: values.get(fact, "") for fact in _FACTS}
    title = values.get("title", "")
    parsed = builder.parsed(title=title, media_type="text/markdown", **facts)
    return parsed if parsed.title else replace(parsed, title=PurePosixPath(name).stem)


def add_markdown(builder: TextBuilder, source: str) -> None:
    """Add what a reader sees of Markdown."""
    page = pyromark.html(_with_escapes(source), options=_OPTIONS)
    if "<img" in page:
        page = _IMAGE.sub(_in_words, page)
    if "<input" in page:
        page = _TASK.sub(lambda match: "[x] " if match[1] else "[ ] ", page)
    if _RAW_HTML.search(source):
        add_html(builder, said_by_components(page))
    else:
        add_well_formed(builder, page)


def _in_words(match: re.Match[str]) -> str:
    alt, title = match[1], match[2]
    return f"{alt} ({title})" if title and title != alt else alt


def _code_spans(source: bytes) -> list[Span]:
    """Return where code stands in Markdown, in bytes."""
    return [
        Span(start, end)
        for kind, start, end in _events(source.decode())
        if kind in {"Code", "CodeBlock"}
    ]


def _events(source: str) -> Iterator[tuple[str, int, int]]:
    """Yield what begins in Markdown: its kind, and where it stands, in bytes."""
    for event, place in pyromark.events_with_range(source, options=_OPTIONS):
        yield _kind(event), place["start"], place["end"]


def _kind(event: Any) -> str:
    """Return what an event is of, or what it begins."""
    if isinstance(event, dict):
        name, inner = next(iter(event.items()))
        return _kind(inner) if name == "Start" else name
    return str(event)


def _with_escapes(source: str) -> str:
    """Escape marks of Markdown that would take away what is no mark.

    Products of numbers are no emphasis, `<name>` is no tag where none is closed, and
    `[Note]: words` is no address of a link.
    """
    data = source.encode()
    places = {*_products(source, data), *_labels(source, data)}
    if not places:
        return source
    kept, done = [], 0
    for place in sorted(places):
        kept.append(data[done:place])
        done = place
    return b"\\".join([*kept, data[done:]]).decode()


def _products(source: str, data: bytes) -> Iterator[int]:
    """Yield where signs stand that are no emphasis and no tag."""
    if not (_TIMES.search(data) or _PLACE.search(data)):
        return
    closed = set(_CLOSING.findall(data))
    for kind, start, end in _events(source):
        if kind in {"Emphasis", "Strong"}:
            marks = 1 if kind == "Emphasis" else 2
            ends = (start, end - marks)
            if any(at and _TIMES.match(data, at - 1) for at in ends):
                yield from (at + more for at in ends for more in range(marks))
        elif kind in {"InlineHtml", "HtmlBlock"}:
            tag = _PLACE.match(data, start, end)
            name = tag[1].decode("ascii", "replace").lower() if tag else "p"
            if name not in _HTML_TAGS and tag and tag[1] not in closed:
                yield start


def _labels(source: str, data: bytes) -> Iterator[int]:
    """Yield where labels stand that are none of links."""
    if not _LABEL.search(data):
        return
    found = pyromark.reference_definitions(source, options=_OPTIONS)
    labels = {
        label.casefold()
        for label, each in found.items()
        if label.startswith("^") or not _ADDRESS.fullmatch(each["dest"])
    }
    if not labels:
        return
    code = _code_spans(data)
    starts = [span.start for span in code]
    for match in _LABEL.finditer(data):
        before = bisect(starts, match.end(1)) - 1
        within = before >= 0 and match.end(1) < code[before].end
        if not within and match[2].decode().casefold() in labels:
            yield match.end(1)
