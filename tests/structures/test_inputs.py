import ast
import re

import ase.io
import numpy as np
import pytest
from ase import Atoms, units
from ase.io.cp2k import read_cp2k_restart

from sacml.errors import UnknownNameError
from sacml.structures import build
from sacml.structures.file_formats import by_element
from sacml.structures.inputs import CODES, InputError, Settings, write_inputs
from sacml.structures.inputs.protocol import Job, grid


@pytest.fixture(scope="module")
def structure():
    return build("Co-N4@graphene", "Li", "ring6")


@pytest.fixture(scope="module")
def folder(structure, tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    written = write_inputs(structure, folder)
    assert set(written) == set(CODES)
    return folder


def same(found: Atoms, structure) -> None:
    expected = by_element(structure.to_atoms())
    assert found.get_chemical_symbols() == expected.get_chemical_symbols()
    assert np.abs(found.positions - expected.positions).max() < 1e-6
    assert np.abs(found.cell.array - expected.cell.array).max() < 1e-6


def tags(path) -> dict[str, str]:
    lines = [line.split("#")[0] for line in path.read_text().splitlines()]
    return dict(re.split(r"\s*=\s*", line.strip(), maxsplit=1) for line in lines if "=" in line)


def test_vasp(folder, structure):
    for step in ("1_relax", "2_single_point"):
        same(ase.io.read(folder / "vasp" / step / "POSCAR"), structure)
        incar = tags(folder / "vasp" / step / "INCAR")
        assert (incar["GGA"], incar["ISMEAR"], incar["ENCUT"]) == ("PE", "-1", "340")
        assert float(incar["SIGMA"]) == 0.1
        assert (incar["LDIPOL"], incar["IDIPOL"]) == (".TRUE.", "3")
        assert incar["ISPIN"] == "2"
        symbols = by_element(structure.to_atoms()).get_chemical_symbols()
        moments = []
        for word in incar["MAGMOM"].split():
            count, value = word.split("*")
            moments += [float(value)] * int(count)
        assert moments == [1.0 if s == "Co" else 0.0 for s in symbols]
    assert tags(folder / "vasp/1_relax/INCAR")["EDIFFG"] == "-0.15"
    assert (folder / "vasp/1_relax/KPOINTS").read_text().splitlines()[2:4] == ["Gamma", "1 1 1"]
    points = (folder / "vasp/2_single_point/KPOINTS").read_text().splitlines()
    assert points[2:4] == ["Monkhorst-Pack", "2 2 1"]
    listed = (folder / "vasp/ELEMENTS").read_text().split("\n")
    order = list(dict.fromkeys(by_element(structure.to_atoms()).get_chemical_symbols()))
    assert [w for w in listed if w and not w.startswith("#")] == order
    assert not list(folder.rglob("POTCAR*"))


def test_espresso(folder, structure):
    for step in ("1_relax", "2_single_point"):
        path = folder / "espresso" / f"{step}.pwi"
        same(ase.io.read(path, format="espresso-in"), structure)
        text = path.read_text()
        assert "'fermi-dirac'" in text
        width = float(re.search(r"degauss\s+= (\S+)", text).group(1))
        assert width * units.Ry == pytest.approx(0.1)
        assert re.search(r"dipfield\s+= \.true\.", text)
        assert "Placeholders" in text
        assert "C.UPF" in text
        assert "&FCP" not in text
    assert "2 2 1  1 1 0" in (folder / "espresso/2_single_point.pwi").read_text()
    relax = (folder / "espresso/1_relax.pwi").read_text()
    assert "K_POINTS gamma" in relax
    force = float(re.search(r"forc_conv_thr\s+= (\S+)", relax).group(1))
    assert force * units.Ry / units.Bohr == pytest.approx(0.15)


def test_espresso_takes_file_names(structure, tmp_path):
    names = {s: f"{s}.pbe.UPF" for s in ("C", "N", "Co", "Li")}
    write_inputs(structure, tmp_path, ["espresso"], Settings(pseudopotentials=names))
    text = (tmp_path / "espresso/1_relax.pwi").read_text()
    assert "Co.pbe.UPF" in text
    assert "Placeholders" not in text
    with pytest.raises(InputError, match="Fe, not in the structure"):
        write_inputs(structure, tmp_path, ["espresso"], Settings(pseudopotentials={"Fe": "x"}))


@pytest.mark.parametrize(("metal", "expected"), [("Mn", 3.5), ("Rh", 0.8 / 9), ("Ni", None)])
def test_espresso_magnetization(metal, expected, tmp_path):
    write_inputs(build(f"{metal}-N4@graphene"), tmp_path, ["espresso"])
    text = (tmp_path / "espresso/1_relax.pwi").read_text()
    found = [float(v) for v in re.findall(r"starting_magnetization\(\d\) = (\S+)", text)]
    if expected is None:
        assert re.search(r"nspin\s+= 1", text)
        assert not found
    else:
        assert max(found) == pytest.approx(expected)


def test_cp2k(folder, structure):
    for step in ("1_relax", "2_single_point"):
        path = folder / "cp2k" / f"{step}.inp"
        with path.open() as file:
            same(read_cp2k_restart(file), structure)
        text = path.read_text()
        opened = re.findall(r"^\s*&(?!END)(\w+)", text, re.MULTILINE)
        closed = re.findall(r"^\s*&END (\w+)", text, re.MULTILINE)
        assert sorted(opened) == sorted(closed)
        assert f"ELECTRONIC_TEMPERATURE [K] {0.1 / units.kB:.2f}" in text
        assert "SURF_DIP_DIR Z" in text
        assert "MAGNETIZATION 1 " in text
    assert "MONKHORST-PACK 2 2 1" in (folder / "cp2k/2_single_point.inp").read_text()
    relax = (folder / "cp2k/1_relax.inp").read_text()
    force = float(re.search(r"MAX_FORCE (\S+)", relax).group(1))
    assert force * units.Hartree / units.Bohr == pytest.approx(0.15, abs=1e-4)


def test_cp2k_multiplicity_fits_the_electrons():
    for site in ("Co-N4@graphene", "Mn-N4@graphene", "Ni-N4@graphene", "Fe-N3@graphene"):
        structure = build(site)
        job = Job.of(structure, Settings())
        assert (job.multiplicity - 1) % 2 == int(structure.atoms.numbers.sum()) % 2
        moment = structure.to_atoms().get_initial_magnetic_moments().sum()
        assert abs(job.multiplicity - 1 - moment) <= 1


def test_gpaw_script_runs_as_far_as_gpaw_goes(folder, structure):
    same(ase.io.read(folder / "gpaw/start.extxyz"), structure)
    moments = ase.io.read(folder / "gpaw/start.extxyz").get_initial_magnetic_moments()
    assert moments.sum() == 1.0
    source = (folder / "gpaw/run.py").read_text()
    tree = ast.parse(source)
    compile(tree, "run.py", "exec")
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id.isupper()
        and node.targets[0].id in ("CUTOFF_EV", "GRID", "WIDTH_EV", "FMAX_EV_A", "STEPS")
    }  # fmt: skip
    assert values == {
        "CUTOFF_EV": 340.0, "GRID": (2, 2, 1), "WIDTH_EV": 0.1, "FMAX_EV_A": 0.15, "STEPS": 16,
    }  # fmt: skip
    assert '{"dipolelayer": "xy"}' in source
    assert "BFGS" in source


def test_grid_is_the_protocols_on_its_cell_and_no_coarser_elsewhere():
    assert grid(build("Co-N4@graphene").to_atoms()) == (2, 2, 1)
    small = Atoms("C", cell=[2.5, 2.5, 2.5], pbc=True)
    assert min(grid(small)) >= 7
    assert grid(Atoms("C", cell=[2.5, 15, 15], pbc=(1, 0, 0)))[1:] == (1, 1)


def test_no_dipole_correction_without_a_sheet(tmp_path):
    bulk = Atoms("FeS", positions=[[0, 0, 0], [2.4, 0, 0]], cell=[5, 5, 5], pbc=True)
    write_inputs(bulk, tmp_path)
    assert "LDIPOL" not in tags(tmp_path / "vasp/1_relax/INCAR")
    assert "dipfield" not in (tmp_path / "espresso/1_relax.pwi").read_text()
    assert "SURF_DIP_DIR" not in (tmp_path / "cp2k/1_relax.inp").read_text()
    assert "dipolelayer" not in (tmp_path / "gpaw/run.py").read_text()


def test_each_input_says_what_is_not_the_same(folder):
    for path in (p for p in folder.rglob("*") if p.suffix in (".pwi", ".inp", ".py")):
        assert "protocol" in path.read_text()
        assert "Not " in path.read_text()
    assert "nearest" in (folder / "vasp/1_relax/INCAR").read_text()


@pytest.mark.parametrize(
    ("settings", "word"),
    [({"cutoff_eV": -1}, "cutoff_eV"), ({"kpts": (2, 2)}, "kpts"), ({"fmax_eV_A": 0}, "fmax_eV_A"),
     ({"kpts": (2, 0, 1)}, "kpts"), ({"max_steps": 0}, "max_steps")],
)  # fmt: skip
def test_bad_settings_are_named(settings, word):
    with pytest.raises(InputError, match=word):
        Settings(**settings)


def test_bad_structures_are_named(tmp_path):
    with pytest.raises(InputError, match="without atoms"):
        write_inputs(Atoms(), tmp_path)
    with pytest.raises(InputError, match="vectors"):
        write_inputs(Atoms("Co"), tmp_path)
    with pytest.raises(UnknownNameError, match="vasp, espresso, cp2k, gpaw"):
        write_inputs(Atoms("Co"), tmp_path, ["abinit"])
