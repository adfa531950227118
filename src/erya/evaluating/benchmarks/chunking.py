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
from erya.evaluating.runs import Measured, Progress
from erya.records import Span

__all__ = ["Overlap", "overlap", "read_chunking"]

_FOUND: Final = 5


class Overlap(NamedTuple):
    """How chunks and references lie on each other, each 0 to 1."""

    recall: float
    precision: float
    iou: float


class _Asked(NamedTuple):
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
    asked = []
    for number, row in json_rows(path, wanted=("_id", "text", "corpus_id")):
        if row["corpus_id"] not in documents:
            what = f"asks about {row['corpus_id']!r}, which is not in corpora"
            raise UsageError(wrong(path, number, what))
        try:
            spans = [Span(r["start_index"], r["end_index"]) for r in row["references"]]
        except (LookupError, TypeError):
            what = "must have references with start_index and end_index"
            raise UsageError(wrong(path, number, what)) from None
        asked.append(_Asked(str(row["_id"]), row["text"], row["corpus_id"], spans))

    @contextmanager
    def opened(on_progress: Progress) -> Iterator[Measure]:  # noqa: ARG001 - few files
        with setup.assistant() as assistant:
            # As plain text: a reader of Markdown moves characters.
            assistant.add(
                (
                    passage(each.read_text("utf-8"), key=name, readers=["public"])
                    for name, each in documents.items()
                ),
                principal=OWNER,
            )

            def measure(item: _Asked) -> Measured:
                found = assistant.search(item.question, principal=OWNER, limit=_FOUND)
                found = assistant.widen(found, principal=OWNER)
                chunks = [
                    Span(hit.chunk.start, hit.chunk.end)
                    for hit in found.hits
                    if hit.chunk.source == item.corpus
                ]
                elsewhere = sum(
                    hit.chunk.end - hit.chunk.start
                    for hit in found.hits
                    if hit.chunk.source != item.corpus
                )
                lain = overlap(chunks, item.references, elsewhere=elsewhere)
                return Measured(
                    id=item.key,
                    scores=lain._asdict(),
                    detail={"question": item.question},
                )

            yield measure

    return Task([path, *documents.values()], [(a.key, a) for a in asked], opened)


def overlap(
    chunks: Sequence[Span], references: Sequence[Span], *, elsewhere: int = 0
) -> Overlap:
    """Return how chunks cover references.

    Args:
        chunks: What was found in the document of the references; parts that lie in
            several chunks count for precision as often.
        references: What answers; empty gives 0 throughout.
        elsewhere: Characters found in other documents.
    """
    wanted = _characters(references)
    covered = wanted & _characters(chunks)
    found = sum(end - start for start, end in chunks) + elsewhere
    missed = len(wanted) - len(covered)
    return Overlap(
        recall=len(covered) / len(wanted) if wanted else 0.0,
        precision=len(covered) / found if found else 0.0,
        iou=len(covered) / (found + missed) if found + missed else 0.0,
    )


def _characters(spans: Sequence[Span]) -> set[int]:
    return {at for start, end in spans for at in range(start, end)}
