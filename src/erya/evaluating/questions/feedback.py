"""What people say of answers, as questions that wait for a review."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import filelock

from erya.errors import UsageError
from erya.evaluating.examples import example_line
from erya.records import Example

__all__ = ["Feedback", "add_feedback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody says of an answer.

    Attributes:
        question: What was asked.
        answer: What was answered.
        thumb: Whether that was good.
        corrected: What would have been right; empty if they do not say.
        reason: Why, in their words.
        user: Who says so.
        trace_id: The trace of the answer, if there is one.
    """

    question: str
    answer: str
    thumb: Literal["up", "down"]
    corrected: str = ""
    reason: str = ""
    user: str = ""
    trace_id: str = ""


def add_feedback(queue: Path, feedback: Feedback) -> Example:
    """Add feedback to a queue for review, and return the example it became.

    The corrected answer is taken as the accepted one, otherwise an answer that was
    found good. One that was found wrong without a better has none, until a reviewer
    gives one.

    Raises:
        UsageError: The question is empty, or the queue cannot be written.
    """
    if not feedback.question.strip():
        msg = "Feedback needs the question that was asked."
        raise UsageError(msg)
    right = feedback.corrected or (feedback.answer if feedback.thumb == "up" else "")
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    told = f"{now}\n{feedback.user}\n{feedback.question}"
    known = {
        "review": "pending",
        "made_by": "feedback",
        "thumb": feedback.thumb,
        "said": feedback.answer,
        "reason": feedback.reason,
        "user": feedback.user,
        "trace_id": feedback.trace_id,
        "at": now,
    }
    example = Example(
        id=hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:12],
        question=feedback.question.strip(),
        answers=(right.strip(),) if right.strip() else (),
        answerable=bool(right.strip()),
        metadata={name: value for name, value in known.items() if value},
    )
    try:
        queue.parent.mkdir(parents=True, exist_ok=True)
        # Several people may say something at once; a line is written whole.
        with (
            filelock.FileLock(queue.with_name(f"{queue.name}.lock")),
            queue.open("a", encoding="utf-8") as file,
        ):
            file.write(example_line(example))
    except OSError as error:
        msg = f"The queue {queue} cannot be written: {error}."
        raise UsageError(msg) from None
    return example
