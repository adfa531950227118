"""Questions with judged documents, in the layout of BEIR."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from erya.errors import UsageError

__all__ = ["Passage", "Question", "RetrievalSet", "read_retrieval_set"]

# As published, and as some collections flatten it.
_JUDGED: Final = ("qrels.tsv", "qrels/test.tsv", "qrels/dev.tsv")


class Passage(NamedTuple):
    """A document of the corpus."""

    id: str
    title: str
    text: str


class Question(NamedTuple):
    """A question of the set."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSet:
    """A corpus, questions, and which documents answer which question.

    Attributes:
        name: The folder's name.
        corpus: The documents.
        questions: Those with at least one relevant document, in the file's order.
        relevant: Question id to document id to gain; 0 is judged and not relevant.
    """

    name: str
    corpus: Sequence[Passage]
    questions: Sequence[Question]
    relevant: Mapping[str, Mapping[str, float]]


def read_retrieval_set(folder: Path) -> RetrievalSet:
    """Read `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`, each maybe with `.gz`.

    Raises:
        UsageError: A file is missing or a line is not what the layout says.
    """
    corpus = [
        Passage(str(row["_id"]), str(row.get("title") or ""), str(row["text"] or ""))
        for row in _rows(folder, "corpus.jsonl", wanted=("_id", "text"))
    ]
    relevant = _judgements(folder)
    questions = [
        Question(str(row["_id"]), str(row["text"]))
        for row in _rows(folder, "queries.jsonl", wanted=("_id", "text"))
    ]
    answerable = [
        question
        for question in questions
        if any(gain > 0 for gain in relevant.get(question.id, {}).values())
    ]
    if not corpus or not answerable:
        msg = (
            f"The set {folder} has {len(corpus)} documents and {len(answerable)} "
            "questions with a relevant document; both are needed."
        )
        raise UsageError(msg)
    return RetrievalSet(
        name=folder.resolve().name,
        corpus=corpus,
        questions=answerable,
        relevant=relevant,
    )


def _rows(
    folder: Path, name: str, *, wanted: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    path = _found(folder, (name,))
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            missing = [key for key in wanted if key not in row]
        except (ValueError, TypeError) as error:
            msg = f"{path}, line {number}, is no JSON object: {error}."
            raise UsageError(msg) from None
        if missing:
            msg = f"{path}, line {number}, lacks {', '.join(missing)}."
            raise UsageError(msg)
        yield row


def _judgements(folder: Path) -> dict[str, dict[str, float]]:
    path = _found(folder, _JUDGED)
    found: dict[str, dict[str, float]] = {}
    for number, line in enumerate(_lines(path), start=1):
        row = line.rstrip("\r\n").split("\t")
        if number == 1 and not _is_number(row[-1]):
            continue  # the header
        if not line.strip():
            continue
        try:
            question, document, gain = row
            found.setdefault(question, {})[document] = float(gain)
        except ValueError:
            msg = (
                f"{path}, line {number}, must be query-id, corpus-id and score with "
                f"tabs between, got {row!r:.80}."
            )
            raise UsageError(msg) from None
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _found(folder: Path, names: Sequence[str]) -> Path:
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    msg = (
        f"There is no {names[0]} in {folder}. A retrieval set is a folder with "
        "corpus.jsonl, queries.jsonl and qrels.tsv, as BEIR lays it out."
    )
    raise UsageError(msg)


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            yield from file
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        msg = f"{path} cannot be read: {error}."
        raise UsageError(msg) from None
