"""How sure a mean is."""

from collections.abc import Sequence
from typing import Final, NamedTuple

__all__ = ["Estimate", "bootstrap"]

_RESAMPLES: Final = 2_000
_AT_ONCE: Final = 200  # resamples; keeps memory small for many questions


class Estimate(NamedTuple):
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def bootstrap(values: Sequence[float], *, seed: int = 0) -> Estimate:
    """Return the mean of `values` and the interval that resampling gives it.

    The percentile bootstrap of Efron, "Bootstrap Methods: Another Look at the
    Jackknife" (1979), with 2,000 resamples; the same seed gives the same interval.

    Args:
        values: One for each question, at least one.
        seed: Of the resampling.

    Raises:
        ValueError: There is no value.
    """
    import numpy as np  # noqa: PLC0415 - the command line need not wait for it

    if not values:
        msg = "an interval needs at least one value"
        raise ValueError(msg)
    observed = np.asarray(values, dtype=np.float64)
    dice = np.random.default_rng(seed)
    means = [
        observed[dice.integers(len(observed), size=(_AT_ONCE, len(observed)))].mean(1)
        for _ in range(_RESAMPLES // _AT_ONCE)
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return Estimate(float(observed.mean()), float(low), float(high))
