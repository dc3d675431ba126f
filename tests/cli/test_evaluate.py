import json

import pytest
from typer.testing import CliRunner

from sacml.cli.app import app
from sacml.errors import SacmlError

CONFIG = """
targets = ["binding_energy"]
models = ["constant", "alkali_mean"]
trained_on = ["sac"]
splits = ["leave_one_metal_out", "random"]
seeds = []
"""


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *arguments], catch_exceptions=False)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "evaluation.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return str(path)


def test_one_part_is_made_and_said(config, tmp_path):
    out = tmp_path / "out"
    found = run("comparisons", "leaks", "-c", config, "-o", str(out), "--no-figures")
    assert found.exit_code == 0
    assert "binding_energy: 27 records" in found.output or "records, 2 models" in found.output
    assert {p.name for p in (out / "tables").iterdir()} == {
        "comparisons.csv", "leaks.csv", "leak_counts.csv",
    }  # fmt: skip


def test_json_is_all_that_is_printed(config, tmp_path):
    out = str(tmp_path / "out")
    found = run("coverage", "-c", config, "-o", out, "--json", "--no-figures")
    printed = json.loads(found.stdout)
    assert printed["schema"] == "sacml.evaluation/1"
    assert "leave_one_metal_out" in printed["choices"]["binding_energy"]
    assert printed["verdicts"] is None
    assert any(f.endswith("coverage.csv") for f in printed["files"])


def test_a_part_that_does_not_exist(config):
    with pytest.raises(SacmlError, match="no such part: verdict; parts are scores"):
        run("verdict", "-c", config)
