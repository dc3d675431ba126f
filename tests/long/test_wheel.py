"""The wheel works alone: a new environment in an empty folder predicts and proposes."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", folder, REPO,
         "-c", REPO / "constraints.txt"],
        check=True,
    )  # fmt: skip
    return next(folder.glob("sacml-*.whl"))


def test_the_wheel_carries_the_data_and_the_models(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "sacml/_datasets/elements/elements.csv",
        "sacml/_datasets/literature/records.csv",
        "sacml/_datasets/dft/binding.csv",
        "sacml/_models/binding_energy/model.json",
        "sacml/_models/cycle_life/model.json",
        "sacml/_models/nucleation_overpotential/model.json",
    ):
        assert wanted in names
    assert not [n for n in names if "/campaign/" in n], "raw results are no part of the package"
    assert not [n for n in names if "__pycache__" in n or n.endswith((".pyc", ".db"))]
    assert {n.split("/")[0].split("-")[0] for n in names} == {"sacml"}, "no tests, no runs"
    assert wheel.stat().st_size < 5_000_000


def test_every_bundled_table_of_the_checkout_is_in_the_wheel(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("datasets", "models"):
        for path in (REPO / folder).rglob("*"):
            inside = path.relative_to(REPO / folder).as_posix()
            if path.suffix in (".csv", ".json", ".extxyz", ".onnx") and "campaign" not in inside:
                assert f"sacml/_{folder}/{inside}" in names, inside


def test_a_new_environment_in_an_empty_folder_predicts_and_proposes(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "-c", REPO / "constraints.txt", wheel],
        check=True,
    )  # fmt: skip
    empty = tmp_path / "empty"
    empty.mkdir()
    command = tmp_path / "env" / "bin" / "sacml"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MLFLOW"))}

    def run(*arguments):
        done = subprocess.run(
            [command, *arguments], cwd=empty, capture_output=True, text=True, check=True, env=clean
        )
        return json.loads(done.stdout)

    predicted = run("predict", "Co-N4@graphene", "--alkali", "Li", "--json")
    assert len(predicted["predictions"]) == 3
    proposed = run("propose", "--alkali", "K", "--top", "3", "--json")
    assert len(proposed["proposals"]) == 3
    assert list(empty.iterdir()) == [], "nothing may be left behind"
