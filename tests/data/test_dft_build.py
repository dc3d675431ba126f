import csv
import json
import shutil
from pathlib import Path

import dft_scripts
import numpy as np
import pytest
from ase import Atoms
from ase.io import read

from sacml._resources import dataset_path
from sacml.domain import Site

SAMPLE = Path(__file__).parent / "campaign"
A = 2.467  # lattice constant of the protocol, in A


script = dft_scripts.script("build")
geometry = dft_scripts.script("build_geometry")


def divacancy(letters, metal=None):
    """Flat site in a 4x4 sheet; the first two letters stand on one vacancy edge."""
    cell = [[A, 0, 0], [-A / 2, A * 3**0.5 / 2, 0], [0, 0, 13]]
    unit = Atoms("C2", scaled_positions=[[1 / 3, 2 / 3, 0.3], [2 / 3, 1 / 3, 0.3]], cell=cell,
                 pbc=[1, 1, 0])  # fmt: skip
    sheet = unit.repeat((4, 4, 1))
    d = sheet.get_all_distances(mic=True)
    first = 12
    second = int(np.flatnonzero((d[first] < 1.6) & (d[first] > 0.1))[0])
    edges = [[int(k) for k in np.flatnonzero((d[a] < 1.6) & (d[a] > 0.1)) if k not in (a, b)]
             for a, b in ((first, second), (second, first))]  # fmt: skip
    for index, letter in zip(edges[0] + edges[1], letters, strict=True):
        sheet[index].symbol = letter
    middle = sheet.positions[first] + sheet.get_distance(first, second, mic=True, vector=True) / 2
    if metal:
        sheet += Atoms(metal, positions=[middle + np.array([0, 0, 0.05])])
    del sheet[[first, second]]
    sheet.info["center"] = list(map(float, middle))
    return sheet


@pytest.mark.parametrize("metal", ["Co", None])
@pytest.mark.parametrize(
    ("letters", "isomers"),
    [
        ("NNCC", {"(cis6)"}),
        ("CCNN", {"(cis6)"}),
        ("NNOO", {"(cis6)"}),
        ("NCNC", {"(cis5)", "(trans)"}),
        ("NCCN", {"(cis5)", "(trans)"}),
        ("NNNS", {""}),
        ("NNNN", {""}),
    ],
)
def test_isomers_are_read_from_the_geometry(letters, isomers, metal):
    found = geometry.isomer(divacancy(letters, metal), letters)
    assert found in isomers


def test_one_across_pair_is_trans_and_the_other_cis():
    assert {geometry.isomer(divacancy(x, "Fe"), x) for x in ("NCNC", "NCCN")} == {
        "(cis5)",
        "(trans)",
    }


def test_a_shell_that_was_lost_stops_the_build():
    atoms = divacancy("NNNN", "Co")
    with pytest.raises(SystemExit, match="do not match"):
        geometry.ligands(atoms, "NNNC")


def test_an_alkali_does_not_count_as_a_neighbour():
    atoms = divacancy("NNCC", "Co")
    atoms += Atoms("Li", positions=[atoms.positions[-1] + [0.5, 0, 1.0]])
    assert geometry.isomer(atoms, "NNCC") == "(cis6)"


@pytest.mark.parametrize(
    ("metal", "letters", "site"),
    [
        ("none", "gr", "@graphene"),
        ("none", "gN", "@n_doped_graphene"),
        ("none", "NNNN", "vac-N4@graphene"),
        ("Co", "NNN", "Co-N3@graphene"),
        ("Co", "CCCC", "Co-C4@graphene"),
    ],
)
def test_letters_become_sites(metal, letters, site):
    assert geometry.notation(metal, letters, None) == site
    assert str(Site.parse(site)) == site


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("dft")
    counts = script.build(SAMPLE, out)
    return out, counts


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_sample_gives_the_published_numbers(built):
    out, counts = built
    assert counts == {"binding": 3, "pairs": 2, "calculations": 7, "stability": 0, "structures": 5,
                      "loadings": 0}  # fmt: skip
    found = {r["record_id"]: r for r in rows(out / "binding.csv")}
    low = found["ads/Co/NNNN/Li/ring6"]
    assert (low["site"], low["alkali"], low["start"]) == ("Co-N4@graphene", "Li", "ring6")
    assert low["binding_energy_atom_eV"] == "-1.93302"
    assert low["binding_energy_bulk_eV"] == "-0.32523"
    assert low["relative_to_graphene_eV"] == "-0.80018"
    assert low["d3_share_atom_eV"] == "-0.076"  # as the campaign's own script has it
    assert (low["lowest_of_starts"], low["starts_tried"], low["n_starts"]) == ("True", "2", "2")
    assert (low["meets_rule"], low["single_start_reason"]) == ("True", "")
    assert low["site_key"] == "site/Co/NNNN"
    assert found["ads/Co/NNNN/Li/ring5"]["lowest_of_starts"] == "False"
    assert found["ads/none/gr/Li/hollow"]["relative_to_graphene_eV"] == "0.00000"


def test_structures_carry_forces_moments_and_their_key(built):
    out, _ = built
    frames = read(out / "structures.extxyz", index=":")
    keys = [a.info["key"] for a in frames]
    assert len(set(keys)) == len(frames) == 5
    atoms = frames[keys.index("ads/Co/NNNN/Li/ring6")]
    assert atoms.info["site"] == "Co-N4@graphene"
    assert atoms.symbols[atoms.info["metal_index"]] == "Co"
    largest = np.linalg.norm(atoms.arrays["F"], axis=1).max()
    assert largest == pytest.approx(atoms.info["fmax_k_eV_A"], abs=1e-4)


def test_every_bundled_structure_says_which_atom_is_its_centre():
    """An empty value in its line would swallow the next one."""
    for atoms in read(dataset_path("dft", "structures.extxyz"), index=":"):
        metals = Site.parse(atoms.info["site"]).metals
        index = int(atoms.info["metal_index"])
        assert (index >= 0) == bool(metals), atoms.info["key"]
        assert not metals or atoms.symbols[index] in metals
        assert "=" not in str(atoms.info.get("coordination_letters", ""))


def test_failures_are_kept_and_make_no_energy(tmp_path):
    folder = tmp_path / "results"
    shutil.copytree(SAMPLE, folder)
    path = folder / "ads_Co_NNNN_Li_ring6.json"
    path.write_text(json.dumps({"key": "ads/Co/NNNN/Li/ring6", "kind": "ads", "status": "fail",
                                "why": "timeout"}))  # fmt: skip
    script.build(tmp_path, tmp_path / "out")
    found = {r["record_id"]: r for r in rows(tmp_path / "out" / "binding.csv")}
    assert found["ads/Co/NNNN/Li/ring5"]["lowest_of_starts"] == "True"
    assert "open: ring5 alone" in found["ads/Co/NNNN/Li/ring5"]["single_start_reason"]
    failed = [r for r in rows(tmp_path / "out" / "calculations.csv") if r["status"] == "fail"]
    assert [(r["key"], r["reason"]) for r in failed] == [("ads/Co/NNNN/Li/ring6", "timeout")]


def test_a_second_spin_state_is_another_start_of_the_same_pair(tmp_path):
    folder = tmp_path / "results"
    shutil.copytree(SAMPLE, folder)
    task = json.loads((folder / "ads_Co_NNNN_Li_ring6.json").read_text())
    task |= {"key": "ads/Co/NNNN/Li/ring6/m3", "E": task["E"] - 0.2}
    (folder / "ads_Co_NNNN_Li_ring6_m3.json").write_text(json.dumps(task))
    shutil.copy(folder / "ads_Co_NNNN_Li_ring6.xyz", folder / "ads_Co_NNNN_Li_ring6_m3.xyz")
    script.build(tmp_path, tmp_path / "out")
    found = {r["record_id"]: r for r in rows(tmp_path / "out" / "binding.csv")}
    lowest = found["ads/Co/NNNN/Li/ring6/m3"]
    assert (lowest["lowest_of_starts"], lowest["start"]) == ("True", "ring6/m3")
    assert (lowest["starts_tried"], lowest["n_starts"]) == ("3", "2")  # of one place, once


def test_the_hold_on_the_metal_needs_atom_and_empty_site(tmp_path):
    folder = tmp_path / "results"
    shutil.copytree(SAMPLE, folder)
    site = json.loads((folder / "site_Co_NNNN.json").read_text())
    empty = site | {"key": "site/none/NNNN", "metal": "none", "E": site["E"] + 8.0}
    (folder / "site_none_NNNN.json").write_text(json.dumps(empty))
    shutil.copy(folder / "site_Co_NNNN.xyz", folder / "site_none_NNNN.xyz")
    atom = json.loads((folder / "atom_Li.json").read_text()) | {"key": "atom/Co", "E": -1.0}
    (folder / "atom_Co.json").write_text(json.dumps(atom))
    script.build(tmp_path, tmp_path / "out")
    (row,) = rows(tmp_path / "out" / "stability.csv")
    assert float(row["binding_energy_to_empty_site_eV"]) == pytest.approx(-7.0)
    assert row["metal_stability_eV"] == ""  # needs the bulk metal of the same protocol
    bulk = json.loads((folder / "bulk_Li.json").read_text()) | {"key": "bulk/Co", "E": -6.0}
    (folder / "bulk_Co.json").write_text(json.dumps(bulk))
    script.build(tmp_path, tmp_path / "out")
    (row,) = rows(tmp_path / "out" / "stability.csv")
    assert float(row["metal_stability_eV"]) == pytest.approx(-2.0)


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(SystemExit, match="no results"):
        script.build(tmp_path, tmp_path / "out")


def test_bundled_structures_match_the_bundled_calculations():
    known = {r["key"]: r for r in rows(dataset_path("dft", "calculations.csv"))}
    frames = read(dataset_path("dft", "structures.extxyz"), index=":")
    for atoms in frames:
        row = known[atoms.info["key"]]
        assert atoms.info["site"] == row["site"]
        assert atoms.info["energy_eV"] == pytest.approx(float(row["energy_eV"]), abs=1e-6)
    relaxed = [r for r in known.values() if r["kind"] in ("ads", "site") and r["status"] == "ok"]
    assert len(frames) == len(relaxed)


def test_the_card_shows_every_single_point_though_another_bare_state_is_lower_by_now():
    """Co-N4 was also begun from 3 Bohr magnetons, of which no single point was made."""
    text = dataset_path("dft", "calculations.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    pairs = [r for r in rows if r["key"].startswith("sp/ads/") and r["status"] == "ok"]
    card = dataset_path("dft", "README.md").read_text(encoding="utf-8")
    block = card.split("<!-- errors: begin -->")[1].split("<!-- errors: end -->")[0]
    assert len([line for line in block.splitlines() if " eV, " in line]) == len(pairs) > 0
