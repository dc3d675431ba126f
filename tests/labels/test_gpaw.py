"""The real engine on tiny cells; energies of the tiny settings mean nothing by themselves."""

import numpy as np
import pytest
from ase import Atoms

from sacml.labels import (
    Inputs,
    LabelError,
    Limits,
    ProtocolSettings,
    Task,
    TaskResult,
    make_engine,
    preset,
    reference_tasks,
    run_task,
    signs,
)
from sacml.labels.engines import MissingProgramError, find_python
from sacml.labels.engines.jobs import gpaw_tries
from sacml.labels.extxyz import mark
from sacml.labels.task import from_extxyz, to_extxyz

TINY = preset("tiny")
SHEET = Atoms("H2", [[1.5, 1.5, 3.0], [1.5, 1.5, 3.9]], cell=[4, 4, 7], pbc=[1, 1, 0])
SHEET.info = {"centre": mark((0,)), "shell": mark(()), "normal": np.array([0.0, 0, 1.0])}


@pytest.fixture(scope="module")
def engine():
    try:
        find_python()
    except MissingProgramError as error:
        pytest.skip(str(error))
    return make_engine(TINY, Limits(wall_s=120))


def task_of(settings, atoms, key="ads/test", kind="adsorption"):
    inputs = Inputs(structure=to_extxyz(atoms))
    return Task(key=key, kind=kind, inputs=inputs, settings_digest=settings.digest)


def test_relaxation_and_single_point(tmp_path, engine):
    r = engine.run(task_of(TINY, SHEET), TINY, tmp_path)
    assert r.ok, r.reason
    atoms = r.atoms()
    assert 0.65 < atoms.get_distance(0, 1) < 0.85  # H2, coarse plane waves
    assert r.level_of_theory == "GPAW-PW150/PBE"
    assert r.free_energy_eV <= r.energy_eV + 1e-6
    assert r.max_force_eV_A == pytest.approx(
        np.linalg.norm(atoms.arrays["forces_eV_A"], axis=1).max(), abs=1e-6
    )
    assert r.steps <= TINY.max_steps
    assert (r.width_eV, r.scf_try) == (0.1, 0)
    assert r.scf_iterations > 1
    # both atoms are alike
    assert r.charges_method.startswith("Hirshfeld")
    assert abs(r.charges_e[0] - r.charges_e[1]) < 0.05
    assert "gpaw" in r.versions
    assert r.versions["setups"].startswith("H:")
    assert TaskResult.from_json(r.to_json()) == r
    # finished work is taken up: no second calculation
    assert engine.run(task_of(TINY, SHEET), TINY, tmp_path) == r


def test_orbitals_instead_of_plane_waves(tmp_path, engine):
    values = {"mode": "lcao", "grid_spacing_A": 0.3, "extra_bands": 2, "max_steps": 1}
    s = ProtocolSettings.from_dict(TINY.to_dict() | values)
    r = engine.run(task_of(s, SHEET), s, tmp_path)
    assert r.ok, r.reason
    assert r.level_of_theory == "GPAW-LCAO-dzp/PBE"
    assert -12 < r.energy_eV < 0
    assert abs(r.charges_e[0] - r.charges_e[1]) < 0.05
    # the same molecule by plane waves belongs to other settings
    with pytest.raises(LabelError, match="not mixed"):
        engine.run(task_of(TINY, SHEET), s, tmp_path)


def test_a_geometry_that_another_calculator_made_is_only_computed_on(tmp_path, engine):
    s = ProtocolSettings.from_dict(TINY.to_dict() | {"max_steps": 0})
    r = engine.run(task_of(s, SHEET), s, tmp_path)
    assert r.ok, r.reason
    assert r.level_of_theory == "GPAW-PW150/PBE//springs"
    assert r.atoms().positions == pytest.approx(SHEET.positions)
    assert (r.steps, r.geometry_converged, "relax" in r.timings_s) == (None, None, False)


@pytest.mark.long
@pytest.mark.parametrize("symbol", ["Al", "Mg", "Cr"])
def test_bulk_metals(tmp_path, engine, symbol):
    """A cubic, a hexagonal and an antiferromagnetic metal; coarse, so only roughly right."""
    s = ProtocolSettings.from_dict(TINY.to_dict() | {"ecut_eV": 250.0})
    task = Task(key=f"bulk/{symbol}", kind="bulk", inputs=Inputs(element=symbol),
                settings_digest=s.digest)  # fmt: skip
    r = run_task(engine, task, s, {}, tmp_path)
    assert r.ok, r.reason
    assert r.lattice_A == pytest.approx({"Al": 4.04, "Mg": 3.19, "Cr": 2.85}[symbol], rel=0.04)
    assert len(r.curve) == 5


@pytest.mark.long
def test_references_of_the_protocol_are_those_handed_over(tmp_path, engine):
    """Li by the real settings, against datasets/dft/calculations.csv; about 25 seconds."""
    settings = preset("pbe-pw340")
    results = {}
    for task in reference_tasks("Li", settings):
        r = run_task(engine, task, settings, results, tmp_path / task.file_name)
        assert r.ok, r.reason
        results[task.key] = r
    assert results["atom/Li"].energy_eV == pytest.approx(-0.296470, abs=1e-4)
    assert results["bulk/Li"].energy_eV == pytest.approx(-1.904262, abs=1e-4)
    assert results["bulk/Li"].lattice_A == pytest.approx(3.433443, abs=1e-3)


def test_isolated_atom_keeps_its_moment(tmp_path, engine):
    task = Task(key="atom/Li", kind="atom", inputs=Inputs(element="Li"),
                settings_digest=TINY.digest)  # fmt: skip
    r = run_task(engine, task, TINY, {}, tmp_path)
    assert r.ok, r.reason
    assert r.moment_muB == pytest.approx(1.0, abs=1e-3)
    assert signs.Energy.of(r).level == "GPAW-PW150/PBE"


def test_a_single_point_goes_on_from_the_density_of_the_relaxation(tmp_path, engine):
    """On a denser mesh too; begun afresh, as after a restart, it is the same energy."""
    atoms = SHEET.copy()
    atoms.set_initial_magnetic_moments([1.0, 0.0])
    s = ProtocolSettings.from_dict(TINY.to_dict() | {"kpts": [2, 2, 1]})
    on = engine.run(task_of(s, atoms), s, tmp_path)
    assert on.ok, on.reason
    assert "not carried on" not in (tmp_path / "worker.log").read_text()
    (tmp_path / "result.json").unlink()
    afresh = engine.run(task_of(s, atoms), s, tmp_path)
    assert afresh.started_from_frame == on.steps + 1
    assert afresh.energy_eV == pytest.approx(on.energy_eV, abs=2e-4)
    assert on.scf_iterations < afresh.scf_iterations


def test_scf_that_does_not_converge_is_tried_with_gentler_mixing(tmp_path, engine):
    tries = [{"beta": 0.1, "max_iterations": 1}, {"beta": 0.04}]
    s = ProtocolSettings.from_dict(TINY.to_dict() | {"scf_tries": tries})
    r = engine.run(task_of(s, SHEET, kind="single_point"), s, tmp_path / "a")
    assert r.ok, r.reason
    assert r.scf_try == 1
    # what the relaxation had to go beyond is not tried again by the single point
    r = engine.run(task_of(s, SHEET), s, tmp_path / "c")
    assert (r.status, r.scf_try) == ("ok", 1)
    said = (tmp_path / "c" / "worker.log").read_text()
    assert "relax.txt, try 0" in said
    assert "single_point.txt" not in said
    s = ProtocolSettings.from_dict(TINY.to_dict() | {"scf_tries": tries[:1] * 2})
    r = engine.run(task_of(s, SHEET), s, tmp_path / "b")
    assert (r.status, r.failure) == ("failed", "scf")
    assert "2 tries" in r.reason


def test_elements_without_setups_are_named(tmp_path, engine):
    atoms = Atoms("LaCe", [[1, 1, 3], [1, 1, 6]], cell=[4, 4, 9], pbc=[1, 1, 0])
    r = engine.run(task_of(TINY, atoms), TINY, tmp_path)
    assert r.failure == "missing_setups"
    assert "Ce, La" in r.reason
    assert "gpaw-data" in r.reason


def test_a_basis_that_is_not_there_is_named(tmp_path, engine):
    s = ProtocolSettings.from_dict(TINY.to_dict() | {"mode": "lcao", "basis": "qz9p"})
    r = engine.run(task_of(s, SHEET), s, tmp_path)
    assert r.failure == "missing_setups"
    assert "no qz9p basis for H" in r.reason


def test_keywords_of_gpaw_are_those_of_the_protocol():
    """What each calculation is asked with, without running it."""
    s = preset("pbe-pw340")
    sheet = SHEET.copy()
    sheet.set_cell([4 * 2.467, 4 * 2.467, 13, 90, 90, 120])
    point = gpaw_tries(task_of(s, sheet), s, 0, relaxing=False)
    assert [t["mixer"]["beta"] for t in point] == [0.1, 0.04, 0.04]
    assert [t["occupations"]["width"] for t in point] == [0.1, 0.1, 0.2]
    assert {t["mixer"]["method"] for t in point} == {"sum"}
    assert point[0]["kpts"] == {"size": [2, 2, 1]}
    assert point[0]["poissonsolver"] == {"dipolelayer": "xy"}
    assert point[0]["spinpol"] is False
    relax = gpaw_tries(task_of(s, sheet), s, 0, relaxing=True)
    assert relax[0]["kpts"] == {"size": [1, 1, 1]}
    assert relax[0]["convergence"]["density"] > point[0]["convergence"]["density"]
    sheet.set_initial_magnetic_moments([1.0, 0.0])
    assert gpaw_tries(task_of(s, sheet), s, 0, relaxing=True)[0]["spinpol"] is True
    sheet.pbc = True
    assert "poissonsolver" not in gpaw_tries(task_of(s, sheet), s, 0, relaxing=True)[0]
    atom = gpaw_tries(task_of(s, sheet, kind="atom"), s, 0, relaxing=False)
    assert [t["occupations"]["width"] for t in atom] == [0.02, 0.1]
    assert atom[0]["occupations"]["fixmagmom"] is True
    lcao = ProtocolSettings(mode="lcao")
    assert gpaw_tries(task_of(lcao, sheet), lcao, 0, relaxing=True)[0]["basis"] == "dzp"
    again = gpaw_tries(task_of(s, sheet), s, 1, relaxing=False)
    assert max(t["mixer"]["beta"] for t in again) < 0.04


@pytest.mark.long
def test_one_orbital_single_point_on_a_cheap_geometry(tmp_path, engine):
    """The cheap route on graphene in the smallest cell: two Pythons, one result."""
    values = {
        "mode": "lcao", "grid_spacing_A": 0.3, "max_steps": 0, "repeat": (2, 2), "extra_bands": 4,
        "prerelax": "ase:ase.calculators.emt:EMT", "prerelax_max_steps": 5,
    }  # fmt: skip
    s = ProtocolSettings.from_dict(TINY.to_dict() | values)
    task = Task(key="site/@graphene", kind="site", inputs=Inputs(site="@graphene"),
                settings_digest=s.digest)  # fmt: skip
    r = run_task(engine, task, s, {}, tmp_path)
    assert r.ok, r.reason
    assert r.level_of_theory == "GPAW-LCAO-dzp/PBE//ASE-EMT"
    assert r.prerelaxed["calculator"] == "ase.calculators.emt:EMT"
    assert r.versions["gpaw"]
    moved = from_extxyz((tmp_path / "prerelax" / "final.extxyz").read_text())
    assert r.atoms().positions == pytest.approx(moved.positions, abs=1e-6)
    assert list(r.atoms().pbc) == [True, True, False]
