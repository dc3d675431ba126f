"""A real stored surrogate as a pyfunc model, loaded back by MLflow."""

import json
import urllib.parse
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sacml.data import Dataset, Record
from sacml.domain import Candidate, Conditions, Modifier, Site
from sacml.errors import ModelFileError
from sacml.evaluation import evaluate
from sacml.features import CandidateTable
from sacml.models import fit_surrogate, store
from sacml.tracking import StudyTracker
from sacml.tracking.backend import as_default, connect, quiet
from sacml.tracking.serving import EXAMPLE, OUTPUT

METALS = ("Fe", "Co", "Ni", "Cu", "Zn", "Mn")


@pytest.fixture(scope="module")
def surrogate():
    rng = np.random.default_rng(0)
    records = tuple(
        Record(
            record_id=f"r{i}",
            site=Site.parse(f"{METALS[i % 6]}-N{3 + i % 2}@graphene"),
            alkali=("Li", "Na")[i % 2],
            target="cycle_life",
            value=float(10 ** rng.normal(2.5, 0.4)),
            conditions=Conditions(current_density_mA_cm2=1.0 + i % 3, areal_capacity_mAh_cm2=1.0),
            modifier=Modifier("single_atom", (METALS[i % 6],)),
            source_group=f"ref{i % 12}",
        )
        for i in range(36)
    )
    dataset = Dataset(name="tiny", records=records, digest="ab" * 32)
    splits = ("leave_one_source_out",)
    evaluation = evaluate(dataset, "cycle_life", ("constant", "ridge"), splits, 0)
    return fit_surrogate(
        dataset, "cycle_life", "ridge", trained_on="sac", seed=0, evaluation=evaluation
    )


@pytest.fixture(scope="module")
def folder(surrogate, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "cycle_life"
    store.save(surrogate, path)
    return path


@pytest.fixture(scope="module")
def released(folder, store):
    """Tracking URI, model URI and the loaded model."""
    import mlflow

    with StudyTracker(store, "release") as tracker:
        model_uri = tracker.log_surrogate(folder)
    with quiet(), as_default(store):
        return store, model_uri, mlflow.pyfunc.load_model(model_uri)


def test_the_loaded_model_predicts_what_the_surrogate_does(released, surrogate):
    found = released[2].predict(pd.DataFrame(EXAMPLE))
    assert tuple(found.columns) == OUTPUT
    asked = [
        Candidate(Site.parse(s), a, Conditions(current_density_mA_cm2=j, areal_capacity_mAh_cm2=q))
        for s, a, j, q in zip(*EXAMPLE.values(), strict=True)
    ]
    direct = surrogate.predict(CandidateTable.from_candidates(asked))
    np.testing.assert_allclose(found["value"], direct.value)
    np.testing.assert_allclose(found["lower"], direct.lower)
    np.testing.assert_allclose(found["upper"], direct.upper)
    assert found["in_domain"].tolist() == direct.in_domain.tolist()
    assert found["unit"].tolist() == ["h", "h"]
    assert found["reasons"].tolist() == ["; ".join(direct.reasons(i)) for i in range(2)]


def test_the_level_is_a_parameter(released):
    table = pd.DataFrame(EXAMPLE)
    narrow = released[2].predict(table, params={"level": 0.5})
    wide = released[2].predict(table, params={"level": 0.8})
    assert (narrow["upper"] < wide["upper"]).all()


def test_conditions_are_optional_and_may_be_empty(released):
    table = pd.DataFrame({"site": ["Co-N4@graphene"], "alkali": ["Li"]})
    bare = released[2].predict(table)
    assert "assumed" in bare["reasons"].iloc[0]
    empty = released[2].predict(table.assign(cell=None, temperature_C=np.nan))
    assert empty["value"].tolist() == bare["value"].tolist()


def test_the_signature_names_columns_and_refuses_their_absence(released):
    from mlflow.exceptions import MlflowException

    signature = released[2].metadata.signature
    needed = {c.name: c.required for c in signature.inputs}
    assert needed == {
        "site": True,
        "alkali": True,
        "current_density_mA_cm2": False,
        "areal_capacity_mAh_cm2": False,
        "temperature_C": False,
        "electrolyte": False,
        "cell": False,
        "role": False,
    }
    assert tuple(c.name for c in signature.outputs) == OUTPUT
    with pytest.raises(MlflowException, match="alkali"):
        released[2].predict(pd.DataFrame({"site": ["Co-N4@graphene"]}))


def test_model_is_code_and_plain_files_with_an_input_example(released):
    uri, model_uri, _ = released
    client = connect(uri)
    with quiet():
        logged = client.get_logged_model(model_uri.removeprefix("models:/"))
    place = Path(urllib.parse.unquote(urllib.parse.urlsplit(logged.artifact_location).path))
    # beside the database, in the experiment of the study, not where the process was started
    experiment = client.get_experiment_by_name("release")
    assert logged.experiment_id == experiment.experiment_id
    assert place.is_relative_to(Path(uri.removeprefix("sqlite:///")).parent)
    assert (logged.name, str(logged.status)) == ("cycle_life", "READY")
    files = {p.name for p in place.rglob("*") if p.is_file()}
    assert {"MLmodel", "pyfunc_model.py", "model.json", "model.sha256"} <= files
    assert not [f for f in files if f.endswith((".pkl", ".joblib", ".pickle"))]
    example = json.loads((place / "input_example.json").read_text())
    assert example["columns"] == list(EXAMPLE)
    assert any(r.startswith("sacml==") for r in (place / "requirements.txt").read_text().split())


def test_the_release_is_a_nested_run(released):
    client = connect(released[0])
    experiment = client.get_experiment_by_name("release")
    runs = client.search_runs([experiment.experiment_id])
    (child,) = [r for r in runs if r.data.tags["sacml.kind"] == "release"]
    assert child.info.run_name == "release · cycle_life"
    assert child.info.status == "FINISHED"
    assert child.outputs.model_outputs[0].model_id == released[1].removeprefix("models:/")


def test_an_altered_folder_is_not_released(folder, store, tmp_path):
    import shutil

    copy = tmp_path / "altered"
    shutil.copytree(folder, copy)
    facts = copy / "model.json"
    facts.write_text(facts.read_text().replace("ridge", "forest", 1))
    with pytest.raises(ModelFileError), StudyTracker(store, "altered") as tracker:
        tracker.log_surrogate(copy)
    client = connect(store)
    experiment = client.get_experiment_by_name("altered")
    assert {r.info.status for r in client.search_runs([experiment.experiment_id])} == {"FAILED"}
