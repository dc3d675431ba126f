"""`sacml loop` as a person runs it."""

import gc
import json

import pytest
from shell import rows_of, sacml

from sacml.cli.app import main

TOML = """
budget = 2
batch = 2
places = ["ring6"]
strategy = "random"
models = ["constant"]
[space]
metals = ["Co", "Ni"]
centres = ["single"]
hosts = ["graphene"]
[space.single_shells]
graphene = ["N4"]
[limits]
wall_s = 120
[protocol]
max_steps = 1
engine = "ase:ase.calculators.lj:LennardJones"
engine_options = { sigma = 1.2, epsilon = 0.01, rc = 4.0 }
bulk_scales = [0.3, 0.35, 0.4, 0.45]
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "loop.toml"
    path.write_text(TOML)
    return path


@pytest.mark.long
def test_a_loop_with_a_real_engine_is_run_and_told(config, tmp_path):
    done = sacml("loop", "--config", config, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "sacml.loop.result/1"
    assert found["ended"] == "budget"
    assert {r["site"] for r in found["labels"]} == {"Co-N4@graphene", "Ni-N4@graphene"}
    assert "for practice" in done.stderr
    assert "2 candidates asked" in done.stderr
    assert "6 of 6 tasks done" in done.stderr  # a file is told how far it is
    rows = rows_of(tmp_path / "out" / "loop.csv")
    assert [float(r["label_eV"]) for r in rows] == [
        pytest.approx(r["label_eV"], abs=1e-6) for r in found["labels"]
    ]
    assert (tmp_path / "mlflow.db").exists()
    again = sacml("loop", "--out", tmp_path / "out")
    assert again.returncode == 0
    assert "the budget is spent" in again.stdout
    assert "candidates asked" not in again.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--budget", "0"), "budget = 0"),
        (("--engine", "gaussian"), "unknown engine 'gaussian'"),
        (("--alkali", "Li,Rb"), "one or more of Li, Na, K"),
        (("--hand-out",), "inputs to hand out are written for vasp, espresso, cp2k"),
        (("--strategy", "luck"), "allowed: expected_improvement"),
        (("--space", "nowhere.toml"), "cannot read the design space 'nowhere.toml'"),
        (("--tracking-uri", "folder"), "names no database or server"),
        (("--config", "nowhere.toml"), "cannot read the configuration 'nowhere.toml'"),
        (("--dask", "nonsense://x"), "no Dask scheduler answers at 'nonsense://x'"),
    ],
)
def test_a_mistake_is_one_message(config, tmp_path, monkeypatch, capfd, options, said):
    if options[0] == "--dask":
        pytest.importorskip("distributed")
    base = () if "--config" in options else ("--config", str(config))
    monkeypatch.setattr("sys.argv", ["sacml", "loop", *base, *options, "--out",
                                     str(tmp_path / "out")])  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main()
    gc.collect()
    told = capfd.readouterr().err
    assert ended.value.code == 1
    assert said in told
    assert "Traceback" not in told
    assert not (tmp_path / "out" / "round-01").exists()


def test_inputs_are_handed_out(config, tmp_path):
    config.write_text(TOML.split("[protocol]", maxsplit=1)[0])
    done = sacml("loop", "--config", config, "--engine", "espresso", "--no-track", "--out",
                 tmp_path / "out")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "calculations to do in" in done.stdout
    assert len(list((tmp_path / "out" / "handed").iterdir())) == 5
