"""What people say of answers, as questions that wait for a review."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import filelock

from erya.errors import UsageError
from erya.evaluating.examples import example_line, read_examples, write_examples
from erya.records import Example

__all__ = ["Feedback", "add_feedback", "decide"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody says of an answer.

    Attributes:
        question: The question.
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
    identity = f"{now}\n{feedback.user}\n{feedback.question}"
    fields = {
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
        id=hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:12],
        question=feedback.question.strip(),
        answers=(right.strip(),) if right.strip() else (),
        answerable=bool(right.strip()),
        metadata={name: value for name, value in fields.items() if value},
    )
    try:
        queue.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Several people may say something at once, and one review it meanwhile.
        with _lock(queue), queue.open("a", encoding="utf-8") as file:
            file.write(example_line(example))
    except OSError as error:
        msg = f"The queue {queue} cannot be written: {error}."
        raise UsageError(msg) from None
    return example


def decide(queue: Path, key: str, example: Example | None) -> bool:
    """Put a reviewed question into its place in a file, or take it out.

    What others have added to the file meanwhile stays.

    Args:
        queue: The file.
        key: The question's id.
        example: What it is now; None drops it.

    Returns:
        Whether that was done: the last question of a file is not dropped.

    Raises:
        UsageError: The file cannot be read or written.
    """
    with _lock(queue):
        now = read_examples(queue).examples
        left = [example if each.id == key else each for each in now]
        kept = [each for each in left if each is not None]
        if kept:
            write_examples(queue, kept)
        return bool(kept)


def _lock(queue: Path) -> filelock.FileLock:
    return filelock.FileLock(queue.with_name(f".{queue.name}.lock"))
