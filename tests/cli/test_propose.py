"""`sacml propose` as a person types it."""

import json

import pytest
from shell import rows_of, sacml

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
        (["-a", "Li", "--top", "0"], "top"),
    ],
)
def test_a_mistake_gets_one_clear_message_and_no_traceback(arguments, says):
    done = sacml("propose", *arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
