"""Questions with judged documents, in the layout of BEIR."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from erya.errors import UsageError
from erya.evaluating.files import Lines, digest_of, json_rows, lines_of
from erya.evaluating.trec import Judgements, read_judgements

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
        files: The files of the set.
        digest: The SHA-256 over those files.
        notes: What is odd about it and does not stop a measurement.
    """

    name: str
    corpus: Sequence[Passage]
    questions: Sequence[Question]
    relevant: Judgements
    files: Sequence[Path] = ()
    digest: str = ""
    notes: Sequence[str] = ()

    def sample(self, queries: int, *, seed: int) -> Self:
        """Return the set with so many of its questions, drawn at random.

        Raises:
            UsageError: `queries` is below 1.
        """
        if queries < 1:
            msg = f"queries must be at least 1, got {queries}."
            raise UsageError(msg)
        if queries >= len(self.questions):
            return self
        questions = random.Random(seed).sample(self.questions, queries)  # noqa: S311
        return replace(self, questions=questions)


def read_retrieval_set(folder: Path) -> RetrievalSet:
    """Read `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`, each maybe with `.gz`.

    Raises:
        UsageError: A file is missing or a line is not what the layout says.
    """
    paths = [
        _find_file(folder, names)
        for names in (("corpus.jsonl",), ("queries.jsonl",), _JUDGED)
    ]
    corpus = [
        Passage(str(row["_id"]), str(row.get("title") or ""), str(row["text"]))
        for row in _read_rows(paths[0], what="document")
    ]
    questions = [
        Question(str(row["_id"]), str(row["text"]))
        for row in _read_rows(paths[1], what="question")
    ]
    relevant = read_judgements(paths[2])
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
        files=paths,
        digest=digest_of(paths),
        notes=_notes(paths[2], relevant, corpus=corpus, questions=questions),
    )


def _read_rows(path: Path, *, what: str) -> Iterator[Mapping[str, Any]]:
    seen = Lines(path)
    for number, row in json_rows(path, required=("_id", "text")):
        seen.add(number, str(row["_id"]), called=f"the {what} {row['_id']!r}")
        yield row


def _notes(
    path: Path,
    relevant: Judgements,
    *,
    corpus: Sequence[Passage],
    questions: Sequence[Question],
) -> list[str]:
    """Say which judgements speak of what is not there."""
    documents = {passage.id for passage in corpus}
    question_ids = {question.id for question in questions}
    dangling = [
        (question, document)
        for question, judged in relevant.items()
        for document in judged
        if document not in documents
    ]
    unlisted = [question for question in relevant if question not in question_ids]
    notes = []
    if dangling:
        line = _line_of(path, *dangling[0])
        notes.append(
            f"{path}, line {line}, judges the document {dangling[0][1]!r}, which the "
            f"corpus lacks ({len(dangling)} such judgements); it cannot be found."
        )
    if unlisted:
        line = _line_of(path, unlisted[0], *list(relevant[unlisted[0]])[:1])
        notes.append(
            f"{path}, line {line}, judges for the question {unlisted[0]!r}, which the "
            f"queries lack ({len(unlisted)} such questions); it is not asked."
        )
    return notes


def _line_of(path: Path, question: str, document: str) -> int:
    """Return the number of the line that judges `document` for `question`."""
    return next(
        number
        for number, line in lines_of(path)
        if line.strip().startswith(question) and document in line.split()
    )


def _find_file(folder: Path, names: Sequence[str]) -> Path:
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    msg = (
        f"There is no {names[0]} in {folder}. A retrieval set is a folder with "
        "corpus.jsonl, queries.jsonl and qrels.tsv, as BEIR lays it out."
    )
    raise UsageError(msg)
