"""What of a chat model's reply is its answer: not its thinking, whatever its parts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

__all__ = ["Speech", "Spoken", "text_in", "thought_in", "without_thinking"]

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


def text_in(message: Mapping[str, Any]) -> str:
    """Return the text of a message or a piece of one: a string, or parts of text."""
    content = message.get("content")
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def thought_in(message: Mapping[str, Any]) -> str:
    """Return what a message, or a piece of one, tells of thinking in a field for it."""
    for name in ("reasoning_content", "reasoning"):
        value = message.get(name)
        if isinstance(value, str):
            return value
    return ""


def without_thinking(text: str) -> str:
    """Return what a model says after it has thought; nothing if it only thinks.

    Some send the end of their thinking without its beginning, which the prompt holds.
    """
    opened = _OPENS.match(text, 0, _MOST_BLANKS)
    closed = (_CLOSES if opened else _CLOSES_ALONE).search(text)
    if closed is not None and (opened or not _OPENS_ANYWHERE.search(text)):
        return text[closed.end() :].strip()
    return "" if opened else text


class Spoken(NamedTuple):
    """A piece of what a model says: of its answer, or of its thinking.

    A piece of the kind `retracted` has no text: what came before as text was thinking.
    """

    kind: Literal["text", "reasoning", "retracted"]
    text: str


class Speech:
    """Parts what a model says, as it comes, from thinking in tags at its beginning.

    Attributes:
        text: All that has come.
        answer: What of it was passed on as text, or put in its place at the end.
    """

    def __init__(self) -> None:
        self.text = ""
        self.answer = ""
        self._passed = 0  # characters of the text that were passed on
        self._thinks = False
        self._opened = False  # it thought in tags
        self._speaks = False  # thinking is over, or there is none in tags

    def add(self, piece: str) -> Iterator[Spoken]:
        """Take the next piece, and yield what is complete of it now."""
        seen = max(len(self.text) - _LONGEST_TAG, 0)
        self.text += piece
        if not self._speaks and not self._thinks:
            opened = _OPENS.match(self.text, 0, _MOST_BLANKS)
            if opened is not None:
                self._thinks = self._opened = True
                self._passed = opened.end()
            elif len(self.text) < _MOST_BLANKS and _MAY_OPEN.fullmatch(self.text):
                return
            else:
                self._speaks = True
        if self._thinks:
            closed = _CLOSES.search(self.text, max(seen, self._passed))
            if closed is None:
                # What may be the beginning of a tag waits.
                yield from self._pass_on("reasoning", len(self.text) - _LONGEST_TAG)
                return
            yield from self._pass_on("reasoning", closed.start())
            self._passed = closed.end()
            self._thinks, self._speaks = False, True
        yield from self._pass_on("text", len(self.text))

    def end(self) -> Iterator[Spoken]:
        """Yield what is left, and whether the text was thinking after all."""
        if self._thinks:
            yield from self._pass_on("reasoning", len(self.text))
        elif not self._speaks:  # blanks, or the beginning of a tag
            yield from self._pass_on("text", len(self.text))
        elif _OPENS.match(self.text, 0, _MOST_BLANKS) is None:
            answer = without_thinking(self.text)
            if answer != self.text:
                self.answer = answer
                yield Spoken("retracted", "")
                yield Spoken("text", answer)

    def _pass_on(
        self, kind: Literal["text", "reasoning"], end: int
    ) -> Iterator[Spoken]:
        if end > self._passed:
            fresh = self.text[self._passed : end]
            if kind == "text":
                if self._opened and not self.answer:  # blanks between both
                    fresh = fresh.lstrip()
                self.answer += fresh
            self._passed = end
            if fresh:
                yield Spoken(kind, fresh)
