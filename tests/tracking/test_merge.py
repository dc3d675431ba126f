"""Stores made elsewhere come home, as often as one likes."""

import shutil

import pandas as pd
import pytest

from sacml.tracking import StudyTracker, TrackingError, default_uri, list_runs
from sacml.tracking.backend import connect
from sacml.tracking.compare import compare_runs
from sacml.tracking.merge import merge_runs
from sacml.tracking.query import best_runs, find_run


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture
def made(cluster, new_store, evaluation, dataset):
    uri = default_uri(cluster)
    if not (cluster / "mlflow.db").is_file():
        new_store(cluster)
        with StudyTracker(uri, name="far", config={"seed": 1}, prefix="far") as tracker:
            with tracker.target("binding_energy", dataset) as run:
                run.log_evaluation(evaluation, "ridge wins")
            tracker.log_text("<p>", "report.html")
    return uri


_OWN_TO_A_STORE = ("sacml.identity", "mlflow.parentRunId", "sacml.study_run")


def facts(uri, prefix="far"):
    """All that a run holds, without ids and without what a merge adds."""
    client, found = connect(uri), {}
    table = list_runs(uri)
    for run_id in table[table["experiment"].str.startswith(prefix)]["run_id"]:
        run = client.get_run(run_id)
        tags = {k: v for k, v in run.data.tags.items()
                if k not in _OWN_TO_A_STORE}  # fmt: skip
        history = {
            k: [(m.step, m.timestamp, m.value) for m in client.get_metric_history(run_id, k)]
            for k in run.data.metrics
        }
        files = sorted(f.path for f in client.list_artifacts(run_id))
        inputs = [(d.dataset.name, d.dataset.digest) for d in run.inputs.dataset_inputs]
        info = (run.info.status, run.info.start_time, run.info.end_time)
        key = (run.info.run_name, tags["sacml.kind"], tags.get("sacml.split"))
        found[key] = (info, run.data.params, tags, history, files, inputs)
    return found


def test_everything_of_a_run_comes_along_and_twice_is_once(made, store, cluster):
    merged = merge_runs(str(cluster / "mlflow.db"), store)
    assert (merged.new, merged.completed, merged.unchanged) == (6, 0, 0)
    assert facts(store) == facts(made)
    again = merge_runs(made, store)
    assert (again.new, again.completed, again.unchanged) == (0, 0, 6)
    assert facts(store) == facts(made)
    assert "6 already there" in again.sentence


def test_parents_are_those_of_the_new_store(made, store):
    merge_runs(made, store)
    table = list_runs(store)
    table = table[table["experiment"] == "far-binding_energy"]
    (parent,) = table[table["kind"] == "target"]["run_id"]
    assert set(table[table["kind"] == "evaluation"]["parent_run_id"]) == {parent}
    study = find_run(connect(store), parent).data.tags["sacml.study_run"]
    assert find_run(connect(store), study).data.tags["sacml.kind"] == "study"


def test_merged_runs_can_be_compared(made, store):
    merge_runs(made, store)
    best = best_runs(store, "binding_energy", "leave_one_metal_out", prefix="far")
    assert best["mae"].is_monotonic_increasing
    client = connect(store)
    found = compare_runs(client, [client.get_run(i) for i in best["run_id"]])
    first = [c for c in found if c.run_id == best["run_id"].iloc[0]]
    assert all(c.difference == 0 for c in first)
    last = next(c for c in found if c.run_id == best["run_id"].iloc[-1] and c.rows == "all")
    mae = list_runs(store).set_index("run_id")["mae_all"]
    assert last.difference == pytest.approx(mae[last.run_id] - mae[best["run_id"].iloc[0]])


def test_a_database_that_was_copied_here_finds_its_files_beside_it(
    made, cluster, new_store, tmp_path
):
    shutil.copytree(cluster, tmp_path / "copied")
    hidden = cluster / "mlflow-artifacts"
    hidden.rename(cluster / "away")
    try:
        target = new_store(tmp_path / "home")
        merged = merge_runs(str(tmp_path / "copied" / "mlflow.db"), target)
        assert merged.without_files == []
        client = connect(target)
        (run_id,) = list_runs(target, "far-studies")["run_id"]
        assert {f.path for f in client.list_artifacts(run_id)} >= {"report.html", "config.toml"}
    finally:
        (cluster / "away").rename(hidden)


def test_files_that_are_missing_are_said_and_added_later(made, cluster, new_store, tmp_path):
    shutil.copy(cluster / "mlflow.db", tmp_path)
    hidden = cluster / "mlflow-artifacts"
    hidden.rename(cluster / "away")
    target = new_store(tmp_path / "home")
    try:
        merged = merge_runs(str(tmp_path / "mlflow.db"), target)
        assert len(merged.without_files) == 6
        assert "copy the folder mlflow-artifacts" in merged.sentence
    finally:
        (cluster / "away").rename(hidden)
    later = merge_runs(made, target)
    assert (later.new, later.completed) == (0, 6)
    assert facts(target) == facts(made)


def test_the_half_of_a_run_that_was_kept_elsewhere_makes_it_whole(
    new_store, tmp_path, folds, monkeypatch
):
    home, spare = new_store(tmp_path / "home"), new_store(tmp_path / "spare")
    said = []
    with StudyTracker(home, prefix="half", spare=spare, say=said.append) as tracker:
        with tracker.target("binding_energy") as run:
            run.on_fold(folds[0])
            run._flush()
            writer = tracker.writer
            real = writer.client
            monkeypatch.setattr(writer, "client", Gone())
            run.on_fold(folds[1])
            run._flush()
            assert writer.is_lost
            with run.nested("made while away"):
                pass
        monkeypatch.setattr(writer, "client", real)
    assert "no longer takes" in said[0]
    assert "is back" in said[1]
    table = list_runs(home)
    assert set(table["status"]) == {"FINISHED"}
    assert sorted(table["name"])[0] == "made while away"
    (run_id,) = table[table["kind"] == "evaluation"]["run_id"]
    history = connect(home).get_metric_history(run_id, "fold_mae")
    assert {m.step: m.value for m in history} == pytest.approx({0: 0.1, 1: 0.2})
    assert len(table) == 4
    assert pd.isna(table.set_index("kind")["parent_run_id"]["study"])
    again = merge_runs(spare, home)
    assert (again.new, again.completed) == (0, 0)


class Gone:
    """A client whose server went away."""

    def __getattr__(self, name):
        raise ConnectionError("connection refused")


def test_a_store_is_not_merged_into_itself_nor_made_up(store, tmp_path):
    with pytest.raises(TrackingError, match="into itself"):
        merge_runs(store, store)
    with pytest.raises(TrackingError, match="there is no tracking store"):
        merge_runs(str(tmp_path / "no.db"), store)
    assert not (tmp_path / "no.db").exists()
