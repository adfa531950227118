"""How sure a mean is, and how sure a difference.

All of it resamples or permutes with a seed: the same values give the same figures.
Questions are taken as drawn independently from those that users ask.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "SCALES",
    "Difference",
    "Estimate",
    "bootstrap",
    "bootstrap_all",
    "corrected",
    "detectable",
    "holm",
    "paired",
]

# The metrics that are not shares, from 0 to 1, and the highest value of each.
SCALES: Final = {"correctness": 5.0, "answer_relevancy": 2.0}

_RESAMPLES: Final = 2_000
_PERMUTATIONS: Final = 10_000
_FEWEST: Final = 6  # 2 / 2⁵ is above 0.05, 2 / 2⁶ below
_AT_ONCE: Final = 200  # rows; keeps memory small for many questions
# Of a two-sided test at 5 % that is to see a difference 80 times of 100.
_Z_TEST, _Z_POWER = 1.959964, 0.841621


class Estimate(NamedTuple):
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


class Difference(NamedTuple):
    """What a second measurement has over a first, on the same questions.

    Attributes:
        mean: The mean of second minus first.
        low: The lower end of its 95 % interval.
        high: The upper end of its 95 % interval.
        p: How often chance alone gives a difference as large, 0 to 1.
        items: The questions that both have measured.
        better: Those on which the second is higher.
        worse: Those on which it is lower.
        detectable: The smallest difference that so many questions would show.
    """

    mean: float
    low: float
    high: float
    p: float
    items: int
    better: int
    worse: int
    detectable: float


def bootstrap(
    values: Sequence[float], *, seed: int = 0, share: bool = False
) -> Estimate:
    """Return the mean of `values` and the interval that resampling gives it.

    The percentile bootstrap of Efron, "Bootstrap Methods: Another Look at the
    Jackknife" (1979), with 2,000 resamples.

    Args:
        values: One for each question, at least one.
        seed: Of the resampling.
        share: Whether values lie between 0 and 1. Where all are 0 or all are 1,
            resampling sees nothing else, and the interval is that of Clopper and
            Pearson, "The Use of Confidence or Fiducial Limits" (1934).

    Raises:
        ValueError: There is no value.
    """
    if not values:
        msg = "an interval needs at least one value"
        raise ValueError(msg)
    shares = [""] if share else []
    return bootstrap_all({"": values}, seed=seed, shares=shares)[""]


def bootstrap_all(
    columns: Mapping[str, Sequence[float | None]],
    *,
    seed: int = 0,
    shares: Collection[str] = (),
) -> dict[str, Estimate]:
    """Return an estimate for each column, as `bootstrap` does for one.

    Args:
        columns: Name to one value for each question, in the same order everywhere;
            None where a question has none. A column without any value is left out.
        seed: Of the resampling, which is the same for all columns.
        shares: The columns whose values lie between 0 and 1.
    """
    import numpy as np  # noqa: PLC0415 - the command line need not wait for it

    names = [n for n, column in columns.items() if any(v is not None for v in column)]
    if not names:
        return {}
    table = np.array([columns[name] for name in names], dtype=np.float64).T
    here = ~np.isnan(table)
    values = np.where(here, table, 0.0)
    count = len(values)
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(_RESAMPLES // _AT_ONCE):
        indices = rng.integers(count, size=(_AT_ONCE, count))
        indices += np.arange(_AT_ONCE)[:, None] * count
        times = np.bincount(indices.ravel(), minlength=_AT_ONCE * count)
        weights = times.reshape(_AT_ONCE, count).astype(np.float64)
        with np.errstate(invalid="ignore"):  # a draw may miss a rare column wholly
            means.append((weights @ values) / (weights @ here))
    low, high = np.nanquantile(np.concatenate(means), [0.025, 0.975], axis=0)
    middle = values.sum(0) / here.sum(0)
    estimates = {
        name: Estimate(float(middle[i]), float(low[i]), float(high[i]))
        for i, name in enumerate(names)
    }
    counts = dict(zip(names, here.sum(0).tolist(), strict=True))
    return {
        name: _widen_unvaried(each, counts[name]) if name in shares else each
        for name, each in estimates.items()
    }


def _widen_unvaried(estimate: Estimate, count: int) -> Estimate:
    """Widen the interval of a share whose values are all 0, or all 1."""
    unseen = 1 - 0.025 ** (1 / count)
    if estimate == (0.0, 0.0, 0.0):
        return Estimate(0.0, 0.0, unseen)
    if estimate == (1.0, 1.0, 1.0):
        return Estimate(1.0, 1.0 - unseen, 1.0)
    return estimate


def paired(
    first: Sequence[float], second: Sequence[float], *, seed: int = 0
) -> Difference:
    """Compare two measurements of the same questions.

    The interval is the percentile bootstrap of the differences; it reaches 0 where
    fewer than six differ, as no signs of so few are unlikely at 5 %. The test permutes
    their signs: Fisher's randomisation test, recommended for retrieval by Smucker,
    Allan and Carterette, "A Comparison of Statistical Significance Tests for
    Information Retrieval Evaluation" (2007). With 10,000 permutations p is never
    below 0.0001.

    Raises:
        ValueError: The two differ in length, or are empty.
    """
    import numpy as np  # noqa: PLC0415 - as above

    if len(first) != len(second) or not first:
        msg = f"a pair for each question is needed, got {len(first)} and {len(second)}"
        raise ValueError(msg)
    difference = np.asarray(second, dtype=np.float64) - np.asarray(first)
    mean, low, high = bootstrap(difference.tolist(), seed=seed)
    if 0 < int((difference != 0).sum()) < _FEWEST:
        # Resampling so few knows of no other sign, and the test excludes no chance.
        low, high = min(low, 0.0), max(high, 0.0)
    return Difference(
        mean,
        low,
        high,
        p=_permutation_test(difference, seed=seed),
        items=len(difference),
        better=int((difference > 0).sum()),
        worse=int((difference < 0).sum()),
        detectable=detectable(difference.tolist()),
    )


def detectable(values: Sequence[float]) -> float:
    """Return the least mean difference that so many questions can show.

    That a two-sided test at 5 % sees 80 times of 100, by the normal approximation:
    (1.96 + 0.84) · s / √n.

    Args:
        values: Differences of pairs. For one measurement alone give its values: two
            that correlate by one half have differences that vary as much.
    """
    count = len(values)
    if count < 2:
        return math.inf
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    return (_Z_TEST + _Z_POWER) * math.sqrt(variance / count)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Correct p-values for being many.

    Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979).
    """
    corrected: dict[str, float] = {}
    least = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        least = max(least, min(p_values[name] * (len(p_values) - rank), 1.0))
        corrected[name] = least
    return {name: corrected[name] for name in p_values}


def corrected(differences: Mapping[str, Difference]) -> dict[str, float]:
    """Return the p-values of several differences, corrected for being several.

    What no question changes cannot be shown to differ, whatever chance draws, and does
    not count as a comparison: Tarone, "A Modified Bonferroni Method for Discrete Data"
    (1990).
    """
    varied = {name: d.p for name, d in differences.items() if d.better or d.worse}
    return dict.fromkeys(differences, 1.0) | holm(varied)


def _permutation_test(difference: "NDArray[np.float64]", *, seed: int) -> float:
    """Return how often random signs give a mean as far from 0."""
    import numpy as np  # noqa: PLC0415 - as above

    moved = difference[difference != 0]
    if not len(moved):
        return 1.0
    observed = abs(moved.sum()) * (1 - 1e-12)  # a sum in another order may differ a bit
    rng = np.random.default_rng(seed)
    reached = 0
    for _ in range(_PERMUTATIONS // _AT_ONCE):
        signs = rng.integers(2, size=(_AT_ONCE, len(moved)), dtype=np.int8) * 2.0 - 1.0
        reached += int((np.abs(signs @ moved) >= observed).sum())
    return (reached + 1) / (_PERMUTATIONS + 1)
