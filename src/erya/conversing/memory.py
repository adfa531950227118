"""What of a conversation is sent to a chat model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from erya.errors import UsageError
from erya.language import count_tokens
from erya.records import Message

__all__ = ["Memory", "parse_memory"]

_KEPT_WHOLE: Final = 2  # turns that a summary leaves as they are
Kind = Literal["whole", "turns", "tokens", "summary", "none"]


@dataclass(frozen=True, slots=True)
class Memory:
    """How much of a conversation is kept in mind.

    Attributes:
        kind: All of it, the last turns, as many as fit into some tokens, a running
            summary with the last two turns, or nothing.
        size: How many turns or tokens, where it counts.
    """

    kind: Kind = "turns"
    size: int = 6

    def messages(
        self, turns: Sequence[tuple[str, str]], *, summarize: Callable[[str], str]
    ) -> tuple[Message, ...]:
        """Return what a model is sent, the oldest first.

        Args:
            turns: Question and answer of each turn, the oldest first.
            summarize: Makes a summary of a conversation; called for a summary alone,
                and only with what is not in it yet.
        """
        if self.kind == "none" or not turns:
            return ()
        kept = list(turns)
        head: tuple[Message, ...] = ()
        if self.kind == "turns":
            kept = kept[-self.size :]
        elif self.kind == "tokens":
            kept = _fitting(kept, self.size)
        elif self.kind == "summary" and len(kept) > _KEPT_WHOLE:
            before, kept = kept[:-_KEPT_WHOLE], kept[-_KEPT_WHOLE:]
            text = summarize(_written(before))
            head = (Message.of("user", f"(So far: {text})"),)
        said = [
            message
            for question, answer in kept
            for message in (
                Message.of("user", question),
                Message.of("assistant", answer),
            )
        ]
        return (*head, *said)


def parse_memory(text: str) -> Memory:
    """Return a memory as a person wrote it: `whole`, `turns:6`, `tokens:2000`.

    Raises:
        UsageError: It is none.
    """
    kind, _, size = text.partition(":")
    if kind in {"whole", "summary", "none"} and not size:
        return Memory(kind, 0)  # type: ignore[arg-type]  # it was just looked at
    if kind in {"turns", "tokens"} and size.isdecimal() and int(size) > 0:
        return Memory(kind, int(size))  # type: ignore[arg-type]
    msg = (
        f"A memory is whole, turns:N, tokens:N, summary or none, got {text!r:.40}. Try "
        "turns:6."
    )
    raise UsageError(msg)


def _fitting(turns: list[tuple[str, str]], tokens: int) -> list[tuple[str, str]]:
    """Return the last turns that fit, at least one question with its answer."""
    kept: list[tuple[str, str]] = []
    left = tokens
    for question, answer in reversed(turns):
        left -= count_tokens(question) + count_tokens(answer)
        if left < 0 and kept:
            break
        kept.insert(0, (question, answer))
    return kept


def _written(turns: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"user: {q}\nassistant: {a}" for q, a in turns)
