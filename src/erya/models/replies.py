"""What of a chat model's reply is its answer: not its thinking, whatever its parts."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["Speech", "said_in", "without_thinking"]

_NAMES: Final = "think|thinking|thought|reasoning"
_OPENS: Final = re.compile(rf"\s*<({_NAMES})>", re.IGNORECASE)
_CLOSES: Final = re.compile(rf"</(?:{_NAMES})>", re.IGNORECASE)
_CLOSES_ALONE: Final = re.compile(
    rf"^[ \t]*</(?:{_NAMES})>[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_OPENS_ANYWHERE: Final = re.compile(rf"<(?:{_NAMES})>", re.IGNORECASE)
_LONGEST_TAG: Final = 12
_MOST_BLANKS: Final = 1_000  # characters before a tag that opens thinking
_MAY_OPEN: Final = re.compile(r"\s*(?:<[a-z]{0,9})?", re.IGNORECASE)


def said_in(message: Mapping[str, Any]) -> str:
    """Return the text of a message or a piece of one: a string, or parts of text."""
    content = message.get("content")
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def without_thinking(text: str) -> str:
    """Return what a model says after it has thought; nothing if it only thinks.

    Some send the end of their thinking without its beginning, which the prompt holds.
    """
    opened = _OPENS.match(text, 0, _MOST_BLANKS)
    closed = (_CLOSES if opened else _CLOSES_ALONE).search(text)
    if closed is not None and (opened or not _OPENS_ANYWHERE.search(text)):
        return text[closed.end() :].strip()
    return "" if opened else text


class Speech:
    """Passes on what a model says as it comes, past thinking at its beginning.

    Attributes:
        text: All that has come.
    """

    def __init__(self, on_text: Callable[[str], None] | None) -> None:
        self.text = ""
        self._on_text = on_text
        self._told = 0  # characters of the text that were passed on or are over

    def add(self, piece: str) -> None:
        """Take the next piece."""
        seen = max(len(self.text) - _LONGEST_TAG, 0)
        self.text += piece
        if self._on_text is None:
            return
        if not self._told:
            if _OPENS.match(self.text, 0, _MOST_BLANKS):
                closed = _CLOSES.search(self.text, seen)
                if closed is None:
                    return
                self._told = closed.end()
            elif len(self.text) < _MOST_BLANKS and _MAY_OPEN.fullmatch(self.text):
                return
        fresh = self.text[self._told :]
        self._told = len(self.text)
        if fresh:
            self._on_text(fresh)
