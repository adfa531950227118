"""The requests to a chat model, and the events in which it answers."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, Self

from erya.errors import ModelError
from erya.records import Message, ToolCall, Usage

__all__ = [
    "ChatEvent",
    "ChatModel",
    "ChatRequest",
    "Completion",
    "FinishReason",
    "Finished",
    "ReasoningDelta",
    "Sampling",
    "TextDelta",
    "TextRetracted",
    "ToolSpec",
    "Transcript",
    "complete",
    "join_halves",
    "listed_lines",
]

_LIST_MARK: Final = re.compile(r"^(?:[-*•]|\(?\d{1,2}[.):、])\s*")
FinishReason = Literal["stop", "length", "filter", "tools", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A function that a model may call.

    Attributes:
        name: What it is called: letters, digits, `_` and `-`.
        description: What it does, for the model.
        parameters: The JSON schema of its arguments, an object.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is chosen. None leaves it to the endpoint.

    Attributes:
        temperature: 0 takes the likeliest, 2 nearly any.
        top_p: The share of likelihood that is drawn from, 0 to 1.
        max_tokens: The most that are written.
        stop: What ends the answer, and is left out.
        seed: Of the draw; few endpoints keep it.
        presence_penalty: What a token loses that stood before, -2 to 2.
        frequency_penalty: What it loses for each time that it did, -2 to 2.
    """

    temperature: float | None = 0.0
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One request to a chat model.

    Attributes:
        messages: The conversation so far, at least one message.
        tools: What the model may call.
        tool_choice: Whether it may, must or must not, or the name of the one it must.
        output_schema: The JSON schema of the answer, where that is to be JSON.
        sampling: How tokens are chosen.
        seconds: The longest that the whole turn may take; None leaves it to the model.
    """

    messages: Sequence[Message]
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: Literal["auto", "none", "required"] | str = "auto"
    output_schema: Mapping[str, Any] | None = None
    sampling: Sampling = field(default_factory=Sampling)
    # Not part of the request: an answer that was remembered is the same.
    seconds: float | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, system: str, user: str) -> Self:
        """Return a request of one turn: instructions, and what they are about."""
        turns = (Message.of("system", system), Message.of("user", user))
        return cls(messages=turns)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """The next piece of what the model thinks; it is no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class TextRetracted:
    """All text so far was thinking, and no part of the answer.

    Some models send the end of their thinking without its beginning.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of an answer; nothing follows it.

    Attributes:
        reason: Why it ends: it is done, it reached its limit of tokens, it was held
            back, it waits for what tools return, or the endpoint says something else.
        usage: What it cost; None where the endpoint does not say.
        detail: What the endpoint says of why; often empty, never for a reader.
    """

    reason: FinishReason
    usage: Usage | None
    detail: str = ""


# A `ToolCall` is an event once its arguments are whole.
ChatEvent = TextDelta | ReasoningDelta | TextRetracted | ToolCall | Finished


class ChatModel(Protocol):
    """Continues a conversation."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    def stream(
        self, request: ChatRequest
    ) -> AbstractContextManager[Iterator[ChatEvent]]:
        """Ask for the next turn, and return its events as they come.

        The last event is `Finished`. Leaving the context before that cancels what the
        endpoint does, within a second.

        Raises:
            ModelError: While iterating: the model cannot be reached, is too slow, or
                sends something that is no answer, such as neither text nor a call. What
            had come by then is no answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a chat model said, whole.

    Attributes:
        text: The answer; empty where tools are called.
        reasoning: What it thought, where the endpoint tells.
        tool_calls: What it wants to be called.
        reason: Why it ended.
        usage: What it cost; its tokens are None where the endpoint does not say.
    """

    text: str
    usage: Usage
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reason: FinishReason = "stop"


_TOO_LONG: Final = "reached its limit of tokens before the answer was complete."
_LENGTHEN: Final = "Raise the limit of the endpoint, or lower passages."


def complete(
    model: ChatModel,
    request: ChatRequest,
    *,
    on_text: Callable[[str], None] | None = None,
) -> Completion:
    """Ask for the next turn, and wait until it is whole.

    Args:
        model: The model.
        request: The request to the model.
        on_text: Called with each piece of the answer as it comes.

    Raises:
        ModelError: As for `ChatModel.stream`; or the answer reached its limit of
            tokens.
    """
    transcript = Transcript()
    with model.stream(request) as events:
        for event in events:
            transcript.add(event)
            if on_text is not None and isinstance(event, TextDelta):
                on_text(event.text)
    return transcript.completion(model.name)


class Transcript:
    """Puts the events of one answer together.

    Attributes:
        text: The answer so far.
    """

    def __init__(self) -> None:
        self.text = ""
        self._reasoning = ""
        self._calls: list[ToolCall] = []
        self._end = Finished(reason="unknown", usage=None)

    def add(self, event: ChatEvent) -> None:
        """Take the next event."""
        match event:
            case TextDelta(piece):
                self.text += piece
            case ReasoningDelta(piece):
                self._reasoning += piece
            case TextRetracted():
                self._reasoning, self.text = self._reasoning + self.text, ""
            case ToolCall():
                self._calls.append(event)
            case Finished():
                self._end = event

    def completion(self, name: str) -> Completion:
        """Return the answer, once it is whole.

        Args:
            name: The model's.

        Raises:
            ModelError: It reached its limit of tokens.
        """
        if self._end.reason == "length":
            what = f"The chat model {name!r} {_TOO_LONG}"
            message = f"{what} {_LENGTHEN}"
            raise ModelError(message, reader_message=what)
        # Pieces may end within a sign: halves are joined, and a half alone is marked.
        text = join_halves(self.text)
        unknown = Usage(model=name, input_tokens=None, output_tokens=None)
        return Completion(
            text=text.strip() if self._reasoning else text,
            reasoning=join_halves(self._reasoning),
            tool_calls=tuple(self._calls),
            reason=self._end.reason,
            usage=self._end.usage or unknown,
        )


def join_halves(text: str) -> str:
    """Join signs whose halves came in two pieces; a half alone becomes a mark."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def listed_lines(text: str) -> list[str]:
    """Return the lines of an answer that is a list, without marks and empty ones."""
    lines = (_LIST_MARK.sub("", line.strip()) for line in text.splitlines())
    return [line for line in lines if line]
