"""The comparison of physical ideas holds its promises: nothing held out is seen."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from synthetic import dataset

from sacml.models import make_model
from sacml.models.described import Described

sys.path.insert(0, str(Path(__file__).parents[2] / "experiments"))
import held_out
import physics


@pytest.fixture(scope="module")
def described():
    return Described.of(dataset(n=60, n_sources=12).records, "cycle_life")


def variant(name="ridge", **settings):
    return held_out.Variant("idea", name, lambda: make_model("ridge"), "ridge", **settings)


def test_folds_hold_out_whole_sources(described):
    folds, groups = held_out.source_folds(described, 5)
    assert len(folds) == 5
    assert all(not set(groups[f.train]) & set(groups[f.test]) for f in folds)
    assert len(held_out.source_folds(described, 99)[0]) == 12


@pytest.mark.parametrize("trained_on", ["sac", "all"])
def test_held_out_values_do_not_reach_their_prediction(described, trained_on):
    folds, groups = held_out.source_folds(described, 4)
    idea = variant(trained_on=trained_on)
    fold = next(f for f in folds if described.is_sac[f.test].any())
    before, _ = held_out.hold_out(described, folds, groups, idea)
    y = described.y.copy()
    y[fold.test] += 100
    after, _ = held_out.hold_out(dataclasses.replace(described, y=y), folds, groups, idea)
    same = before == after
    assert same[fold.test].all()
    assert not same.all()
    assert np.isfinite(before).all()


def test_an_offset_is_learned_around_and_added_back(described):
    folds, groups = held_out.source_folds(described, 4)
    slope = variant(offset=lambda X: 5 - X[:, physics.CURRENT].astype(float))
    exact = dataclasses.replace(described, y=slope.offset(described.X))
    found, _ = held_out.hold_out(exact, folds, groups, slope)
    assert found == pytest.approx(exact.y)


def test_a_row_beside_its_baseline(described):
    folds, groups = held_out.source_folds(described, 4)
    found, _ = held_out.hold_out(described, folds, groups, variant())
    worse = variant("worse")
    middles = {"ridge": found, "worse": found + 3.0}
    rows = held_out.compare(described, groups, [variant(), worse], middles, 0)
    table = held_out.with_verdicts(rows)
    assert table["verdict"].tolist() == ["baseline", "harms"]
    assert table["n_records"].tolist() == [60, 60]
    assert table["difference"][1] == pytest.approx(table["mae"][1] - table["mae"][0])
    assert table["low"][1] > 0


def test_life_of_equal_cycles_falls_with_current_and_rises_with_capacity():
    X = np.zeros((3, len(physics.NAMES)), dtype=np.float32)
    X[:, [physics.CURRENT, physics.CAPACITY]] = [[1, 2], [0.5, 0], [1, 0]]
    X[:2, physics.NAMES.index("cond_current_density_known")] = 1
    X[[0, 2], physics.NAMES.index("cond_areal_capacity_known")] = 1
    assert physics.cycles_identity(X).tolist() == [1, 0, 0]


def test_the_binding_energy_is_one_more_column_for_sites_alone(described):
    extend = physics.binding_column(0)
    X = extend(described.X)
    assert X.shape == (len(described), described.X.shape[1] + 1)
    sites = described.X[:, physics.IS_SITE] > 0
    assert np.ptp(X[~sites, -1]) == 0
    assert np.ptp(X[sites, -1]) > 0.05
