"""JSON read so that a number stays as it is written: 12.50 is not 12.5."""

import json
from typing import Any, Final

__all__ = ["is_deep", "read_json", "shown", "written"]

_DEEPEST: Final = 100


class _Number(str):
    """A number, or NaN or Infinity, in the characters of its file."""

    __slots__ = ()


def read_json(text: str) -> Any:
    """Return a value of JSON; its numbers are text.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested without end.
    """
    return json.loads(
        text, parse_float=_Number, parse_int=_Number, parse_constant=_Number
    )


def is_deep(value: Any, depth: int = 0) -> bool:
    """Tell whether a value is nested too deep to be written in a line."""
    if depth > _DEEPEST:
        return True
    inner = value.values() if isinstance(value, dict) else value
    nested = isinstance(value, dict | list)
    return nested and any(is_deep(each, depth + 1) for each in inner)


def shown(value: Any) -> str:
    """Return a value that has no others in it as a reader sees it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def written(value: Any) -> str:
    """Return a value that `read_json` has read as JSON writes it, in one line."""
    if isinstance(value, dict):
        pairs = (f"{written(str(key))}: {written(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, _Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
