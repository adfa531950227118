"""Text for a terminal: nothing in it may steer one, or forge a line."""

import re
import unicodedata
from typing import Final

__all__ = ["columns_of", "one_line", "snippet", "visible"]

# Signs that turn the direction of writing, or have no width: a quote could hide in
# them.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SNIPPET: Final = 160


def visible(text: str) -> str:
    """Return `text` without control characters and signs that no reader can see."""
    return _INVISIBLE.sub("", text)


def one_line(text: str) -> str:
    """Return `text` with its line ends shown, so that a name cannot forge lines."""
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def snippet(text: str, *, width: int = _SNIPPET) -> str:
    """Return the beginning of `text` on one line."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def columns_of(text: str) -> int:
    """Return how wide a terminal shows `text`: Chinese characters take two columns."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)
