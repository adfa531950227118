"""What a job is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from erya.sources import IngestRequest

__all__ = ["Job", "JobState"]

JobState = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work on a base that outlives a call.

    Attributes:
        number: Tells it from the others of the home folder, from 1.
        base: The base that it writes to.
        request: What to ingest.
        user: Who asked.
        state: `queued` waits for its turn, `running` has an owner; the others are over.
        is_alive: Whether its owner lives. A job that runs or waits without one was cut
            off, and can be resumed.
        owner: The process that works on it; empty for nobody.
        heard_at: When its heart last beat, in seconds since the epoch.
        attempts: How often it was started.
        progress: What was done so far, as a report has it; of `total` files, if known.
        message: Why it failed; else empty.
        is_cancelled: Whether somebody wants it to end.
        created_at: When it was asked for: ISO 8601, UTC, as the other times.
        started_at: When it was last started; empty before.
        finished_at: When it was over; empty before.
    """

    number: int
    base: str
    request: IngestRequest
    user: str
    state: JobState
    is_alive: bool
    owner: str = ""
    heard_at: float = field(default=0.0, compare=False)
    attempts: int = 0
    progress: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    is_cancelled: bool = False
    created_at: str = ""
    started_at: str = ""
    finished_at: str = ""

    @property
    def was_cut_off(self) -> bool:
        """Whether it was started, is not over, and has nobody who works on it."""
        return self.state in {"queued", "running"} and not self.is_alive
