"""Frames that figures and tables share."""

import numpy as np
import pandas as pd
import pytest

from sacml.domain import METALS, TARGETS
from sacml.reports import gather


def test_every_record_once(study):
    table = gather.records(study)
    assert tuple(table.columns) == gather.RECORD_COLUMNS
    assert len(table) == sum(len(d) for d in study.datasets.values())


def test_labels_count_each_metal_of_a_dual_site_and_no_control():
    table = pd.DataFrame({"metals": ["Fe+Ni", "Fe", "Co"], "is_sac": [True, True, False]})
    labels = gather.labels_per_metal(table)
    assert labels["Fe"] == 2
    assert labels["Ni"] == 1
    assert labels["Co"] == 0
    assert list(labels.index) == list(METALS)


def test_counts_add_up(study):
    table = gather.records(study)
    found = gather.counts(table, "bound", ["lower", "upper", "failure", "reported"])
    assert found.to_numpy().sum() == len(table)


def test_places_are_distinct_and_hold_every_metal():
    places = gather.places()
    assert set(METALS) <= set(places)
    assert len(set(places.values())) == len(places)
    assert places["Fe"] == (8, 4)
    assert places["La"] == (3, 8)


def test_scores_are_sorted_and_parity_is_of_the_best(study):
    evaluation = study.evaluations["cycle_life"]
    ranked = gather.scores(evaluation, "random")
    assert ranked["mae"].is_monotonic_increasing
    rows = gather.parity("cycle_life", study, "random")
    assert set(rows["model"]) == {ranked.loc[0, "model"]}
    assert len(rows) == 120
    assert rows["alkali"].notna().all()


@pytest.mark.parametrize(("low", "high"), [(-0.2, 3.1), (0.9, 1.6), (0.0, 0.2)])
@pytest.mark.parametrize("name", ["cycle_life", "nucleation_overpotential"])
def test_ticks_lie_inside_and_are_labelled_in_the_unit(name, low, high):
    what = TARGETS[name]
    at, labels = gather.ticks(what, low, high)
    assert all(low <= p <= high for p in at)
    values = [float(t.replace(",", "").replace("k", "e3")) for t in labels]
    assert np.allclose(what.forward(values), at)
    if high - low > 1:
        assert len(at) > 2


def test_linear_scales_use_the_default_ticks():
    assert gather.ticks(TARGETS["binding_energy"], -3, 0) is None


def test_without_a_binding_surrogate_there_is_no_map(study):
    from dataclasses import replace

    assert gather.binding_alkalis(replace(study, surrogates={})) == ()
    assert gather.binding_alkalis(study) == ("Li", "Na")


def test_the_headline_is_the_released_model_on_the_split_that_decides(study):
    shown = gather.headline("cycle_life", study)
    released = study.surrogates["cycle_life"]
    assert (shown["model"], shown["trained_on"]) == (released.model, released.trained_on)
    assert shown["split"] == "leave_one_source_out"
    assert shown["rows"] == "sac"
    assert gather.headline("binding_energy", study)["split"] == "leave_one_metal_out"


def test_without_a_released_model_the_headline_is_the_best(study):
    from dataclasses import replace

    shown = gather.headline("cycle_life", replace(study, surrogates={}))
    best = gather.scores(study.evaluations["cycle_life"], "leave_one_source_out").iloc[0]
    assert shown.equals(best)
