"""What of a run a model is sent, where all of it does not fit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from erya.language import count_tokens
from erya.records import Message, MessagePart, TextPart, ToolCall, ToolResult

__all__ = ["fit_messages"]

_LEFT: Final = 200  # characters of a result that is cut
_CUT: Final = "… (The rest is left out, so that the conversation fits.)"
_LATEST: Final = 2  # turns of tools that are cut last


def fit_messages(messages: Sequence[Message], tokens: int) -> tuple[Message, ...]:
    """Return messages that fit, the oldest results of tools cut first.

    The task, the calls and what the model said stay; so the last result of all is cut
    only as far as it has to be.

    Args:
        messages: All of the run.
        tokens: What they may have, by `erya.language.count_tokens`.
    """
    fitted = list(messages)
    left = sum(map(_tokens, fitted)) - tokens
    results = [at for at, message in enumerate(fitted) if message.role == "tool"]
    for at in (*results[:-_LATEST], *results[-_LATEST:]):
        if left <= 0:
            break
        before = _tokens(fitted[at])
        # A token has four characters, or one.
        spared = max(before - left, 0) if at == results[-1] else 0
        parts = tuple(_cut(part, max(_LEFT, spared)) for part in fitted[at].parts)
        fitted[at] = replace(fitted[at], parts=parts)
        left -= before - _tokens(fitted[at])
    return tuple(fitted)


def _cut(part: MessagePart, characters: int) -> MessagePart:
    if isinstance(part, ToolResult) and len(part.text) > characters + len(_CUT):
        return replace(part, text=part.text[:characters] + _CUT)
    return part


def _tokens(message: Message) -> int:
    return sum(count_tokens(_text_of(part)) for part in message.parts)


def _text_of(part: MessagePart) -> str:
    if isinstance(part, (TextPart, ToolResult)):
        return part.text
    return part.name + part.arguments if isinstance(part, ToolCall) else ""
