"""Listing runs."""

import pytest

from sacml.tracking import StudyTracker, TrackingError, default_uri, list_runs
from sacml.tracking.backend import connect
from sacml.tracking.query import COLUMNS, best_runs, find_run


def test_runs_are_listed_with_their_figures(store, evaluation):
    with (
        StudyTracker(store, name="quick", prefix="one") as tracker,
        tracker.target("cycle_life") as run,
    ):
        run.log_evaluation(evaluation)
    with pytest.raises(ValueError), StudyTracker(store, prefix="two"):
        raise ValueError
    table = list_runs(store, "one-cycle_life")
    assert tuple(table.columns) == COLUMNS
    assert sorted(table["kind"]) == ["evaluation"] * 4 + ["target"]
    children = table[table["kind"] == "evaluation"]
    assert set(children["parent_run_id"]) == {run.run_id}
    assert set(children["target"]) == {"cycle_life"}
    expected = evaluation.scores.query("rows == 'sac'")["mae"]
    assert sorted(children["mae_sac"]) == pytest.approx(sorted(expected))
    assert (table["duration_s"] >= 0).all()
    assert table["start"].is_monotonic_decreasing
    alone = list_runs(store, "two-studies")
    assert alone["status"].tolist() == ["FAILED"]
    assert alone["mae_all"].dtype == "float64"
    assert {"one-studies", "one-cycle_life", "two-studies"} <= set(list_runs(store)["experiment"])


def test_missing_store_and_experiment_are_named(store, tmp_path):
    with pytest.raises(TrackingError, match="run a study first"):
        list_runs(default_uri(tmp_path))
    assert not list(tmp_path.iterdir())
    with StudyTracker(store, prefix="there"):
        pass
    with pytest.raises(TrackingError, match=r"no experiment 'absent'.*there-studies"):
        list_runs(store, "absent")


def test_an_experiment_without_runs_is_an_empty_table(store):
    from sacml.tracking.backend import experiment_id

    experiment_id(connect(store), store, "empty")
    table = list_runs(store, "empty")
    assert table.empty
    assert tuple(table.columns) == COLUMNS


def test_a_run_is_found_by_its_first_digits_or_its_name(store):
    with StudyTracker(store, name="wanted", prefix="find") as tracker:
        pass
    client = connect(store)
    for text in (tracker.run_id, tracker.run_id[:12], tracker.title):
        assert find_run(client, text).info.run_id == tracker.run_id
    with pytest.raises(TrackingError, match="there is no run 'nothing'"):
        find_run(client, "nothing")


def test_the_newest_of_a_name_is_meant(store):
    ids = []
    for _ in range(2):
        with (
            StudyTracker(store, prefix="newest") as tracker,
            tracker.target("cycle_life") as run,
            run.nested("the same name") as run_id,
        ):
            ids.append(run_id)
    assert find_run(connect(store), "the same name").info.run_id == ids[-1]


def test_best_ranks_what_stands_on_the_newest_folds(store, make_evaluation):
    first = make_evaluation(("constant", "ridge"), ("all",), ("random",), n=24)
    second = make_evaluation(("constant", "ridge"), ("all",), ("random",), n=32, seed=1)
    for evaluation in (first, second):
        with StudyTracker(store, prefix="best") as tracker, tracker.target("cycle_life") as run:
            run.log_evaluation(evaluation)
    table = best_runs(store, "cycle_life", "random", prefix="best")
    assert set(table["split_digest"]) == {second.splits["random"].digest}
    assert table.attrs["left_out"] == 2
    assert table["mae"].is_monotonic_increasing
    expected = second.scores.query("rows == 'all'").set_index("model")["mae"]
    assert table.set_index("model")["mae"].to_dict() == pytest.approx(expected.to_dict())
    with pytest.raises(TrackingError, match="no finished run of binding_energy"):
        best_runs(store, "binding_energy", prefix="best")
