import json

import ase.io
import pytest
import typer
from typer.testing import CliRunner

from sacml.cli.structure import structure
from sacml.errors import SacmlError
from sacml.structures import build
from sacml.workflows.structure import ALL, folder_name, write_structures


@pytest.fixture(scope="module")
def run():
    app = typer.Typer()
    app.command()(structure)

    def call(*arguments):
        return CliRunner().invoke(app, [str(a) for a in arguments])

    return call


def test_one_site_with_files_picture_and_inputs(run, tmp_path):
    result = run("Co-N4@graphene", "--alkali", "Li", "--out", tmp_path, "--inputs", "vasp,gpaw")
    assert result.exit_code == 0, result.output
    (folder,) = tmp_path.iterdir()
    record = json.loads((folder / "structure.json").read_text())
    expected = build("Co-N4@graphene", "Li")
    assert record["id"] == expected.structure_id
    assert record["id"] in result.output
    assert (record["site"], record["alkali"], record["place"]) == ("Co-N4@graphene", "Li", "ring6")
    assert record["checks"] == {"passed": True, "problems": []}
    assert record["valence_electrons"] == expected.electrons
    assert record["source"] == expected.host_source
    assert record["geometry"]["geom_coordination_number"] == 4
    assert "geom_metal_metal_distance_A" not in record["geometry"]
    for name in record["files"]:
        assert (folder / name).stat().st_size > 0
    assert {"structure.extxyz", "structure.cif", "POSCAR", "structure.png"} < set(record["files"])
    assert any(name.startswith("vasp/") for name in record["files"])
    assert ase.io.read(folder / "structure.extxyz").info["site"] == "Co-N4@graphene"


def test_a_name_of_the_review_is_read_as_predict_reads_it(run, tmp_path):
    from sacml.workflows import predict

    given = ("-o", tmp_path / "a", "-a", "Li", "--formats", "extxyz", "--no-picture")
    by_name = run("SANi-NG", *given)
    assert by_name.exit_code == 0, by_name.output
    said = predict("SANi-NG", "Li", targets=["cycle_life"])[0].reasons[-1]
    assert by_name.output.startswith(said)
    run("Ni-N?@n_doped_graphene", "-o", tmp_path / "b", *given[2:])
    names = [{p.name for p in (tmp_path / f).iterdir()} for f in "ab"]
    assert names[0] == names[1]
    found = json.loads(run("SANi-NG", "-o", tmp_path / "c", *given[2:], "--json").output)
    assert found["read"] == [said]


def test_all_places_as_json(run, tmp_path):
    result = run("Co-N4@graphene", "-a", "Na", "-o", tmp_path, "--place", "all", "--formats",
                 "extxyz", "--no-picture", "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    places = [s["place"] for s in found["structures"]]
    assert {"ring6", "ring5", "top"} <= set(places)
    assert (
        len({s["id"] for s in found["structures"]}) == len(places) == len(list(tmp_path.iterdir()))
    )
    assert all(s["files"] == ["structure.extxyz"] for s in found["structures"])
    assert found["schema"] == "sacml.structure/1"


def test_unknown_shell_gives_each_possible_one(run, tmp_path):
    result = run("Co-?@graphene", "-o", tmp_path, "--formats", "extxyz", "--no-picture")
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Co-N3@graphene", "Co-N4@graphene"]


def test_the_same_candidate_gives_the_same_files(tmp_path):
    for name in ("a", "b"):
        write_structures("Fe-N4@graphene", tmp_path / name, "Li", "top", inputs=("espresso",),
                         picture=False)  # fmt: skip
    first, second = (sorted(p for p in (tmp_path / n).rglob("*") if p.is_file()) for n in "ab")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_a_control_has_no_geometry_of_a_centre(tmp_path):
    (written,) = write_structures("vac-N4@graphene", tmp_path, picture=False).written
    assert written.record["geometry"] is None
    assert written.record["centre"] == []


def test_3d_view(tmp_path):
    (written,) = write_structures("Co-N3@graphene", tmp_path, view=True, picture=False).written
    assert (written.folder / "structure.html").stat().st_size > 1e6


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("Co-N4@nowhere",), "nowhere"),
        (("Co-N4@graphene", "--place", "top"), "without an alkali"),
        (("Co-N4@graphene", "-a", "Rb"), "alkali"),
        (("Co-N4@graphene", "-a", "Li", "--place", "moon"), "ring6"),
        (("Co-N4@graphene", "--formats", "pdb"), "extxyz, cif, poscar"),
        (("Co-N4@graphene", "--inputs", "siesta"), "vasp, espresso"),
        (("@oxide",), "oxide"),
    ],
)
def test_mistakes_are_named_and_write_nothing(run, tmp_path, arguments, word):
    result = run(*arguments, "-o", tmp_path)
    assert result.exit_code != 0
    assert isinstance(result.exception, SacmlError)
    assert word in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_all_mistakes_at_once(run, tmp_path):
    result = run("Co-N4@graphene", "Co-N4@nowhere", "what", "@other", "-o", tmp_path)
    assert all(w in str(result.exception) for w in ("3 structures", "nowhere", "what", "@other"))
    assert not list(tmp_path.iterdir())


def test_folder_names_suit_file_systems():
    structure = build("Zn-C3@ti3c2(v=Ti,T=Cl)")
    assert folder_name(structure) == "Zn-C3@ti3c2_v=Ti_T=Cl"
    assert ALL == "all"
