"""Questions with their answers, one JSON object on a line."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from erya.errors import UsageError
from erya.evaluating.draws import draw_sample
from erya.evaluating.files import Lines, digest_of, json_rows, wrong
from erya.records import Example, Quote

__all__ = ["ExampleSet", "example_line", "id_of", "read_examples", "write_examples"]

_HELD_OUT: Final = "held_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleSet:
    """Questions of one file.

    Attributes:
        path: The file.
        examples: What it holds, in its order.
        digest: The SHA-256 of the file.
        lines: The line that each stands on, by its id; empty where that is not known.
    """

    path: Path
    examples: Sequence[Example]
    digest: str
    lines: Mapping[str, int] = field(default_factory=dict)

    def sample(self, count: int, *, seed: int) -> Sequence[Example]:
        """Return so many questions, drawn at random; all if there are no more.

        Of answerable and unanswerable ones as many as their shares are.
        """
        return draw_sample(
            self.examples, count, group=lambda each: each.answerable, seed=seed
        )

    def part(self, split: str) -> Self:
        """Return the questions of one split.

        Raises:
            UsageError: There are none.
        """
        examples = [example for example in self.examples if example.split == split]
        if not examples:
            there = sorted({example.split or "(none)" for example in self.examples})
            msg = f"{self.path} has no split {split!r}; there are {', '.join(there)}."
            raise UsageError(msg)
        return replace(self, examples=examples)

    def check_tuning(self) -> None:
        """Refuse to tune or choose settings on questions that are held out.

        What was tuned on them could no longer be measured with them.

        Raises:
            UsageError: Some are marked as held out.
        """
        held_out = sum(example.split == _HELD_OUT for example in self.examples)
        if held_out:
            msg = (
                f"{held_out} of {len(self.examples)} questions of {self.path} are held "
                "out: they are for measuring, not for tuning. Take others, or say "
                "--use-held-out and measure with new ones afterwards."
            )
            raise UsageError(msg)


def read_examples(path: Path) -> ExampleSet:
    """Read questions, each with its accepted answers.

    A line is an object with `question` and `answers`, a list of which each is right on
    its own; `answerable: false`, or an empty list, says that the documents do not say.
    It may have `id`, `split` and `evidence`, a list of {source, quote}; `source` and
    `quote` beside the question count as one.

    Raises:
        UsageError: There is no question, or a line is not what it should be.
    """
    seen = Lines(path)
    examples, lines = [], {}
    for number, row in json_rows(path, required=("question",)):
        key = str(row.get("id") or row.get("_id") or id_of(str(row["question"])))
        seen.add(number, key, called=f"the id {key!r}")
        examples.append(_example(path, number, key=key, row=row))
        lines[key] = number
    if not examples:
        msg = f"{path} has no questions."
        raise UsageError(msg)
    digest = digest_of([path])
    return ExampleSet(path=path, examples=examples, digest=digest, lines=lines)


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Replace a file by these questions, as `read_examples` reads them.

    Raises:
        UsageError: The file cannot be written.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        text = "".join(example_line(example) for example in examples)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        msg = f"{path} cannot be written: {error}."
        raise UsageError(msg) from None


def id_of(question: str) -> str:
    """Return the id of a question that was given none: it follows from its words."""
    return hashlib.sha256(question.encode("utf-8", "replace")).hexdigest()[:12]


def example_line(example: Example) -> str:
    """Return one line of such a file, with its end."""
    fields: dict[str, Any] = {
        "id": example.id,
        "question": example.question,
        "answers": list(example.answers),
        "answerable": example.answerable,
    }
    if example.evidence:
        fields["evidence"] = [quote._asdict() for quote in example.evidence]
    if example.split:
        fields["split"] = example.split
    fields.update(example.metadata)
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _example(path: Path, number: int, *, key: str, row: Mapping[str, Any]) -> Example:
    question, answers = row["question"], row.get("answers")
    answerable = row.get("answerable", answers is None or bool(answers))
    if not isinstance(question, str) or not question.strip():
        raise UsageError(wrong(path, number, "has an empty question"))
    if answers is None and answerable is not False:
        what = "has no answers; where the documents do not say, write an empty list"
        raise UsageError(wrong(path, number, what))
    answers = [] if answers is None else answers
    if not isinstance(answers, list) or not all(
        isinstance(answer, str) and answer.strip() for answer in answers
    ):
        what = f"must have a list of texts as answers, got {json.dumps(answers):.60}"
        raise UsageError(wrong(path, number, what))
    if answerable and not answers:
        raise UsageError(wrong(path, number, "is answerable and has no answer"))
    return Example(
        id=key,
        question=question,
        answers=tuple(answers) if answerable else (),
        answerable=bool(answerable),
        evidence=_evidence(path, number, row),
        split=str(row.get("split") or ""),
        metadata={name: value for name, value in row.items() if name not in _KNOWN},
    )


_KNOWN: Final = frozenset(
    ("id", "_id", "question", "answers", "answerable", "evidence", "source", "quote")
) | {"split"}


def _evidence(path: Path, number: int, row: Mapping[str, Any]) -> tuple[Quote, ...]:
    quotes = row.get("evidence")
    if quotes is None:
        quotes = [row] if row.get("quote") else []
    try:
        return tuple(
            Quote(str(each.get("source") or ""), str(each["quote"])) for each in quotes
        )
    except (AttributeError, LookupError, TypeError):
        what = "must have a list of {source, quote} as evidence"
        raise UsageError(wrong(path, number, what)) from None
