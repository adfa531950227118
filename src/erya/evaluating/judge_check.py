"""Hold a judge against what people say of the same answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from erya.errors import UsageError
from erya.evaluating.agreement import (
    Bias,
    cohen_kappa,
    length_bias,
    pearson,
    position_bias,
    prediction_powered,
    spearman,
)
from erya.evaluating.files import Lines, json_rows, wrong
from erya.evaluating.judges import Judge
from erya.evaluating.runs import Progress, Run, SampleResult, measure_all, tokens_of
from erya.evaluating.statistics import Estimate

__all__ = ["JudgeCheck", "Labelled", "check_judge", "read_labelled"]

_PROBES: Final = 20  # items that the biases are probed with
_LEAST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An answer that people may have judged.

    Attributes:
        id: Tells it from the others.
        question: The question.
        answer: The answer that was given to it.
        accepted: The accepted answers; what `correctness` is judged by.
        passages: What the answer was made from; what `faithfulness` is judged by.
        label: What people say, on the scale of the metric; None if nobody was asked.
    """

    id: str
    question: str
    answer: str
    accepted: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    label: float | None = None

    @property
    def metric(self) -> str:
        """What can be judged of it: `correctness`, or `faithfulness`."""
        return "correctness" if self.accepted else "faithfulness"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCheck:
    """How far a judge can be trusted.

    Attributes:
        metric: What was judged.
        labelled: Items that both people and the judge have judged.
        not_judged: Items that the judge could not.
        kappa: Cohen's, of labels rounded to whole numbers, or to right and wrong.
        pearson: The correlation of judge and people.
        spearman: The correlation of their ranks.
        estimate: The mean that people would give to all; None with few of either kind.
        position: How often a preference turns with the places of two answers; None
            where no question has two answers.
        length: What empty words gain; None where there are no accepted answers.
        probes: Calls that looked for these biases; they belong to no item.
        run: Where every item is kept.
    """

    metric: str
    labelled: int
    not_judged: int
    kappa: float
    pearson: float
    spearman: float
    estimate: Estimate | None
    position: Bias | None
    length: Bias | None
    probes: int
    run: Run


def read_labelled(path: Path) -> list[Labelled]:
    """Read judged answers, one JSON object on a line.

    Each has `question` and `answer`, `accepted` or `passages`, both lists of texts, and
    mostly `label`, a number: 1 to 5 with `accepted`, 0 to 1 with `passages`.

    Raises:
        UsageError: A line is not what it should be, or too few have a label.
    """
    seen = Lines(path)
    items: list[Labelled] = []
    for number, row in json_rows(path, required=("answer",)):
        key = str(row.get("id") or f"line-{number}")
        seen.add(number, key, called=f"the id {key!r}")
        label = row.get("label")
        most = 5 if row.get("accepted") else 1
        if label is not None and (
            isinstance(label, (bool, str)) or not 0 <= float(label) <= most
        ):
            what = f"has {label!r} as label; it must be a number up to {most}"
            raise UsageError(wrong(path, number, what))
        item = Labelled(
            id=key,
            question=str(row.get("question") or ""),
            answer=str(row["answer"]),
            accepted=_texts(row, "accepted"),
            passages=_texts(row, "passages"),
            label=None if label is None else float(label),
        )
        if not item.accepted and not item.passages:
            raise UsageError(wrong(path, number, "lacks accepted, or passages"))
        if items and item.metric != items[0].metric:
            what = f"is judged by {item.metric}, the lines before by {items[0].metric}"
            raise UsageError(wrong(path, number, what))
        items.append(item)
    labelled = sum(item.label is not None for item in items)
    if labelled < _LEAST:
        msg = f"{path} has {labelled} items with a label; at least {_LEAST} are needed."
        raise UsageError(msg)
    return items


def check_judge(
    judge: Judge,
    items: Sequence[Labelled],
    run: Run,
    *,
    calls: Callable[[], Mapping[str, int]] = dict,
    on_progress: Progress = lambda *_: None,
) -> JudgeCheck:
    """Judge what people have judged, and compare.

    Args:
        judge: Whom to compare with people.
        items: What people have judged, and what only the judge will.
        run: Where to keep the judgements.
        calls: Counts the calls of models so far.
        on_progress: Called with what is done, how far, and of how many.

    Raises:
        ModelError: The judge cannot be reached.
        UsageError: The judge could judge fewer than two of the labelled items.
    """

    def measure(item: Labelled) -> SampleResult:
        if item.accepted:
            opinion = judge.correctness(
                item.question, item.answer, accepted=item.accepted
            )
        else:
            opinion = judge.faithfulness([item.answer], item.passages)
        return SampleResult(
            id=item.id,
            scores={item.metric: opinion.score},
            tokens=tokens_of(judge.take_spent(), "judge"),
            detail={
                "question": item.question,
                "answer": item.answer,
                "label": item.label,
                "judged": opinion.reason,
            },
        )

    things = [(item.id, item) for item in items]
    run = measure_all(
        run, things, measure, what="Judging", calls=calls, on_progress=on_progress
    )
    metric = items[0].metric
    judged = run.values(metric)
    pairs = [
        (item.label, judged[item.id])
        for item in items
        if item.label is not None and item.id in judged
    ]
    if len(pairs) < _LEAST:
        msg = (
            f"The judge could judge {len(pairs)} of the labelled items; what it said "
            f"is in {run.folder / 'items.jsonl'}. Ask it again with --again."
        )
        raise UsageError(msg)
    before = sum(calls().values())
    position, length = _position(judge, items), _length(judge, items)
    people, model = [p for p, _ in pairs], [m for _, m in pairs]
    rest = [judged[i.id] for i in items if i.label is None and i.id in judged]
    return JudgeCheck(
        metric=metric,
        labelled=len(pairs),
        not_judged=len(items) - len(judged),
        kappa=cohen_kappa([round(p) for p in people], [round(m) for m in model]),
        pearson=pearson(people, model),
        spearman=spearman(people, model),
        estimate=prediction_powered(people, model, rest) if len(rest) > 1 else None,
        position=position,
        length=length,
        probes=sum(calls().values()) - before,
        run=run,
    )


def _position(judge: Judge, items: Sequence[Labelled]) -> Bias | None:
    by_question: dict[str, list[str]] = {}
    for item in items:
        by_question.setdefault(item.question, []).append(item.answer)
    pairs = [
        (question, answers[0], answers[1])
        for question, answers in by_question.items()
        if question and len(set(answers[:2])) == 2
    ]
    return position_bias(judge, pairs[:_PROBES]) if pairs else None


def _length(judge: Judge, items: Sequence[Labelled]) -> Bias | None:
    probes = [(i.question, i.answer, i.accepted[0]) for i in items if i.accepted]
    return length_bias(judge, probes[:_PROBES]) if probes else None


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name) or ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))
