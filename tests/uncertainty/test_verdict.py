import math

import numpy as np
import pytest

from sacml.uncertainty import CalibrationError, judge_flag

GROUPS = np.repeat(list("abcdefghij"), 2)


def test_an_informative_flag_by_hand():
    inside = np.arange(20) % 4 > 0
    found = judge_flag(np.where(inside, 1.0, 3.0), inside, GROUPS)
    assert (found.n, found.n_groups, found.n_inside) == (20, 10, 15)
    assert (found.error_inside, found.error_outside, found.ratio) == (1, 3, 3)
    assert (found.ratio_low, found.ratio_high) == (3, 3)
    assert found.informative
    assert found.words == (
        "The in-domain flag is informative: 15 of 20 held-out records (75 %) in 10 groups lie in "
        "the domain; the error is 3 outside and 1 inside, 3.00 times (95 % group bootstrap 3.00 "
        "to 3.00)."
    )


@pytest.mark.parametrize(
    ("n_inside", "ratio", "informative", "words"),
    [
        (10, 1.4, False, "uninformative (less than 1.5 times)"),
        (10, 1.6, True, "is informative"),
        (19, 5.0, False, "a share inside that is not 30 to 90 %"),
        (2, 5.0, False, "a share inside that is not 30 to 90 %"),
        (19, 1.0, False, "(less than 1.5 times and a share inside"),
    ],
)
def test_both_conditions_are_needed(n_inside, ratio, informative, words):
    inside = np.random.default_rng(0).permutation(np.arange(20) < n_inside)
    found = judge_flag(np.where(inside, 1.0, ratio), inside, GROUPS)
    assert found.informative == informative
    assert words in found.words


@pytest.mark.parametrize(("inside", "words"), [(True, "none"), (False, "none lies inside")])
def test_a_flag_that_is_always_the_same_tells_nothing(inside, words):
    found = judge_flag(np.ones(20), np.full(20, inside), GROUPS)
    assert not found.informative
    assert math.isnan(found.ratio)
    assert math.isnan(found.ratio_low)
    assert ("no record lies outside" if inside else words) in found.words


def test_a_ratio_that_one_group_makes_is_doubted():
    error = np.where(GROUPS == "a", 9.0, 1.0)
    inside = ~np.isin(GROUPS, ["a", "b", "c"])
    found = judge_flag(error, inside, GROUPS)
    assert found.informative
    assert found.ratio_low <= 1 < found.ratio < found.ratio_high
    assert "an interval that includes 1" in found.words


def test_one_group_has_no_interval_and_no_error_inside_an_infinite_ratio():
    found = judge_flag([0.0, 1.0], [True, False], ["a", "a"])
    assert found.ratio == math.inf
    assert math.isnan(found.ratio_low)
    assert "in 1 group lie" in found.words


def test_the_same_seed_gives_the_same_interval():
    error = np.random.default_rng(0).exponential(size=20)
    inside = np.arange(20) % 3 > 0
    one, two, other = (judge_flag(error, inside, GROUPS, seed=s) for s in (1, 1, 2))
    assert one == two
    assert one.ratio == other.ratio
    assert one.ratio_low != other.ratio_low


def test_nothing_to_judge_is_an_error():
    with pytest.raises(CalibrationError, match="at least one held-out record"):
        judge_flag([], [], [])
    with pytest.raises(CalibrationError, match="one of each"):
        judge_flag([1.0], [True, False], ["a"])
