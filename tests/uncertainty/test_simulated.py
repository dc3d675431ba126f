"""Coverage on simulated data of known law: groups with an effect of their own."""

import math

import numpy as np
import pytest

from sacml.uncertainty import Calibration, CrossConformal, QuantileCalibration

LEVEL, TRIALS = 0.9, 1500


def sample(rng, n_groups, noise=0.3):
    """Values whose groups differ in size, and whose records share most of their error."""
    sizes = rng.integers(1, 15, size=n_groups)
    groups = np.repeat(np.arange(n_groups), sizes)
    return rng.normal(size=n_groups)[groups] + noise * rng.normal(size=groups.size), groups


def below(shares):
    """How far a mean of shares may lie below the level by chance."""
    return LEVEL - 3 * np.std(shares) / math.sqrt(len(shares))


@pytest.mark.parametrize("n_groups", [9, 25])
def test_a_new_group_is_covered_and_ignoring_groups_falls_short(n_groups):
    rng = np.random.default_rng(1)
    grouped, naive = [], []
    for _ in range(TRIALS):
        residual, groups = sample(rng, n_groups)
        new, _ = sample(rng, 1)
        for shares, labels in ((grouped, groups), (naive, np.arange(len(groups)))):
            half = Calibration.of(residual, labels).half_width(LEVEL)
            shares.append(np.mean(np.abs(new) <= half))
    assert np.mean(grouped) >= below(grouped)
    # and not because it is infinite: with n groups it covers at most 1 / (n + 1) too much
    assert np.mean(grouped) <= LEVEL + 1 / (n_groups + 1) + (LEVEL - below(grouped))
    if n_groups == 9:
        assert np.mean(naive) < below(naive)


def test_normalised_intervals_cover_too_and_follow_the_spread():
    rng = np.random.default_rng(2)
    covered, width = [], []
    for _ in range(TRIALS):
        residual, groups = sample(rng, 15)
        spread = rng.choice([0.5, 2.0], size=residual.size)
        found = Calibration.of(residual * spread, groups, spread=spread, normalise=True)
        new, _ = sample(rng, 1)
        asked = rng.choice([0.5, 2.0], size=new.size)
        low, high = found.interval(np.zeros(new.size), LEVEL, asked)
        covered.append(np.mean((low <= new * asked) & (new * asked <= high)))
        ends = found.interval(np.zeros(2), LEVEL, [0.5, 2.0])[1]
        width.append(ends[1] / ends[0])
    assert np.mean(covered) >= below(covered)
    assert min(width) > 1


@pytest.mark.parametrize("tells", [True, False])
def test_choosing_by_the_calibration_groups_does_not_cost_coverage(tells):
    rng = np.random.default_rng(6)
    covered = []
    for _ in range(400):
        residual, groups = sample(rng, 12)
        new, _ = sample(rng, 1)
        spread, asked = rng.choice([0.5, 2.0], residual.size), rng.choice([0.5, 2.0], new.size)
        if tells:
            residual, new = residual * spread, new * asked
        found = Calibration.of(residual, groups, spread=spread)
        low, high = found.interval(np.zeros(new.size), LEVEL, asked)
        covered.append(np.mean((low <= new) & (new <= high)))
    assert np.mean(covered) >= below(covered)


def test_conformalised_quantiles_cover_a_new_group():
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(TRIALS):
        value, groups = sample(rng, 15)
        found = QuantileCalibration.of(0 * value - 0.5, 0 * value + 0.5, value, groups)
        new, _ = sample(rng, 1)
        low, high = found.interval(0 * new - 0.5, 0 * new + 0.5, LEVEL)
        covered.append(np.mean((low <= new) & (new <= high)))
    assert np.mean(covered) >= below(covered)


@pytest.mark.parametrize("n_folds", [None, 4])
def test_cross_conformal_intervals_cover_a_new_group(n_folds):
    """Means that are learnt from few groups: residuals of a fit on all of them would fall short."""

    class Mean:
        def __init__(self, value):
            self.value = value

        def predict(self, X):
            return np.full(len(X), self.value)

    rng = np.random.default_rng(4)
    cross, naive = [], []
    for trial in range(500):
        value, groups = sample(rng, 12)
        X = np.zeros((value.size, 1))
        found = CrossConformal.fit(lambda rows, v=value: Mean(v[rows].mean()), X, value, groups,
                                   n_folds=n_folds, seed=trial)  # fmt: skip
        new, _ = sample(rng, 1)
        low, high = found.interval(np.zeros((1, 1)), LEVEL)
        cross.append(np.mean((low <= new) & (new <= high)))
        seen = Calibration.of(value - value.mean(), np.arange(value.size)).half_width(LEVEL)
        naive.append(np.mean(np.abs(new - value.mean()) <= seen))
    assert np.mean(cross) >= below(cross)
    assert np.mean(naive) < below(naive)


def test_each_reading_of_bounds_covers_what_it_promises():
    """Half of the values are cut off: a lower bound is printed in their place."""
    rng = np.random.default_rng(5)
    hard, soft = [], []
    for _ in range(TRIALS):
        value, groups = sample(rng, 15)
        cut = value - rng.exponential(size=value.size)
        bound = np.where(rng.random(value.size) < 0.5, "lower", "reported")
        printed = np.where(bound == "lower", cut, value)
        found = Calibration.of(printed, groups, bound=bound)
        new, _ = sample(rng, 1)
        low = rng.random(new.size) < 0.5
        shown = np.where(low, new - rng.exponential(size=new.size), new)
        half, free = (found.half_width(LEVEL, optimistic=o) for o in (False, True))
        hard.append(np.mean(np.abs(shown) <= half))
        soft.append(np.mean((shown <= free) & (low | (shown >= -free))))
        assert free <= half
    assert np.mean(hard) >= below(hard)
    assert np.mean(soft) >= below(soft)
