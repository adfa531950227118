"""Whether a judge can be trusted: agreement with people, and known biases."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from erya.evaluating.statistics import Estimate

if TYPE_CHECKING:
    from erya.evaluating.judges import Judge

__all__ = [
    "Bias",
    "cohen_kappa",
    "length_bias",
    "pearson",
    "position_bias",
    "prediction_powered",
    "spearman",
]

_Z: Final = 1.959964  # a normal interval of 95 %
_FILLER: Final = {
    "en": " We hope that this is helpful. Please let us know if there is more to say.",
    "zh": "希望以上内容对您有所帮助。如果还有其他问题，请随时告诉我们。",
}


class Bias(NamedTuple):
    """How a judge changes its mind over what should not matter.

    Attributes:
        value: By how much, or how often.
        items: How many could be judged.
        not_judged: How many could not.
    """

    value: float
    items: int
    not_judged: int


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Return the agreement of two raters beyond chance: 1 is full, 0 is chance.

    Cohen, "A Coefficient of Agreement for Nominal Scales" (1960). Where both give one
    and the same label throughout there is nothing to agree on; that is 1.

    Raises:
        ValueError: The two differ in length, or are empty.
    """
    _check(first, second, least=1)
    count = len(first)
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / count
    ours, theirs = Counter(first), Counter(second)
    chance = sum(ours[label] * theirs[label] for label in ours) / count**2
    return 1.0 if chance == 1 else (observed - chance) / (1 - chance)


def pearson(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the linear correlation, -1 to 1; NaN where one side does not vary.

    Raises:
        ValueError: The two differ in length, or have fewer than two values.
    """
    _check(first, second, least=2)
    if len(set(first)) == 1 or len(set(second)) == 1:
        return math.nan
    ours, theirs = _subtract_mean(first), _subtract_mean(second)
    scale = math.sqrt(_product(ours, ours) * _product(theirs, theirs))
    return _product(ours, theirs) / scale if scale else math.nan  # underflow


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the correlation of ranks, ties at their mean; NaN as for `pearson`.

    Raises:
        ValueError: As for `pearson`.
    """
    _check(first, second, least=2)
    return pearson(_ranks(first), _ranks(second))


def prediction_powered(
    human: Sequence[float], judged: Sequence[float], rest: Sequence[float]
) -> Estimate:
    """Return the mean that people would give, from few of them and many judgements.

    Prediction-powered inference for a mean: Angelopoulos and others,
    "Prediction-powered inference" (2023). The judge's mean over all that people did
    not label, corrected by its mean error where they did; the interval holds however
    bad the judge is, and is narrow when it is good. It is a normal one: where fewer
    than ten labels differ from the judge's, take it as too narrow.

    Args:
        human: What people say of some items, at least two.
        judged: What the judge says of the same items.
        rest: What the judge says of the others, at least two.

    Raises:
        ValueError: There are too few values, or not as many of both.
    """
    _check(human, judged, least=2)
    if len(rest) < 2:
        msg = f"at least two items without a human label are needed, got {len(rest)}"
        raise ValueError(msg)
    errors = [a - b for a, b in zip(human, judged, strict=True)]
    mean = math.fsum(rest) / len(rest) + math.fsum(errors) / len(errors)
    half = _Z * math.sqrt(_variance(rest) / len(rest) + _variance(errors) / len(errors))
    return Estimate(mean, mean - half, mean + half)


def position_bias(judge: "Judge", pairs: Sequence[tuple[str, str, str]]) -> Bias:
    """Return how often a preference turns when two answers change places, 0 to 1.

    Args:
        judge: Whom to test.
        pairs: Question, one answer, another answer.

    Raises:
        ModelError: The model cannot be reached.
    """
    turned = judged = 0
    for question, one, other in pairs:
        first = judge.prefers(question, one, other).score
        second = judge.prefers(question, other, one).score
        if first is not None and second is not None:
            judged += 1
            turned += first != -second
    return Bias(turned / judged if judged else 0.0, judged, len(pairs) - judged)


def length_bias(
    judge: "Judge", items: Sequence[tuple[str, str, str]], *, language: str = "en"
) -> Bias:
    """Return by how much an answer gains in correctness from empty words, of 5 points.

    Args:
        judge: Whom to test.
        items: Question, answer, accepted answer.
        language: Of the words that are added: `en` or `zh`.

    Raises:
        ModelError: The model cannot be reached.
    """
    gains: list[float] = []
    for question, answer, accepted in items:
        plain = judge.correctness(question, answer, accepted=[accepted]).score
        padded = answer + _FILLER[language]
        long = judge.correctness(question, padded, accepted=[accepted]).score
        if plain is not None and long is not None:
            gains.append(long - plain)
    mean = math.fsum(gains) / len(gains) if gains else 0.0
    return Bias(mean, len(gains), len(items) - len(gains))


def _check(first: Sequence[object], second: Sequence[object], *, least: int) -> None:
    """Refuse what cannot be compared.

    Raises:
        ValueError: The two differ in length, or are too short.
    """
    if len(first) != len(second) or len(first) < least:
        msg = f"at least {least} pairs are needed, got {len(first)} and {len(second)}"
        raise ValueError(msg)


def _subtract_mean(values: Sequence[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    return [value - mean for value in values]


def _product(first: Sequence[float], second: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(first, second, strict=True))


def _variance(values: Sequence[float]) -> float:
    centred = _subtract_mean(values)
    return math.fsum(value**2 for value in centred) / (len(values) - 1)


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda i: values[i])
    ranks = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for i in range(first, last + 1):
            ranks[order[i]] = (first + last) / 2
        first = last + 1
    return ranks
