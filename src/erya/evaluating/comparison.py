"""Which of two runs is better, on what, by how much, and on which questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from erya.errors import UsageError
from erya.evaluating.runs import Run, SampleResult
from erya.evaluating.statistics import (
    SCALES,
    Difference,
    Estimate,
    bootstrap,
    corrected,
    paired,
)

__all__ = [
    "LOWER_IS_BETTER",
    "Comparison",
    "ItemChange",
    "MetricChange",
    "compare",
    "regressions",
]

LOWER_IS_BETTER: Final = frozenset(
    ("over_refusal", "misled_zh", "misled_en", "attack_shown", "false_alarm")
)
_ALPHA: Final = 0.05
_CHANGED: Final = 1e-9


class MetricChange(NamedTuple):
    """What became of one metric.

    Attributes:
        metric: Its name.
        first: Its mean in the first run, over the questions that both have.
        second: Its mean in the second run, over the same.
        difference: Second minus first, question by question.
        p: The p-value of the difference, corrected for all metrics compared.
    """

    metric: str
    first: Estimate
    second: Estimate
    difference: Difference
    p: float

    @property
    def verdict(self) -> str:
        """`better`, `worse`, or `no difference shown`."""
        if self.p >= _ALPHA:
            return "no difference shown"
        return "better" if self.gain > 0 else "worse"

    @property
    def gain(self) -> float:
        """The difference, above 0 where the second run is better."""
        return oriented(self.metric, self.difference.mean)


class ItemChange(NamedTuple):
    """A question on which the two runs differ.

    Attributes:
        id: The question's id.
        gains: The metrics that changed; above 0 where the second run is better.
        first: How the first run measured it.
        second: How the second run measured it.
    """

    id: str
    gains: Mapping[str, float]
    first: SampleResult
    second: SampleResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        first: The one that was there before.
        second: The one that is to be judged.
        metrics: What became of each metric that both have.
        changed: The questions that differ, those that lost most first.
        shared: Questions that both have.
        notes: What makes them hard to compare.
    """

    first: Run
    second: Run
    metrics: Sequence[MetricChange]
    changed: Sequence[ItemChange]
    shared: int
    notes: Sequence[str]


def compare(
    first: Run, second: Run, *, metrics: Sequence[str] = (), seed: int = 0
) -> Comparison:
    """Compare two runs on the questions that both have.

    Args:
        first: The one that was there before.
        second: The one that is to be judged.
        metrics: Those to compare; none given means all that both have.
        seed: Of intervals and tests.

    Raises:
        UsageError: They share no question, or lack a metric.
    """
    changes = []
    for name in metrics or second.metrics:
        before, after = first.values(name), second.values(name)
        shared = [key for key in before if key in after]
        if shared:
            ours, theirs = [before[k] for k in shared], [after[k] for k in shared]
            changes.append((name, ours, theirs, paired(ours, theirs, seed=seed)))
    missing = set(metrics) - {name for name, *_ in changes}
    if missing:
        there = ", ".join(name for name in second.metrics if first.values(name))
        msg = f"{min(missing)!r} is not in both runs; there are {there}."
        raise UsageError(msg)
    if not changes:
        msg = (
            f"The runs {first.name} and {second.name} share no metric on any question; "
            "measure the same questions with both."
        )
        raise UsageError(msg)
    p_values = corrected({name: difference for name, _, _, difference in changes})
    compared = [
        MetricChange(
            name,
            bootstrap(ours, seed=seed, share=name not in SCALES),
            bootstrap(theirs, seed=seed, share=name not in SCALES),
            difference,
            p_values[name],
        )
        for name, ours, theirs, difference in changes
    ]
    first_items = {item.id: item for item in first.items}
    both = [item for item in second.items if item.id in first_items]
    return Comparison(
        first=first,
        second=second,
        metrics=compared,
        changed=_list_changes([(first_items[item.id], item) for item in both]),
        shared=len(both),
        notes=_notes(first, second, shared=len(both)),
    )


def regressions(comparison: Comparison, *, min_drop: float) -> list[MetricChange]:
    """Return the metrics that became worse by more than chance, and by `min_drop`.

    Args:
        comparison: The baseline first.
        min_drop: The least drop that counts, in the unit of the metric, at least 0.
    """
    return [
        change
        for change in comparison.metrics
        if change.verdict == "worse" and -change.gain >= min_drop
    ]


def oriented(metric: str, difference: float) -> float:
    """Return a difference so that above 0 is better."""
    return -difference if metric in LOWER_IS_BETTER else difference


def _list_changes(
    pairs: Sequence[tuple[SampleResult, SampleResult]],
) -> list[ItemChange]:
    changes = []
    for before, after in pairs:
        gains = {}
        for name, value in after.scores.items():
            old = before.scores.get(name)
            if value is not None and old is not None and abs(value - old) > _CHANGED:
                gains[name] = oriented(name, value - old)
        if gains or _answer_of(before) != _answer_of(after):
            changes.append(ItemChange(after.id, gains, before, after))
    return sorted(
        changes,
        key=lambda change: sum(g / SCALES.get(m, 1.0) for m, g in change.gains.items()),
    )


def _answer_of(item: SampleResult) -> object:
    return item.detail.get("answer")


def _notes(first: Run, second: Run, *, shared: int) -> list[str]:
    notes = []
    if first.spec.get("digest") != second.spec.get("digest"):
        notes.append("The runs measured different data; only shared questions count.")
    alone = len(first.items) - shared, len(second.items) - shared
    if any(alone):
        notes.append(
            f"{alone[0]} questions are only in the first run, {alone[1]} only in the "
            "second."
        )
    notes += [
        f"{run.name} is not finished: {len(run.items)} are measured."
        for run in (first, second)
        if not run.finished
    ]
    differing = [
        name
        for name in ("base", "models", "prompts", "judge", "guidelines")
        if first.spec.get(name) != second.spec.get(name)
    ]
    if differing:
        notes.append(f"The runs differ in: {', '.join(differing)}.")
    if first.spec.get("versions") != second.spec.get("versions"):
        notes.append("The runs were made with different versions of the libraries.")
    return notes
