import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.errors import SacmlError
from sacml.uncertainty import Calibration, CalibrationError


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


@pytest.mark.parametrize("n", [0, 1, 2, 8, 9])
def test_calibrations_of_few_groups_are_infinite_and_say_how_many_are_needed(n):
    few = Calibration.of(np.ones(3 * n), np.repeat(np.arange(n), 3))
    low, high = few.interval([1.0, 2.0], 0.9)
    if n == 9:
        assert (low.tolist(), high.tolist()) == ([0, 1], [2, 3])
        assert few.remark(0.9) is None
        return
    assert (low == -np.inf).all()
    assert (high == np.inf).all()
    assert few.remark(0.9) == (
        f"the interval is infinite: {n} held-out groups are too few for 90 % (at least 9 are "
        "needed)"
    )
    assert few.half_width(0.5) == (1 if n else math.inf)


def test_no_groups_give_an_infinite_interval():
    none = Calibration.of([], [])
    assert none.n_groups == 0
    assert math.isinf(none.half_width(0.01))
    assert "0 held-out groups are too few" in none.remark(0.9)


@pytest.mark.parametrize("level", [0, 1, -0.1, 90, float("nan"), "0.9", None])
def test_a_level_lies_between_zero_and_one(level):
    with pytest.raises(CalibrationError, match=r"outside 0 to 1.*write e.g. 0.9"):
        Calibration.of([1.0], ["a"]).half_width(level)
    with pytest.raises(CalibrationError, match="outside 0 to 1"):
        Calibration.of([1.0], ["a"]).interval([0.0], level)


@pytest.mark.parametrize(
    ("residuals", "weights", "n", "text"),
    [
        ([1.0, 2.0], [1.0], 1, "residuals for"),
        ([2.0, 1.0], [0.5, 0.5], 1, "ascend"),
        ([-1.0, 1.0], [0.5, 0.5], 1, ">= 0"),
        ([1.0, np.nan], [0.5, 0.5], 1, "residuals must be finite"),
        ([1.0, 2.0], [0.5, 0.5], 2, "add up"),
        ([1.0], [0.0], 0, "> 0"),
    ],
)
def test_a_calibration_is_checked(residuals, weights, n, text):
    with pytest.raises(CalibrationError, match=text):
        Calibration(residuals, weights, n)


BOUNDS = ("reported", "failure", "lower", "upper")
ROWS = st.tuples(
    st.floats(-1e6, 1e6), st.sampled_from("abcdefghij"), st.sampled_from(BOUNDS), st.floats(0, 10)
)


@given(st.lists(ROWS, max_size=40))
def test_round_trip_and_monotone_in_the_level(rows):
    residual, groups, bound, spread = zip(*rows, strict=True) if rows else ((), (), (), ())
    found = Calibration.of(
        residual, np.array(groups, dtype=str), bound=bound, spread=spread, normalise=True
    )
    again = Calibration.from_dict(json.loads(json.dumps(found.to_dict())))
    levels = (0.1, 0.3, 0.5, 0.7, 0.9)
    for optimistic in (False, True):
        widths = [found.half_width(p, optimistic=optimistic) for p in levels]
        assert widths == [again.half_width(p, optimistic=optimistic) for p in levels]
        assert widths == sorted(widths)
        one, two = (c.interval([0.0, 1.0], 0.5, [0.1, 2.0], optimistic=optimistic)
                    for c in (found, again))  # fmt: skip
        assert np.array_equal(one, two)
    for level in levels:
        (low, high), (low_o, high_o) = (
            found.interval([0.0], level, [1.0], optimistic=o) for o in (False, True)
        )
        assert low <= low_o <= high_o <= high


def test_a_calibration_of_before_spread_and_bounds_is_read():
    raw = {"n_groups": 9, "absolute_residuals": [1.0] * 9, "weights": [1.0] * 9}
    found = Calibration.from_dict(raw)
    assert found.half_width(0.9) == 1
    assert not found.normalised
    assert found.to_dict() == raw


def test_bounds_alone_are_pessimistic_and_optimistically_free():
    n = np.arange(12)
    found = Calibration.of(-1.0 - n, n, bound=["lower"] * 12)
    assert found.half_width(0.9) == 12  # the printed value itself has to lie inside
    assert found.half_width(0.9, optimistic=True) == 0  # every bound is kept
    without = Calibration.of(-1.0 - n, n, bound=["reported"] * 12)
    assert without.one_sided is None
    assert without.half_width(0.9, optimistic=True) == 12


def test_a_target_with_one_value_has_an_interval_of_no_width():
    found = Calibration.of(np.zeros(10), np.arange(10), spread=np.zeros(10), normalise=True)
    assert not found.normalised  # spreads that are all zero cannot divide
    assert found.interval([3.0], 0.9) == (3.0, 3.0)


def test_a_normalised_interval_by_hand():
    spread = np.array([1.0, 1.0, 1.0, 3.0, 3.0])
    found = Calibration.of([2.0, 2.0, 4.0, 4.0, 8.0], np.arange(5), spread=spread, normalise=True)
    assert found.offset == 1  # the median
    # scores 1, 1, 2, 1, 2: two thirds of six groups are four, and the fourth is 2
    low, high = found.interval([0.0, 10.0], 2 / 3, [0.0, 4.0])
    assert low.tolist() == [-2, 0]
    assert high.tolist() == [2, 20]
    assert found.half_width(2 / 3) == 4  # not normalised
    with pytest.raises(CalibrationError, match="give the spread of the candidates too"):
        found.interval([0.0], 0.5)


def test_spreads_that_are_mostly_zero_still_divide():
    found = Calibration.of(
        [1.0] * 5, np.arange(5), spread=[0.0, 0.0, 0.0, 0.0, 5.0], normalise=True
    )
    assert found.offset == 0.01
    assert np.isfinite(found.interval([0.0], 0.5, [0.0])[1]).all()


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"spread": [1.0]}, "residuals for"),
        ({"spread": [1.0, -1.0]}, "spread must be finite and >= 0"),
        ({"spread": [1.0, np.nan]}, "spread must be finite"),
        ({"bound": ["lower"]}, "bounds for"),
        ({"bound": ["lower", "about"]}, "about"),
    ],
)
def test_spread_and_bounds_are_checked(more, text):
    with pytest.raises(SacmlError, match=text):
        Calibration.of([1.0, 2.0], ["a", "b"], **more)


def test_a_one_sided_residual_lies_below_the_residual():
    with pytest.raises(CalibrationError, match="above the residual"):
        Calibration([1.0], [1.0], 1, one_sided=[2.0])


@pytest.mark.parametrize(("tells", "chosen"), [(True, True), (False, False)])
def test_a_spread_is_used_where_it_tells_the_error_and_not_where_it_does_not(tells, chosen):
    rng = np.random.default_rng(0)
    spread = rng.uniform(0.1, 3, size=60)
    residual = rng.normal(size=60) * (spread if tells else 1)
    groups = np.arange(60) // 3
    assert Calibration.of(residual, groups, spread=spread).normalised == chosen
    for forced in (True, False):
        found = Calibration.of(residual, groups, spread=spread, normalise=forced)
        assert found.normalised == forced


def test_the_choice_by_hand():
    # ten groups of one record; without one, nine others give their largest score
    residual, spread = np.array([1.0] * 5 + [4.0] * 5), np.array([1.0] * 5 + [4.0] * 5)
    # plain: 4 for all, a score of 80. Normalised by spread + 2.5: 4 / 6.5 of 3.5 and of 6.5
    assert Calibration.of(residual, np.arange(10), spread=spread).normalised
    assert not Calibration.of(residual, np.arange(10), spread=spread[::-1]).normalised
    # nine groups leave eight others, too few to compare by
    assert not Calibration.of(residual[1:], np.arange(9), spread=spread[1:]).normalised
