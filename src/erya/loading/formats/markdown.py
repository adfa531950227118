"""Markdown (CommonMark with tables): marks go, structure stays. By pulldown-cmark."""

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

import pyromark

from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.front_matter import front_matter, metadata_of
from erya.loading.formats.html import add_html, add_well_formed
from erya.loading.formats.markdown_blocks import in_plain_markdown
from erya.loading.formats.markdown_escapes import OPTIONS, code_spans, with_escapes
from erya.loading.formats.mdx import without_code, write_components
from erya.records import Parsed

__all__ = ["add_markdown", "parse_markdown"]

# A link of digits right behind others: 250[1](…) is not 2501.
_LINKED_DIGITS: Final = re.compile(r"(?<=\d)<a href=\"[^\"]*\"[^>]*>(\d{1,3})</a>")
# As pulldown-cmark writes them.
_IMAGE: Final = re.compile(
    r'<img src="[^"]*" alt="([^"]*)"(?: title="([^"]*)")?[^>]*/>'
)
_TASK: Final = re.compile(r'<input disabled="" type="checkbox"( checked="")?/>\n')
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
        f"{key}: {value}" for key, value in values.items() if key != "title" and value
    ]
    builder.paragraph("\n".join(lines), pairs=False)
    if name.lower().endswith(".mdx"):
        page = source.encode()
        page, exports = without_code(page, code_spans(page))
        source = page.decode()
        if exports:
            message = f"Code that the page exports is not read: {exports} statements."
            builder.notice("code_left_out", message)
    plain = in_plain_markdown(source)
    if plain.comments:
        message = f"Comments that a page does not show are not read: {plain.comments}."
        builder.notice("comments", message)
    add_markdown(builder, plain.text)
    title = values.get("title", "")
    parsed = builder.parsed(title=title, media_type="text/markdown")
    return replace(
        parsed,
        title=parsed.title or PurePosixPath(name).stem,
        metadata=metadata_of(values),
    )


def add_markdown(builder: TextBuilder, source: str) -> None:
    """Add what a reader sees of Markdown."""
    page = pyromark.html(with_escapes(source), options=OPTIONS)
    if "<img" in page:
        page = _IMAGE.sub(_in_words, page)
    if "<a " in page:
        page = _LINKED_DIGITS.sub(r"[\1]", page)
    if "<input" in page:
        page = _TASK.sub(lambda match: "[x] " if match[1] else "[ ] ", page)
    if _RAW_HTML.search(source):
        add_html(builder, write_components(page))
    else:
        add_well_formed(builder, page)


def _in_words(match: re.Match[str]) -> str:
    alt, title = match[1], match[2]
    return f"{alt} ({title})" if title and title != alt else alt
