"""The readers, on outputs of real runs where a program is free to run, else on synthetic files.

Real: GPAW and CP2K (`calculations_files`), GPAW run here where it is installed, and the outputs of
VASP that ASE ships. Synthetic: the vasprun.xml and OUTCAR with +U, and the outputs of pw.x; they
have the genuine layout, but no program wrote them.
"""

import subprocess
import textwrap
from pathlib import Path

import ase.test
import numpy as np
import pytest
from ase import Atoms

from sacml.data.importers.calculations import import_calculations
from sacml.data.importers.calculations_entry import Entry, Left
from sacml.data.importers.calculations_gpaw import level_of_parameters
from sacml.data.importers.calculations_readers import read_entries
from sacml.structures import build

REAL = Path(__file__).parent / "calculations_files"
SHIPPED = Path(ase.test.__file__).parent / "testdata" / "vasp"
DEBIAN_PYTHON = "/usr/bin/python3"


def one(path):
    (found,) = read_entries(path)
    return found


@pytest.mark.parametrize("code", ["gpaw", "cp2k"])
def test_real_outputs_of_graphene_and_lithium(code):
    entries = {e.entry_id.split("/")[0]: e for e in read_entries(REAL / code)}
    assert entries["bare"].formula == "C8"
    assert entries["li"].formula == "C8Li"
    assert "did not converge" in entries["unconverged"].problems[0]
    level = {
        "gpaw": "code=GPAW PW;functional=PBE;u=none;dispersion=none;cutoff=200 eV;kpoints=1x1x1",
        "cp2k": "code=CP2K;functional=PBE;u=none;dispersion=D3;cutoff=2040.85 eV;kpoints=1x1x1",
    }[code]
    assert str(entries["li"].level) == level
    assert entries["li"].problems == entries["bare"].problems == ()
    found = import_calculations(REAL / code)
    energy = {k: e.energy_eV for k, e in entries.items()}
    by_state = {r.reference: r.value for r in found.dataset}
    expected = energy["li"] - energy["bare"] - energy["atom"]
    assert by_state["atom"] == pytest.approx(expected, abs=1e-6)
    if code == "gpaw":
        assert str(entries["bulk"].level).endswith("kpoints=4x4x4")
        assert energy["li"] == pytest.approx(-36.622862)
        assert by_state["bulk"] == pytest.approx(
            energy["li"] - energy["bare"] - energy["bulk"], abs=1e-6
        )
    assert {str(r.site) for r in found.dataset} == {"@graphene"}


@pytest.mark.parametrize("name", ["gpaw/li/gpaw.txt", "cp2k/li/cp2k.out"])
def test_output_cut_short_is_refused_wherever_it_is_cut(name, tmp_path):
    source = REAL / name
    lines = source.read_text().splitlines(keepends=True)
    for other in source.parent.iterdir():
        (tmp_path / other.name).write_text(other.read_text())
    for cut in np.linspace(30, len(lines) - 20, 12).astype(int):
        (tmp_path / source.name).write_text("".join(lines[:cut]))
        (found,) = read_entries(tmp_path)
        usable = isinstance(found, Entry) and not found.problems
        # GPAW's text is complete once its forces or energies stand there
        assert not usable or (found.energy_eV == pytest.approx(-36.622862) and "gpaw" in name)


def test_cp2k_needs_its_input(tmp_path):
    (tmp_path / "cp2k.out").write_text((REAL / "cp2k/li/cp2k.out").read_text())
    found = one(tmp_path)
    assert isinstance(found, Left)
    assert "input cp2k.inp does not lie beside" in found.reason


def test_cp2k_input_cut_short_is_named(tmp_path):
    # ASE's own reader looks for the end of the section without end
    text = (REAL / "cp2k/li/cp2k.inp").read_text()
    (tmp_path / "cp2k.out").write_text((REAL / "cp2k/li/cp2k.out").read_text())
    for end in ("&SUBSYS", "&END COORD", "&END SUBSYS"):
        (tmp_path / "cp2k.inp").write_text(text[: text.index(end)])
        assert "no end" in one(tmp_path).reason


GPAW_RUN = """
from ase import Atoms
from ase.io import Trajectory
from gpaw import GPAW, PW
atoms = Atoms("H2", positions=[[2, 2, 1.6], [2, 2, 2.4]], cell=[4, 4, 4], pbc=True)
atoms.calc = GPAW(mode=PW(150), xc="PBE", setups={"H": ":s,1.5"}, txt="run.txt",
                  convergence={"density": 1e-2, "energy": 1e-2, "eigenstates": 1e-2})
atoms.get_potential_energy()
atoms.calc.write("run.gpw")
Trajectory("run.traj", "w").write(atoms)
"""


def test_restart_file_text_and_trajectory_of_gpaw_agree(tmp_path):
    python = Path(DEBIAN_PYTHON)
    if (
        not python.exists()
        or subprocess.run(
            [python, "-c", "import gpaw"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("GPAW is not installed (packages gpaw and gpaw-data)")
    subprocess.run([python, "-c", GPAW_RUN], cwd=tmp_path, check=True, capture_output=True)
    levels, energies = set(), []
    for name in ("run.gpw", "run.txt", "run.traj"):
        entry = one(tmp_path / name)
        assert entry.problems == ()
        levels.add(str(entry.level))
        energies.append(entry.energy_eV)
    assert levels == {
        "code=GPAW PW;functional=PBE;u=H:1.5;dispersion=none;cutoff=150 eV;kpoints=1x1x1"
    }
    assert np.ptp(energies) < 1e-5
    # three files of one run are one entry
    assert one(tmp_path).entry_id == "run.gpw"


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"mode": {"name": "pw", "ecut": 400.0}, "kpts": {"size": [2, 2, 1], "gamma": True}},
         "code=GPAW PW;functional=LDA;u=none;dispersion=none;cutoff=400 eV;"
         "kpoints=2x2x1 Gamma-centred"),
        ({"mode": "lcao", "basis": "dzp", "h": 0.18, "xc": "PBE", "kpts": [3, 3, 1],
          "setups": {"Fe": ":d,4.0", "C": "paw"}},
         "code=GPAW LCAO dzp;functional=PBE;u=Fe:4;dispersion=none;cutoff=h=0.18 A;kpoints=3x3x1"),
        ({"mode": "fd", "xc": {"name": "vdW-DF", "backend": "libvdwxc"}, "kpts": {"density": 3.0}},
         "code=GPAW FD;functional=vdW-DF;u=none;dispersion=in vdW-DF;kpoints=density 3.0"),
    ],
)  # fmt: skip
def test_level_from_parameters_of_gpaw(parameters, text):
    assert str(level_of_parameters(parameters)) == text


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="this ASE comes without its test data")
def test_real_outputs_of_vasp_that_ase_ships():
    outcar = one(SHIPPED / "OUTCAR_example_1")
    assert (outcar.formula, outcar.problems) == ("Ni18", ())
    assert outcar.energy_eV == pytest.approx(-68.23102426)
    assert str(outcar.level) == "code=VASP;functional=PBE;u=none;dispersion=none;cutoff=300 eV"
    xml = one(SHIPPED / "vasprun_dfpt.xml")
    assert str(xml.level).endswith("functional=PBE;u=none;dispersion=none;cutoff=400 eV;"
                                   "kpoints=3x3x3")  # fmt: skip
    assert dict(xml.level.potentials)["Na"].startswith("PAW_PBE Na")
    unfinished = one(SHIPPED / "convergence_OUTCAR_y_n")
    assert isinstance(unfinished, Left)
    assert "cut short" in unfinished.reason


def vasprun(atoms, energy, u=0.0, ivdw=0, steps=3, nsw=50, scsteps=8):
    """Write a synthetic vasprun.xml in the layout of VASP 6."""
    symbols = atoms.get_chemical_symbols()
    kinds = list(dict.fromkeys(symbols))

    def rows(array):
        return "".join(f"<v> {x:.8f} {y:.8f} {z:.8f} </v>" for x, y, z in array)

    tags = f"""<i name="ENMAX"> 520.0</i><i type="string" name="GGA">PE</i>
        <i type="int" name="NELM"> 60</i><i type="int" name="NSW"> {nsw}</i>
        <i type="int" name="IBRION"> 2</i><i type="int" name="IVDW"> {ivdw}</i>
        <i type="logical" name="LDAU"> {"T" if u else "F"}</i>
        <i type="logical" name="LHFCALC"> F</i><i type="string" name="METAGGA">--</i>"""
    if u:
        values = " ".join(f"{u if k == 'Co' else 0:.3f}" for k in kinds)
        shells = " ".join("2" if k == "Co" else "-1" for k in kinds)
        tags += f"""<v name="LDAUU"> {values}</v><v name="LDAUJ"> {" ".join("0" for _ in kinds)}</v>
            <v type="int" name="LDAUL"> {shells}</v><i type="int" name="LDAUTYPE"> 2</i>"""
    energies = f"""<energy><i name="e_fr_energy"> {energy - 0.01}</i>
        <i name="e_wo_entrp"> {energy + 0.01}</i><i name="e_0_energy"> {energy}</i></energy>"""
    crystal = f"""<crystal><varray name="basis">{rows(atoms.cell.array)}</varray></crystal>
        <varray name="positions">{rows(atoms.get_scaled_positions())}</varray>"""
    step = f"""<calculation>{f"<scstep>{energies}</scstep>" * scsteps}
        <structure>{crystal}</structure>
        <varray name="forces">{rows(np.zeros((len(atoms), 3)))}</varray>{energies}</calculation>"""
    names = "".join(f"<rc><c>{s}</c><c>{kinds.index(s) + 1}</c></rc>" for s in symbols)
    types = "".join(
        f"<rc><c>{symbols.count(k)}</c><c>{k}</c><c>1</c><c>4</c><c> PAW_PBE {k} 01Jan2001</c></rc>"
        for k in kinds
    )
    return textwrap.dedent(f"""\
        <?xml version="1.0" encoding="ISO-8859-1"?>
        <modeling><generator><i name="program" type="string">vasp</i></generator>
        <incar></incar>
        <kpoints><generation param="Gamma"><v type="int" name="divisions"> 3 3 1 </v></generation>
        <varray name="kpointlist"><v> 0 0 0 </v></varray>
        <varray name="weights"><v> 1.0 </v></varray></kpoints>
        <parameters>{tags}</parameters>
        <atominfo><atoms>{len(atoms)}</atoms><types>{len(kinds)}</types>
        <array name="atoms"><set>{names}</set></array>
        <array name="atomtypes"><set>{types}</set></array></atominfo>
        <structure name="initialpos">{crystal}</structure>
        {step * steps}</modeling>""")


@pytest.fixture
def vasp_folder(tmp_path):
    atom = Atoms("Li", positions=[[6, 6, 6]], cell=[12] * 3, pbc=True)
    site, full = build("Co-N4@graphene").atoms, build("Co-N4@graphene", "Li").atoms
    runs = {
        "site": vasprun(site, -300.0, u=3.3),
        "li": vasprun(full, -303.2, u=3.3),
        "li_without_u": vasprun(full, -305.0),
        "li_d3": vasprun(full, -304.0, u=3.3, ivdw=12),
        "li_unfinished": vasprun(full, -303.0, u=3.3, steps=5, nsw=5),
        "li_scf": vasprun(full, -303.0, u=3.3, scsteps=60),
        "li_cut": vasprun(full, -303.0, u=3.3)[:-2000],
        "atom": vasprun(atom, -0.3, nsw=0),
    }
    for name, text in runs.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "vasprun.xml").write_text(text)
        (folder / "INCAR").write_text("")
    (tmp_path / "waiting").mkdir()
    for name in ("INCAR", "POSCAR"):
        (tmp_path / "waiting" / name).write_text("")
    return tmp_path


def test_synthetic_folders_of_vasp(vasp_folder):
    found = import_calculations(vasp_folder)
    (record,) = found.dataset
    # a slab of VASP is periodic across its vacuum too: the site is told all the same
    assert record.value == pytest.approx(-303.2 + 300.0 + 0.3)
    assert str(record.site) == "Co-N4@graphene"
    assert record.level_of_theory == (
        "code=VASP;functional=PBE;u=Co:3.3;dispersion=none;cutoff=520 eV;kpoints=3x3x1"
    )
    reasons = {x.entry_id.split("/")[0]: x.reason for x in found.left}
    assert "+U differs (none and Co:3.3)" in reasons["li_without_u"]
    assert "dispersion differs (D3(BJ) and none)" in reasons["li_d3"]
    assert "used up its NSW = 5 steps" in reasons["li_unfinished"]
    assert "NELM = 60" in reasons["li_scf"]
    assert "cut short" in reasons["li_cut"]
    assert "not run, or not copied" in reasons["waiting"]
    assert len(reasons) == 6
    assert found.n_entries == 9


PW_HEAD = """
     Program PWSCF v.7.2 starts on  1Jan2024 at  0: 0: 0

     bravais-lattice index     =            0
     lattice parameter (alat)  =      18.8973  a.u.
     unit-cell volume          =    6748.3346 (a.u.)^3
     number of atoms/cell      =            1
     number of atomic types    =            1
     kinetic-energy cutoff     =      30.0000  Ry
     Exchange-correlation= PBE
{u}
     celldm(1)=  18.897261  celldm(2)=   0.000000  celldm(3)=   0.000000

     crystal axes: (cart. coord. in units of alat)
               a(1) = (   1.000000   0.000000   0.000000 )
               a(2) = (   0.000000   1.000000   0.000000 )
               a(3) = (   0.000000   0.000000   1.000000 )

     PseudoPot. # 1 for Li read from file:
     ./pseudo/Li.UPF

     site n.     atom                  positions (alat units)
         1           Li  tau(   1) = (   0.5000000   0.5000000   0.5000000  )

     number of k points=     1  Fermi-Dirac smearing, width (Ry)=  0.0073
                       cart. coord. in units 2pi/alat
        k(    1) = (   {k}   0.0000000   0.0000000), wk =   2.0000000

!    total energy              =     -14.50000000 Ry
     {scf}

     {end}
"""
U_NEW = """
     Hubbard projectors: atomic
     Hubbard parameters of DFT+U (Dudarev formulation) in eV:
     U(Li-2s) =  1.5000
"""
U_OLD = """
     Simplified LDA+U calculation (l_max = 2) with parameters (eV):
     atomic species    L          U    alpha       J0     beta
        Li             0     2.0000   0.0000   0.0000   0.0000
"""
DONE = "convergence has been achieved in  10 iterations"


def pw(folder, **changes):
    parts = {"u": "", "k": "0.0000000", "scf": DONE, "end": "JOB DONE."} | changes
    (folder / "pw.out").write_text(PW_HEAD.format(**parts))
    return one(folder)


def test_synthetic_output_of_pw(tmp_path):
    entry = pw(tmp_path)
    assert entry.problems == ()
    assert entry.energy_eV == pytest.approx(-14.5 * 13.605693, rel=1e-5)
    assert str(entry.level) == (
        "code=Quantum ESPRESSO;functional=PBE;u=none;dispersion=none;cutoff=408.17 eV;kpoints=1x1x1"
    )
    assert entry.level.potentials == (("Li", "Li.UPF"),)
    assert pw(tmp_path, u=U_NEW).level.u == "Li:1.5"
    assert pw(tmp_path, u=U_OLD).level.u == "Li:2"
    assert "NOT achieved" in pw(tmp_path, scf="convergence NOT achieved").problems[0]
    assert isinstance(pw(tmp_path, end=""), Left)


def test_grid_and_dispersion_of_pw_come_from_the_input_beside_it(tmp_path):
    assert pw(tmp_path, k="0.2500000").level.kpoints is None
    (tmp_path / "pw.in").write_text(
        "&SYSTEM\n  vdw_corr = 'dft-d3'\n/\nK_POINTS automatic\n 2 2 1 0 0 0\n"
    )
    level = pw(tmp_path, k="0.2500000").level
    assert (level.kpoints, level.dispersion) == ("2x2x1 Gamma-centred", "D3")
    (tmp_path / "pw.in").write_text("K_POINTS {automatic}\n 2 2 1 1 1 0\n")
    assert pw(tmp_path, k="0.2500000").level.kpoints == "2x2x1"
