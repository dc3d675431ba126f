"""Listing runs."""

import pytest

from sacml.tracking import StudyTracker, TrackingError, default_uri, list_runs
from sacml.tracking.query import COLUMNS


def test_runs_are_listed_with_their_figures(store, evaluation):
    with StudyTracker(store, "one", name="quick") as tracker:
        tracker.log_evaluation("cycle_life", evaluation)
    with pytest.raises(ValueError), StudyTracker(store, "two"):
        raise ValueError
    table = list_runs(store, "one")
    assert tuple(table.columns) == COLUMNS
    assert sorted(table["kind"]) == ["evaluation"] * 4 + ["study"]
    children = table[table["kind"] == "evaluation"]
    assert set(children["parent_run_id"]) == {tracker.run_id}
    assert set(children["target"]) == {"cycle_life"}
    expected = evaluation.scores.query("rows == 'sac'")["mae"]
    assert sorted(children["mae_sac"]) == pytest.approx(sorted(expected))
    assert (table["duration_s"] >= 0).all()
    assert table["start"].is_monotonic_decreasing
    assert list_runs(store, "two")["status"].tolist() == ["FAILED"]
    assert {"one", "two"} <= set(list_runs(store)["experiment"])


def test_missing_store_and_experiment_are_named(store, tmp_path):
    with pytest.raises(TrackingError, match="run a study first"):
        list_runs(default_uri(tmp_path))
    assert not list(tmp_path.iterdir())
    with StudyTracker(store, "there"):
        pass
    with pytest.raises(TrackingError, match=r"no experiment 'absent'.*there"):
        list_runs(store, "absent")


def test_an_experiment_without_runs_is_an_empty_table(store):
    from sacml.tracking.backend import connect, experiment_id

    experiment_id(connect(store), store, "empty")
    table = list_runs(store, "empty")
    assert table.empty
    assert tuple(table.columns) == COLUMNS
