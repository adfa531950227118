"""The contract of this room: what a tool is, and what it is given and returns."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from erya.models import ToolSpec
from erya.records import Hit, Principal

__all__ = [
    "EFFECTS",
    "READ_ONLY",
    "Permission",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolLimits",
    "ToolResultData",
]

# What a call may do beyond computing: read what the caller may read; change something;
# send what the model wrote to another machine; spend money.
Permission = Literal["read", "write", "network", "money"]
READ_ONLY: frozenset[Permission] = frozenset({"read"})
EFFECTS: frozenset[Permission] = frozenset({"write", "network", "money"})


class ToolError(Exception):
    """A call that cannot be done, in words for the model, which may try another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLimits:
    """What one call may cost.

    Attributes:
        seconds: The longest that it may take, above 0.
        characters: Of its result; what comes after is left out, and the model is told.
    """

    seconds: float = 30.0
    characters: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """For whom, and until when, a tool is called.

    Attributes:
        principal: Whose authority counts: a tool reads and does what they may.
        key: The same for the same call, also when it is made again after a crash; what
            has effects passes it on, where the other side knows such keys.
        deadline: When the call has to be over, on the monotonic clock.
    """

    principal: Principal
    key: str
    deadline: float

    @property
    def seconds_left(self) -> float:
        """How long the call may still take, never below a tenth of a second."""
        return max(self.deadline - time.monotonic(), 0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResultData:
    """What a tool returns.

    Attributes:
        text: For the model.
        passages: Of documents, in the order to be read. The model is shown them with
            numbers, by which its answer cites them.
        is_error: Whether the text says why there is no result.
    """

    text: str
    passages: tuple[Hit, ...] = ()
    is_error: bool = False


class Tool(Protocol):
    """Something that a model may have done.

    A call is data that a model wrote: its arguments are checked before anything else.
    """

    @property
    def spec(self) -> ToolSpec:
        """What the model is told of it."""
        ...

    @property
    def permissions(self) -> frozenset[Permission]:
        """What a call may do; empty if it only computes."""
        ...

    @property
    def limits(self) -> ToolLimits:
        """What a call may cost."""
        ...

    def call(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> ToolResultData:
        """Do what the arguments say.

        Raises:
            ToolError: It cannot be done; the message is for the model.
        """
        ...
