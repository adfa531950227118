"""Whole numbers that stand in attributes, which a file may give any length."""

from typing import Final

__all__ = ["whole_number"]

_DIGITS: Final = 9  # of the largest that means something


def whole_number(text: str | None, *, default: int) -> int:
    """Return the number that a text is; `default` if it is none, or a huge one."""
    is_number = text is not None and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if text is not None and is_number else default
