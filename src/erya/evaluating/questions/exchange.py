"""Questions from and to other programs: JSON Lines, CSV, BEIR's layout."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from erya.errors import UsageError
from erya.evaluating.answers import is_of
from erya.evaluating.examples import ExampleSet, id_of, read_examples, write_examples
from erya.evaluating.files import Lines, digest_of, wrong
from erya.records import Document, Example, Quote

__all__ = ["export_examples", "import_examples", "unformula"]

_COLUMNS: Final = (
    "id",
    "question",
    "answers",
    "answerable",
    "source",
    "quote",
    "split",
    "without",
    "review",
    "made_by",
)
_KEPT: Final = ("review", "made_by")  # metadata with columns of their own
_FORMULA = re.compile(r"'?[=+\-@\t\r]")  # what a spreadsheet would compute
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
            columns = list(table.fieldnames or ())
            if "question" not in columns:
                there = ", ".join(columns) or "none"
                msg = f"{path} has no column `question`; its columns are: {there}."
                raise UsageError(msg)
            seen = Lines(path)
            for row in table:
                example = _of_row(path, table.line_num, row)
                called = f"the id {example.id!r}"
                seen.add(table.line_num, example.id, called=called)
                examples.append(example)
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
    documents: Sequence[Document] | None = None,
) -> None:
    """Write questions as `.jsonl`, as `.csv`, or as a folder in BEIR's layout.

    Args:
        examples: What to write.
        path: A file by its ending; anything else is a folder.
        documents: Those of the base; a folder needs them, and holds them all, so that
            finding the right ones among them means something.

    Raises:
        UsageError: It cannot be written, or a folder is wanted and there are no
            documents.
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


def unformula(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; import takes it back."""
    return f"'{text}" if _FORMULA.match(text) else text


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = str(row.get(name) or "")
    return value[1:] if value.startswith("'") and _FORMULA.match(value[1:]) else value


def _of_row(path: Path, number: int, row: Mapping[str, Any]) -> Example:
    question = _cell(row, "question").strip()
    if not question:
        raise UsageError(wrong(path, number, "has no question"))
    answers = _parts(_cell(row, "answers") or _cell(row, "answer"))
    without = _parts(_cell(row, "without"))
    says = str(row.get("answerable") or "").strip().lower()
    if says not in {"", "true", "false", "1", "0", "yes", "no"}:
        what = f"has {says!r} as answerable; write true or false"
        raise UsageError(wrong(path, number, what))
    answerable = says in {"true", "1", "yes"} if says else bool(answers)
    if answerable and not answers:
        raise UsageError(wrong(path, number, "is answerable and has no answer"))
    quote = _cell(row, "quote")
    return Example(
        id=_cell(row, "id") or id_of(question),
        question=question,
        answers=answers if answerable else (),
        answerable=answerable,
        evidence=(Quote(_cell(row, "source"), quote),) if quote else (),
        split=_cell(row, "split"),
        metadata={
            **({"without": list(without)} if without else {}),
            **{name: value for name in _KEPT if (value := _cell(row, name))},
        },
    )


def _parts(cell: str) -> tuple[str, ...]:
    parts = (each.strip() for each in cell.split(_BETWEEN.strip()))
    return tuple(each for each in parts if each)


def _write_table(path: Path, examples: Sequence[Example]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        for each in examples:
            source, quote = each.evidence[0] if each.evidence else ("", "")
            answers = _BETWEEN.join(each.answers)
            answerable = str(each.answerable).lower()
            without = _BETWEEN.join(map(str, each.metadata.get("without") or ()))
            cells = [
                each.id,
                each.question,
                answers,
                answerable,
                source,
                quote,
                each.split,
            ]
            cells += [without, *(str(each.metadata.get(k) or "") for k in _KEPT)]
            table.writerow([unformula(cell) for cell in cells])


def _write_folder(
    path: Path, examples: Sequence[Example], documents: Sequence[Document]
) -> None:
    """Write the three files.

    Raises:
        UsageError: No document is there that the questions are about.
    """
    queries, judged = [], ["query-id\tcorpus-id\tscore"]
    for example in examples:
        row = {"_id": example.id, "text": example.question, "answers": example.answers}
        queries.append(json.dumps(row, ensure_ascii=False))
        for source in dict.fromkeys(quote.source for quote in example.evidence):
            judged += [
                f"{example.id}\t{document.id}\t1"
                for document in documents
                if is_of(document.source, source)
            ][:1]
    if len(judged) == 1:
        msg = (
            "The base has none of the documents that the questions name as evidence. "
            "Name the base that they are about."
        )
        raise UsageError(msg)
    rows = [
        json.dumps({"_id": d.id, "title": d.title, "text": d.text}, ensure_ascii=False)
        for d in documents
    ]
    path.mkdir(parents=True, exist_ok=True)
    for name, lines in (
        ("corpus.jsonl", rows),
        ("queries.jsonl", queries),
        ("qrels.tsv", judged),
    ):
        (path / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
