"""FinanceBench: questions on annual reports as PDF, with the pages that answer.

Islam and others, "FinanceBench: A New Benchmark for Financial Question Answering"
(2023).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from erya.errors import UsageError
from erya.evaluating.answers import measure_answer
from erya.evaluating.benchmarks.base import OWNER, Measure, Setup, Task
from erya.evaluating.examples import read_examples
from erya.evaluating.files import json_rows, wrong
from erya.evaluating.runs import Progress, SampleResult
from erya.language import facts
from erya.records import Chunk, Document, Example, Hit
from erya.sources import FolderSource

__all__ = ["read_financebench"]

_MARK = re.compile(r"\s*\[\d+\]")  # of a citation, which is no number that is said
_FILE_BYTES: Final = 100_000_000


class _Item(NamedTuple):
    example: Example
    document: str
    pages: frozenset[int]  # from 1


def read_financebench(folder: Path, setup: Setup) -> Task:
    """Read `qa.jsonl`; the reports are in `docs`, or beside it in `pdf`.

    Questions on reports that are not there are left out.

    Raises:
        UsageError: A line is not what it should be, or no report is there.
    """
    path = folder / "qa.jsonl"
    reports = setup.docs or folder / "pdf"
    there = {pdf.stem: pdf for pdf in sorted(reports.glob("*.pdf"))}
    examples = read_examples(path).examples
    rows = json_rows(path, required=("doc_name",))
    items = [
        _read_item(path, number, row, example=example)
        for example, (number, row) in zip(examples, rows, strict=True)
        if row["doc_name"] in there
    ]
    if not items:
        msg = (
            f"None of the reports that {path} asks about is in {reports}. Name the "
            "folder of the PDF files with --docs."
        )
        raise UsageError(msg)
    files = [there[name] for name in sorted({item.document for item in items})]

    @contextmanager
    def open_task(on_progress: Progress) -> Iterator[Measure]:
        with setup.assistant() as assistant:
            source = FolderSource(files, file_bytes=_FILE_BYTES)
            report = assistant.ingest(
                source,
                principal=OWNER,
                on_progress=lambda now: on_progress("Reading", now.files, len(files)),
            )
            if report.failed:
                first = report.failed[0]
                msg = f"{first.source} cannot be read: {first.message}"
                raise UsageError(msg)

            @cache
            def read(key: str) -> Document:
                return assistant.store.document(OWNER, key)

            def measure(item: _Item) -> SampleResult:
                evidence = assistant.search(
                    item.example.question, principal=OWNER, limit=setup.passages
                )
                measured = measure_answer(
                    assistant, item.example, principal=OWNER, measures=setup.measures
                )
                same = [hit.chunk for hit in evidence.hits if _of(hit) == item.document]
                scores = {
                    "document_hit": float(bool(same)),
                    "page_hit": float(
                        any(item.pages & _pages(read(c.document_id), c) for c in same)
                    ),
                    **_numbers(item.example, str(measured.detail["answer"])),
                }
                return replace(measured, scores={**measured.scores, **scores})

            yield measure

    return Task([path, *files], [(item.example.id, item) for item in items], open_task)


def _numbers(example: Example, answer: str) -> dict[str, float]:
    """Return whether all numbers of the accepted answer are said, however written."""
    first = example.answers[0] if example.answers else ""
    expected = {fact.value for fact in facts(first) if fact.kind == "number"}
    values = {fact.value for fact in facts(_MARK.sub("", answer))}
    return {"numbers_right": float(expected <= values)} if expected else {}


def _pages(document: Document, chunk: Chunk) -> frozenset[int]:
    """Return the pages that a chunk stands on, which may be several."""
    ends = document.page_at(chunk.start), document.page_at(chunk.end - 1)
    pages = [page for page in ends if page is not None]
    return frozenset(range(min(pages), max(pages) + 1)) if pages else frozenset()


def _of(hit: Hit) -> str:
    return Path(hit.chunk.source).stem


def _read_item(
    path: Path, number: int, row: Mapping[str, Any], *, example: Example
) -> _Item:
    try:
        pages = frozenset(int(each["page0"]) + 1 for each in row["contexts"])
    except (LookupError, TypeError, ValueError):
        what = "must have a list of {doc, page0, text} as contexts"
        raise UsageError(wrong(path, number, what)) from None
    return _Item(example, str(row["doc_name"]), pages)
