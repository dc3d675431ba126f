"""`sacml train --model gnn` as a person types it, on the bundled calculations."""

import json

import pytest
from shell import rows_of, sacml

from sacml.models import store

pytestmark = pytest.mark.long
pytest.importorskip("torch_geometric", exc_type=ImportError)

CONFIG = """
targets = ["binding_energy"]
trained_on = ["all"]
splits = ["random"]
"""


def test_a_network_is_trained_judged_tracked_and_shown_beside_the_constant(tmp_path):
    config, out = tmp_path / "study.toml", tmp_path / "runs" / "study"
    config.write_text(CONFIG)
    done = sacml("train", "--config", config, "--model", "gnn", "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["targets"]["binding_energy"]
    rows = rows_of(out / "tables" / "binding_energy" / "scores.csv")
    assert {r["model"] for r in rows} == {"constant", "gnn"}
    sites = {r["model"]: float(r["mae"]) for r in rows if r["rows"] == "sac"}
    # what wins is stored, and the sentence names it
    best = min(sites, key=sites.__getitem__)
    assert found["model"] == best
    assert best in found["choice"]
    assert store.load(out / "models" / "binding_energy").model == best
    assert "gnn" in (out / "report.html").read_text()
    uri = f"sqlite:///{out.parent / 'mlflow.db'}"
    name = "gnn · all rows · random"
    shown = sacml("runs", "show", name, "--tracking-uri", uri)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("train_loss") == 5
    if best == "gnn":
        answer = sacml("predict", "Pt-N4@graphene", "-a", "Li", "--models", out / "models",
                       "--json")  # fmt: skip
        assert answer.returncode == 0, answer.stderr
