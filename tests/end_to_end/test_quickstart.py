"""`make quickstart` does the whole job: the script as it is run, in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from shell import rows_of

REPO = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quickstart")
    done = subprocess.run(
        [sys.executable, REPO / "experiments" / "quickstart.py"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def test_it_leaves_models_predictions_proposals_report_and_tracking(quickstart):
    folder, _ = quickstart
    out = folder / "runs" / "quickstart"
    for name in ("binding_energy", "nucleation_overpotential", "cycle_life"):
        assert (out / "models" / name / "model.json").exists()
        assert (out / "models" / name / "MODEL_CARD.md").exists()
        assert (out / "tables" / name / "scores.csv").exists()
    assert (out / "report.html").stat().st_size > 10_000
    assert list((out / "figures").glob("*.png"))
    assert (out / "config.toml").exists()
    assert (folder / "runs" / "mlflow.db").exists()
    assert {p.name for p in folder.iterdir()} == {"runs"}


def test_every_model_stands_beside_the_constant_under_grouped_splits(quickstart):
    folder, _ = quickstart
    for path in (folder / "runs" / "quickstart" / "tables").glob("*/scores.csv"):
        rows = rows_of(path)
        by_split = {}
        for row in rows:
            by_split.setdefault((row["split"], row["rows"], row["trained_on"]), set()).add(
                row["model"]
            )
        assert {"leave_one_metal_out", "random"} <= {split for split, _, _ in by_split}
        assert all("constant" in models for models in by_split.values())


def test_predictions_name_their_interval_and_unit(quickstart):
    folder, _ = quickstart
    rows = rows_of(folder / "runs" / "quickstart" / "predictions.csv")
    assert {r["target"] for r in rows} == {
        "binding_energy", "nucleation_overpotential", "cycle_life",
    }  # fmt: skip
    for row in rows:
        assert float(row["lower"]) <= float(row["value"]) <= float(row["upper"])
        assert row["unit"] in ("eV", "mV", "h")


def test_tracking_holds_one_nested_run_per_model_and_split(quickstart):
    from sacml.tracking import list_runs

    folder, _ = quickstart
    runs = list_runs(f"sqlite:///{folder / 'runs' / 'mlflow.db'}")
    assert set(runs["status"]) == {"FINISHED"}
    assert (runs["kind"] == "study").sum() == 1
    parents = runs[runs["kind"] == "target"]
    assert set(parents["experiment"]) == {f"sacml-{t}" for t in parents["target"]}
    nested = runs[~runs["kind"].isin(["study", "target"])]
    assert set(nested["parent_run_id"]) == set(parents["run_id"])
    assert len(parents) == 3
    expected = set()
    for path in (folder / "runs" / "quickstart" / "tables").glob("*/scores.csv"):
        for r in rows_of(path):
            expected.add((path.parent.name, r["model"], r["trained_on"], r["split"]))
    evaluated = nested[nested["kind"] == "evaluation"]
    keys = ["target", "model", "trained_on", "split"]
    assert {tuple(r) for r in evaluated[keys].itertuples(index=False)} == expected
    assert len(evaluated) == len(expected)
    assert (nested["kind"] == "release").sum() == 3


def test_tracking_holds_data_configuration_environment_figures_and_a_model_to_load(quickstart):
    import mlflow

    from sacml.tracking import list_runs
    from sacml.tracking.backend import as_default, connect, quiet

    folder, _ = quickstart
    uri = f"sqlite:///{folder / 'runs' / 'mlflow.db'}"
    runs = list_runs(uri)
    (parent,) = runs[runs["kind"] == "study"]["run_id"]
    client = connect(uri)
    with quiet(), as_default(uri):
        run = client.get_run(parent)
        names = {f.path for f in client.list_artifacts(parent)}
        figures = client.list_artifacts(parent, "figures")
        release = runs[(runs["kind"] == "release") & (runs["target"] == "cycle_life")]
        (output,) = client.get_run(release["run_id"].iloc[0]).outputs.model_outputs
        model = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
        example = model.metadata.load_input_example()
        predicted = model.predict(example)
    assert {"config.toml", "environment.txt", "report.html", "figures", "tables"} <= names
    assert len(figures) >= 4
    digests = {i.dataset.name: i.dataset.digest for i in run.inputs.dataset_inputs}
    assert set(digests) == {
        "dft:binding_energy", "literature:nucleation_overpotential", "literature:cycle_life",
    }  # fmt: skip
    assert all(digests.values())
    assert model.metadata.signature is not None
    assert len(predicted) == len(example)
    assert (predicted["lower"] <= predicted["value"]).all()
