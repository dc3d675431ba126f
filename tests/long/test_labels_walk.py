"""The practice walk for real: a cheap engine labels sites, a surrogate learns them and proposes."""

import csv
import json
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from sacml.data.cheap_engines import engine_errors

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
SITES = ("Co-N4@graphene", "Ni-N4@graphene", "Pd-N4@graphene", "Pt-N4@graphene")
pytestmark = pytest.mark.long


def load_walk():
    path = EXPERIMENTS / "labels_walk.py"
    spec = spec_from_loader("labels_walk", SourceFileLoader("labels_walk", str(path)))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    pytest.importorskip("tblite", reason="the walk labels with GFN1-xTB (pip install tblite)")
    folder = tmp_path_factory.mktemp("walk")
    text = (EXPERIMENTS / "labels_walk.toml").read_text(encoding="utf-8")
    before, after = text.split("candidates = [")[0], text.split("]\n", 1)[1]
    config = folder / "small.toml"
    config.write_text(f"{before}candidates = {json.dumps(SITES)}\n{after}", encoding="utf-8")
    return load_walk(), config, folder / "out"


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_labels_train_a_surrogate_that_proposes_and_the_error_is_printed(walked, capsys):
    walk, config, out = walked
    walk.walk(config, out, workers=1, top=3)
    printed = capsys.readouterr().out
    labels = {r["site"]: r for r in table(out / "tables" / "binding.csv")}
    assert {*SITES, "@graphene"} == set(labels)
    assert {r["fidelity"] for r in labels.values()} == {"practice"}
    assert printed.count(f"wrong by {engine_errors()['gfn1'].mae_eV:.2f} eV") == 3
    assert "mean absolute error on these 5 pairs" in printed
    model = json.loads((out / "study" / "models" / "binding_energy" / "model.json").read_text())
    assert model["records"]["by_fidelity"] == {"practice": len(labels)}
    assert len(table(out / "proposals_Li.csv")) == 3


def test_run_again_it_computes_nothing_and_says_the_same(walked, capsys):
    walk, config, out = walked
    before = (out / "tables" / "binding.csv").read_bytes()
    scores = (out / "study" / "tables" / "binding_energy" / "scores.csv").read_bytes()
    walk.walk(config, out, workers=1, top=3)
    capsys.readouterr()
    assert (out / "tables" / "binding.csv").read_bytes() == before
    assert (out / "study" / "tables" / "binding_energy" / "scores.csv").read_bytes() == scores
