"""The contract of this room: what an agent is, what a run is, and its events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from erya.models import ChatModel, Sampling
from erya.records import Answer, Hit, Message, ToolCall, ToolResult, Usage
from erya.tools import READ_ONLY, Permission, Tool, Toolbox, ToolResultData

__all__ = [
    "Agent",
    "AgentEvent",
    "AgentFinished",
    "AgentRun",
    "AgentText",
    "Approve",
    "Budget",
    "StopReason",
    "ToolReturned",
    "ToolStarted",
    "refuse_all",
]

# Why a run ended: it answered; a budget was used up; somebody cancelled it; the model
# failed. One that is `running` was cut off, or runs.
StopReason = Literal["answered", "steps", "tokens", "seconds", "cancelled", "failed"]

# Asks a person whether a call may be made.
Approve = Callable[[ToolCall, Tool], bool]


def refuse_all(_call: ToolCall, _tool: Tool) -> bool:
    """Approve nothing: for runs that no person follows."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a run may cost. With the last step it has to answer.

    Attributes:
        steps: Turns of the model, at least 1.
        seconds: All of it, those of an earlier part of a resumed run aside.
        tokens: Read and written; None is without a limit. Counts where endpoints tell.
        parallel: Calls that only read and are made at once.
        context: Tokens that the model is sent at once, by `erya.language.count_tokens`;
            of more the oldest results of tools are cut.
    """

    steps: int = 12
    seconds: float = 300.0
    tokens: int | None = None
    parallel: int = 4
    context: int = 24_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A model that may have tools called, within bounds.

    Attributes:
        model: Decides what is done, and writes the answer.
        toolbox: What it may have called.
        prompt: The name of the prompt that tells it how to work.
        allowed: What calls may do without a person's approval, beside reading.
        budget: What a run may cost.
        sampling: How tokens are chosen.
        name: What it is called.
    """

    model: ChatModel
    toolbox: Toolbox = field(default_factory=Toolbox)
    prompt: str = "agent"
    allowed: frozenset[Permission] = READ_ONLY
    budget: Budget = field(default_factory=Budget)
    sampling: Sampling = field(default_factory=Sampling)
    name: str = "agent"

    def needs_approval(self, tool: Tool) -> bool:
        """Tell whether a person has to approve a call of a tool."""
        return not tool.permissions <= self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRun:
    """All that there is of a run: what it takes to go on with it elsewhere.

    Attributes:
        id: Tells it from all others.
        task: What the user wants.
        messages: The conversation with the model, the prompt first.
        hits: The passages that tools have shown, in the order of their numbers.
        steps: Turns of the model so far.
        usage: What they cost.
        started: The keys of calls with effects that were begun: none is begun twice.
        reason: Why it ended; `running` before that.
        answer: The answer, once it has ended; what there was, where it did not answer.
        note: What has to be known of how it ended.
    """

    id: str
    task: str
    messages: tuple[Message, ...]
    hits: tuple[Hit, ...] = ()
    steps: int = 0
    usage: Usage = field(default_factory=Usage)
    started: frozenset[str] = frozenset()
    reason: StopReason | Literal["running"] = "running"
    answer: Answer = field(default_factory=lambda: Answer(text=""))
    note: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.reason != "running"

    @property
    def open_calls(self) -> tuple[ToolCall, ...]:
        """The calls of the last turn that have no result yet."""
        answered = {
            part.call_id
            for message in self.messages
            for part in message.parts
            if isinstance(part, ToolResult)
        }
        last = next((m for m in reversed(self.messages) if m.role == "assistant"), None)
        calls = last.parts if last is not None else ()
        return tuple(
            part
            for part in calls
            if isinstance(part, ToolCall) and part.id not in answered
        )

    def key_of(self, call: ToolCall) -> str:
        """Return what tells a call of this run from all others."""
        return f"{self.id}:{call.id}"

    def plus(self, *messages: Message) -> Self:
        """Return the run with further messages."""
        return replace(self, messages=(*self.messages, *messages))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentText:
    """The next piece of what the model says."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStarted:
    """A tool is called, and was approved where it had to be."""

    call: ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReturned:
    """A tool has returned, or was not called.

    Attributes:
        call: The call.
        result: What the model is told.
    """

    call: ToolCall
    result: ToolResultData


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFinished:
    """The run is over; nothing follows.

    Attributes:
        run: All of it.
        attributes: What a strategy tells of its own, such as how many samples agreed.
    """

    run: AgentRun
    attributes: Mapping[str, str] = field(default_factory=dict)


AgentEvent = AgentText | ToolStarted | ToolReturned | AgentFinished
