import numpy as np
import pandas as pd
import pytest
from scipy.stats import permutation_test

from sacml.errors import SacmlError
from sacml.evaluation.significance import compare, flip_test, holm


def test_holm_by_hand():
    found = holm([0.01, 0.04, 0.03, np.nan])
    np.testing.assert_allclose(found, [0.03, 0.06, 0.06, np.nan])
    assert holm([0.9, 0.8]).max() == 1
    assert holm([]).shape == (0,)


def test_all_flips_of_a_few_groups():
    # sums 3 and 1: |+-3 +-1| >= 4 in two of four flips
    assert flip_test([1.0, 2, 1], ["a", "a", "b"], 0) == 0.5
    assert np.isnan(flip_test([1.0, 2], ["a", "a"], 0))


def test_as_the_library_where_each_record_is_a_group():
    d = np.random.default_rng(1).normal(0.4, 1, size=12)
    wanted = permutation_test(
        (d, np.zeros(12)), lambda a, b: a.mean() - b.mean(), permutation_type="samples",
        n_resamples=np.inf,
    ).pvalue  # fmt: skip
    assert flip_test(d, np.arange(12), 0) == pytest.approx(wanted)


def test_groups_are_flipped_not_records():
    rng = np.random.default_rng(0)
    effect = rng.normal(size=8)
    groups = np.repeat(np.arange(8), 50)
    d = effect[groups] + 0.01 * rng.normal(size=400)
    assert flip_test(d, groups, 0) > 0.05
    assert flip_test(d + 5, groups, 0) == pytest.approx(2 / 2**8)


def test_the_level_is_kept_where_two_models_are_alike():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(10), 3)
    p = [flip_test(rng.normal(size=10)[groups] + rng.normal(size=30), groups, 0)
         for _ in range(200)]  # fmt: skip
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.05)


def rows(**errors):
    frames = [
        pd.DataFrame({"model": m, "trained_on": "all", "error": e,
                      "record_id": [f"r{i}" for i in range(len(e))],
                      "group": [f"g{i % 6}" for i in range(len(e))]})
        for m, e in errors.items()
    ]  # fmt: skip
    return pd.concat(frames)


def test_models_are_compared_record_by_record():
    base = np.random.default_rng(0).uniform(1, 2, size=18)
    table = rows(constant=base, better=base - 0.5, other=base[::-1]).sample(frac=1, random_state=0)
    found = compare(table, [("constant", "all")]).set_index("model")
    assert set(found.index) == {"better", "other"}
    better = found.loc["better"]
    assert better["delta"] == pytest.approx(-0.5)
    assert better["delta_low"] == pytest.approx(better["delta_high"])
    assert better["ratio"] == pytest.approx((base - 0.5).mean() / base.mean())
    assert better["p"] == pytest.approx(2 / 2**6)
    assert better["p_holm"] == pytest.approx(2 * better["p"])
    assert found.loc["other", "p"] > 0.1
    assert set(compare(table, [("constant", "all")], models=["other"])["model"]) == {"other"}


def test_what_cannot_be_paired_is_left_out_or_said():
    table = rows(constant=np.ones(6), short=np.ones(4))
    assert compare(table, [("constant", "all")]).empty
    with pytest.raises(SacmlError, match="ridge on all was not evaluated; evaluated are constant"):
        compare(table, [("ridge", "all")])
