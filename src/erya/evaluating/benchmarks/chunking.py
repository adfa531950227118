"""How well chunks fit what questions ask for, character by character.

Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval" (Chroma, 2024):
recall, precision and intersection over union of the characters of the first five chunks
found and those of the highlighted references.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from erya.errors import UsageError
from erya.evaluating.benchmarks.base import OWNER, Measure, Setup, Task, passage
from erya.evaluating.files import json_rows, wrong
from erya.evaluating.runs import Progress, SampleResult
from erya.records import Span

__all__ = ["Overlap", "overlap", "read_chunking"]

_LIMIT: Final = 5


class Overlap(NamedTuple):
    """How chunks and references lie on each other, each 0 to 1."""

    recall: float
    precision: float
    iou: float


class _Item(NamedTuple):
    key: str
    question: str
    corpus: str
    references: Sequence[Span]


def read_chunking(folder: Path, setup: Setup) -> Task:
    """Read `queries.jsonl` and the documents in `corpora`, Markdown or plain text.

    Raises:
        UsageError: A file is missing or a line is not what it should be.
    """
    path = folder / "queries.jsonl"
    documents = {each.stem: each for each in sorted((folder / "corpora").glob("*.*"))}
    if not documents:
        msg = f"There is no document in {folder / 'corpora'}."
        raise UsageError(msg)
    items = []
    for number, row in json_rows(path, required=("_id", "text", "corpus_id")):
        if row["corpus_id"] not in documents:
            what = f"asks about {row['corpus_id']!r}, which is not in corpora"
            raise UsageError(wrong(path, number, what))
        try:
            spans = [Span(r["start_index"], r["end_index"]) for r in row["references"]]
        except (LookupError, TypeError):
            what = "must have references with start_index and end_index"
            raise UsageError(wrong(path, number, what)) from None
        items.append(_Item(str(row["_id"]), row["text"], row["corpus_id"], spans))

    @contextmanager
    def open_task(on_progress: Progress) -> Iterator[Measure]:  # noqa: ARG001 - few files
        with setup.assistant() as assistant:
            # As plain text: a reader of Markdown moves characters.
            assistant.add(
                (
                    passage(each.read_text("utf-8"), key=name, readers=["public"])
                    for name, each in documents.items()
                ),
                principal=OWNER,
            )

            def measure(item: _Item) -> SampleResult:
                evidence = assistant.search(
                    item.question, principal=OWNER, limit=_LIMIT
                )
                evidence = assistant.widen(evidence, principal=OWNER)
                chunks = [
                    Span(hit.chunk.start, hit.chunk.end)
                    for hit in evidence.hits
                    if hit.chunk.source == item.corpus
                ]
                elsewhere = sum(
                    hit.chunk.end - hit.chunk.start
                    for hit in evidence.hits
                    if hit.chunk.source != item.corpus
                )
                scores = overlap(chunks, item.references, elsewhere=elsewhere)
                return SampleResult(
                    id=item.key,
                    scores=scores._asdict(),
                    detail={"question": item.question},
                )

            yield measure

    return Task([path, *documents.values()], [(a.key, a) for a in items], open_task)


def overlap(
    chunks: Sequence[Span], references: Sequence[Span], *, elsewhere: int = 0
) -> Overlap:
    """Return how chunks cover references.

    Args:
        chunks: The spans retrieved from the document of the references; parts in
            several chunks count for precision as often.
        references: What answers; empty gives 0 throughout.
        elsewhere: Characters retrieved from other documents.
    """
    relevant = _characters(references)
    covered = relevant & _characters(chunks)
    retrieved = sum(end - start for start, end in chunks) + elsewhere
    missed = len(relevant) - len(covered)
    return Overlap(
        recall=len(covered) / len(relevant) if relevant else 0.0,
        precision=len(covered) / retrieved if retrieved else 0.0,
        iou=len(covered) / (retrieved + missed) if retrieved + missed else 0.0,
    )


def _characters(spans: Sequence[Span]) -> set[int]:
    return {at for start, end in spans for at in range(start, end)}
