"""`sacml propose` as a person types it."""

import json
import re

import pytest
from shell import rows_of, sacml
from typer.testing import CliRunner

from sacml.cli import propose as command
from sacml.cli.app import app
from sacml.domain import Candidate, element


def test_constraints_of_the_lab_are_kept_and_reasons_given():
    done = sacml("propose", "--alkali", "Na", "--exclude", "Co,Pt", "--max-price-usd-per-kg", "50",
                 "--top", "8", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["schema"].startswith("sacml.proposals/")
    assert len(answer["proposals"]) == 8
    for p in answer["proposals"]:
        candidate = Candidate.parse(p["candidate"])
        assert candidate.alkali == "Na"
        assert not {"Co", "Pt"} & set(candidate.site.metals)
        assert all(element(m).price_usd_per_kg <= 50 for m in candidate.site.metals)
        assert p["why"]
        assert p["uncertain"]
    scores = [p["score"] for p in answer["proposals"]]
    assert scores == sorted(scores, reverse=True)
    assert sum(answer["refused"].values()) > 0


def test_the_list_says_what_is_known_why_it_is_there_and_what_was_left_out():
    done = sacml("propose", "-a", "Na", "--exclude", "Co,Pt", "--max-price-usd-per-kg", "50",
                 "--top", "3")  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    marked = [line for line in lines if "known:" in line]
    assert marked
    assert all(line.split("known:")[1].strip() for line in marked), "a mark names something"
    for start in ("  1. ", "  3. ", "       why: ", "       uncertain: ", "note: ", "left out: ",
                  "ranked, not listed: "):  # fmt: skip
        assert any(line.startswith(start) for line in lines), start
    assert any("metal Pt excluded" in line for line in lines)
    assert any(re.search(r"own label (\w+:)?ads/.*, there with Li", line) for line in marked)
    # what holds for all of the list is said once, below it
    doubts = [line for line in lines if line.startswith("       uncertain: ")]
    assert not any("nucleation_overpotential" in line for line in doubts)
    (of_all,) = [line for line in lines if "nucleation_overpotential: 3 of 3 lie outside" in line]
    assert of_all.startswith("uncertain of all: ")
    assert not [line for line in lines if "e+0" in line]
    assert any("price above 50 USD/kg" in line for line in lines)


def test_the_same_command_twice_gives_the_same_list(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for path in (first, second):
        assert sacml("propose", "-a", "Li", "--top", "5", "--out", path).returncode == 0
    assert first.read_bytes() == second.read_bytes()
    assert len(rows_of(first)) == 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-a", "Rb"], "unknown alkali"),
        (["-a", "Li", "--exclude", "Xx"], "Xx"),
        (["-a", "Li", "--exclude", "Co", "--require", "Co"], "Co"),
        (["-a", "Li", "--max-price-usd-per-kg", "0.000001"], "price"),
        (["-a", "Li", "--space", "no.toml"], "no.toml"),
        (
            ["Li", "--objective", "binding energy: low=-1, high=-2"],
            "binding energy: window upside down: low -1 is not below high -2",
        ),
        (["-a", "Li", "--top", "0"], "top"),
        ([], "one alkali metal is needed"),
        (["Li", "-a", "Na"], "Li and Na were given"),
        (["Li", "--out", "answer.html"], "a .csv file for the table, or a folder"),
        (["Li", "--chance", "P(binding_energy < 3 mV) > 0.5"], "unit 'mV'"),
        (["Li", "--objective", "beauty: weight=1"], "none of this name"),
        (["Li", "--max-candidates", "10"], "too large"),
        (["Li", "--workers", "2", "--dask", "tcp://127.0.0.1:1"], "not both"),
    ],
)
def test_a_mistake_gets_one_clear_message_and_no_traceback(arguments, says):
    done = sacml("propose", *arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


SPACE = """
metals = ["Co", "Fe", "Zn"]
hosts = ["graphene"]
centres = ["single"]
"""


@pytest.fixture
def space(tmp_path):
    path = tmp_path / "space.toml"
    path.write_text(SPACE, encoding="utf-8")
    return path


def test_a_folder_holds_the_answer_and_one_that_is_not_ours_is_refused(tmp_path, space):
    out = tmp_path / "answer"
    asked = ("propose", "Na", "--space", space, "--top", "2", "--out", out)
    done = sacml(*asked)
    assert done.returncode == 0, done.stderr
    assert str(out / "proposals.html") in done.stdout
    assert {"proposals.csv", "proposals.json", "proposals.html"} <= {p.name for p in out.iterdir()}
    answer = json.loads((out / "proposals.json").read_text(encoding="utf-8"))
    assert [(out / s["folder"] / "POSCAR").is_file() for s in answer["structures"]] == [True] * 2
    page = (out / "proposals.html").read_text(encoding="utf-8")
    assert f"sacml propose Na --space {space} --top 2 --out {out}" in page
    again = sacml("propose", "Na", "--space", space, "--out", tmp_path)
    assert again.returncode == 1
    assert "not empty" in again.stderr


def test_an_estimate_says_the_size_and_ranks_nothing(space):
    done = sacml("propose", "Li", "--space", space, "--estimate", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "sacml.proposals.estimate/1"
    assert found["declared"] == found["candidates"] + sum(found["refused"].values())
    assert found["memory_bytes"] > 0


def test_processes_give_the_same_list_as_one(tmp_path, space):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for path, workers in ((first, "1"), (second, "2")):
        asked = ("propose", "Li", "--space", space, "--top", "3", "-o", path, "-w", workers)
        assert sacml(*asked).returncode == 0
    assert first.read_bytes() == second.read_bytes()


def test_an_interrupt_gives_a_marked_answer_to_go_on_from(tmp_path, space, monkeypatch):
    def interrupt(done_word, what):
        def stop(done, total):
            if what == "candidates":
                raise KeyboardInterrupt

        return stop

    out, state = tmp_path / "answer", tmp_path / "state.npz"
    asked = ["propose", "Li", "--space", str(space), "--top", "2", "--resume", str(state), "-o",
             str(out)]  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(command, "progress", interrupt)
        stopped = CliRunner().invoke(app, asked)
    assert stopped.exit_code == 130
    assert "the answer is partial" in stopped.stderr
    assert "Partial." in (out / "proposals.html").read_text(encoding="utf-8")
    assert json.loads((out / "proposals.json").read_text(encoding="utf-8"))["partial"] is True
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.stderr
    assert json.loads((out / "proposals.json").read_text(encoding="utf-8"))["partial"] is False


def test_objectives_and_chances_change_the_list(space):
    asked = ["propose", "Li", "--space", str(space), "--top", "3", "--json"]
    plain = json.loads(CliRunner().invoke(app, asked).stdout)
    moved = json.loads(
        CliRunner().invoke(app, [*asked, "--objective", "binding energy: low=-3, high=-2.4"]).stdout
    )
    assert plain["objectives"][0]["low"] != moved["objectives"][0]["low"] == -3
    assert [p["score"] for p in plain["proposals"]] != [p["score"] for p in moved["proposals"]]
    bound = json.loads(
        CliRunner().invoke(app, [*asked, "--chance", "P(binding_energy < -1.2 eV) > 0.8"]).stdout
    )
    assert bound["chances"] == ["P(binding_energy < -1.2 eV) > 0.8"]
    assert bound["n_ranked"] < plain["n_ranked"]


def test_a_chance_that_nothing_reaches_leaves_an_empty_list_and_says_why(space):
    done = CliRunner().invoke(
        app,
        ["propose", "Li", "--space", str(space), "--chance", "P(binding_energy < -9 eV) > 0.8"],
    )
    assert done.exit_code == 0, done.stderr
    assert "nothing is proposed" in done.stdout
    assert "note: No candidate keeps to every limit." in done.stdout
    assert "differ enough" not in done.stdout
    assert "not P(binding_energy < -9 eV) > 0.8" in done.stdout


def test_a_misspelt_setting_of_the_space_names_those_there_are(tmp_path):
    path = tmp_path / "space.toml"
    path.write_text('metal = ["Fe"]', encoding="utf-8")
    done = CliRunner().invoke(app, ["propose", "Li", "--space", str(path)])
    assert done.exit_code == 1
    said = str(done.exception)
    assert "metal: there is no such setting; allowed: name, alkali, metals" in said
