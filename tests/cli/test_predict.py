"""`sacml predict` as a person types it."""

import json
import shutil
from dataclasses import replace

import pytest
from shell import rows_of, sacml

from sacml._resources import model_path
from sacml.data import systems
from sacml.models import load_released, store


def test_one_site_prints_three_targets_with_intervals_and_what_was_assumed():
    done = sacml("predict", "Co-N4@graphene", "--alkali", "Li")
    assert done.returncode == 0, done.stderr
    for name in ("binding_energy", "nucleation_overpotential", "cycle_life"):
        assert name in done.stdout
    assert "assumed: current_density_mA_cm2 = 3" in done.stdout
    assert "assumed: areal_capacity_mAh_cm2 = 3" in done.stdout
    assert "against the bulk metal" in done.stdout
    assert "against pristine graphene" in done.stdout
    assert "in domain" in done.stdout.lower()


def test_stated_conditions_are_not_called_assumed():
    done = sacml("predict", "Co-N4@graphene", "-a", "Li", "-j", "1", "-q", "1")
    assert done.returncode == 0, done.stderr
    assert "assumed" not in done.stdout


def test_a_modifier_says_what_a_host_carries():
    bare, alloy = (
        json.loads(sacml("predict", "@cu_foil", "-a", "Li", "--json", *given).stdout)
        for given in ((), ("--modifier", "alloy:Li-Sn"))
    )
    reasons = [" ".join(r["reasons"]) for r in alloy["predictions"]]
    assert "no alloy record was trained on" in reasons[0]
    # the slab of lithium is the only bare metal with a binding energy
    assert "host cu_foil never seen" in " ".join(bare["predictions"][0]["reasons"])
    assert "no bare record" not in " ".join(bare["predictions"][0]["reasons"])
    assert "no alloy record" not in reasons[2], "lives of alloys are in the literature"


def test_refine_prints_both_answers(tmp_path):
    facts = {"roles": ["screen", "refine"]}
    both = load_released("binding_energy")
    store.save(replace(both, facts={**both.facts, **facts}), tmp_path / "binding_energy")
    other = load_released("cycle_life")
    other = replace(other, facts={**other.facts, "roles": ["screen"]})
    store.save(other, tmp_path / "cycle_life")
    asked = ("predict", "Co-N4@graphene", "-a", "Li", "--models", tmp_path, "--refine")
    missing = sacml(*asked)
    assert missing.returncode == 1
    assert "no refine surrogate of cycle_life" in missing.stderr
    store.save(other, tmp_path / "refine" / "cycle_life")
    done = sacml(*asked)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("refine: the same model serves both roles") == 2
    assert "nucleation_overpotential" not in done.stdout, "the folder holds none"


def test_json_has_a_versioned_schema_and_ordered_ends():
    done = sacml("predict", "Co-N4@graphene", "vac-N4@graphene", "-a", "Na", "--json")
    answer = json.loads(done.stdout)
    assert answer["schema"] == "sacml.predict/1"
    assert len(answer["predictions"]) == 6
    for row in answer["predictions"]:
        lower = float("-inf") if row["lower"] is None else row["lower"]
        upper = float("inf") if row["upper"] is None else row["upper"]
        assert lower <= row["value"] <= upper
        assert row["model"]
        assert isinstance(row["in_domain"], bool)
        assert row["in_domain"] or row["reasons"], "out of domain needs a reason"
    energy = answer["predictions"][0]
    assert energy["target"] == "binding_energy"
    assert energy["assumed"] == []
    assert energy["against_bulk_eV"] > energy["value"]


def test_a_table_of_candidates_is_predicted_row_by_row(tmp_path):
    table = tmp_path / "in.csv"
    sites = ["Co-N4@graphene", "Fe-N3@graphene", "Zn-?@hard_carbon"] * 700
    lines = [f"{site},{('Li', 'Na', 'K')[i % 3]},1.0" for i, site in enumerate(sites)]
    table.write_text("site,alkali,current_density_mA_cm2\n" + "\n".join(lines))
    out = tmp_path / "out.csv"
    done = sacml("predict", "--file", table, "--out", out)
    assert done.returncode == 0, done.stderr
    rows = rows_of(out)
    assert len(rows) == 3 * len(sites)
    assert [r["site"] for r in rows[::3]] == sites
    assert rows[1]["assumed"] == "areal_capacity_mAh_cm2"


def test_every_system_of_the_review_is_predicted_by_name_and_by_notation(tmp_path):
    table, out = tmp_path / "in.csv", tmp_path / "new" / "folder" / "out.csv"
    asked = [(text, s) for s in systems() for text in (s.name, str(s.site))]
    table.write_text(
        "site,alkali\n" + "".join(f'"{text}",{s.alkali}\n' for text, s in asked), encoding="utf-8"
    )
    done = sacml("predict", "--file", table, "--out", out)
    assert done.returncode == 0, done.stderr
    rows = rows_of(out)
    assert [r["site"] for r in rows[::3]] == [str(s.site) for _, s in asked]
    values = [(r["value"], r["lower"], r["upper"]) for r in rows]
    for i in range(0, len(rows), 6):
        assert values[i : i + 3] == values[i + 3 : i + 6]


def test_a_name_of_the_review_says_how_it_was_read():
    done = sacml("predict", "Pt SAs/In2S3/Ti3C2", "-a", "Li")
    assert done.returncode == 0, done.stderr
    assert "Pt SAs/In2S3/Ti3C2 read as Pt-?@in2s3|ti3c2: taken to sit in the sulfide" in done.stdout


@pytest.mark.parametrize("name", ["model.json", "model.onnx", "arrays.npz", "MODEL_CARD.md"])
def test_an_altered_model_file_is_refused(tmp_path, name):
    folder = tmp_path / "models"
    shutil.copytree(model_path(), folder)
    file = folder / "cycle_life" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    done = sacml("predict", "Co-N4@graphene", "-a", "Li", "--models", folder)
    assert done.returncode == 1
    assert done.stderr.startswith(f"sacml: {file} was altered")
    assert "restore the folder" in done.stderr
    assert done.stdout == ""


def test_every_bad_row_of_a_table_is_reported_at_once(tmp_path):
    table = tmp_path / "bad.csv"
    table.write_text(
        "site,alkali,current_density_mA_cm2,cell\n"
        "Co-N4@graphene,Li,1,half\n"
        "Xx-N4@graphene,Li,1,half\n"
        "Co-N4@graphene,Rb,1,half\n"
        "Co-N4@graphene,Li,fast,coin\n"
    )
    done = sacml("predict", "--file", table)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"{table}: 3 bad rows" in done.stderr
    for part in ("line 3, column 'site'", "line 4, column 'alkali'", "line 5, column 'cell'",
                 "line 5, column 'current_density_mA_cm2', value 'fast'"):  # fmt: skip
        assert part in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Co-N4@grapene", "-a", "Li"], "did you mean 'graphene'"),
        (["Co-N4@graphene", "-a", "Rb"], "unknown alkali 'Rb'"),
        (["Co-N4@graphene"], "--alkali Li"),
        ([], "name sites"),
        (["Co-N4@graphene", "-a", "Li", "-j", "0"], "outside 0 to 1000"),
        (["Co-N4@graphene", "-a", "Li", "--level", "1"], "outside 0 to 1"),
        (["Co-N4@graphene", "-a", "Li", "--models", "nowhere"], "nowhere"),
        (["--file", "nothing.csv", "-a", "Li"], "nothing.csv"),
        (["Co-N4@graphene", "-a", "Li", "--out", __file__ + "/x.csv"], "check the path"),
        (["Li-N4@graphene", "-a", "Li"], "Li is a metal of the anode"),
        (["ZnSA-N-D", "-a", "Na"], "did you mean the review's 'ZnSA-N-C'"),
        (["Co-N4@graphene", "-a", "Li", "--modifier", "alloy"], "says by itself what it is"),
        (["@cu_foil", "-a", "Li", "--modifier", "dual_atom"], "a host without them carries"),
        (["@cu_foil", "-a", "Li", "--modifier", "aloy:Sn"], "did you mean 'alloy'"),
        (["@cu_foil", "-a", "Li", "--modifier", "alloy:Xx"], "unknown element 'Xx'"),
    ],
)
def test_a_mistake_gets_one_clear_message_and_no_traceback(arguments, says):
    done = sacml("predict", *arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no column 'site'"),
        ("metal,alkali\nCo,Li\n", "no column 'site'"),
        ("site,alkali\n", "no rows"),
        ("site\nCo-N4@graphene\n", "no column 'alkali'"),
        ("site,alkali,current_density_A_cm2\nCo-N4@graphene,Li,1\n", "are not read"),
    ],
)
def test_unusable_tables_are_named(tmp_path, content, says):
    table = tmp_path / "t.csv"
    table.write_text(content)
    done = sacml("predict", "--file", table)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_three_bad_rows_in_a_million_are_found_and_nothing_is_lost(tmp_path):
    table, rows = tmp_path / "big.csv", 1_000_000
    bad = {10: "Xx-N4@graphene,Li,1", 500_000: "Co-N4@graphene,Rb,1",
           rows - 1: "Co-N4@graphene,Li,fast"}  # fmt: skip
    with table.open("w") as file:
        file.write("site,alkali,current_density_mA_cm2\n")
        for i in range(rows):
            file.write(bad.get(i, f"Co-N4@graphene,{('Li', 'Na', 'K')[i % 3]},{1 + i % 7}") + "\n")
    done = sacml("predict", "--file", table, "--out", tmp_path / "out.csv")
    assert done.returncode == 1
    assert f"{table}: 3 bad rows" in done.stderr
    assert [f"line {i + 2}, " in done.stderr for i in bad] == [True] * 3
    assert not (tmp_path / "out.csv").exists()
