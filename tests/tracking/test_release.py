"""A real stored surrogate as a pyfunc model, loaded back by MLflow."""

import json
import urllib.parse
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sacml.domain import Candidate, Conditions, Site
from sacml.errors import ModelFileError
from sacml.features import CandidateTable
from sacml.tracking import StudyTracker
from sacml.tracking.backend import as_default, connect, quiet
from sacml.tracking.serving import EXAMPLE, OUTPUT


@pytest.fixture(scope="module")
def released(folder, store):
    """Tracking URI, model URI and the loaded model."""
    import mlflow

    with StudyTracker(store, prefix="release") as tracker, tracker.target("cycle_life") as run:
        model_uri = run.log_surrogate(folder)
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
    experiment = client.get_experiment_by_name("release-cycle_life")
    assert logged.experiment_id == experiment.experiment_id
    assert place.is_relative_to(Path(uri.removeprefix("sqlite:///")).parent)
    assert (logged.name, str(logged.status)) == ("cycle_life", "READY")
    files = {p.name for p in place.rglob("*") if p.is_file()}
    assert {"MLmodel", "pyfunc_model.py", "model.json", "model.sha256"} <= files
    assert not [f for f in files if f.endswith((".pkl", ".joblib", ".pickle"))]
    example = json.loads((place / "input_example.json").read_text())
    assert example["columns"] == list(EXAMPLE)
    needed = (place / "requirements.txt").read_text().split()
    assert any(r.startswith("onnxruntime==") for r in needed)
    # the code that runs it goes with it, and the tables it reads
    assert (place / "code" / "sacml" / "models" / "store.py").is_file()
    assert (place / "code" / "datasets" / "elements").is_dir()
    assert not [p for p in place.rglob("*") if p.name == "__pycache__"]


def test_an_end_without_bound_is_none_and_an_error_is_text(released):
    from mlflow.exceptions import MlflowException

    table = pd.DataFrame({"site": ["Co-N4@graphene"], "alkali": ["Li"]})
    wide = released[2].predict(table, params={"level": 0.999})
    assert wide["lower"].tolist() == [0.0]  # hours
    assert wide["upper"].tolist() == [None]
    assert "too few" in wide["reasons"].iloc[0]
    for bad in (table.assign(site="Xx-N4@graphene"), table.assign(alkali="Rb")):
        with pytest.raises(MlflowException, match="line 2") as caught:
            released[2].predict(bad)
        assert caught.value.get_http_status_code() == 400
        assert "stack_trace" not in caught.value.serialize_as_json()


def test_the_release_is_a_nested_run(released):
    client = connect(released[0])
    experiment = client.get_experiment_by_name("release-cycle_life")
    runs = client.search_runs([experiment.experiment_id])
    (child,) = [r for r in runs if r.data.tags["sacml.kind"] == "release"]
    assert child.info.run_name == "release · ridge · sac rows"
    assert child.info.status == "FINISHED"
    assert child.outputs.model_outputs[0].model_id == released[1].removeprefix("models:/")


def test_an_altered_folder_is_not_released(folder, store, tmp_path):
    import shutil

    copy = tmp_path / "altered"
    shutil.copytree(folder, copy)
    facts = copy / "model.json"
    facts.write_text(facts.read_text().replace("ridge", "forest", 1))
    with (
        pytest.raises(ModelFileError),
        StudyTracker(store, prefix="altered") as tracker,
        tracker.target("cycle_life") as run,
    ):
        run.log_surrogate(copy)
    client = connect(store)
    experiment = client.get_experiment_by_name("altered-cycle_life")
    assert {r.info.status for r in client.search_runs([experiment.experiment_id])} == {"FAILED"}
