import csv
import io
import sys

import pytest
from ase import Atoms
from ase.build import molecule
from ase.io import read

from sacml._resources import dataset_path
from sacml.labels.dispersion import DONE, d3_energy, d3_share, dispersion, plus
from sacml.labels.metals import bulk_metal
from sacml.labels.task import LabelError, TaskResult, to_extxyz

PBE = "GPAW-PW340/PBE"


def result(atoms, key="ads/x", kind="adsorption", level=PBE, **more):
    return TaskResult.from_dict({
        "key": key, "kind": kind, "status": "ok", "settings_digest": "d", "energy_eV": -1.0,
        "level_of_theory": level, "geometry": None if atoms is None else to_extxyz(atoms), **more,
    })  # fmt: skip


@pytest.fixture
def pair():
    bare = molecule("C6H6", cell=[12, 12, 12])
    return bare + Atoms("Li", [[6, 6, 2.2]]), bare


@pytest.fixture
def lithium():
    return result(None, "bulk/Li", "bulk", lattice_A=3.433)


def test_shares_are_those_of_the_bundled_table():
    """Other code, same functional and damping, on the bundled final structures."""
    pytest.importorskip("dftd3")
    frames = {a.info["key"]: a for a in read(dataset_path("dft", "structures.extxyz"), index=":")}
    with dataset_path("dft", "binding.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["d3_share_atom_eV"]]
    compared = 0
    for row in rows:
        key = row["record_id"].partition(":")[2] or row["record_id"]
        site = "/".join(["site", *key.split("/")[1:-2]])
        if key in frames and site in frames:
            found = d3_share(frames[key], frames[site])
            assert found == pytest.approx(float(row["d3_share_atom_eV"]), abs=2e-3), key
            compared += 1
    assert compared > 10


def test_energies_with_and_without(pair, lithium):
    pytest.importorskip("dftd3")
    best, bare = map(result, pair)
    found = dispersion(best, bare, lithium)
    assert found.status == DONE
    assert found.atom_eV == pytest.approx(d3_energy(pair[0]) - d3_energy(pair[1]))
    assert found.atom_eV < 0  # dispersion attracts
    metal = bulk_metal("Li", 3.433)
    assert found.bulk_eV == pytest.approx(found.atom_eV - d3_energy(metal) / len(metal))
    assert plus(-1.0, found.atom_eV) == pytest.approx(-1.0 + found.atom_eV)


def test_without_the_package_the_share_is_empty_and_never_zero(pair, lithium, monkeypatch):
    for name in ("dftd3", "dftd3.ase"):
        monkeypatch.setitem(sys.modules, name, None)
    found = dispersion(*map(result, pair), lithium)
    assert (found.atom_eV, found.bulk_eV) == (None, None)
    assert "sacml[engines]" in found.status
    assert plus(-1.0, found.atom_eV) is None
    with pytest.raises(LabelError, match="dftd3 is missing"):
        d3_energy(pair[0])


def test_reasons_for_an_empty_share(pair, lithium):
    pytest.importorskip("dftd3")
    best, bare = map(result, pair)
    xtb = [result(a, level="ASE-GFN1-xTB") for a in pair]
    assert "D3 is for PBE, not for ASE-GFN1-xTB" in dispersion(*xtb, lithium).status
    on_other = [result(a, level=f"{PBE}//ASE-CHGNet") for a in pair]
    assert dispersion(*on_other, lithium).status == DONE  # the energy is PBE
    none = dispersion(best, bare, None)
    assert none.atom_eV is not None
    assert (none.bulk_eV, "no bulk reference" in none.status) == (None, True)
    gone = dispersion(result(None), bare, lithium)
    assert gone.atom_eV is None
    assert "holds no structure" in gone.status


def test_the_table_has_the_columns(pair):
    from sacml.labels.table import BINDING, _csv

    text = _csv(BINDING, [{"d3_status": "not computed: x", "d3_share_atom_eV": None}])
    row = next(csv.DictReader(io.StringIO(text)))
    assert row["d3_share_atom_eV"] == ""
    assert row["d3_status"] == "not computed: x"
    assert {"binding_energy_atom_d3_eV", "binding_energy_bulk_d3_eV"} <= set(row)
