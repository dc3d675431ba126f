import numpy as np
import pandas as pd
import pytest
from synthetic import dataset

from sacml.evaluation.cells import Cell
from sacml.evaluation.learning import curve_points, learning_curve
from sacml.evaluation.power_law import fit_power_law, groups_to_tell, records_needed
from sacml.models.described import Described

LOSO = "leave_one_source_out"


@pytest.fixture(scope="module")
def rows():
    described = Described.of(dataset(n=72).records, "cycle_life")
    return learning_curve(described, Cell(LOSO, "ridge", "all", 0), n_orders=2, n_sizes=4)


def test_every_record_is_held_out_once_at_each_size(rows):
    assert (rows.groupby(["order", "share"])["record_id"].nunique() == 72).all()
    assert (rows.groupby(["order", "share"]).size() == 72).all()
    assert rows["share"].nunique() == 4


def test_the_training_groups_grow_and_the_error_falls(rows):
    points = curve_points(rows)
    assert points["n_groups"].is_monotonic_increasing
    assert points["n_groups"].iloc[0] == pytest.approx(3, abs=0.6)
    assert points["n_groups"].iloc[-1] == pytest.approx(24 * 4 / 5, abs=0.5)
    assert points["mae"].iloc[-1] < points["mae"].iloc[0]
    assert (points["mae_low"] <= points["mae"]).all()


def test_models_are_compared_on_the_same_subsets(rows):
    described = Described.of(dataset(n=72).records, "cycle_life")
    other = learning_curve(described, Cell(LOSO, "constant", "all", 0), n_orders=2, n_sizes=4)
    for name in ("order", "share", "record_id", "n_records"):
        assert rows[name].tolist() == other[name].tolist()


def curve(slope, noise, n_groups=30, seed=0):
    """Errors of two records in each group at six sizes, their mean a power of the size."""
    rng = np.random.default_rng(seed)
    effect = np.exp(noise * rng.normal(size=n_groups))
    frames = []
    for order in range(4):
        for share in np.geomspace(0.1, 1, 6):
            n = 100 * share
            error = 2 * n**-slope * effect * np.exp(noise * rng.normal(size=n_groups))
            frames.append(pd.DataFrame({"order": order, "share": share, "n_records": n,
                                        "group": [f"g{i}" for i in range(n_groups)],
                                        "error": error / effect.mean()}))  # fmt: skip
    return pd.concat(frames)


def test_a_power_law_is_found():
    law, draws = fit_power_law(curve(0.5, 0.02))
    assert law.slope == pytest.approx(0.5, abs=0.02)
    assert law.slope_low < 0.5 < law.slope_high
    assert law.at(100) == pytest.approx(2 * 100**-0.5, rel=0.03)
    found = records_needed(law, draws, 2 * 400**-0.5)
    assert found.records == pytest.approx(400, rel=0.15)
    assert 100 <= found.low < found.records < found.high
    assert "has no floor" in found.sentence


def test_what_is_reached_already_is_said():
    law, draws = fit_power_law(curve(0.5, 0.02))
    assert "the 100 records at hand reach 0.500" in records_needed(law, draws, 0.5).sentence


def test_a_flat_curve_is_not_extrapolated():
    law, draws = fit_power_law(curve(0.0, 0.3))
    assert not law.falls
    found = records_needed(law, draws, 0.5 * law.at(100))
    assert found.records is None
    assert "not identifiable" in found.sentence


def test_far_beyond_the_data_no_number_is_given():
    law, draws = fit_power_law(curve(0.1, 0.01))
    found = records_needed(law, draws, 0.4 * law.at(100))
    assert found.records is None
    assert "more than 100 times" in found.sentence


def test_groups_that_would_tell_two_models_apart():
    # the half width is twice the difference: four times the groups
    assert groups_to_tell(-0.1, -0.3, 0.1, 20) == pytest.approx(80)
    assert groups_to_tell(0.1, -0.3, 0.1, 20) is None
    assert groups_to_tell(-0.1, np.nan, np.nan, 1) is None
