"""What stands above a page of Markdown about it: lines of YAML, or TOML."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from erya.loading.encodings import clean
from erya.metadata import OWN_METADATA

__all__ = ["FrontMatter", "front_matter", "metadata_of"]

_KEY: Final = re.compile(r"""(["']?)([^\W_][^:"'\n]{0,80})\1:(?:[ \t]+(.*))?""")
_INNER: Final = re.compile(r"[ \t#-]|$")  # a line that goes on, or says nothing
_BLOCK: Final = re.compile(r"[|>][+\-\d]{0,2}(?:[ \t]+#.*)?")  # its lines stand below
_QUOTED: Final = re.compile(r"""(["'])(.*)\1""")
_LISTED: Final = re.compile(r"\[(.*)\]")
_MOST_LINES: Final = 1_000
_MOST_ENTRIES: Final = 50
_LONGEST: Final = 1_000  # characters of a value
_DEEPEST: Final = 20


class FrontMatter(NamedTuple):
    """Values by their names, and where the page begins."""

    values: dict[str, str]
    end: int


def front_matter(source: str) -> FrontMatter:
    """Return what stands above a page; no values where there is none.

    Values of several lines or parts are written in one line: `a, b`.
    """
    mark = source[:3]
    if mark not in {"---", "+++"}:
        return FrontMatter({}, 0)
    ends = {"---", "..."} if mark == "---" else {mark}
    lines: list[str] = []
    end = 0
    for line in islice(_lines(source), _MOST_LINES):
        end += len(line) + 1
        if lines and line.rstrip() in ends:
            read = _yaml if mark == "---" else _toml
            values = read(lines[1:])
            return FrontMatter(values, min(end, len(source)) if values else 0)
        lines.append(line)
    return FrontMatter({}, 0)


def metadata_of(values: Mapping[str, str]) -> dict[str, str]:
    """Return what front matter says as metadata, by names that a filter can have."""
    named = {
        "_".join(key.lower().split()): clean(value)[:_LONGEST]
        for key, value in values.items()
        if value and key.lower() != "title"
    }
    fitting = {key: value for key, value in named.items() if key not in OWN_METADATA}
    return dict(list(fitting.items())[:_MOST_ENTRIES])


def _lines(source: str) -> Iterator[str]:
    start = 0
    while (end := source.find("\n", start)) >= 0:
        yield source[start:end]
        start = end + 1
    yield source[start:]


def _yaml(lines: list[str]) -> dict[str, str]:
    """Return the values of lines of YAML; none if one is no such line."""
    values: dict[str, list[str]] = {}
    inner: list[str] = []
    for line in lines:
        key = _KEY.fullmatch(line.rstrip())
        if key:
            inner = values.setdefault(key[2].strip(), [])
            inner.append((key[3] or "").strip())
        elif not _INNER.match(line):
            return {}
        elif line.strip() and not line.startswith("#"):
            inner.append(line.strip())
    return {key: _plain(parts) for key, parts in values.items()}


def _plain(parts: list[str]) -> str:
    first, *others = parts
    if _BLOCK.fullmatch(first) or (first and others and not first.startswith("[")):
        return " ".join(parts[1:] if _BLOCK.fullmatch(first) else parts)
    if first:
        first = " ".join(parts)
        listed = _LISTED.fullmatch(first)
        return ", ".join(map(_unquote, listed[1].split(","))) if listed else (
            _unquote(first)
        )  # fmt: skip
    return ", ".join(_unquote(part.removeprefix("- ")) for part in others)


def _unquote(text: str) -> str:
    text = text.strip()
    quoted = _QUOTED.fullmatch(text)
    return quoted[2].replace(f"\\{quoted[1]}", quoted[1]) if quoted else text


def _toml(lines: list[str]) -> dict[str, str]:
    try:
        values = tomllib.loads("\n".join(lines), parse_float=str)  # 12.50 is not 12.5
        return dict(_flat(values))
    except (ValueError, RecursionError):
        return {}


def _flat(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        yield path, ", ".join(text for each in value for _, text in _flat(each))
    else:
        yield path, str(value)
