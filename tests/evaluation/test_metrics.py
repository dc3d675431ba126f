import math

import numpy as np
import pytest

from sacml.evaluation.metrics import GroupBootstrap, one_sided_error


def test_a_kept_bound_costs_nothing():
    observed, predicted = np.array([2.0, 2, 2, 2, 2, 2]), np.array([3.0, 1, 3, 1, 3, 1])
    words = ["lower", "lower", "upper", "upper", "reported", "failure"]
    assert one_sided_error(observed, predicted, words).tolist() == [0, 1, 1, 0, 1, 1]


def test_the_interval_by_hand():
    # two groups with means 0 and 1: a quarter of the resamples is all 0, a quarter all 1
    bootstrap = GroupBootstrap.of(["a", "a", "b", "b"], seed=0)
    values = np.array([0.0, 0, 1, 1])
    assert bootstrap.interval(values) == (0, 1)
    low, high = bootstrap.interval(values, level=0.4)
    assert (low, high) == (0.5, 0.5)


def test_large_groups_weigh_as_in_the_pooled_mean():
    bootstrap = GroupBootstrap.of(["a"] * 9 + ["b"], seed=0, n_draws=500)
    values = np.array([0.0] * 9 + [1])
    means = (bootstrap.draws @ [0, 1]) / (bootstrap.draws @ [9, 1])
    assert set(np.round(means, 6)) == {0, 0.1, 1}
    assert bootstrap.interval(values)[1] == 1


def test_groups_not_records_are_resampled():
    rng = np.random.default_rng(0)
    effect = rng.normal(size=10)
    groups = np.repeat(np.arange(10), 50)
    values = effect[groups] + 0.01 * rng.normal(size=500)
    by_group = GroupBootstrap.of(groups, 0).interval(values)
    by_record = GroupBootstrap.of(np.arange(500), 0).interval(values)
    assert np.ptp(by_group) > 4 * np.ptp(by_record)


def test_one_group_has_no_interval_and_a_seed_repeats():
    assert all(map(math.isnan, GroupBootstrap.of(["a", "a"], 0).interval(np.ones(2))))
    values = np.random.default_rng(0).normal(size=30)
    groups = np.arange(30) % 7
    one, two, other = (GroupBootstrap.of(groups, s).interval(values) for s in (1, 1, 2))
    assert one == two != other
    assert one[0] == pytest.approx(other[0], abs=0.2)
