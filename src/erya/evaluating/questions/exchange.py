"""Questions from and to other programs: JSON Lines, CSV, BEIR's layout."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from erya.errors import UsageError
from erya.evaluating.examples import ExampleSet, read_examples, write_examples
from erya.evaluating.files import digest_of, wrong
from erya.records import Document, Example, Quote

__all__ = ["export_examples", "import_examples"]

_COLUMNS: Final = (
    "id",
    "question",
    "answers",
    "answerable",
    "source",
    "quote",
    "split",
)
_BETWEEN: Final = " || "  # answers within one cell


def import_examples(path: Path) -> ExampleSet:
    """Read questions from `.jsonl` or `.csv`.

    A table has a column `question` and mostly `answers`, several with ` || ` between;
    `answer` will do. `id`, `answerable`, `source`, `quote` and `split` may be there.

    Raises:
        UsageError: A line is not what it should be.
    """
    if path.suffix.lower() != ".csv":
        return read_examples(path)
    examples: list[Example] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            examples += [_of_row(path, table.line_num, row) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"{path} cannot be read: {error}."
        raise UsageError(msg) from None
    if not examples:
        msg = f"{path} has no questions. Its first line must name columns."
        raise UsageError(msg)
    return ExampleSet(path=path, examples=examples, digest=digest_of([path]))


def export_examples(
    examples: Sequence[Example],
    path: Path,
    *,
    documents: Callable[[str], Document | None] | None = None,
) -> None:
    """Write questions as `.jsonl`, as `.csv`, or as a folder in BEIR's layout.

    Args:
        examples: What to write.
        path: A file by its ending; anything else is a folder.
        documents: Returns a document by its source; a folder needs them, and holds
            those that are evidence.

    Raises:
        UsageError: It cannot be written, or a folder is wanted without documents.
    """
    try:
        if path.suffix.lower() == ".jsonl":
            write_examples(path, examples)
        elif path.suffix.lower() == ".csv":
            _write_table(path, examples)
        elif documents is None:
            msg = f"{path} is a folder: name the base whose documents it shall hold."
            raise UsageError(msg)
        else:
            _write_folder(path, examples, documents)
    except OSError as error:
        msg = f"{path} cannot be written: {error}."
        raise UsageError(msg) from None


def _of_row(path: Path, number: int, row: Mapping[str, Any]) -> Example:
    question = str(row.get("question") or "").strip()
    if not question:
        raise UsageError(wrong(path, number, "has no question"))
    told = str(row.get("answers") or row.get("answer") or "")
    answers = tuple(
        each.strip() for each in told.split(_BETWEEN.strip()) if each.strip()
    )
    says = str(row.get("answerable") or "").strip().lower()
    if says not in {"", "true", "false", "1", "0", "yes", "no"}:
        what = f"has {says!r} as answerable; write true or false"
        raise UsageError(wrong(path, number, what))
    answerable = says in {"true", "1", "yes"} if says else bool(answers)
    if answerable and not answers:
        raise UsageError(wrong(path, number, "is answerable and has no answer"))
    quote = str(row.get("quote") or "")
    return Example(
        id=str(row.get("id") or f"line-{number}"),
        question=question,
        answers=answers if answerable else (),
        answerable=answerable,
        evidence=(Quote(str(row.get("source") or ""), quote),) if quote else (),
        split=str(row.get("split") or ""),
    )


def _write_table(path: Path, examples: Sequence[Example]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        for each in examples:
            source, quote = each.evidence[0] if each.evidence else ("", "")
            answers = _BETWEEN.join(each.answers)
            said = str(each.answerable).lower()
            table.writerow(
                [each.id, each.question, answers, said, source, quote, each.split]
            )


def _write_folder(
    path: Path,
    examples: Sequence[Example],
    documents: Callable[[str], Document | None],
) -> None:
    path.mkdir(parents=True, exist_ok=True)
    corpus: dict[str, Document] = {}
    queries, judged = [], ["query-id\tcorpus-id\tscore"]
    for example in examples:
        told = {"_id": example.id, "text": example.question, "answers": example.answers}
        queries.append(json.dumps(told, ensure_ascii=False))
        for source in dict.fromkeys(quote.source for quote in example.evidence):
            document = documents(source)
            if document is not None:
                corpus[document.id] = document
                judged.append(f"{example.id}\t{document.id}\t1")
    rows = [
        json.dumps({"_id": d.id, "title": d.title, "text": d.text}, ensure_ascii=False)
        for d in corpus.values()
    ]
    for name, lines in (
        ("corpus.jsonl", rows),
        ("queries.jsonl", queries),
        ("qrels.tsv", judged),
    ):
        (path / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
