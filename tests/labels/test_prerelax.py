"""What moves the atoms before the engine does; springs stand for the costly calculator."""

import contextlib
import sys

import pytest

from sacml.labels import ProtocolSettings, Task, binding_tasks, make_engine, run_task
from sacml.labels.engines import process, worker
from sacml.labels.extxyz import unmark

SPRINGS = '''
from pathlib import Path
import numpy as np
from ase.calculators.calculator import Calculator, all_changes

class Springs(Calculator):
    """Atoms on springs to `shift` beside where they began in this folder."""
    implemented_properties = ["energy", "forces"]

    def __init__(self, shift=0.0, act=""):
        super().__init__()
        self.shift, self.act, self.home = shift, act, None

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        if self.act:
            raise ZeroDivisionError(self.act)
        if self.home is None:
            self.home = np.load("home.npy") if Path("home.npy").exists() else (
                atoms.positions + [0, 0, self.shift])
            np.save("home.npy", self.home)
        d = atoms.positions - self.home
        self.results = {"energy": 2.5 * (d**2).sum(), "forces": -5 * d}
'''
SITE, ADS = "site/Co-N4@graphene", "ads/Co-N4@graphene/Li/ring6"


@pytest.fixture(autouse=True)
def here(monkeypatch, tmp_path):
    """The worker's code in this process: fast."""

    def run(python, folder, limits, environment, log):
        with contextlib.chdir(folder):
            worker.main(folder, 0)
        return 0

    (tmp_path / "springs_here.py").write_text(SPRINGS)
    monkeypatch.setattr(process, "_run", run)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("springs_here", None)


def settings(**more):
    return ProtocolSettings.from_dict({
        "engine": "ase:springs_here:Springs", "prerelax": "ase:springs_here:Springs",
        "prerelax_options": {"shift": 0.4}, "prerelax_fmax_eV_A": 0.01, "max_step_A": 1.0, **more,
    })  # fmt: skip


def tasks(s) -> dict[str, Task]:
    found = binding_tasks("Co-N4@graphene", "Li", s, ("ring6",), relative=False)
    return {t.key: t for t in found}


def heights(result):
    return result.atoms().positions[:, 2]


def test_the_engine_begins_where_the_other_calculator_ended(tmp_path):
    s = settings()
    plain = settings(prerelax="springs", prerelax_options={})
    engine, results = make_engine(s), {}
    task = tasks(s)[SITE]
    results[SITE] = moved = run_task(engine, task, s, {}, tmp_path / "moved")
    start = run_task(engine, tasks(plain)[SITE], plain, {}, tmp_path / "plain")
    assert heights(moved) == pytest.approx(heights(start) + 0.4, abs=0.01)
    assert moved.settings_digest == task.settings_digest
    assert moved.prerelaxed["calculator"] == "springs_here:Springs"
    assert moved.prerelaxed["largest_move_A"] == pytest.approx(0.4, abs=0.01)
    assert moved.prerelaxed["max_force_eV_A"] < 0.01
    assert start.prerelaxed is None
    assert list(moved.atoms().pbc) == [True, True, False]  # as the engine wants it
    # behind it the site is relaxed by the engine, and the alkali starts on that
    ads = run_task(engine, tasks(s)[ADS], s, results, tmp_path / "ads")
    assert ads.ok, ads.reason
    assert ads.prerelaxed is None
    assert heights(ads)[:-1] == pytest.approx(heights(moved), abs=0.01)


def test_where_the_engine_relaxes_nothing_the_other_geometry_is_final(tmp_path):
    s = settings(max_steps=0)
    engine, results = make_engine(s), {}
    for key in (SITE, ADS):
        results[key] = r = run_task(engine, tasks(s)[key], s, results, tmp_path / key[:3])
        assert r.ok, r.reason
        assert r.geometry_converged is True  # by the calculator that made it
        assert r.level_of_theory == "ASE-Springs//ASE-Springs"
        assert "relax" not in r.timings_s
    assert heights(results[ADS])[:-1] == pytest.approx(heights(results[SITE]) + 0.4, abs=0.01)
    assert results[ADS].atoms().symbols[-1] == "Li"
    centre = unmark(results[ADS].atoms().info["centre"])[0]
    assert results[ADS].atoms().symbols[centre] == "Co"


def test_a_geometry_that_is_not_converged_says_so(tmp_path):
    s = settings(max_steps=0, prerelax_max_steps=1, prerelax_fmax_eV_A=1e-6)
    r = run_task(make_engine(s), tasks(s)[SITE], s, {}, tmp_path / "a")
    assert r.ok
    assert r.geometry_converged is False
    assert r.prerelaxed["converged"] == "false"


def test_a_missing_package_is_named_with_the_extra_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "chgnet", None)
    s = settings(prerelax="chgnet", prerelax_options={})
    r = run_task(make_engine(s), tasks(s)[SITE], s, {}, tmp_path / "a")
    assert (r.status, r.failure) == ("failed", "missing_program")
    assert "sacml[chgnet]" in r.reason
    assert r.reason.startswith("pre-relaxation")


def test_a_pre_relaxation_that_fails_is_not_passed_over(tmp_path):
    s = settings(prerelax_options={"act": "no weights"})
    r = run_task(make_engine(s), tasks(s)[SITE], s, {}, tmp_path / "a")
    assert (r.status, r.failure) == ("failed", "crashed")
    assert "no weights" in r.reason
    assert r.energy_eV is None


@pytest.mark.long
def test_chgnet_itself(tmp_path, monkeypatch):
    """The learned potential in a process of its own; about half a minute."""
    pytest.importorskip("chgnet")
    monkeypatch.undo()
    s = ProtocolSettings.from_dict({
        "engine": "ase:ase.calculators.lj:LennardJones", "prerelax": "chgnet", "max_steps": 0,
        "engine_options": {"sigma": 1.2, "epsilon": 0.01, "rc": 4.0}, "prerelax_max_steps": 3,
    })  # fmt: skip
    r = run_task(make_engine(s), tasks(s)[SITE], s, {}, tmp_path / "a")
    assert r.ok, r.reason
    assert r.prerelaxed["version"].startswith("chgnet 0.")
    assert r.prerelaxed["steps"] == 3
    assert r.level_of_theory == "ASE-LennardJones//ASE-CHGNet"
