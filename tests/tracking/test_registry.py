"""Versions with aliases: promoted when they win, rolled back, exported and imported."""

import os
import shutil
import subprocess
import sys

import pytest

from sacml.errors import ModelFileError, UnknownNameError
from sacml.models import fit_surrogate
from sacml.models import store as model_store
from sacml.tracking import StudyTracker, TrackingError
from sacml.tracking.backend import connect
from sacml.tracking.merge import merge_runs
from sacml.tracking.registry import champion_of, evidence_of, find, promote, roll_back, versions
from sacml.tracking.transfer import export_version, import_folder

NAME = "reg-cycle_life"


def log(uri, folder, evaluation, prefix="reg"):
    with StudyTracker(uri, prefix=prefix) as tracker, tracker.target("cycle_life") as run:
        return run.log_surrogate(folder, evaluation)


@pytest.fixture(scope="module")
def weak(tiny, judged, tmp_path_factory):
    made = fit_surrogate(tiny, "cycle_life", "constant", trained_on="sac", evaluation=judged)
    path = tmp_path_factory.mktemp("weak") / "cycle_life"
    model_store.save(made, path)
    return path


@pytest.fixture(scope="module")
def uri(new_store, tmp_path_factory, folder, weak, judged):
    """Version 1 predicts with ridge, version 2 with the constant, version 3 has no evidence."""
    made = new_store(tmp_path_factory.mktemp("registry"))
    log(made, folder, judged)
    log(made, weak, judged)
    log(made, folder, None)
    return made


@pytest.fixture
def registry(uri, tmp_path):
    """A copy of its own for each test; the files stay where they are."""
    shutil.copy(uri.removeprefix("sqlite:///"), tmp_path / "mlflow.db")
    return connect(f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_each_release_is_a_version_and_the_newest_the_challenger(registry, judged):
    found = versions(registry, NAME)
    assert [v.number for v in found] == [3, 2, 1]
    assert [v.aliases for v in found] == [("challenger",), (), ()]
    first = find(registry, NAME, "1")
    assert first.tags["sacml.model"] == "ridge"
    split = judged.splits["leave_one_source_out"]
    assert first.tags["sacml.split_digest"] == split.digest
    card = registry.get_model_version(NAME, "1").description
    assert card.startswith("# cycle_life-ridge-sac")
    assert evidence_of(registry, first).split_digest == split.digest


def test_promotion_needs_a_win_and_says_why_not(registry):
    assert promote(registry, NAME, "1").wins
    assert champion_of(registry, NAME).number == 1
    lost = promote(registry, NAME, "2")
    assert not lost.wins
    assert champion_of(registry, NAME).number == 1
    assert "constant (sac rows) loses against the champion (ridge, sac rows)" in lost.sentence
    assert find(registry, NAME, "2").tags["sacml.verdict"] == lost.sentence
    with pytest.raises(TrackingError, match="without held-out rows"):
        promote(registry, NAME)
    with pytest.raises(TrackingError, match="the champion already"):
        promote(registry, NAME, "1")


def test_the_constant_does_not_become_the_first_champion(registry):
    assert not promote(registry, NAME, "2").wins
    assert champion_of(registry, NAME) is None


def test_a_roll_back_gives_the_place_back(registry):
    with pytest.raises(TrackingError, match="nothing to roll back"):
        roll_back(registry, NAME)
    # version 2 as champion, as if it had won once
    registry.set_registered_model_alias(NAME, "champion", "2")
    assert promote(registry, NAME, "1").wins
    old, new = roll_back(registry, NAME)
    assert (old.number, new.number) == (1, 2)
    assert champion_of(registry, NAME).number == 2


def test_what_is_not_there_is_named(registry):
    with pytest.raises(UnknownNameError, match="challenger"):
        find(registry, NAME, "champoin")
    with pytest.raises(TrackingError, match="no model 'reg-x' is registered"):
        find(registry, "reg-x")


WITHOUT_MLFLOW = """
import sys
sys.modules["mlflow"] = None
from pathlib import Path
from sacml.workflows import predict
row, = predict("Co-N4@graphene", "Li", targets=("cycle_life",), models=Path(sys.argv[1]))
print(repr(row.value))
"""


def test_an_exported_folder_loads_without_mlflow(registry, surrogate, tmp_path):
    place = export_version(registry, find(registry, NAME, "1"), tmp_path / "out")
    assert place == tmp_path / "out" / "cycle_life"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_MLFLOW, str(tmp_path / "out")],
        capture_output=True, text=True, check=False, cwd=os.getcwd(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loaded = model_store.load(place)
    assert loaded.version == surrogate.version
    with pytest.raises(TrackingError, match="there already"):
        export_version(registry, find(registry, NAME, "1"), tmp_path / "out")


def test_an_imported_folder_is_a_challenger_with_its_evidence_and_only_once(
    registry, new_store, tmp_path
):
    place = export_version(registry, find(registry, NAME, "1"), tmp_path / "out")
    other = new_store(tmp_path / "elsewhere")
    version = import_folder(other, place, "reg")
    assert (version.number, version.aliases) == (1, ("challenger",))
    assert import_folder(other, place, "reg").number == 1
    assert promote(connect(other), NAME).wins
    again = export_version(connect(other), version, tmp_path / "again")
    assert sorted(p.name for p in again.rglob("*")) == sorted(p.name for p in place.rglob("*"))


def test_an_altered_folder_is_not_imported(registry, new_store, tmp_path):
    place = export_version(registry, find(registry, NAME, "1"), tmp_path / "out")
    facts = place / "model.json"
    facts.write_text(facts.read_text().replace("ridge", "forest", 1))
    other = new_store(tmp_path / "elsewhere")
    with pytest.raises(ModelFileError, match="altered"):
        import_folder(other, place)
    assert versions(connect(other)) == []


def test_merging_brings_versions_along_once_and_leaves_the_champion(
    uri, new_store, folder, judged, tmp_path
):
    home = new_store(tmp_path / "home")
    log(home, folder, judged)
    client = connect(home)
    assert promote(client, NAME).wins
    assert merge_runs(uri, home).models == 3
    assert merge_runs(uri, home).models == 0
    assert [v.number for v in versions(client, NAME)] == [4, 3, 2, 1]
    assert champion_of(client, NAME).number == 1
    assert [find(client, NAME, str(n)).tags["sacml.model"] for n in (2, 3, 4)] == [
        "ridge", "constant", "ridge"]  # fmt: skip
    assert promote(client, NAME, "3").wins is False
