import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from sacml.evaluation.coverage import calibration_curve, group_coverage, pooled_coverage
from sacml.evaluation.intervals import with_intervals


def table(covered, groups, width=2.0, score=2.0):
    n = len(covered)
    return pd.DataFrame({"covered": covered, "covered_optimistic": covered, "group": groups,
                         "width": [width] * n, "interval_score": [score] * n})  # fmt: skip


def judged(covered, groups, **more):
    mine = table(covered, groups, **more)
    return pooled_coverage(mine, mine.assign(interval_score=3.0), 0.9)


GROUPS = np.repeat([f"g{i}" for i in range(10)], 4)


def test_as_promised():
    inside = np.ones(40, dtype=bool)
    inside[[0, 9, 18, 27]] = False
    found = judged(inside, GROUPS)
    assert (found.verdict, found.share, found.n_covered) == ("holds", 0.9, 36)
    assert found.low < 0.9 < found.high


def test_short_of_the_promise():
    inside = np.ones(40, dtype=bool)
    inside[::3] = False
    found = judged(inside, GROUPS)
    assert found.verdict == "fails"
    assert "does not contain 0.90" in found.reason
    assert "lies below 0.80" in found.reason


def test_wider_than_the_constant():
    inside = np.ones(40, dtype=bool)
    inside[[0, 9, 18, 27]] = False
    found = judged(inside, GROUPS, score=3.5)
    assert found.verdict == "fails"
    assert "3.500 is not below the constant's 3.000" in found.reason


def test_one_group_that_is_missed_altogether():
    groups = np.array(["bad"] * 8 + [f"g{i}" for i in range(200)])
    inside = np.ones(208, dtype=bool)
    inside[:8] = False
    inside[10:20] = False
    found = judged(inside, groups)
    assert found.short == ("bad",)
    assert "short in bad" in found.reason


def test_no_verdict_on_four_groups_or_without_ends():
    few = judged([True] * 8, ["a", "b", "c", "d"] * 2)
    assert few.verdict == "no verdict"
    assert "8 of 8 records covered; 4 groups" in few.reason
    endless = judged([True] * 40, GROUPS, width=np.inf)
    assert endless.verdict == "no verdict"
    assert "40 of the intervals are infinite" in endless.reason


def test_only_groups_of_five_are_tested():
    groups = ["a"] * 5 + ["b"] * 4 + ["c"] * 6
    inside = [True, True, False, False, False] + [False] * 4 + [True] * 6
    found = group_coverage(table(inside, groups), 0.9).set_index("group")
    assert found.loc["a", "p"] == pytest.approx(binom.cdf(2, 5, 0.9))
    assert found.loc["a", "p_holm"] == pytest.approx(2 * found.loc["a", "p"])
    assert np.isnan(found.loc["b", "p"])
    assert found.loc["c", "covered"] == 6


def predictions(n_groups=60, size=4, seed=0):
    rng = np.random.default_rng(seed)
    groups = np.repeat([f"g{i:03d}" for i in range(n_groups)], size)
    residual = np.repeat(rng.normal(size=n_groups), size) + rng.normal(size=n_groups * size)
    middle = np.zeros(len(groups))
    return pd.DataFrame({
        "model": "m", "trained_on": "all", "split": "leave_one_source_out", "fold": groups,
        "group": groups, "is_sac": True, "bound": "reported", "middle": middle,
        "residual": residual, "shell_low": middle, "shell_high": middle, "spread": np.nan,
    })  # fmt: skip


def test_the_curve_of_exchangeable_groups_lies_on_the_diagonal():
    curve = calibration_curve(predictions(), 10)
    assert np.abs(curve["coverage"] - curve["level"]).max() < 0.06
    assert curve["mean_width"].is_monotonic_increasing
    at = with_intervals(predictions(), 0.9, 10)
    assert curve.set_index("level").loc[0.9, "coverage"] == at["covered"].mean()


def test_levels_beyond_the_groups_are_infinite():
    curve = calibration_curve(predictions(n_groups=12), 5).set_index("level")
    assert curve.loc[0.95, "n_infinite"] == 48
    assert np.isinf(curve.loc[0.95, "mean_width"])
    assert curve.loc[0.9, "n_infinite"] == 0
