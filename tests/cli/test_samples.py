"""`sacml train --structures` and `sacml predict --structures` as a user types them."""

import json

import pytest
from ase.io import write
from shell import rows_of, sacml

from sacml.structures import build


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    frames = []
    for i, metal in enumerate(("Fe", "Co", "Ni", "Cu")):
        for j, shell in enumerate(("N4", "C4")):
            atoms = build(f"{metal}-{shell}@graphene").atoms.copy()
            atoms.info = {"dG": 0.3 * i - 0.2 * j, "part": "test" if metal == "Ni" else "train"}
            frames.append(atoms)
    path = tmp_path_factory.mktemp("own") / "own.extxyz"
    write(path, frames, format="extxyz")
    return path


def test_train_prints_a_versioned_summary_and_predict_reads_the_model(own, tmp_path):
    done = sacml("train", "--structures", own, "--target", "dG", "--unit", "eV", "--model", "trees",
                 "--split", "part", "--json", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["schema"] == "sacml.train.structures/1"
    assert summary["test_mae"] == summary["splits"]["predefined"]["trees"]["mae"]
    asked = sacml("predict", "--structures", own, "--out", "p.csv", cwd=tmp_path)
    assert asked.returncode == 0, asked.stderr
    rows = rows_of(tmp_path / "p.csv")
    assert len(rows) == 8
    assert "metal Ni never seen" in rows[4]["reasons"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "dG"], "--unit eV"),
        (["--unit", "eV"], "--target KEY"),
        (["--target", "dG", "--unit", "eV", "--model", "forest"], "unknown model 'forest'"),
        (["--target", "dg", "--unit", "eV"], "did you mean 'dG'"),
        (["--target", "dG", "--unit", "eV", "--reference", "bulk", "--data", "x.csv"], "--data"),
    ],
)
def test_a_mistake_says_what_to_type_and_shows_no_traceback(own, tmp_path, arguments, words):
    done = sacml("train", "--structures", own, *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_options_of_structures_need_structures(tmp_path):
    done = sacml("train", "--unit", "eV", cwd=tmp_path)
    assert done.returncode == 1
    assert "go with --structures" in done.stderr
