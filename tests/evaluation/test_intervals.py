import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from sacml.evaluation.intervals import interval_ends, with_intervals
from sacml.uncertainty import Calibration


def rows(split="leave_one_source_out", spread=np.nan, n_groups=12, seed=0, folds=None):
    rng = np.random.default_rng(seed)
    groups = np.repeat([f"g{i:02d}" for i in range(n_groups)], 2)
    n = len(groups)
    middle = rng.normal(size=n)
    return pd.DataFrame({
        "model": "m", "trained_on": "all", "split": split,
        "fold": groups if folds is None else folds, "group": groups, "is_sac": False,
        "bound": np.where(np.arange(n) % 3 == 0, "lower", "reported"), "middle": middle,
        "residual": rng.normal(size=n), "shell_low": middle, "shell_high": middle,
        "spread": spread,
    })  # fmt: skip


def test_a_row_is_calibrated_by_the_other_groups():
    table = rows()
    low, high = interval_ends(table, (0.9,), 10)[0.9]
    others = table[table["group"] != "g03"]
    half = Calibration.of(others["residual"], others["group"]).half_width(0.9)
    mine = (table["group"] == "g03").to_numpy()
    np.testing.assert_allclose(high[mine] - low[mine], 2 * half)
    np.testing.assert_allclose(((low + high) / 2)[mine], table["middle"][mine])


def test_the_width_follows_a_spread_that_says_where_the_model_errs():
    spread = np.tile([0.1, 1.0], 40)
    table = rows(spread=spread, n_groups=40)
    table["residual"] *= spread
    found = with_intervals(table, 0.8, 10)
    narrow, wide = found["width"][::2].to_numpy(), found["width"][1::2].to_numpy()
    assert (wide > 1.5 * narrow).all()
    assert (found["scale"][1::2].to_numpy() > found["scale"][::2].to_numpy()).all()
    table.loc[3, "spread"] = np.nan  # one fold without a spread: none is used
    found = with_intervals(table, 0.8, 10)
    np.testing.assert_allclose(found["width"][::2], found["width"][1::2])


def test_all_possible_shells_lie_inside():
    table = rows()
    wide = table.assign(shell_low=table["middle"] - 1, shell_high=table["middle"] + 2)
    one, two = (interval_ends(t, (0.9,), 10)[0.9] for t in (table, wide))
    np.testing.assert_allclose(one[0] - two[0], 1)
    np.testing.assert_allclose(two[1] - one[1], 2)


def test_later_years_do_not_calibrate_earlier_ones():
    folds = np.repeat(["2019", "2020", "2021"], 8)
    table = rows("by_year", folds=folds)
    low, high = interval_ends(table, (0.5,), 10)[0.5]
    assert np.isinf(high[:8]).all()
    half = Calibration.of(table["residual"][:8], table["group"][:8]).half_width(0.5)
    np.testing.assert_allclose((high - low)[8:16], 2 * half)


def test_the_likelihood_uses_the_scale_of_the_other_groups():
    table = rows()
    found = with_intervals(table, 0.9, 10)
    others = table[table["group"] != "g00"]["residual"]
    scale = np.sqrt((others**2).mean())
    assert found["scale"].iloc[0] == pytest.approx(scale)
    exact = found["bound"] == "reported"
    y = (table["middle"] + table["residual"])[exact]
    wanted = norm.logpdf(y, table["middle"][exact], found["scale"][exact])
    np.testing.assert_allclose(found["log_density"][exact], wanted)
