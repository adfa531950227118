"""Data for programs (JSON) as text."""

from pathlib import PurePosixPath
from typing import Any, Final

from erya.errors import DocumentError
from erya.loading.builder import TextBuilder
from erya.loading.encodings import decode
from erya.loading.formats.faq import add_records
from erya.loading.formats.json_values import (
    format_scalar,
    is_deep,
    note_repeated,
    read_json,
)
from erya.records import Parsed

__all__ = ["parse_json"]

_DEEPEST: Final = 100


def parse_json(data: bytes, name: str) -> Parsed:
    """Read a JSON value: a list of objects as records, else a line for each value.

    With questions and answers the records are an FAQ. A line is `path: value`.

    Raises:
        DocumentError: It is no JSON, or nested without end.
    """
    text = decode(data)
    repeated: list[str] = []
    try:
        value = read_json(text, repeated=repeated)
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
    note_repeated(builder, repeated)
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
    if path and isinstance(value, dict | list) and not value:
        return [f"{path}: {format_scalar(value)}"]  # that there is none says something
    if isinstance(value, dict):
        return [
            line
            for key, each in value.items()
            for line in _lines(each, f"{path}.{key}" if path else str(key), depth + 1)
        ]
    if isinstance(value, list):
        if not any(isinstance(each, dict | list) for each in value):
            value = ", ".join(map(format_scalar, value))
        else:
            return [
                line
                for at, each in enumerate(value)
                for line in _lines(each, f"{path}[{at}]", depth + 1)
            ]
    line = " ".join(format_scalar(value).split())
    return [f"{path}: {line}" if path else line] if line else []
