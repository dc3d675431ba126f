"""`sacml train` as a person types it, on a study of seconds."""

import json
import sys

import pytest
from shell import rows_of, sacml

from sacml.cli import main
from sacml.models import store
from sacml.workflows import StudyConfig

TINY = """
name = "tiny"
targets = ["nucleation_overpotential"]
models = ["constant", "conditions_only"]
trained_on = ["all"]
splits = ["leave_one_source_out"]
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


def test_a_study_leaves_tables_model_and_its_resolved_configuration(config, tmp_path):
    out = tmp_path / "runs" / "tiny"
    done = sacml("train", "--config", config, "--out", out, "--no-track", "--no-report", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "sacml.study/1"
    target = found["targets"]["nucleation_overpotential"]
    stored = store.load(out / "models" / "nucleation_overpotential")
    assert (target["model"], target["version"]) == (stored.model, stored.version)
    assert target["choice"] in done.stderr, "progress goes beside the JSON"
    rows = rows_of(out / "tables" / "nucleation_overpotential" / "scores.csv")
    assert {r["model"] for r in rows} == {"constant", "conditions_only"}
    assert StudyConfig.read(out / "config.toml") == StudyConfig.read(config)
    assert {p.name for p in tmp_path.iterdir()} == {"tiny.toml", "runs"}


def test_options_replace_what_the_configuration_says(config, tmp_path):
    out = tmp_path / "out"
    done = sacml(
        "train", "--config", config, "--model", "constant", "--refine-model", "alkali_mean",
        "--seed", "3", "--name", "mine", "--out", out, "--no-track", "--no-report", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    resolved = StudyConfig.read(out / "config.toml")
    assert (resolved.models, resolved.refine) == (("constant",), ("alkali_mean",))
    assert (resolved.seed, resolved.name) == (3, "mine")
    assert resolved.splits == ("leave_one_source_out",), "what no option names stays"
    refine = json.loads(done.stdout)["targets"]["nucleation_overpotential"]["refine"]
    assert refine["same_model"] is (refine["model"] == "constant")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "no.csv"], "no.csv does not exist"),
        (["--model", "rigde"], "allowed: constant"),
        (["--target", "life"], "allowed: binding_energy"),
        (["--split", "by_magic"], "splits"),
        (["--config", "no.toml"], "there is no configuration file 'no.toml'"),
        (["--config", "."], "cannot read the configuration '.'"),
        (["--tracking-uri", "mlruns"], "names no database or server"),
        (["--out", "file/below"], "check the path"),
    ],
)
def test_a_mistake_is_said_before_anything_is_computed(
    monkeypatch, capsys, tmp_path, arguments, says
):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sacml", "train", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    shown = capsys.readouterr()
    assert says in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
    assert {p.name for p in tmp_path.iterdir()} == {"file"}
