"""Chat models that need no endpoint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from typing_extensions import override

from erya.errors import ModelError
from erya.models import ChatModel, Completion
from erya.records import Message, Usage

__all__ = ["ScriptedChatModel"]


@dataclass(slots=True)
class ScriptedChatModel(ChatModel):
    """Says what it was told to say, and remembers what it was asked.

    Attributes:
        lines: What it says, one for each call; an error is raised instead.
        asked: The conversations it was given.
    """

    lines: list[str | ModelError]
    asked: list[Sequence[Message]] = field(default_factory=list)

    @override
    def complete(
        self,
        messages: Sequence[Message],
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        self.asked.append(messages)
        line = self.lines[len(self.asked) - 1]
        if isinstance(line, ModelError):
            raise line
        if on_text is not None:
            for word in line.split(" "):
                on_text(word + " ")
        return Completion(text=line, usage=Usage(model="scripted", output_tokens=1))
