"""`sacml models` as a person types it."""

import json
import sys

import pytest
from typer.testing import CliRunner

from sacml.cli import main
from sacml.cli.app import app
from sacml.domain import PRIMARY, TARGETS
from sacml.models import load_released


def run(*arguments):
    done = CliRunner().invoke(app, ["models", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_released_surrogates_are_listed_with_the_figures_that_chose_them():
    found = json.loads(run("list", "--json"))
    assert found["schema"] == "sacml.models/1"
    assert [m["target"] for m in found["models"]] == list(PRIMARY)
    text = run("list")
    for m in found["models"]:
        released = load_released(m["target"])
        assert m["version"] == released.version
        assert "constant" in m["choice"]
        assert m["choice"] in text


@pytest.mark.parametrize("target", PRIMARY)
def test_the_card_and_the_facts_of_one_surrogate(target):
    assert load_released(target).version in run("show", target)
    found = json.loads(run("show", target, "--json"))
    assert found["schema"] == "sacml.model/1"
    assert found["facts"]["unit"] == TARGETS[target].unit
    assert found["facts"]["dataset"]["digest"]
    assert found["facts"]["limits"]


def test_an_unknown_target_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sacml", "models", "show", "cycle_live"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert "did you mean 'cycle_life'" in capsys.readouterr().err
