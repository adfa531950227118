"""The tools of one run: each call checked, bounded, and answered, whatever it does."""

import json
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from erya import traces
from erya.errors import EryaError, UsageError
from erya.models import ToolSpec
from erya.records import Principal, ToolCall
from erya.tools.base import (
    EFFECTS,
    Tool,
    ToolContext,
    ToolError,
    ToolResultData,
)

__all__ = ["Toolbox"]

_LOG: Final = logging.getLogger("erya")
_LONGEST_CALL: Final = 200_000  # characters of arguments
_SHOWN: Final = 200  # characters of arguments that are no JSON, in an error


class Toolbox:
    """Some tools, each under its name. It never changes."""

    def __init__(self, tools: Sequence[Tool] = ()) -> None:
        """Take the tools.

        Raises:
            UsageError: Two have the same name.
        """
        self._tools = {tool.spec.name: tool for tool in tools}
        if len(self._tools) < len(tools):
            names = [tool.spec.name for tool in tools]
            twice = sorted({name for name in names if names.count(name) > 1})
            msg = f"Two tools are called {', '.join(twice)}. Name them apart."
            raise UsageError(msg)

    def __iter__(self) -> Iterator[Tool]:
        """Yield the tools, in their order."""
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What a model is told of them."""
        return tuple(tool.spec for tool in self)

    def get(self, name: str) -> Tool | None:
        """Return the tool of a name, or None."""
        return self._tools.get(name)

    def call(
        self, call: ToolCall, *, principal: Principal, key: str, seconds: float
    ) -> ToolResultData:
        """Do what a model wants, or say to it why not; never raise, never hang.

        A tool that is not done in its time is left behind, and its result, should one
        come, is thrown away.

        Args:
            call: What the model wrote.
            principal: Whose authority counts.
            key: Tells this call from all others, also in a run that is resumed.
            seconds: The longest that the caller waits; the tool's own limit counts if
                it is shorter.
        """
        tool = self._tools.get(call.name)
        if tool is None:
            names = ", ".join(self._tools) or "none"
            return _failed(f"There is no tool {call.name!r:.80}. There are: {names}.")
        try:
            arguments = _arguments_of(call)
        except ToolError as error:
            return _failed(str(error))
        most = min(tool.limits.seconds, max(seconds, 0.0))
        context = ToolContext(
            principal=principal, key=key, deadline=time.monotonic() + most
        )
        with traces.span("tool", **{"gen_ai.tool.name": call.name}) as attributes:
            result = _run(tool, arguments, context, seconds=most)
            attributes["erya.is_error"] = result.is_error
        return _shortened(result, tool.limits.characters)


def _arguments_of(call: ToolCall) -> Mapping[str, Any]:
    """Return the arguments of a call.

    Raises:
        ToolError: They are no JSON object.
    """
    text = call.arguments.strip() or "{}"
    if len(text) > _LONGEST_CALL:
        msg = f"The arguments have more than {_LONGEST_CALL:,} characters."
        raise ToolError(msg)
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"The arguments are no JSON ({error}): {text[:_SHOWN]}"
        raise ToolError(msg) from None
    if not isinstance(arguments, dict):
        msg = f"The arguments are no JSON object: {text[:_SHOWN]}"
        raise ToolError(msg)
    return arguments


def _run(
    tool: Tool,
    arguments: Mapping[str, Any],
    context: ToolContext,
    *,
    seconds: float,
) -> ToolResultData:
    done: list[ToolResultData] = []

    def act() -> None:
        try:
            done.append(tool.call(arguments, context))
        except (ToolError, EryaError) as error:
            done.append(_failed(str(error)))
        except BaseException as error:  # noqa: BLE001 - a fault of a tool ends no run
            _LOG.warning("The tool %r failed: %r", tool.spec.name, error)
            done.append(_failed("The tool failed. Do without it."))

    thread = threading.Thread(target=act, name=f"tool {tool.spec.name}", daemon=True)
    thread.start()
    thread.join(seconds)
    if done:
        return done[0]
    late = f"The tool was not done after {seconds:g} seconds."
    if tool.permissions & EFFECTS:
        late += " It may still be done: do not call it again for the same."
    return _failed(late)


def _failed(message: str) -> ToolResultData:
    return ToolResultData(text=message, is_error=True)


def _shortened(result: ToolResultData, most: int) -> ToolResultData:
    """Return what a model is told: not too much, and nothing that has no encoding."""
    text = result.text.encode("utf-8", "replace").decode()
    if len(text) > most:
        note = f"(The result has {len(text):,} characters; these are the first.)"
        text = f"{text[:most]}\n{note}"
    left = most
    count = 0
    for hit in result.passages:
        left -= len(hit.chunk.text)
        if left < 0 and count:
            text += f"\n({len(result.passages) - count} more are left out.)"
            break
        count += 1
    return replace(result, text=text, passages=result.passages[:count])
