import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.uncertainty.grouped import Calibration, CalibrationError, check_level, groups_needed


def test_the_quantile_by_hand():
    # two groups weigh one each, the group to come one at infinity: 3 in all
    found = Calibration.of([-1.0, 2.0, 3.0, -4.0, 10.0], ["a", "a", "a", "a", "b"])
    assert found.residuals.tolist() == [1, 2, 3, 4, 10]
    assert found.weights.tolist() == [0.25, 0.25, 0.25, 0.25, 1]
    assert found.half_width(0.25) == 3  # 0.75 of 3
    assert found.half_width(1 / 3) == 4
    assert found.half_width(0.5) == 10
    assert found.half_width(2 / 3) == 10
    assert math.isinf(found.half_width(0.7))


@pytest.mark.parametrize(
    ("level", "needed"), [(0.9, 9), (0.95, 19), (0.8, 4), (0.5, 1), (0.99, 99), (0.91, 11)]
)
def test_an_interval_is_finite_from_the_number_of_groups_on(level, needed):
    assert groups_needed(level) == needed
    enough = Calibration.of(np.ones(needed), np.arange(needed))
    assert enough.half_width(level) == 1
    assert enough.remark(level) is None
    short = Calibration.of(np.ones(3 * (needed - 1)), np.repeat(np.arange(needed - 1), 3))
    assert math.isinf(short.half_width(level))
    assert f"at least {needed} are needed" in short.remark(level)


def test_no_groups_give_an_infinite_interval():
    none = Calibration.of([], [])
    assert none.n_groups == 0
    assert math.isinf(none.half_width(0.01))
    assert "0 held-out groups are too few" in none.remark(0.9)


@pytest.mark.parametrize("level", [0, 1, -0.1, 90, float("nan"), "0.9", None])
def test_a_level_lies_between_zero_and_one(level):
    with pytest.raises(CalibrationError, match=r"outside 0 to 1.*write e.g. 0.9"):
        check_level(level)
    with pytest.raises(CalibrationError):
        Calibration.of([1.0], ["a"]).half_width(level)


@pytest.mark.parametrize(
    ("residuals", "weights", "n", "text"),
    [
        ([1.0, 2.0], [1.0], 1, "residuals for"),
        ([2.0, 1.0], [0.5, 0.5], 1, "ascend"),
        ([-1.0, 1.0], [0.5, 0.5], 1, ">= 0"),
        ([1.0, np.nan], [0.5, 0.5], 1, "finite"),
        ([1.0, 2.0], [0.5, 0.5], 2, "add up"),
        ([1.0], [0.0], 0, "> 0"),
    ],
)
def test_a_calibration_is_checked(residuals, weights, n, text):
    with pytest.raises(CalibrationError, match=text):
        Calibration(residuals, weights, n)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.sampled_from("abcdefghij")), max_size=40))
def test_round_trip_and_monotone_in_the_level(pairs):
    found = Calibration.of([r for r, _ in pairs], np.array([g for _, g in pairs], dtype=str))
    again = Calibration.from_dict(found.to_dict())
    widths = [found.half_width(p) for p in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert widths == [again.half_width(p) for p in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert widths == sorted(widths)


def grouped_residuals(rng, n_groups):
    """Groups of very different size whose records share most of their error."""
    sizes = rng.integers(1, 15, size=n_groups)
    groups = np.repeat(np.arange(n_groups), sizes)
    return rng.normal(size=n_groups)[groups] + 0.3 * rng.normal(size=groups.size), groups


@pytest.mark.parametrize("n_groups", [9, 25])
def test_simulated_coverage_of_a_new_group_is_the_stated_one(n_groups):
    rng = np.random.default_rng(1)
    covered, plain, trials = [], [], 3000
    for _ in range(trials):
        residuals, groups = grouped_residuals(rng, n_groups)
        new, _ = grouped_residuals(rng, 1)
        covered.append(np.mean(np.abs(new) <= Calibration.of(residuals, groups).half_width(0.9)))
        # the same with every record a group of its own: what ignoring the groups would promise
        alone = Calibration.of(residuals, np.arange(residuals.size)).half_width(0.9)
        plain.append(np.mean(np.abs(new) <= alone))
    error = np.std(covered) / math.sqrt(trials)
    assert np.mean(covered) >= 0.9 - 3 * error
    # and it is not simply infinite: with n groups it covers at most 1/(n + 1) too much
    assert np.mean(covered) <= 0.9 + 1 / (n_groups + 1) + 3 * error
    if n_groups == 9:
        assert np.mean(plain) < 0.9 - 3 * error
