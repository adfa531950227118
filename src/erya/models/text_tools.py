"""Tools for models whose endpoint knows none: asked for, and answered, in words."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from typing_extensions import override

from erya.models.requests import (
    ChatEvent,
    ChatModel,
    ChatRequest,
    Finished,
    TextDelta,
    TextRetracted,
    ToolSpec,
)
from erya.prompts import load_prompt
from erya.records import Message, MessagePart, TextPart, ToolCall, ToolResult

__all__ = ["TextToolsChat"]

_MUST: Final = {
    "auto": "Call one only where you need it; else answer.",
    "required": "Call at least one now.",
}
_CALL: Final = re.compile(r"<call>\s*(\{.*?\})\s*</call>", re.DOTALL)
_OPENS: Final = "<call>"


@dataclass(frozen=True, slots=True)
class TextToolsChat(ChatModel):
    """Asks `model` for calls of tools in words, and reads them from what it says.

    Requests without tools are passed on as they are. What is no call that can be read
    stays text.
    """

    model: ChatModel

    @property
    @override
    def name(self) -> str:
        return self.model.name

    @override
    @contextmanager
    def stream(self, request: ChatRequest) -> Iterator[Iterator[ChatEvent]]:
        may_call = request.tool_choice != "none"
        worded = _in_words(request) if request.tools else request
        with self.model.stream(worded) as events:
            yield _with_calls(events) if request.tools and may_call else events


def _in_words(request: ChatRequest) -> ChatRequest:
    """Return a request whose tools, calls and results are text."""
    turns = [
        Message(
            role="user" if message.role == "tool" else message.role,
            parts=tuple(map(_part_in_words, message.parts)),
        )
        for message in request.messages
    ]
    if request.tool_choice != "none":
        turns.insert(0, Message.of("system", _prompt(request)))
        turns = _one_system(turns)
    return replace(request, messages=tuple(turns), tools=(), tool_choice="auto")


def _prompt(request: ChatRequest) -> str:
    choice = request.tool_choice
    must = _MUST.get(choice, f"Call {choice} now.")
    functions = "\n".join(map(_describe, request.tools))
    return load_prompt("tools_in_words").fill(must=must, functions=functions)


def _describe(tool: ToolSpec) -> str:
    fields = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return json.dumps(fields, ensure_ascii=False)


def _one_system(turns: list[Message]) -> list[Message]:
    """Join two turns of the system at the beginning: many models take one."""
    if len(turns) > 1 and turns[1].role == "system":
        text = f"{turns[1].text}\n\n{turns[0].text}"
        return [Message.of("system", text), *turns[2:]]
    return turns


def _part_in_words(part: MessagePart) -> MessagePart:
    if isinstance(part, ToolCall):
        call = f'{{"name": {json.dumps(part.name)}, "arguments": {part.arguments}}}'
        return TextPart(text=f"<call>{call}</call>\n")
    if isinstance(part, ToolResult):
        return TextPart(text=f"The call {part.call_id} returned:\n{part.text}\n")
    return part


def _with_calls(events: Iterator[ChatEvent]) -> Iterator[ChatEvent]:
    """Yield what a model says, and the calls in it as calls.

    Text is passed on up to where a call may begin; from there on it waits for the end.
    """
    text = ""
    passed = 0
    for event in events:
        if isinstance(event, TextDelta):
            text += event.text
            end = _end_of_text(text)
            if end > passed:
                yield TextDelta(text[passed:end])
                passed = end
            continue
        if isinstance(event, TextRetracted):
            text, passed = "", 0
        if isinstance(event, Finished):
            calls = list(_calls_in(text[passed:]))
            rest = _CALL.sub("", text[passed:]) if calls else text[passed:]
            if rest.strip():
                yield TextDelta(rest)
            yield from calls
            yield replace(event, reason="tools") if calls else event
            return
        yield event


def _end_of_text(text: str) -> int:
    """Return where a call begins, or may begin at the end of what has come."""
    at = text.find(_OPENS)
    if at >= 0:
        return at
    may = next(
        (n for n in range(len(_OPENS) - 1, 0, -1) if text.endswith(_OPENS[:n])), 0
    )
    return len(text) - may


def _calls_in(text: str) -> Iterator[ToolCall]:
    for number, match in enumerate(_CALL.finditer(text), start=1):
        try:
            call: Any = json.loads(match[1])
            name, arguments = str(call["name"]), call.get("arguments") or {}
        except (AttributeError, LookupError, TypeError, ValueError):
            continue
        yield ToolCall(
            id=f"call_{number}",
            name=name,
            arguments=json.dumps(arguments, ensure_ascii=False),
        )
