"""RGB: what a system makes of passages that are noisy, silent, spread out or wrong.

Chen and others, "Benchmarking Large Language Models in Retrieval-Augmented Generation"
(2024). Five passages for each question, as the published script draws them; an answer
is right if it contains every part of the truth, each in one of its accepted forms.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from erya.errors import UsageError
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
from erya.evaluating.files import json_rows, wrong
from erya.evaluating.runs import Progress, SampleResult

__all__ = ["read_rgb"]

_PASSAGES: Final = 5
_NOISE: Final = (0.0, 0.2, 0.4, 0.6, 0.8)
_INTEGRATED: Final = (0.0, 0.2, 0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One question with its passages, and which ability it tests."""

    key: str
    metric: str
    question: str
    answers: Sequence[str | Sequence[str]]
    passages: Sequence[str]
    fake: str = ""


def read_rgb(folder: Path, setup: Setup) -> Task:
    """Read `en_refine.jsonl`, `zh_int.jsonl`, `zh_fact.jsonl` and the like.

    Raises:
        UsageError: There is no such file, or a line is not what it should be.
    """
    files = [
        path
        for language in ("zh", "en")
        for kind in ("refine", "int", "fact")
        if (path := folder / f"{language}_{kind}.jsonl").is_file()
    ]
    if not files:
        msg = (
            f"There is no file of RGB in {folder}: zh_refine.jsonl, zh_int.jsonl, "
            "zh_fact.jsonl, or the same with en."
        )
        raise UsageError(msg)
    items = [item for path in files for item in _items(path, seed=setup.seed)]

    @contextmanager
    def open_task(on_progress: Progress) -> Iterator[Measure]:
        with setup.assistant() as assistant:
            assistant.add(
                (
                    passage(text, key=f"{item.key}/{n}", readers=[f"group:{item.key}"])
                    for done, item in enumerate(_report_progress(items, on_progress))
                    for n, text in enumerate(item.passages)
                ),
                principal=OWNER,
            )

            def measure(item: _Item) -> SampleResult:
                reader = reader_of(item.key)
                answer, tokens = ask(assistant, item.question, principal=reader)
                reply = answer_text(answer)
                return SampleResult(
                    id=item.key,
                    scores=_scores(item, reply, abstained=answer.abstained),
                    tokens=tokens,
                    detail={
                        "question": item.question,
                        "accepted": [
                            each if isinstance(each, str) else " / ".join(each)
                            for each in item.answers
                        ],
                        "answer": answer.text,
                        "abstained": answer.abstained,
                    },
                )

            yield measure

    return Task(
        files,
        [(item.key, item) for item in items],
        open_task,
        group=lambda key: (key.partition("/")[0], key.rpartition("/")[2]),
    )


def _report_progress(items: Sequence[_Item], on_progress: Progress) -> Iterator[_Item]:
    for number, item in enumerate(items, start=1):
        yield item
        on_progress("Storing", number, len(items))


def _scores(item: _Item, reply: str, *, abstained: bool) -> dict[str, float | None]:
    if item.metric.startswith("rejection"):
        return {item.metric: float(abstained)}
    right = all(
        any(_stands_in(form, reply) for form in _forms(each)) for each in item.answers
    )
    scores: dict[str, float | None] = {item.metric: float(right)}
    if item.fake:
        misled = not right and _stands_in(item.fake, reply)
        scores[item.metric.replace("counterfactual", "misled")] = float(misled)
    return scores


def _forms(answer: str | Sequence[str]) -> Sequence[str]:
    return [answer] if isinstance(answer, str) else answer


def _stands_in(form: str, reply: str) -> bool:
    """Compare as the published script does, which looks into words, too."""
    return "".join(form.lower().split()) in "".join(reply.lower().split())


def _items(path: Path, *, seed: int) -> Iterator[_Item]:
    language, kind = path.stem.split("_")
    required = ("id", "question", "answers", "positive", "negative")
    for number, row in json_rows(path, required=required):
        try:
            yield from _of_row(row, language=language, kind=kind, seed=seed)
        except (LookupError, TypeError) as error:
            what = f"is no question of RGB: {error}"
            raise UsageError(wrong(path, number, what)) from None


def _of_row(
    row: Mapping[str, Any], *, language: str, kind: str, seed: int
) -> Iterator[_Item]:
    def make_item(ability: str, passages: Sequence[str], fake: str = "") -> _Item:
        return _Item(
            key=f"{language}_{kind}/{row['id']}/{ability}",
            metric=f"{ability}_{language}",
            question=row["question"],
            answers=row["answers"],
            passages=passages,
            fake=fake,
        )

    rng = random.Random(f"{seed}/{row['id']}")  # noqa: S311 - a draw that repeats
    negative = list(row["negative"])
    if kind == "refine":
        for rate in _NOISE:
            yield make_item(
                f"noise_{rate}",
                _sample_passages(row["positive"], negative, rate=rate, rng=rng),
            )
        if negative:
            yield make_item("rejection", negative[:_PASSAGES])
    elif kind == "int":
        for rate in _INTEGRATED:
            spread = _spread(row["positive"], negative, rate=rate, rng=rng)
            yield make_item(f"integration_{rate}", spread)
    else:
        wrong_ones = list(row["positive_wrong"])
        passages = rng.sample(wrong_ones, min(len(wrong_ones), _PASSAGES))
        yield make_item("counterfactual", passages, str(row["fake_answer"]))


def _sample_passages(
    positive: Sequence[str],
    negative: Sequence[str],
    *,
    rate: float,
    rng: random.Random,
) -> list[str]:
    """Return passages of which a share of `rate` is noise, as far as there are some."""
    noise = math.ceil(_PASSAGES * rate)
    useful = _PASSAGES - noise
    if noise > len(negative):
        noise, useful = len(negative), _PASSAGES - len(negative)
    elif useful > len(positive):
        noise, useful = _PASSAGES - len(positive), len(positive)
    passages = [*positive[:useful], *negative[:noise]]
    rng.shuffle(passages)
    return passages


def _spread(
    positive: Sequence[Sequence[str]],
    negative: Sequence[str],
    *,
    rate: float,
    rng: random.Random,
) -> list[str]:
    """Return one passage for each part of the answer, then more of them, then noise."""
    groups = [list(group) for group in positive]
    for group in groups:
        rng.shuffle(group)
    useful = _PASSAGES - math.ceil(_PASSAGES * rate)
    passages = [group[0] for group in groups if group]
    longest = max((len(group) for group in groups), default=0)
    rest = [group[i] for i in range(1, longest) for group in groups if len(group) > i]
    passages += rest[: max(useful - len(passages), 0)]
    passages += negative[: max(_PASSAGES - len(passages), 0)]
    rng.shuffle(passages)
    return passages
