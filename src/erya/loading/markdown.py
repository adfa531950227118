"""Markdown (CommonMark with tables): marks go, structure stays. By pulldown-cmark."""

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

import pyromark

from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.html import add_html, add_well_formed
from erya.records import Parsed

__all__ = ["add_markdown", "parse_markdown"]

_FRONT_MATTER: Final = re.compile(
    r"\A---[ \t]*\n((?:[\w-]+:.*\n|[ \t#-].*\n|[ \t]*\n)+?)"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_FACTS: Final = re.compile(r"^(title|author|date):\s*(.+?)\s*$", re.MULTILINE)
_OPTIONS: Final = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
)
# As pulldown-cmark writes them.
_IMAGE: Final = re.compile(r'<img src="[^"]*" alt="([^"]*)"[^>]*/>')
_TASK: Final = re.compile(r'<input disabled="" type="checkbox"( checked="")?/>\n')
# Of MDX: what is imported and exported, and comments.
_MDX_CODE: Final = re.compile(
    r"^(?:import|export) [^\n]*(?:\n[^\n]+)*|\{/\*[^*]*\*/\}", re.MULTILINE
)
_RAW_HTML: Final = re.compile(r"<[a-zA-Z/?]")  # comments are passed over anyway


def parse_markdown(data: bytes, name: str) -> Parsed:
    """Read Markdown. The title is the front matter's, else the first heading."""
    source = decode(data)
    facts: dict[str, str] = {}
    if front := _FRONT_MATTER.match(source):
        facts = {key: told.strip("\"'") for key, told in _FACTS.findall(front[1])}
        source = source[front.end() :]
    if name.lower().endswith(".mdx"):
        source = _MDX_CODE.sub("", source)
    builder = TextBuilder()
    add_markdown(builder, source)
    title = facts.pop("title", "")
    parsed = builder.parsed(title=title, media_type="text/markdown", **facts)
    return parsed if parsed.title else replace(parsed, title=PurePosixPath(name).stem)


def add_markdown(builder: TextBuilder, source: str) -> None:
    """Add what a reader sees of Markdown."""
    page = pyromark.html(source, options=_OPTIONS)
    if "<img" in page:
        page = _IMAGE.sub(r"\1", page)
    if "<input" in page:
        page = _TASK.sub(lambda match: "[x] " if match[1] else "[ ] ", page)
    if _RAW_HTML.search(source):
        add_html(builder, page)
    else:
        add_well_formed(builder, page)
