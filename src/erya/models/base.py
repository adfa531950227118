"""The contract of this room; `erya.testing` has models that keep it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from erya.records import Message, Usage

__all__ = ["ChatModel", "Completion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a chat model said, whole."""

    text: str
    usage: Usage


class ChatModel(Protocol):
    """Continues a conversation."""

    def complete(
        self,
        messages: Sequence[Message],
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        """Return the model's next turn.

        Args:
            messages: The conversation so far, at least one message.
            on_text: Called with each piece of the text as it arrives.

        Raises:
            ModelError: The model cannot be reached, is too slow, or sends something
                that is no answer. What had arrived by then is dropped.
        """
        ...
