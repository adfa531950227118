"""References: the normal approximation, exact enumeration, and cases worked by hand."""

import itertools
import random

import numpy as np
import pytest
from scipy.stats import binomtest

from erya.evaluating import bootstrap, paired
from erya.evaluating.statistics import bootstrap_all, detectable, holm


def test_an_interval_narrows_with_more_values_and_repeats():
    """For many values it is that of the normal approximation."""
    dice = np.random.default_rng(4)
    values = (dice.random(2_000) < 0.7).astype(float).tolist()

    found = bootstrap(values)

    assert found == bootstrap(values)
    assert found.mean == pytest.approx(np.mean(values))
    half = 1.96 * np.std(values) / np.sqrt(len(values))
    assert found.low == pytest.approx(found.mean - half, abs=0.003)
    assert found.high == pytest.approx(found.mean + half, abs=0.003)
    assert bootstrap([0.5]) == (0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="at least one"):
        bootstrap([])


def test_a_column_with_gaps_is_estimated_over_what_it_has():
    whole = [0.0, 1.0] * 50
    gaps = [value if i % 2 else None for i, value in enumerate(whole)]

    found = bootstrap_all({"whole": whole, "gaps": gaps, "none": [None] * 100})

    assert found["whole"] == pytest.approx(bootstrap(whole))
    assert found["gaps"] == (1.0, 1.0, 1.0)
    assert "none" not in found
    assert bootstrap_all({}) == {}


def test_a_difference_is_tested_as_by_all_permutations():
    dice = random.Random(2)
    first = [dice.random() for _ in range(12)]
    second = [value + dice.gauss(0.15, 0.3) for value in first]
    moved = np.array(second) - np.array(first)
    exact = np.mean(
        [
            abs(np.dot(signs, moved)) >= abs(moved.sum()) - 1e-12
            for signs in itertools.product((-1, 1), repeat=12)
        ]
    )

    found = paired(first, second)

    assert found.p == pytest.approx(exact, abs=0.015)
    assert found.mean == pytest.approx(moved.mean())
    assert found.low < found.mean < found.high
    assert (found.items, found.better, found.worse) == (
        12,
        int((moved > 0).sum()),
        int((moved < 0).sum()),
    )


def test_nothing_changed_is_no_difference():
    found = paired([1.0, 0.0], [1.0, 0.0])

    assert found[:4] == (0.0, 0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="got 1 and 2"):
        paired([1.0], [1.0, 2.0])


def test_a_difference_as_large_as_is_detectable_is_found_four_times_of_five():
    dice = random.Random(5)
    found = []
    for _ in range(150):
        noise = [dice.gauss(0.0, 0.5) for _ in range(60)]
        shift = 2.801585 * 0.5 / 60**0.5
        found.append(paired([0.0] * 60, [n + shift for n in noise]).p < 0.05)

    assert 0.7 < np.mean(found) < 0.9
    assert detectable([0.0, 1.0] * 20) == pytest.approx(
        2.801585 * 0.506370 / 40**0.5, abs=1e-5
    )
    assert detectable([1.0]) == float("inf")


def test_many_tests_are_corrected_by_holm():
    """By hand: 0.01·3, then 0.03·2, then 0.04·1, which may not fall below the one before."""
    assert holm({"a": 0.04, "b": 0.01, "c": 0.03}) == pytest.approx(
        {"a": 0.06, "b": 0.03, "c": 0.06}
    )
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}


@pytest.mark.parametrize("count", [1, 5, 40, 1_000])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_share_that_never_varies_has_an_exact_interval(value, count):
    """Reference: SciPy's interval of Clopper and Pearson."""
    exact = binomtest(int(value) * count, count).proportion_ci(method="exact")

    found = bootstrap([value] * count, share=True)

    assert found == pytest.approx((value, exact.low, exact.high))
    assert bootstrap([value] * count) == (value, value, value)
    assert bootstrap([0.5] * count, share=True) == (0.5, 0.5, 0.5)


def test_a_difference_of_few_questions_is_not_sure():
    """Five that all fell have p = 2 / 2⁵, six have 2 / 2⁶."""
    five = paired([1.0] * 5, [0.0] * 5)
    six = paired([1.0] * 6, [0.0] * 6)

    assert (five.mean, five.low, five.high) == (-1.0, -1.0, 0.0)
    assert five.p > 0.05
    assert (six.low, six.high) == (-1.0, -1.0)
    assert six.p < 0.05
    assert paired([0.5] * 4, [0.5] * 4)[:3] == (0.0, 0.0, 0.0)
