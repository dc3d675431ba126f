"""Studies in a real sqlite store."""

import time
import tomllib
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pandas as pd
import pytest

import sacml
from sacml.domain.elements import table_digest
from sacml.tracking import StudyTracker, TrackingError
from sacml.tracking.backend import connect


def runs_of(uri, experiment):
    client = connect(uri)
    found = client.get_experiment_by_name(experiment)
    runs = list(client.search_runs([found.experiment_id], max_results=1000))
    parents = [r for r in runs if r.data.tags["sacml.kind"] == "study"]
    return client, parents, [r for r in runs if r not in parents]


def artifact(run, name):
    folder = Path(url2pathname(urlsplit(run.info.artifact_uri).path))
    return folder / name


def test_a_study_is_one_parent_with_a_run_per_model_rows_and_split(store, evaluation, dataset):
    config = {"seed": 3, "max_price": None, "propose": {"alkali": "Li", "top": 5}}
    with StudyTracker(store, "nested", name="quick", config=config) as tracker:
        tracker.log_dataset(dataset)
        ids = tracker.log_evaluation("binding_energy", evaluation, dataset)
    _, (parent,), children = runs_of(store, "nested")

    assert parent.info.run_id == tracker.run_id
    assert parent.info.run_name.startswith("quick")
    assert {r.info.run_id for r in children} == set(ids)
    assert len(ids) == 4
    assert {r.data.tags["mlflow.parentRunId"] for r in children} == {parent.info.run_id}
    assert {r.info.status for r in (parent, *children)} == {"FINISHED"}
    assert parent.data.params == {
        "seed": "3",
        "max_price": "None",
        "propose.alkali": "Li",
        "propose.top": "5",
    }
    assert parent.data.tags["sacml.version"] == sacml.__version__
    assert parent.data.tags["sacml.elements_digest"] == table_digest()
    assert parent.data.tags["sacml.dataset_digest.dft"] == dataset.digest
    (logged,) = parent.inputs.dataset_inputs
    assert (logged.dataset.name, logged.dataset.digest) == ("dft", dataset.digest[:36])

    toml = artifact(parent, "config.toml").read_text()
    assert tomllib.loads(toml) == {"seed": 3, "propose": {"alkali": "Li", "top": 5}}
    assert "# max_price is not set" in toml
    environment = artifact(parent, "environment.txt").read_text()
    assert f"sacml=={sacml.__version__}" in environment
    assert f"numpy=={np.__version__}" in environment


def test_folds_are_steps_and_final_figures_equal_the_frame(store, evaluation, dataset):
    with StudyTracker(store, "folds") as tracker:
        tracker.log_evaluation("binding_energy", evaluation, dataset)
    client, _, children = runs_of(store, "folds")
    run = next(
        r
        for r in children
        if r.data.params["model"] == "constant" and r.data.params["trained_on"] == "all"
    )
    rows = evaluation.predictions.query("model == 'constant' and trained_on == 'all'")
    score = evaluation.scores.query(
        "model == 'constant' and trained_on == 'all' and rows == 'sac'"
    ).iloc[0]

    history = client.get_metric_history(run.info.run_id, "fold_mae")
    by_step = {m.step: m.value for m in history}
    expected = rows.groupby("fold")["error"].apply(lambda e: e.abs().mean())
    assert by_step == pytest.approx(dict(enumerate(expected[["g0", "g1", "g2", "g3"]])))
    # fold 3 holds no SAC row, so it has no figure rather than a zero
    sac = client.get_metric_history(run.info.run_id, "fold_mae_sac")
    assert sorted(m.step for m in sac) == [0, 1, 2]
    assert run.data.metrics["mae_sac"] == pytest.approx(score["mae"])
    assert run.data.metrics["coverage_sac"] == pytest.approx(score["coverage"])
    assert run.data.params["split"] == "leave_one_metal_out"
    assert run.data.tags["sacml.split_digest"] == "digest-of-leave_one_metal_out"
    assert run.data.tags["sacml.mae_unit"] == "eV"
    assert run.data.tags["sacml.dataset_digest"] == dataset.digest
    assert run.inputs.dataset_inputs[0].dataset.name == "dft"

    table = pd.read_csv(artifact(run, "predictions.csv"))
    assert table["record_id"].tolist() == rows["record_id"].tolist()
    assert np.allclose(table["predicted"], rows["predicted"])
    folds = pd.read_csv(artifact(run, "folds.csv"))
    assert folds["n"].sum() == len(rows)
    assert folds["fold"].tolist() == ["g0", "g1", "g2", "g3"]


def test_infinite_and_missing_figures_are_kept_as_words(store, evaluation):
    with StudyTracker(store, "infinite") as tracker:
        tracker.log_evaluation("binding_energy", evaluation)
    _, _, children = runs_of(store, "infinite")
    ridge = next(r for r in children if r.data.params["model"] == "ridge")
    assert "mean_width_sac" not in ridge.data.metrics
    assert ridge.data.tags["metric.mean_width_sac"] == "inf"
    constant = next(r for r in children if r.data.params["model"] == "constant")
    assert constant.data.tags["metric.delta_low_sac"] == "nan"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("no such thing"), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (SystemExit(2), "FAILED"),
        (SystemExit(0), "FINISHED"),
    ],
)
def test_status_when_something_passes_through(store, error, status):
    experiment = f"status-{type(error).__name__}-{status}"
    with pytest.raises(type(error)), StudyTracker(store, experiment) as tracker:  # noqa: PT012
        with tracker.nested("one"):
            pass
        with tracker.nested("two"):
            raise error
    _, (parent,), children = runs_of(store, experiment)
    assert parent.info.status == status
    assert {r.info.run_name: r.info.status for r in children} == {"one": "FINISHED", "two": status}
    assert parent.info.end_time is not None
    if status != "FINISHED":
        assert parent.data.tags["sacml.error"].startswith(type(error).__name__)


def test_what_was_computed_stays_when_a_later_step_fails(store, evaluation):
    with pytest.raises(RuntimeError), StudyTracker(store, "stays") as tracker:  # noqa: PT012
        tracker.log_evaluation("binding_energy", evaluation)
        raise RuntimeError("later")
    _, (parent,), children = runs_of(store, "stays")
    assert parent.info.status == "FAILED"
    assert {r.info.status for r in children} == {"FINISHED"}
    assert all("mae_sac" in r.data.metrics for r in children)


def test_a_store_that_fails_at_the_end_does_not_hide_the_error(store, monkeypatch):
    def lost(*_):
        raise OSError("server gone")

    with pytest.raises(ValueError, match="first") as caught, StudyTracker(store, "x") as tracker:  # noqa: PT012
        monkeypatch.setattr(tracker.writer.client, "set_terminated", lost)
        raise ValueError("first")
    assert any("server gone" in note for note in caught.value.__notes__)


def test_figures_and_report_are_logged(store, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").write_bytes(b"png")
    (tmp_path / "report.html").write_text("<p>")
    with StudyTracker(store, "files") as tracker:
        tracker.log_path(tmp_path / "report.html")
        tracker.log_path(tmp_path / "figures", "figures")
        with pytest.raises(TrackingError, match="no such file"):
            tracker.log_path(tmp_path / "nothing.html")
    _, (parent,), _ = runs_of(store, "files")
    assert artifact(parent, "report.html").read_text() == "<p>"
    assert artifact(parent, "figures/a.png").read_bytes() == b"png"


def test_long_texts_are_shortened_with_a_word(store):
    with StudyTracker(store, "long", config={"note": "x" * 10_000}) as tracker:
        pass
    _, (parent,), _ = runs_of(store, "long")
    value = parent.data.params["note"]
    assert len(value) <= 6000
    assert value.endswith("(shortened here)")
    assert "x" * 10_000 in artifact(parent, "config.toml").read_text()
    assert tracker.run_id == parent.info.run_id


def test_hundreds_of_parameters_go_in_batches(store):
    with StudyTracker(store, "batches", config={f"p{i}": i for i in range(205)}):
        pass
    _, (parent,), _ = runs_of(store, "batches")
    assert len(parent.data.params) == 205


def test_outside_of_the_context_nothing_is_logged(store):
    tracker = StudyTracker(store)
    with pytest.raises(TrackingError, match="not open"):
        tracker.log_text("x", "x.txt")
    with pytest.raises(TrackingError, match="not open"):
        _ = tracker.run_id


def test_a_full_study_is_logged_in_time(store, dataset, make_evaluation):
    """72 nested runs take under a minute; here 24 in a third of that."""
    evaluation = make_evaluation(
        [f"m{i}" for i in range(4)], ("sac", "all"), ("a", "b", "c"), n=60, n_folds=30
    )
    started = time.perf_counter()
    with StudyTracker(store, "many") as tracker:
        ids = tracker.log_evaluation("binding_energy", evaluation, dataset)
    assert len(ids) == 24
    assert time.perf_counter() - started < 20
