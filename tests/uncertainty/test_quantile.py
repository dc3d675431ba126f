import numpy as np
import pytest

from sacml.errors import UnknownNameError
from sacml.uncertainty.quantile import (
    CalibrationError,
    absolute_scores,
    check_level,
    group_weights,
    groups_needed,
    one_sided_scores,
    too_few,
    upper_quantile,
)


@pytest.mark.parametrize(
    ("level", "needed"), [(0.9, 9), (0.95, 19), (0.8, 4), (0.5, 1), (0.99, 99), (0.91, 11)]
)
def test_a_quantile_is_finite_from_the_number_of_groups_on(level, needed):
    assert groups_needed(level) == needed
    for n in (needed - 1, needed):
        found = upper_quantile(np.arange(1.0, n + 1), np.ones(n), n, level)
        assert found == (n if n == needed else np.inf)
    assert too_few(needed, level) is None
    assert f"{needed - 1} held-out groups are too few" in too_few(needed - 1, level)


@pytest.mark.parametrize("level", [0, 1, -0.1, 90, float("nan"), "0.9", None])
def test_a_level_lies_between_zero_and_one(level):
    for call in (check_level, groups_needed, lambda p: too_few(3, p)):
        with pytest.raises(CalibrationError, match=r"outside 0 to 1.*write e.g. 0.9"):
            call(level)


def test_records_of_one_group_share_its_weight():
    weights, n = group_weights(["a", "b", "a", "a"])
    assert n == 2
    assert weights == pytest.approx([1 / 3, 1, 1 / 3, 1 / 3])
    assert group_weights([])[1] == 0
    with pytest.raises(CalibrationError, match="one label a record"):
        group_weights([["a"]])


def test_the_quantile_by_hand_and_column_by_column():
    weights, n = group_weights(list("aabbc"))
    scores = np.array([[1.0, 5.0], [2.0, 4.0], [3.0, 3.0], [4.0, 2.0], [5.0, 1.0]])
    # of the weight 4 of three groups and the next, 0.5 is 2: a, a, b, b hold it in the first
    # column, and c, b, b in the second
    assert upper_quantile(scores, weights, n, 0.5).tolist() == [4.0, 3.0]
    assert np.isinf(upper_quantile(scores, weights, n, 0.9)).all()
    for k in (0, 1):
        alone = upper_quantile(scores[:, k], weights, n, 0.5)
        assert alone == upper_quantile(scores, weights, n, 0.5)[k]


def test_a_kept_bound_costs_nothing_and_a_broken_one_what_it_is_broken_by():
    residual = [-2.0, 3.0, -2.0, 3.0, -2.0, 3.0]
    bound = ["lower", "lower", "upper", "upper", "reported", "failure"]
    assert one_sided_scores(residual, bound).tolist() == [0, 3, 2, 0, 2, 3]
    assert absolute_scores(residual).tolist() == [2, 3, 2, 3, 2, 3]


def test_what_cannot_be_scored_is_said():
    with pytest.raises(CalibrationError, match=r"records \[1\] are not"):
        absolute_scores([1.0, np.nan])
    with pytest.raises(CalibrationError, match="one a record"):
        absolute_scores([[1.0]])
    with pytest.raises(CalibrationError, match="bounds for"):
        one_sided_scores([1.0], ["lower", "upper"])
    with pytest.raises(UnknownNameError, match="lowest"):
        one_sided_scores([1.0], ["lowest"])
