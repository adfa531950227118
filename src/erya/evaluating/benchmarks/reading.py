"""Questions on a corpus, or each on passages of its own: SQuAD and its kin."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from erya.errors import UsageError
from erya.evaluating.answers import measure_answer
from erya.evaluating.benchmarks.base import (
    OWNER,
    Measure,
    Setup,
    Task,
    passage,
    reader_of,
)
from erya.evaluating.datasets import read_retrieval_set
from erya.evaluating.examples import read_examples
from erya.evaluating.files import json_rows, wrong
from erya.evaluating.runs import Progress, SampleResult
from erya.records import Example, Principal

__all__ = ["read_reading"]


class _Item(NamedTuple):
    example: Example
    reader: Principal


class _Passage(NamedTuple):
    key: str
    title: str
    text: str
    readers: frozenset[str]


def read_reading(folder: Path, setup: Setup) -> Task:
    """Read `qa.jsonl` with passages beside each question, or a corpus in BEIR's layout.

    Of a corpus all passages are searched for every question; passages beside a question
    are all that it is asked of.

    Raises:
        UsageError: There is neither, or a line is not what it should be.
    """
    if (folder / "qa.jsonl").is_file():
        files = [folder / "qa.jsonl"]
        items, passages = _own_passages(files[0])
    else:
        files, items, passages = _corpus(folder)
    if not items:
        msg = f"No question in {folder} has an answer."
        raise UsageError(msg)

    @contextmanager
    def open_task(on_progress: Progress) -> Iterator[Measure]:
        def report_passages() -> Iterator[_Passage]:
            for number, each in enumerate(passages, start=1):
                yield each
                on_progress("Storing", number, len(passages))

        with setup.assistant() as assistant:
            assistant.add(
                (
                    passage(p.text, key=p.key, title=p.title, readers=p.readers)
                    for p in report_passages()
                ),
                principal=OWNER,
            )

            def measure(item: _Item) -> SampleResult:
                return measure_answer(
                    assistant,
                    item.example,
                    principal=item.reader,
                    measures=setup.measures,
                )

            yield measure

    return Task(files, [(item.example.id, item) for item in items], open_task)


def _own_passages(path: Path) -> tuple[list[_Item], list[_Passage]]:
    items, passages = [], []
    examples = read_examples(path).examples
    for example, (_, row) in zip(examples, json_rows(path), strict=True):
        items.append(_Item(example, reader_of(example.id)))
        texts = [str(text) for text in row.get("contexts") or ()]
        title = str(row.get("title") or "")
        readers = frozenset({f"group:{example.id}"})
        passages += [
            _Passage(f"{example.id}/{number}", title, text, readers)
            for number, text in enumerate(texts)
        ]
    return items, passages


def _corpus(folder: Path) -> tuple[list[Path], list[_Item], list[_Passage]]:
    data = read_retrieval_set(folder)
    readers = frozenset({"public"})
    passages = [_Passage(p.id, p.title, p.text, readers) for p in data.corpus]
    question_ids = {question.id for question in data.questions}
    path = next(
        path
        for name in ("queries.jsonl", "queries.jsonl.gz")
        if (path := folder / name).is_file()
    )
    items = [
        _Item(_example(path, number, row), OWNER)
        for number, row in json_rows(path)
        if str(row["_id"]) in question_ids and row.get("answers")
    ]
    return list(data.files), items, passages


def _example(path: Path, number: int, row: Mapping[str, Any]) -> Example:
    answers = row["answers"]
    if not isinstance(answers, list) or not all(isinstance(a, str) for a in answers):
        raise UsageError(wrong(path, number, "must have a list of texts as answers"))
    return Example(
        id=str(row["_id"]), question=str(row["text"]), answers=tuple(answers)
    )
