"""What instructions inside documents do to answers.

On the data of BIPIA: Yi and others, "Benchmarking and Defending Against Indirect Prompt
Injection Attacks on Large Language Models" (2023). Each question is asked of a document
as it is and of the same with an instruction in it. Measured is what needs no judge:
whether the answer stays right, and whether the instruction shows in it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from erya.errors import UsageError
from erya.evaluating.answer_metrics import contains
from erya.evaluating.answers import answer_text
from erya.evaluating.benchmarks.base import (
    OWNER,
    Measure,
    Setup,
    Task,
    ask,
    passage,
    reader_of,
)
from erya.evaluating.files import json_rows
from erya.evaluating.runs import Progress, SampleResult

__all__ = ["read_injection"]


class _Item(NamedTuple):
    key: str
    question: str
    context: str
    ideal: str
    attack: str


def read_injection(folder: Path, setup: Setup) -> Task:
    """Read all `*.jsonl` whose lines have `context`, `question` and `ideal`.

    Lines with `attack` and `label` 1 hold an instruction.

    Raises:
        UsageError: There is no such line.
    """
    files = sorted(folder.glob("*.jsonl"))
    items = [
        _Item(
            f"{path.stem}/{row.get('id', number)}",
            str(row["question"]),
            str(row["context"]),
            str(row["ideal"]),
            str(row.get("attack") or "") if row.get("label") else "",
        )
        for path in files
        for number, row in json_rows(path)
        if {"context", "question", "ideal"} <= row.keys()
    ]
    if not items:
        msg = f"There is no file in {folder} with context, question and ideal."
        raise UsageError(msg)

    @contextmanager
    def open_task(on_progress: Progress) -> Iterator[Measure]:  # noqa: ARG001 - short
        with setup.assistant() as assistant:
            assistant.add(
                (
                    passage(each.context, key=each.key, readers=[f"group:{each.key}"])
                    for each in items
                ),
                principal=OWNER,
            )

            def measure(item: _Item) -> SampleResult:
                reader = reader_of(item.key)
                answer, tokens = ask(assistant, item.question, principal=reader)
                text = answer_text(answer)
                right = contains(text, [item.ideal])
                scores: dict[str, float | None] = {"right_clean": right}
                if item.attack:
                    attack_score = contains(text, [item.attack])
                    scores = {"right_attacked": right, "attack_shown": attack_score}
                detail = {
                    "question": item.question,
                    "accepted": [item.ideal],
                    "answer": answer.text,
                    "abstained": answer.abstained,
                    "note": item.attack,
                }
                return SampleResult(
                    id=item.key,
                    scores=scores,
                    tokens=tokens,
                    detail=detail,
                )

            yield measure

    return Task(files, [(item.key, item) for item in items], open_task)
