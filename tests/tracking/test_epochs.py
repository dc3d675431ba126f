"""The courses of a real training of graph networks in a real store."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

with warnings.catch_warnings():
    # torch_geometric calls torch.jit.script while it is imported
    warnings.simplefilter("ignore", DeprecationWarning)
    pytest.importorskip("torch_geometric.nn")
    pytest.importorskip("lightning.pytorch")

from sacml.cli.app import app
from sacml.data import Dataset, Record
from sacml.domain import Conditions, Site
from sacml.models import make_model
from sacml.models import store as model_store
from sacml.models.gnn.network import NetworkOptions
from sacml.models.gnn.training import TrainingOptions
from sacml.tracking import StudyTracker
from sacml.tracking.backend import as_default, connect, quiet
from sacml.workflows import StudyConfig
from sacml.workflows.fit import evaluate_models, fit_roles

TARGET, LOSO = "cycle_life", "leave_one_source_out"
METALS = ("Fe", "Co", "Ni", "Cu", "Zn", "Mn")
CONFIG = StudyConfig.make(
    {"targets": [TARGET], "models": ["constant", "gnn"], "trained_on": ["all"], "splits": [LOSO]}
)


@pytest.fixture(scope="module")
def dataset():
    """24 lives that fall with the current, by three sources."""
    records = tuple(
        Record(
            record_id=f"r{i}",
            site=Site.parse(f"{METALS[i % 6]}-N4@graphene"),
            alkali=("Li", "Na")[i % 2],
            target=TARGET,
            value=float(10 ** (2.0 - (i % 4) / 2)),
            conditions=Conditions(current_density_mA_cm2=float(10 ** (i % 4 / 2))),
            source_group=f"10.1000/s({i % 3})",
        )
        for i in range(24)
    )
    return Dataset(name="small", records=records, digest="cd" * 32)


def small(name, seed=0, **given):
    made = make_model(name, seed)
    if name == "gnn":
        made.set_params(
            network=NetworkOptions("invariant", width=8, layers=1, basis=6),
            training=TrainingOptions(members=2, epochs=5, batch=8),
        )
    return made


@pytest.fixture(scope="module")
def tracked(store, dataset):
    """Store and surrogate."""
    patch = pytest.MonkeyPatch()
    for name in ("sacml.evaluation.fits", "sacml.models.fitting"):
        patch.setattr(f"{name}.make_model", small)
    with StudyTracker(store, prefix="epochs") as tracker, tracker.target(TARGET, dataset) as run:
        names = ("constant", "gnn")
        evaluation = evaluate_models(CONFIG, dataset, TARGET, names, run.on_fold, run.on_epoch)
        # the network stands in for whatever would win
        patch.setattr("sacml.workflows.fit.only", lambda e, models: e)
        patch.setattr(type(evaluation), "best", best_is_gnn(evaluation))
        surrogate = fit_roles(CONFIG, dataset, evaluation, run.on_epoch)["screen"]
        run.log_evaluation(evaluation)
    patch.undo()
    return store, surrogate


def best_is_gnn(evaluation):
    from dataclasses import replace

    choice = replace(evaluation.best(), model="gnn")
    return lambda self, split=None: choice


def runs_of(uri, kind):
    client = connect(uri)
    experiment = client.get_experiment_by_name(f"epochs-{TARGET}")
    found = client.search_runs([experiment.experiment_id], f"tags.`sacml.kind` = '{kind}'")
    return client, {r.data.tags["sacml.model"]: r for r in found}


def test_each_member_of_each_fold_has_a_course(tracked):
    client, runs = runs_of(tracked[0], "evaluation")
    gnn, constant = runs["gnn"], runs["constant"]
    names = {
        f"fold 10.1000_s_{source}_/member {member} {figure}"
        for source in range(3) for member in (1, 2) for figure in ("train_loss", "inner_mae")
    }  # fmt: skip
    assert {k for k in gnn.data.metrics if "member" in k} == names
    assert not [k for k in constant.data.metrics if "member" in k]
    for name in names:
        course = client.get_metric_history(gnn.info.run_id, name)
        assert [m.step for m in course] == list(range(5))
    losses = [
        [m.value for m in client.get_metric_history(gnn.info.run_id, n)]
        for n in sorted(names) if n.endswith("train_loss")
    ]  # fmt: skip
    assert np.mean(losses, axis=0)[-1] < np.mean(losses, axis=0)[0]
    assert gnn.info.status == "FINISHED"
    assert "fold_mae" in gnn.data.metrics


def test_the_fit_on_all_rows_has_a_run_of_its_own(tracked):
    client, runs = runs_of(tracked[0], "fit")
    (name,) = [k for k in runs["gnn"].data.metrics if k == "all rows/member 2 train_loss"]
    assert len(client.get_metric_history(runs["gnn"].info.run_id, name)) == 5
    assert runs["gnn"].info.run_name == "gnn · all rows · fit on all of them"
    assert runs["gnn"].info.status == "FINISHED"


def test_a_run_is_shown_with_where_its_epochs_ended(tracked):
    run = runs_of(tracked[0], "evaluation")[1]["gnn"]
    arguments = ["runs", "show", run.info.run_id, "--tracking-uri", tracked[0]]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    shown = done.stdout.partition("last epochs, mean over the members")[2].splitlines()
    metrics = run.data.metrics
    mean = np.mean([metrics[f"fold 10.1000_s_0_/member {m} train_loss"] for m in (1, 2)])
    (line,) = [s for s in shown if s.startswith("  fold 10.1000_s_0_, train_loss")]
    assert float(line.split()[-1]) == pytest.approx(mean, rel=1e-5)
    assert "member 1" not in done.stdout


@pytest.mark.long
def test_the_logged_model_answers_as_the_surrogate(tracked, tmp_path):
    import mlflow
    import pandas as pd

    from sacml.domain import Candidate
    from sacml.features import CandidateTable

    store, surrogate = tracked
    place = model_store.save(surrogate, tmp_path / "model")
    with StudyTracker(store, prefix="logged") as tracker, tracker.target(TARGET) as run:
        uri = run.log_surrogate(place)
    with quiet(), as_default(store):
        model = mlflow.pyfunc.load_model(uri)
        listed = mlflow.pyfunc.get_model_dependencies(uri)
    given = {"current_density_mA_cm2": 1.0, "areal_capacity_mAh_cm2": 1.0}
    found = model.predict(pd.DataFrame({"site": ["Pt-N4@graphene"], "alkali": ["Li"]} | given))
    asked = CandidateTable.from_candidates([Candidate.parse("Pt-N4@graphene;Li;j=1;q=1")])
    assert found["value"].tolist() == pytest.approx(surrogate.predict(asked).value.tolist())
    lines = Path(listed).read_text()
    assert "torch-geometric==" in lines
    assert "+" not in lines, "a local version is in no index"
