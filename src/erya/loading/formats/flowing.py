"""Lines of source that are one line of text."""

import re
from typing import Final

__all__ = ["flowing", "without_wraps"]

_WIDE: Final = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"
# A label begins a line of its own: 主持人：…
_LABEL: Final = r"[^\s:：。，；、]{1,10}[:：]"
_WRAP: Final = re.compile(rf"(?<={_WIDE})[ \t\r\f]*\n\s*(?={_WIDE})(?!{_LABEL})")


def flowing(text: str) -> str:
    """Return lines as one: a line end is a blank, and none between Chinese."""
    return " ".join(without_wraps(text).split())


def without_wraps(text: str) -> str:
    """Return text without the line ends between Chinese."""
    if "\n" in text and not text.isascii():
        return _WRAP.sub("", text)
    return text
