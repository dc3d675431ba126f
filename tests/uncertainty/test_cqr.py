import numpy as np
import pytest

from sacml.uncertainty import CalibrationError, QuantileCalibration

N = np.arange(12)


def test_both_ends_move_by_one_amount_that_may_be_negative():
    zero = np.zeros(12)
    wide = QuantileCalibration.of(zero - 5, zero + 5, zero + 3, N)  # all 2 inside
    low, high = wide.interval([0.0, 10.0], [10.0, 12.0], 0.9)
    assert low.tolist() == [2, 11]  # the second pair is narrower than what is taken off
    assert high.tolist() == [8, 11]
    narrow = QuantileCalibration.of(zero - 1, zero + 1, zero - 4, N)  # all 3 outside
    assert np.stack(narrow.interval([0.0], [1.0], 0.9)).ravel().tolist() == [-3, 4]


def test_quantiles_that_cross_are_exchanged():
    one, two = (QuantileCalibration.of(*pair, N / 4, N) for pair in
                ((0 * N, 0 * N + 1), (0 * N + 1, 0 * N)))  # fmt: skip
    assert (one.scores == two.scores).all()
    assert np.array_equal(one.interval([0.0], [1.0], 0.9), two.interval([1.0], [0.0], 0.9))


def test_groups_weigh_one():
    groups = np.array(["a"] * 90 + list("bcdefghijk"))
    outside = np.concatenate([np.zeros(90), np.full(10, 7.0)])
    found = QuantileCalibration.of(0 * outside, 0 * outside, outside, groups)
    assert found.interval([0.0], [0.0], 0.5)[1] == 7  # of 12 weights, records at zero hold one


def test_a_kept_bound_costs_nothing_optimistically():
    low, high, y = np.zeros(12) - 1, np.zeros(12) + 1, np.zeros(12) - 9
    found = QuantileCalibration.of(low, high, y, N, bound=["lower"] * 12)
    assert found.interval([-1.0], [1.0], 0.9)[0] == -9
    # the middle, 1 inside of the pair, is as good as a lower bound below it can be
    assert np.stack(found.interval([-1.0], [1.0], 0.9, optimistic=True)).tolist() == [[0], [0]]


def test_too_few_groups_are_infinite_and_say_so():
    found = QuantileCalibration.of([0.0], [1.0], [0.5], ["a"])
    assert np.isinf(found.interval([0.0], [1.0], 0.9)).all()
    assert "1 held-out groups are too few" in found.remark(0.9)


def test_what_does_not_fit_is_said():
    with pytest.raises(CalibrationError, match="upper quantiles for"):
        QuantileCalibration.of([0.0], [1.0, 2.0], [0.5], ["a"])
    with pytest.raises(CalibrationError, match="finite"):
        QuantileCalibration.of([0.0], [np.inf], [0.5], ["a"])
