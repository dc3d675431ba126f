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
from sacml.data.splits import Split
from sacml.domain.elements import table_digest
from sacml.tracking import StudyTracker, TrackingError, default_uri
from sacml.tracking.backend import connect


def runs_of(uri, prefix, target="binding_energy"):
    """Client, the study's run, the target's run, and those nested below it."""
    client = connect(uri)
    ids = [client.get_experiment_by_name(f"{prefix}-{n}") for n in ("studies", target)]
    runs = [
        run for e in ids if e is not None
        for run in client.search_runs([e.experiment_id], max_results=1000)
    ]  # fmt: skip
    kinds = {k: [r for r in runs if r.data.tags["sacml.kind"] == k] for k in ("study", "target")}
    rest = [r for r in runs if r not in kinds["study"] and r not in kinds["target"]]
    (study,) = kinds["study"]
    return client, study, kinds["target"][0] if kinds["target"] else None, rest


def artifact(run, name):
    folder = Path(url2pathname(urlsplit(run.info.artifact_uri).path))
    return folder / name


def test_a_study_has_a_run_and_each_target_one_in_an_experiment_of_its_own(
    store, evaluation, dataset
):
    config = {"seed": 3, "max_price": None, "propose": {"alkali": "Li", "top": 5}}
    with StudyTracker(store, name="quick", config=config, prefix="nested") as tracker:
        with tracker.target("binding_energy", dataset) as run:
            ids = run.log_evaluation(evaluation, "ridge wins")
        with tracker.target("cycle_life"):
            pass
    _, study, parent, children = runs_of(store, "nested")

    assert study.info.run_id == tracker.run_id
    assert study.info.run_name.startswith("quick · 20")
    assert parent.info.run_name == study.info.run_name
    assert parent.data.tags["sacml.study_run"] == study.info.run_id
    assert parent.data.tags["mlflow.note.content"] == "ridge wins"
    assert (parent.data.metrics["best_mae"], parent.data.metrics["constant_mae"]) == (0.2, 0.4)
    assert {r.info.run_id for r in children} == set(ids)
    assert {r.info.run_name for r in children} == {
        f"{m} · {t} rows · leave one metal out"
        for m in ("constant", "ridge")
        for t in ("sac", "all")
    }
    assert {r.data.tags["mlflow.parentRunId"] for r in children} == {parent.info.run_id}
    assert {r.info.status for r in (study, parent, *children)} == {"FINISHED"}
    split = evaluation.splits["leave_one_metal_out"]
    for run in (parent, *children):
        assert run.data.tags["sacml.dataset_digest"] == dataset.digest
        assert run.data.tags["sacml.elements_digest"] == table_digest()
        assert run.data.tags["sacml.version"] == sacml.__version__
        (logged,) = run.inputs.dataset_inputs
        assert (logged.dataset.name, logged.dataset.digest) == ("dft", dataset.digest[:36])
    assert {r.data.tags["sacml.split_digest"] for r in children} == {split.digest}
    stored = Split.from_json(artifact(parent, "splits/leave_one_metal_out.json").read_text())
    assert stored.digest == split.digest
    for run in (study, parent):
        assert run.data.params == {
            "seed": "3",
            "max_price": "None",
            "propose.alkali": "Li",
            "propose.top": "5",
        }
        toml = artifact(run, "config.toml").read_text()
        assert tomllib.loads(toml) == {"seed": 3, "propose": {"alkali": "Li", "top": 5}}
        assert "# max_price is not set" in toml
        environment = artifact(run, "environment.txt").read_text()
        assert f"sacml=={sacml.__version__}" in environment
        assert f"numpy=={np.__version__}" in environment


def test_folds_are_there_before_the_study_ends(store, folds):
    with StudyTracker(store, prefix="live") as tracker, tracker.target("binding_energy") as run:
        seen = []
        observer = run.also(seen.append)
        for fold in folds[:3]:
            observer(fold)
        run._flushed = 0.0  # as if the last write were long ago
        observer(folds[3])
        client, study, parent, (child,) = runs_of(store, "live")
        assert {r.info.status for r in (study, parent, child)} == {"RUNNING"}
        history = client.get_metric_history(child.info.run_id, "fold_mae")
        assert {m.step: m.value for m in history} == pytest.approx({0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4})
        assert child.data.tags["sacml.model"] == "ridge"
    assert seen == folds
    _, _, _, (child,) = runs_of(store, "live")
    assert child.info.status == "FINISHED"


def test_an_interrupted_study_keeps_the_folds_it_had(store, folds):
    with (  # noqa: PT012
        pytest.raises(KeyboardInterrupt),
        StudyTracker(store, prefix="cut") as tracker,
        tracker.target("binding_energy") as run,
    ):
        run.on_fold(folds[0])
        raise KeyboardInterrupt
    client, study, parent, (child,) = runs_of(store, "cut")
    assert {r.info.status for r in (study, parent, child)} == {"KILLED"}
    assert [m.value for m in client.get_metric_history(child.info.run_id, "fold_mae")] == [0.1]


def test_live_folds_are_not_written_twice(store, evaluation, folds):
    with StudyTracker(store, prefix="twice") as tracker, tracker.target("binding_energy") as run:
        for fold in folds:
            run.on_fold(fold)
        run.log_evaluation(evaluation)
    client, _, _, children = runs_of(store, "twice")
    (child,) = [
        r for r in children if r.data.tags["sacml.model"] == "ridge"
        and r.data.tags["sacml.trained_on"] == "all"
    ]  # fmt: skip
    assert len(children) == 4
    assert len(client.get_metric_history(child.info.run_id, "fold_mae")) == 4
    assert "mae_sac" in child.data.metrics


def test_folds_are_steps_and_final_figures_equal_the_frame(store, evaluation, dataset):
    with (
        StudyTracker(store, prefix="folds") as tracker,
        tracker.target("binding_energy", dataset) as run,
    ):
        run.log_evaluation(evaluation)
    client, _, _, children = runs_of(store, "folds")
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
    assert run.data.tags["sacml.mae_unit"] == "eV"

    table = pd.read_csv(artifact(run, "predictions.csv"))
    assert table["record_id"].tolist() == rows["record_id"].tolist()
    assert np.allclose(table["predicted"], rows["predicted"])
    table = pd.read_csv(artifact(run, "folds.csv"))
    assert table["n"].sum() == len(rows)
    assert table["fold"].tolist() == ["g0", "g1", "g2", "g3"]


def test_infinite_and_missing_figures_are_kept_as_words(store, evaluation):
    with StudyTracker(store, prefix="infinite") as tracker, tracker.target("cycle_life") as run:
        run.log_evaluation(evaluation)
    _, _, _, children = runs_of(store, "infinite", "cycle_life")
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
    prefix = f"status-{type(error).__name__}-{status}"
    with (  # noqa: PT012
        pytest.raises(type(error)),
        StudyTracker(store, prefix=prefix) as tracker,
        tracker.target("binding_energy") as run,
    ):
        with run.nested("one"):
            pass
        with run.nested("two"):
            raise error
    _, study, parent, children = runs_of(store, prefix)
    assert study.info.status == parent.info.status == status
    assert {r.info.run_name: r.info.status for r in children} == {"one": "FINISHED", "two": status}
    assert study.info.end_time is not None
    if status != "FINISHED":
        assert study.data.tags["sacml.error"].startswith(type(error).__name__)


def test_what_was_computed_stays_when_a_later_step_fails(store, evaluation):
    with pytest.raises(RuntimeError), StudyTracker(store, prefix="stays") as tracker:  # noqa: PT012
        with tracker.target("binding_energy") as run:
            run.log_evaluation(evaluation)
        raise RuntimeError("later")
    _, study, parent, children = runs_of(store, "stays")
    assert (study.info.status, parent.info.status) == ("FAILED", "FINISHED")
    assert {r.info.status for r in children} == {"FINISHED"}
    assert all("mae_sac" in r.data.metrics for r in children)


def test_a_store_that_fails_at_the_end_does_not_hide_the_error(store, monkeypatch):
    def lost(*_):
        raise OSError("server gone")

    with pytest.raises(ValueError, match="first") as caught, StudyTracker(store) as tracker:  # noqa: PT012
        monkeypatch.setattr(tracker.writer.client, "set_terminated", lost)
        raise ValueError("first")
    assert any("server gone" in note for note in caught.value.__notes__)


def test_figures_and_report_are_logged(store, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").write_bytes(b"png")
    (tmp_path / "report.html").write_text("<p>")
    with StudyTracker(store, prefix="files") as tracker:
        tracker.log_files(tmp_path)
        with pytest.raises(TrackingError, match="no such file"):
            tracker.log_path(tmp_path / "nothing.html")
    _, study, _, _ = runs_of(store, "files")
    assert artifact(study, "report.html").read_text() == "<p>"
    assert artifact(study, "figures/a.png").read_bytes() == b"png"


def test_what_the_machine_did_is_logged(store):
    with StudyTracker(store, prefix="system", metrics_every_s=0.1) as tracker:
        time.sleep(1.0)
    _, study, _, _ = runs_of(store, "system")
    assert study.info.run_id == tracker.run_id
    assert study.data.metrics["system/cpu_utilization_percentage"] >= 0
    assert study.data.metrics["system/system_memory_usage_megabytes"] > 0


def test_a_store_that_does_not_answer_is_said_before_the_work(tmp_path):
    began = time.monotonic()
    with (
        pytest.raises(TrackingError, match="does not answer"),
        StudyTracker("http://127.0.0.1:9", spare=default_uri(tmp_path)),
    ):
        pytest.fail("the study must not begin")
    assert time.monotonic() - began < 30
    assert not list(tmp_path.iterdir())


def test_long_texts_are_shortened_with_a_word(store):
    with StudyTracker(store, prefix="long", config={"note": "x" * 10_000}) as tracker:
        pass
    _, study, _, _ = runs_of(store, "long")
    value = study.data.params["note"]
    assert len(value) <= 6000
    assert value.endswith("(shortened here)")
    assert "x" * 10_000 in artifact(study, "config.toml").read_text()
    assert tracker.run_id == study.info.run_id


def test_hundreds_of_parameters_go_in_batches(store):
    with StudyTracker(store, prefix="batches", config={f"p{i}": i for i in range(205)}):
        pass
    _, study, _, _ = runs_of(store, "batches")
    assert len(study.data.params) == 205


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
    started = time.process_time()
    with (
        StudyTracker(store, prefix="many") as tracker,
        tracker.target("binding_energy", dataset) as run,
    ):
        ids = run.log_evaluation(evaluation)
    assert len(ids) == 24
    assert time.process_time() - started < 20
