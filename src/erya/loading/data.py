"""Data for programs (JSON, XML) as text."""

import json
import re
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.faq import add_records
from erya.loading.packed import read_xml
from erya.records import Parsed

__all__ = ["parse_json", "parse_xml"]

_DEEPEST: Final = 100
_INLINE: Final = re.compile(
    r"(?:b|i|em|strong|italic|bold|sub|sup|a|xref|ext-link|span|u|sc|tspan|code|emph)"
)
_TITLES: Final = frozenset({"title", "heading", "article-title", "h1", "h2", "h3"})
_UNSEEN: Final = frozenset({"script", "style", "metadata", "defs"})


def parse_json(data: bytes, name: str) -> Parsed:
    """Read a JSON value: a list of objects as records, else a line for each value.

    With questions and answers the records are an FAQ. A line is `path: value`.

    Raises:
        DocumentError: It is no JSON, or nested without end.
    """
    text = decode(data)
    try:
        value = json.loads(text)
    except RecursionError:
        msg = "This JSON is nested without end."
        raise DocumentError(msg, code="too_deep") from None
    except ValueError as error:
        msg = f"This is no JSON: {error}"
        raise DocumentError(msg, code="malformed") from None
    builder = TextBuilder()
    records = value if isinstance(value, list) else [value]
    if len(records) > 1 and all(isinstance(record, dict) for record in records):
        add_records(builder, records)
    else:
        for record in records:
            builder.paragraph("\n".join(_lines(record)), pairs=False)
    return builder.parsed(title=PurePosixPath(name).stem, media_type="application/json")


def _lines(value: Any, path: str = "", depth: int = 0) -> list[str]:
    """Return a line for each value.

    Raises:
        DocumentError: It is nested without end.
    """
    if depth > _DEEPEST:
        msg = f"This JSON is more than {_DEEPEST} deep."
        raise DocumentError(msg, code="too_deep")
    if isinstance(value, dict):
        return [
            line
            for key, each in value.items()
            for line in _lines(each, f"{path}.{key}" if path else str(key), depth + 1)
        ]
    if isinstance(value, list):
        if all(isinstance(each, str | int | float | bool | None) for each in value):
            value = ", ".join(str(each) for each in value)
        else:
            return [
                line
                for at, each in enumerate(value)
                for line in _lines(each, f"{path}[{at}]", depth + 1)
            ]
    shown = " ".join(str(value).split()) if value is not None else ""
    return [f"{path}: {shown}" if path else shown] if shown else []


def parse_xml(data: bytes, name: str) -> Parsed:
    """Read the text of any XML: titles as headings, each element a paragraph.

    Raises:
        DocumentError: It is damaged, or declares entities.
    """
    root = read_xml(data, called="XML file")
    builder = TextBuilder()
    _add(builder, root)
    title = next(
        (" ".join("".join(e.itertext()).split()) for e in root.iter()
         if _local(e) in _TITLES), ""
    )  # fmt: skip
    return builder.parsed(
        title=title[:200] or PurePosixPath(name).stem, media_type="application/xml"
    )


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _add(builder: TextBuilder, root: Any) -> None:
    """Walk without recursion; text between elements is a paragraph of its own."""
    stack: list[tuple[Any, int]] = [(root, 0)]
    while stack:
        element, depth = stack.pop()
        if isinstance(element, str):
            builder.paragraph(" ".join(element.split()), pairs=False)
            continue
        name = _local(element)
        if not name or name in _UNSEEN:
            continue
        if name in {"tr", "row"}:
            cells = (" ".join("".join(cell.itertext()).split()) for cell in element)
            builder.paragraph(" | ".join(filter(None, cells)), pairs=False)
        elif all(_INLINE.fullmatch(_local(child)) for child in element):
            text = " ".join("".join(element.itertext()).split())
            if name in _TITLES:
                builder.heading(text, level=min(max(depth - 1, 1), 6))
            else:
                builder.paragraph(text, pairs=False)
        else:
            for child in reversed(element):
                stack += [(child.tail or "", depth), (child, depth + 1)]
            stack.append((element.text or "", depth))
