"""`sacml data` as a person types it."""

import json
import sys

import pytest
from shell import sacml
from typer.testing import CliRunner

from sacml.cli.app import app, main
from sacml.data import load_dataset, systems
from sacml.domain import TARGETS, Site, host_types


@pytest.fixture
def run():
    def call(*arguments):
        done = CliRunner().invoke(app, ["data", *map(str, arguments)])
        assert done.exit_code == 0, done.output
        return done.stdout

    return call


@pytest.fixture
def fails(monkeypatch, capsys):
    """Run a command that must end with 1 and one message; returns the message."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["sacml", "data", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        return shown.err

    return call


def strictly(text, schema):
    """Read JSON that holds no NaN or infinity, of the schema expected."""

    def refuse(word):
        raise AssertionError(word)

    found = json.loads(text, parse_constant=refuse)
    assert found.pop("schema") == schema
    return found


def test_the_datasets_are_listed_with_counts_and_digests(run):
    found = strictly(run("list", "--json"), "sacml.datasets/1")["datasets"]
    by_name = {d["name"]: d for d in found}
    assert set(by_name) == {"literature", "dft", "series"}
    for name, d in by_name.items():
        assert d["records"] == len(load_dataset(name)) == sum(
            t["records"] for t in d["targets"].values()
        )  # fmt: skip
        assert len(d["digest"]) == 64
        assert d["licence"]
    assert "coulombic_efficiency" in run("list")


@pytest.mark.parametrize("target", [n for n in TARGETS if n not in (
    "metal_stability", "binding_energy")])  # fmt: skip
def test_every_target_of_the_literature_can_be_queried(run, target):
    shown = strictly(run("show", "literature", "--target", target, "--json"), "sacml.records/1")
    expected = load_dataset("literature").select(target=target)
    assert [r["record_id"] for r in shown["records"]] == [r.record_id for r in expected]
    assert expected


def test_records_are_shown_with_value_unit_source_and_bound(run):
    text = run("show", "literature", "--target", "cycle_life", "--alkali", "K", "--sac")
    chosen = load_dataset("literature").select(target="cycle_life", alkali="K", is_sac=True)
    assert text.splitlines()[-1] == f"{len(chosen)} of 470 records of literature"
    for record, line in zip(chosen, text.splitlines(), strict=False):
        assert record.record_id in line
        assert f"{record.value:g}" in line
        assert record.source_group in line


def test_what_was_refused_is_shown_with_its_reason(run):
    refused = load_dataset("literature").refused
    found = strictly(run("show", "literature", "--refused", "--json"), "sacml.refused/1")
    assert len(found["refused"]) == len(refused)
    assert all(entry["reason"] for entry in found["refused"])
    assert len(run("show", "literature", "--refused").splitlines()) == len(refused)


def test_the_bundled_data_pass_their_own_check(run):
    found = strictly(run("check", "--json"), "sacml.check/1")["datasets"]
    assert [d["name"] for d in found] == ["literature", "series", "dft"]
    for d in found:
        assert sum(c["records"] for c in d["counts"]) == d["records"]
    assert any(f["check"] == "mixed references" for d in found for f in d["findings"])
    assert "kept, not fitted" in run("check")


def test_hosts_say_what_they_admit(run):
    found = strictly(run("hosts", "--json"), "sacml.hosts/1")["hosts"]
    assert {h["name"] for h in found} == set(host_types())
    graphene = next(h for h in found if h["name"] == "graphene")
    assert graphene["single"] == [3, 4]
    text = run("hosts")
    assert all(name in text for name in host_types())


def test_systems_of_the_review_are_listed_with_their_sites(run):
    found = strictly(run("systems", "--json"), "sacml.systems/1")["systems"]
    assert [(s["name"], Site.parse(s["site"])) for s in found] == [
        (s.name, s.site) for s in systems()
    ]
    assert len(run("systems").splitlines()) == len(systems())


def test_features_have_name_unit_and_definition(run):
    from sacml.features import FEATURE_NAMES

    found = strictly(run("features", "--json"), "sacml.features/1")["features"]
    assert tuple(f["name"] for f in found) == FEATURE_NAMES
    assert all(f["definition"] for f in found)
    assert len(run("features").splitlines()) == len(FEATURE_NAMES)


OWN = "record_id,site,alkali,nucleation_overpotential_V,cell\n"


def test_an_own_table_is_checked_in_its_own_units(run, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(OWN + "a,Co-N4@graphene,Li,0.02,half\nb,Zn-?@hard_carbon,Na,0.03,half\n")
    (found,) = strictly(run("check", path, "--json"), "sacml.check/1")["datasets"]
    assert (found["name"], found["records"]) == ("own", 2)
    assert "own: 2 records are valid" in run("check", path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("site,alkali,cycle_life\n@graphene,Li,1\n", "has no unit; name the column cycle_life_h"),
        ("site,alkali,cycle_life_furlong\n@graphene,Li,1\n", "unit 'furlong' does not fit"),
        (OWN + "a,Co-N4@graphene,Li,-1,half\n", "line 2, column 'nucleation_overpotential_V'"),
        (OWN + "a,@graphene,Li,1,half\na,@graphene,Na,1,half\n", "line 3, column 'record_id'"),
        (OWN + "a,Co-N9@graphene,Rb,1,half\n", "1 bad row\n"),
        ("site,alkali,binding_energy_eV,reference,level_of_theory\n"
         "@graphene,Li,-1,atom,PBE\nCo-N4@graphene,Li,-1,bulk,PBE\n", "mixed references"),
        (OWN, "no rows"),
        ("", "is empty"),
    ],
)  # fmt: skip
def test_a_bad_table_ends_in_one_message_with_file_line_and_remedy(tmp_path, fails, content, says):
    path = tmp_path / "bad.csv"
    path.write_text(content)
    message = fails("check", path)
    assert str(path) in message
    assert says in message


def test_a_bad_table_ends_without_traceback_in_a_process_of_its_own(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(OWN + "a,Co-N9@graphene,Rb,1,half\nb,@graphene,Li,-1,half\n")
    done = sacml("data", "check", path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"sacml: {path}: 2 bad rows")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "literatur"], "did you mean 'literature'"),
        (["show", "dft", "--target", "cycle_live"], "did you mean 'cycle_life'"),
        (["show", "dft", "--alkali", "Rb"], "unknown alkali 'Rb'"),
        (["show", "dft", "--refused", "--sac"], "leave out --target, --alkali and --sac"),
        (["check", "nothing.csv"], "nothing.csv does not exist"),
    ],
)
def test_a_mistake_gets_one_clear_message(fails, arguments, says):
    assert says in fails(*arguments)
