"""Data for programs (JSON, XML) as text."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.language import STANDING
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.faq import add_records
from erya.loading.json_values import is_deep, read_json, shown
from erya.loading.packed import read_xml
from erya.loading.xml_encodings import widened
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
        value = read_json(text)
    except RecursionError:
        msg = "This JSON is nested without end."
        raise DocumentError(msg, code="too_deep") from None
    except ValueError as error:
        msg = f"This is no JSON: {error}"
        raise DocumentError(msg, code="malformed") from None
    if is_deep(value):
        msg = "This JSON is nested too deep: flatten it, or save the part that counts."
        raise DocumentError(msg, code="too_deep")
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
        if not any(isinstance(each, dict | list) for each in value):
            value = ", ".join(map(shown, value))
        else:
            return [
                line
                for at, each in enumerate(value)
                for line in _lines(each, f"{path}[{at}]", depth + 1)
            ]
    line = " ".join(shown(value).split())
    return [f"{path}: {line}" if path else line] if line else []


def parse_xml(data: bytes, name: str) -> Parsed:
    """Read the text of any XML: titles as headings, each element a paragraph.

    Where no text stands between elements it is data, whose names count: a line for each
    value is `name: value`, as of JSON, attributes among them.

    Raises:
        DocumentError: It is damaged, or declares entities.
    """
    root = read_xml(widened(data), called="XML file")
    for child in list(root.iter("{*}sup", "{*}sub")):
        write = STANDING.get(_local(child))
        if write is not None and all(_INLINE.fullmatch(_local(c)) for c in child):
            above, parent = child.getprevious(), child.getparent()
            before = above.tail if above is not None else getattr(parent, "text", "")
            text = write("".join(child.itertext()), before=before or "")
            child[:] = []
            child.text = text
    builder = TextBuilder()
    if _is_prose(root):
        _add(builder, root)
    else:
        _add_values(builder, root)
    title = next(
        (" ".join("".join(e.itertext()).split()) for e in root.iter()
         if _local(e) in _TITLES), ""
    )  # fmt: skip
    return builder.parsed(
        title=title[:200] or PurePosixPath(name).stem, media_type="application/xml"
    )


def _is_prose(root: Any) -> bool:
    """Tell whether text stands between elements, or what they draw is told."""
    return _local(root) == "svg" or any(
        len(element)
        and any(text and text.strip() for text in (element.text, *_tails(element)))
        for element in root.iter()
    )


def _tails(element: Any) -> Iterator[str | None]:
    return (child.tail for child in element)


def _add_values(builder: TextBuilder, root: Any) -> None:
    """Add values that follow each other as lines of one paragraph."""
    stack: list[tuple[Any, int]] = [(root if len(root) else _values(root), 0)]
    while stack:
        part, depth = stack.pop()
        if isinstance(part, list):
            builder.paragraph("\n".join(part), pairs=False)
            continue
        children = list(part)
        titled = [
            at for at, e in enumerate(children) if _local(e) in _TITLES and not len(e)
        ]
        if titled:  # what stands before it belongs to it as well
            text = " ".join((children.pop(titled[0]).text or "").split())
            builder.heading(text, level=min(max(depth, 1), 6))
        run = [f"{_name(key)}: {value}" for key, value in part.items() if value]
        parts: list[Any] = [run]
        for child in children:
            if len(child):
                run = []
                parts += [child, run]
            elif _local(child):
                run += _values(child)
        stack += ((each, depth + 1) for each in reversed(parts))


def _values(element: Any) -> list[str]:
    """Return the line of an element without others in it; none if it is empty."""
    text = " ".join((element.text or "").split())
    told = [f"{_name(key)}: {value}" for key, value in element.items() if value]
    if not text and not told:
        return []
    beside = f" ({', '.join(told)})" if text and told else ", ".join(told)
    return [f"{_name(element.tag)}: {text}{beside}"]


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _local(element: Any) -> str:
    tag = element.tag
    return _name(tag).lower() if isinstance(tag, str) else ""


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
