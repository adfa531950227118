"""The one loop: model, calls of tools, results, until the model answers.

The state is saved after each step, and before each call that has effects. A run that
was cut off goes on from there: what only reads is done again, what has effects is not,
and the model is told that nobody knows whether it was done.
"""

import secrets
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

from erya import traces
from erya.agents.base import (
    Agent,
    AgentEvent,
    AgentFinished,
    AgentRun,
    AgentText,
    Approve,
    StopReason,
    ToolReturned,
    ToolStarted,
    refuse_all,
)
from erya.agents.fitting import fit_messages
from erya.agents.links import without_links
from erya.answering import passages_text
from erya.errors import ModelError
from erya.models import ChatRequest, TextDelta, Transcript
from erya.prompts import load_prompt
from erya.records import (
    Answer,
    Hit,
    Message,
    Principal,
    TextPart,
    ToolCall,
    ToolResult,
)
from erya.tools import EFFECTS, Tool, ToolResultData

__all__ = ["Check", "Runner", "start_run"]

# Makes an answer of a text and the passages that it cites.
Check = Callable[[str, Sequence[Hit]], Answer]
# What happens, and the run after it.
_Steps = Generator[AgentEvent, None, AgentRun]

_LAST: Final = (
    "This is the last turn: no tool can be called any more. Answer now from what is "
    "there, and say what is missing."
)
_CUT_OFF: Final = (
    "The run was cut off during this call. Nobody knows whether it was done, so it is "
    "not done again."
)
_REFUSED: Final = "The call was not approved. Do without it."
_MOST_CALLS: Final = 16  # in one turn
_TOO_MANY: Final = f"More than {_MOST_CALLS} calls in one turn are not made."
_MORE_SECONDS: Final = 30.0  # a tool that waits for a person is not cut short


def start_run(agent: Agent, task: str, *, history: Sequence[Message] = ()) -> AgentRun:
    """Return a run that has not begun.

    Args:
        agent: Whose prompt counts.
        task: What the user wants.
        history: The conversation before.
    """
    system = Message.of("system", load_prompt(agent.prompt).fill())
    return AgentRun(
        id=secrets.token_hex(8),
        task=task,
        messages=(system, *history, Message.of("user", task)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Lets an agent work for somebody.

    Attributes:
        agent: Who works.
        principal: Whose authority every call has.
        check: Makes the answer of what the model says in the end; by default the text
            as it is.
        approve: Asked before a call that the agent may not make by itself.
        save: Called with the state after each step; what it raises ends the run, which
            can be gone on with from what was saved before.
        is_cancelled: Asked before each step.
    """

    agent: Agent
    principal: Principal
    check: Check = lambda text, _hits: Answer(text=text)
    approve: Approve = refuse_all
    save: Callable[[AgentRun], None] = lambda _: None
    is_cancelled: Callable[[], bool] = lambda: False

    def run(self, run: AgentRun) -> Iterator[AgentEvent]:
        """Yield what happens until the run is over; the last event says how it ended.

        Args:
            run: One that `start_run` gave, or that was saved.
        """
        end = time.monotonic() + self.agent.budget.seconds
        self.save(run)
        with traces.span("agent", **{"gen_ai.agent.name": self.agent.name}):
            while not run.is_over:
                with closing(self._step(run, end)) as step:
                    run = yield from step
                self.save(run)
            yield AgentFinished(run=run)

    def _step(self, run: AgentRun, end: float) -> _Steps:
        reason = self._stop_reason(run, end)
        if reason is not None:
            return self._stopped(run, reason)
        if run.open_calls:
            return (yield from self._call_tools(run, end))
        try:
            return (yield from self._turn(run, end))
        except ModelError as error:
            if time.monotonic() >= end:
                return self._stopped(run, "seconds")
            return self._stopped(run, "failed", note=error.reader_message)

    def _stop_reason(self, run: AgentRun, end: float) -> StopReason | None:
        budget = self.agent.budget
        spent = (run.usage.input_tokens or 0) + (run.usage.output_tokens or 0)
        if self.is_cancelled():
            return "cancelled"
        if time.monotonic() >= end:
            return "seconds"
        if budget.tokens is not None and spent >= budget.tokens:
            return "tokens"
        is_done = run.steps >= budget.steps and not run.open_calls
        return "steps" if is_done else None

    def _turn(self, run: AgentRun, end: float) -> _Steps:
        """Let the model speak once.

        Raises:
            ModelError: It cannot be reached, or says nothing that can be read.
        """
        agent = self.agent
        is_last = run.steps + 1 >= agent.budget.steps
        messages = fit_messages(run.messages, agent.budget.context)
        if is_last and len(agent.toolbox):
            messages = (*messages, Message.of("user", _LAST))
        request = ChatRequest(
            messages=messages,
            tools=agent.toolbox.specs,
            tool_choice="none" if is_last else "auto",
            sampling=agent.sampling,
            seconds=max(end - time.monotonic(), 0.1),
        )
        transcript = Transcript()
        with agent.model.stream(request) as events:
            for event in events:
                transcript.add(event)
                if isinstance(event, TextDelta):
                    yield AgentText(text=event.text)
        done = transcript.completion(agent.model.name)
        run = replace(run, steps=run.steps + 1, usage=run.usage + done.usage)
        calls = () if is_last else _named_apart(done.tool_calls, run.steps)
        said = (TextPart(text=done.text),) if done.text else ()
        run = run.plus(Message(role="assistant", parts=(*said, *calls)))
        if calls:
            return run
        if not done.text.strip():  # it still wants to call something
            return self._stopped(run, "steps")
        return self._answered(run, done.text)

    def _answered(self, run: AgentRun, text: str) -> AgentRun:
        shown = without_links(text, allowed_in=run.task)
        answer = replace(self.check(shown, run.hits), usage=run.usage)
        return replace(run, reason="answered", answer=answer)

    def _stopped(
        self, run: AgentRun, reason: StopReason, *, note: str = ""
    ) -> AgentRun:
        """End a run that has not answered, with the last that the model said."""
        said = (m.text for m in reversed(run.messages) if m.role == "assistant")
        text = next(filter(None, said), "")
        shown = without_links(text, allowed_in=run.task)
        answer = replace(self.check(shown, run.hits), usage=run.usage)
        return replace(run, reason=reason, answer=answer, note=note)

    def _call_tools(self, run: AgentRun, end: float) -> _Steps:
        """Make the calls of the last turn; those that only read at once."""
        reading: list[ToolCall] = []
        for call in run.open_calls[:_MOST_CALLS]:
            tool = self.agent.toolbox.get(call.name)
            if tool is None or not tool.permissions & EFFECTS:
                reading.append(call)
                continue
            # What was read before comes first, as the model has written them.
            run = yield from self._read(run, reading, end)
            reading = []
            run = yield from self._act(run, call, tool, end=end)
        run = yield from self._read(run, reading, end)
        for call in run.open_calls:
            run = yield from self._take(run, call, _failed(_TOO_MANY))
        return run

    def _read(self, run: AgentRun, calls: Sequence[ToolCall], end: float) -> _Steps:
        if not calls:
            return run
        for call in calls:
            yield ToolStarted(call=call)
        with ThreadPoolExecutor(self.agent.budget.parallel, "erya-tool") as pool:
            results = pool.map(lambda call: self._called(run, call, end), calls)
            for call, result in zip(calls, results, strict=True):
                run = yield from self._take(run, call, result)
        return run

    def _act(self, run: AgentRun, call: ToolCall, tool: Tool, *, end: float) -> _Steps:
        """Make a call that has effects, unless it was begun before or is refused."""
        key = run.key_of(call)
        if key in run.started:
            return (yield from self._take(run, call, _failed(_CUT_OFF)))
        if self.agent.needs_approval(tool) and not self.approve(call, tool):
            return (yield from self._take(run, call, _failed(_REFUSED)))
        run = replace(run, started=run.started | {key})
        self.save(run)
        yield ToolStarted(call=call)
        result = self._called(run, call, end + _MORE_SECONDS)
        run = yield from self._take(run, call, result)
        self.save(run)
        return run

    def _called(self, run: AgentRun, call: ToolCall, end: float) -> ToolResultData:
        return self.agent.toolbox.call(
            call,
            principal=self.principal,
            key=run.key_of(call),
            seconds=max(end - time.monotonic(), 0.0),
        )

    def _take(self, run: AgentRun, call: ToolCall, result: ToolResultData) -> _Steps:
        """Tell the model what a call has returned; passages get the next numbers."""
        yield ToolReturned(call=call, result=result)
        known = {hit.chunk.id: n for n, hit in enumerate(run.hits, start=1)}
        new = tuple(h for h in result.passages if h.chunk.id not in known)
        again = [n for h in result.passages if (n := known.get(h.chunk.id))]
        parts = [result.text]
        if again:
            numbers = ", ".join(f"[{n}]" for n in again)
            parts.append(f"Shown before: {numbers}")
        if new:
            parts.append(passages_text(new, first=len(run.hits) + 1))
        text = load_prompt("tool_result").fill(
            name=call.name, result="\n\n".join(parts)
        )
        told = ToolResult(call_id=call.id, text=text)
        run = replace(run, hits=(*run.hits, *new))
        return run.plus(Message(role="tool", parts=(told,)))


def _named_apart(calls: Sequence[ToolCall], step: int) -> tuple[ToolCall, ...]:
    """Return calls whose ids are their own in the whole run: some endpoints count."""
    return tuple(
        replace(call, id=f"s{step}c{number}")
        for number, call in enumerate(calls, start=1)
    )


def _failed(message: str) -> ToolResultData:
    return ToolResultData(text=message, is_error=True)
