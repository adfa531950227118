"""JSON read so that a number stays as it is written: 12.50 is not 12.5."""

import json
from collections.abc import Sequence
from typing import Any, Final

from erya.loading.builder import TextBuilder

__all__ = ["format_json", "format_scalar", "is_deep", "note_repeated", "read_json"]

_DEEPEST: Final = 100
_MOST_LISTED: Final = 10  # names


class _Number(str):
    """A number, or NaN or Infinity, in the characters of its file."""

    __slots__ = ()


def read_json(text: str, *, repeated: list[str] | None = None) -> Any:
    """Return a value of JSON; its numbers are text.

    Values of a name that stands twice in one object are a list.

    Args:
        text: The JSON.
        repeated: Filled with such names.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested without end.
    """

    def make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        several: dict[str, list[Any]] = {}
        for name, each in pairs:
            several.setdefault(name, []).append(each)
        twice = [name for name, values in several.items() if len(values) > 1]
        if repeated is not None:
            repeated.extend(twice)
        return value | {name: several[name] for name in twice}

    return json.loads(
        text,
        parse_float=_Number,
        parse_int=_Number,
        parse_constant=_Number,
        object_pairs_hook=make_object,
    )


def note_repeated(builder: TextBuilder, names: Sequence[str]) -> None:
    """Note which names stand twice in one object."""
    if names:
        several = list(dict.fromkeys(names))
        listed = ", ".join(several[:_MOST_LISTED]) + ", …" * (
            len(several) > _MOST_LISTED
        )
        message = (
            f"Names that stand twice in one object have all their values: {listed}."
        )
        builder.notice("repeated_names", message)


def is_deep(value: Any, depth: int = 0) -> bool:
    """Tell whether a value is nested too deep to be written in a line."""
    if depth > _DEEPEST:
        return True
    inner = value.values() if isinstance(value, dict) else value
    nested = isinstance(value, dict | list)
    return nested and any(is_deep(each, depth + 1) for each in inner)


def format_scalar(value: Any) -> str:
    """Return a value that has no others in it as a reader sees it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def format_json(value: Any) -> str:
    """Return a value that `read_json` has read as JSON writes it, in one line."""
    if isinstance(value, dict):
        pairs = (
            f"{format_json(str(key))}: {format_json(each)}"
            for key, each in value.items()
        )
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(format_json, value))}]"
    if isinstance(value, _Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
