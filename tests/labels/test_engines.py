import ast
import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.emt import EMT
from ase.optimize import BFGS
from hypothesis import given
from hypothesis import strategies as st

from sacml.labels import (
    Inputs,
    LabelError,
    Limits,
    ProtocolSettings,
    Task,
    TaskResult,
    make_engine,
    run_task,
)
from sacml.labels.campaign import Campaign
from sacml.labels.engines import AseEngine, GpawEngine, InputsEngine, process, worker
from sacml.labels.engines.collect import lattice_minimum
from sacml.labels.engines.jobs import make_job
from sacml.labels.engines.process import WORKER, whole_frames
from sacml.labels.extxyz import mark
from sacml.labels.hessian import bond_springs
from sacml.labels.starts import prepare
from sacml.structures import NoPlaceError, add_alkali, build

FAKES = '''
import os, signal, subprocess, sys, time
from pathlib import Path
import numpy as np
from ase.calculators.calculator import Calculator, SCFError, all_changes

class Springs(Calculator):
    """Atoms on springs to where they began, shifted by 0.3 A; does what `act` says at call `at`."""
    implemented_properties = ["energy", "forces"]

    def __init__(self, act="", at=1, log="", k=5.0):
        super().__init__()
        self.act, self.at, self.log, self.k, self.home = act, at, log, k, None

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        if self.home is None:
            self.home = np.load("home.npy") if Path("home.npy").exists() else atoms.positions + 0.3
            np.save("home.npy", self.home)
        calls = 1
        if self.log:
            with open(self.log, "a") as f:
                f.write("call\\n")
            calls = len(Path(self.log).read_text().splitlines())
        d = atoms.positions - self.home
        self.results = {"energy": 0.5 * self.k * (d**2).sum(), "forces": -self.k * d}
        if self.act and calls == self.at:
            getattr(self, self.act)()

    def kill(self): os.kill(os.getpid(), signal.SIGKILL)
    def abort(self): os.abort()
    def leave(self): sys.stderr.write("licence gone\\n"); sys.stderr.flush(); os._exit(7)
    def sleep(self):
        child = subprocess.Popen(["sleep", "300"])
        Path("pids").write_text(f"{os.getpid()} {child.pid}")
        time.sleep(300)
    def hog(self): self.much = np.empty(2**28)
    def nan(self): self.results["forces"] = self.results["forces"] * np.nan
    def inf(self): self.results["energy"] = np.inf
    def scf(self): raise SCFError("density did not settle")
    def force(self): self.results["forces"] = self.results["forces"] * 0 + 1e4
    def energy(self): self.results["energy"] = 1e4
    def fall(self): raise ZeroDivisionError("no bands")
    def full(self): raise OSError(28, "No space left on device")

class Attract(Springs):
    def calculate(self, *a, **k):
        super().calculate(*a, **k)
        d = self.atoms.positions[1] - self.atoms.positions[0]
        f = 5 * d / np.linalg.norm(d)
        self.results = {"energy": 0.0, "forces": np.array([f, -f])}
'''
RUN = process._run
CELL = Atoms("CuCu", [[0, 0, 0], [0, 0, 2.4]], cell=[6, 6, 12], pbc=[1, 1, 0])


@pytest.fixture(scope="module")
def fakes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fakes")
    (folder / "fake_calculators.py").write_text(FAKES)
    return {"PYTHONPATH": str(folder)}


@pytest.fixture
def here(monkeypatch, fakes):
    """The worker's code in this process: fast, for what needs no process of its own."""

    def run(python, folder, limits, environment, log):
        with contextlib.chdir(folder):
            worker.main(folder, 0)
        return 0

    monkeypatch.setattr(process, "_run", run)
    monkeypatch.syspath_prepend(fakes["PYTHONPATH"])
    return AseEngine()


def settings(name="Springs", **options):
    more = options.pop("protocol", {})
    return ProtocolSettings.from_dict(
        {"engine": f"ase:fake_calculators:{name}", "engine_options": options, **more}
    )


def site(s, atoms=CELL, key="site/test", kind="site", **inputs):
    atoms = atoms.copy()
    atoms.info |= {"centre": mark((0,)), "shell": mark(()), "normal": np.array([0.0, 0, 1.0])}
    task = Task(
        key=key, kind=kind, settings_digest=s.digest,
        inputs=Inputs(**{"site": "@graphene", "element": "Cu", **inputs}),
    )  # fmt: skip
    return task.with_structure(atoms)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_relaxation_finds_the_minimum_and_keeps_its_frames(tmp_path, fakes):
    s = settings(log="calls")
    r = AseEngine(environment=fakes).run(site(s), s, tmp_path)
    assert r.ok, r.reason
    assert r.geometry_converged
    assert r.atoms().positions == pytest.approx(CELL.positions + 0.3, abs=0.03)
    assert r.energy_eV == pytest.approx(0, abs=0.01)
    frames = whole_frames((tmp_path / "frames.extxyz").read_text())
    assert len(frames) == r.steps + 1
    assert r.relax_max_force_eV_A < s.fmax_eV_A
    assert r.max_force_eV_A == pytest.approx(r.relax_max_force_eV_A)
    assert r.level_of_theory == "ASE-Springs"
    assert r.prerelaxed is None
    assert r.versions["ase"]
    assert r.timings_s["relax"] >= 0
    assert r.cpu_s > 0
    assert r.atoms().arrays["forces_eV_A"].shape == (2, 3)


@pytest.mark.parametrize(
    ("act", "failure", "said"),
    [
        ("kill", "killed", "signal 9"),
        ("abort", "crashed", "SIGABRT"),
        ("leave", "crashed", "licence gone"),
    ],
)
def test_a_process_that_ends_badly(tmp_path, fakes, act, failure, said):
    s = settings(act=act)
    r = AseEngine(environment=fakes).run(site(s), s, tmp_path / "a b")
    assert (r.status, r.failure) == ("failed", failure)
    assert said in r.reason
    assert r.energy_eV is None


@pytest.mark.parametrize(
    ("act", "failure", "said"),
    [
        ("fall", "crashed", "ZeroDivisionError: no bands"),
        ("nan", "exploded", "no number"),
        ("inf", "exploded", "no number"),
        ("force", "exploded", "a force of"),
        ("scf", "scf", "not self-consistent in any of 1 tries"),
        ("full", "disk", "No space left"),
    ],
)
def test_failures_are_results_with_a_word_and_a_reason(tmp_path, here, act, failure, said):
    s = settings(act=act)
    r = here.run(site(s), s, tmp_path)
    assert (r.status, r.failure) == ("failed", failure)
    assert said in r.reason
    assert r.energy_eV is None


def test_memory_over_the_limit(tmp_path, fakes):
    s = settings(act="hog")
    limits = Limits(memory_MB=1500)
    r = AseEngine(limits, environment=fakes).run(site(s), s, tmp_path)
    assert r.failure == "memory"
    assert "1500 MB" in r.reason


def test_time_out_ends_the_whole_group_and_keeps_the_frames(tmp_path, fakes):
    s = settings(act="sleep", at=3, log="calls")
    began = time.monotonic()
    r = AseEngine(Limits(wall_s=6), environment=fakes).run(site(s), s, tmp_path)
    assert time.monotonic() - began < 20
    assert r.failure == "time_out"
    assert "6 s; 2 frames are kept" in r.reason
    assert r.atoms().info["energy_eV"] > 0  # the last frame comes with the failure
    assert not any(alive(p) for p in (tmp_path / "pids").read_text().split())


def test_a_worker_does_not_outlive_its_parent(tmp_path, fakes):
    s = settings(act="sleep")
    (tmp_path / "task.json").write_text(site(s).to_json())
    (tmp_path / "settings.toml").write_text(s.to_toml())
    code = (
        "import sys; from pathlib import Path; from sacml.labels import *;"
        "from sacml.labels.engines import AseEngine; p = Path(sys.argv[1]);"
        "s = ProtocolSettings.from_toml(p / 'settings.toml');"
        "AseEngine().run(Task.from_json((p / 'task.json').read_text()), s, p)"
    )
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join([root, fakes["PYTHONPATH"]])
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], env={**os.environ, "PYTHONPATH": paths}
    )
    told = tmp_path / "pids"
    try:  # on a busy machine two interpreters take their time to begin
        assert wait_for(lambda: told.exists() and told.read_text(), 60)
        pids = told.read_text().split()
        assert all(map(alive, pids))
    finally:
        parent.kill()
        parent.wait()
    assert wait_for(lambda: not any(map(alive, pids)), 5)


@pytest.mark.parametrize("cut", [0, 30])
def test_a_killed_task_goes_on_from_its_last_frame(tmp_path, fakes, here, cut, monkeypatch):
    whole = settings(log="calls")
    straight = here.run(site(whole), whole, tmp_path / "straight")
    s = settings(act="kill", at=4, log="calls")
    folder = tmp_path / "killed"
    with monkeypatch.context() as real:
        real.setattr(process, "_run", RUN)
        first = AseEngine(environment=fakes).run(site(s), s, folder)
    assert first.failure == "killed"
    path = folder / "frames.extxyz"
    frames = whole_frames(path.read_text())
    assert len(frames) == 3
    if cut:  # the kill came while a frame was being written
        path.write_text(path.read_text()[:-cut])
    second = here.run(site(s), s, folder)
    assert second.ok, second.reason
    assert second.started_from_frame == (2 if cut else 3)
    # the same path as without the kill
    assert second.steps == straight.steps
    assert second.energy_eV == pytest.approx(straight.energy_eV, abs=1e-6)
    assert second.atoms().positions == pytest.approx(straight.atoms().positions, abs=1e-6)
    calls = len((folder / "calls").read_text().splitlines())
    # what was done before the kill, the call it came in, and only what was left to do
    assert calls == len(frames) + 1 + (second.steps + 1 - second.started_from_frame)


def test_shorter_steps_go_on_from_the_same_frames_but_another_level_does_not(tmp_path, here):
    s = settings(protocol={"max_steps": 1})
    here.run(site(s), s, tmp_path)
    shorter = settings(protocol={"max_steps": 9, "max_step_A": 0.05})
    assert here.run(site(shorter), shorter, tmp_path).started_from_frame == 2
    other = settings(k=6.0)
    assert here.run(site(other), other, tmp_path).started_from_frame == 0


def test_a_finished_result_is_taken_up_and_not_computed_again(tmp_path, here):
    s, engine = settings(log="calls"), here
    first = engine.run(site(s), s, tmp_path)
    calls = (tmp_path / "calls").read_text()
    assert engine.run(site(s), s, tmp_path) == first
    assert (tmp_path / "calls").read_text() == calls
    # another start is another calculation
    moved = CELL.copy()
    moved.positions[1, 2] += 0.1
    (tmp_path / "home.npy").unlink()
    other = engine.run(site(s, moved), s, tmp_path)
    assert other.started_from_frame == 0
    assert (tmp_path / "calls").read_text() != calls
    # a result cut short counts as none
    text = (tmp_path / "result.json").read_text()
    (tmp_path / "result.json").write_text(text[: len(text) // 2])
    assert engine.run(site(s, moved), s, tmp_path).energy_eV == pytest.approx(other.energy_eV)


def test_atoms_that_fall_into_each_other(tmp_path, here):
    s = settings("Attract", protocol={"max_steps": 60})
    r = here.run(site(s), s, tmp_path)
    assert r.failure == "exploded"
    assert "Cu0 and Cu1 came within" in r.reason or "Cu1 and Cu0 came within" in r.reason
    # nothing of an exploded run is gone on from, and the next one takes shorter steps
    again = here.run(site(s), s, tmp_path, attempt=1)
    assert again.started_from_frame == 0
    job = json.loads((tmp_path / "job.json").read_text())
    assert job["stages"][0]["max_step_A"] == s.max_step_A / 2


def test_an_energy_that_jumps(tmp_path, here):
    s = settings(act="energy", at=2, log="calls")
    r = here.run(site(s), s, tmp_path)
    assert r.failure == "exploded"
    assert "10000.00 eV" in r.reason


def test_programs_that_are_not_there_are_named(tmp_path):
    s = ProtocolSettings(engine="ase:no_such_potential.calc:Calc")
    r = make_engine(s).run(site(s), s, tmp_path / "a")
    assert r.failure == "missing_program"
    assert "no_such_potential" in r.reason
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMTX")
    r = make_engine(s).run(site(s), s, tmp_path / "b")
    assert (r.failure, "EMTX" in r.reason) == ("bad_input", True)
    s = ProtocolSettings()
    r = GpawEngine(python="/nowhere/python").run(site(s), s, tmp_path / "c")
    assert r.failure == "missing_program"
    assert "gpaw-data" in r.reason
    assert "SACML_GPAW_PYTHON" in r.reason
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT")
    r = AseEngine(python="/nowhere/python").run(site(s), s, tmp_path / "d")
    assert r.failure == "crashed"
    assert "/nowhere/python" in r.reason


def test_a_disk_that_is_full_or_a_folder_that_cannot_be(tmp_path, monkeypatch):
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT")
    (tmp_path / "file").write_text("")
    r = make_engine(s).run(site(s), s, tmp_path / "file" / "task")
    assert r.failure == "crashed"
    assert str(tmp_path / "file") in r.reason

    def full(path, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worker, "save", full)
    r = make_engine(s).run(site(s), s, tmp_path / "task")
    assert (r.failure, "No space left" in r.reason) == ("disk", True)


def test_settings_of_another_campaign_are_refused(tmp_path):
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT")
    with pytest.raises(LabelError, match="not mixed"):
        make_engine(s).run(site(s), s.model_copy(update={"fmax_eV_A": 0.01}), tmp_path)
    for wrong in ({"wall_s": 0}, {"memory_MB": 5}, {"threads": 0}, {"niceness": 40}):
        with pytest.raises(LabelError):
            Limits(**wrong)


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="no groups of sessions here")
def test_a_nice_worker_gives_way_to_other_sessions(tmp_path):
    """Where the kernel shares time by session, `nice` counts within one only."""
    at = {}
    for niceness in (0, 7):
        python = tmp_path / f"python{niceness}"
        python.write_text("#!/bin/sh\nsleep 0.3\ncat /proc/self/autogroup >autogroup\n")
        python.chmod(0o755)
        (tmp_path / str(niceness)).mkdir()
        limits = Limits(niceness=niceness)
        with (tmp_path / "log").open("wb") as log:
            assert process._run(str(python), tmp_path / str(niceness), limits, None, log) == 0
        at[niceness] = (tmp_path / str(niceness) / "autogroup").read_text().split()[-1]
    assert at == {0: "0", 7: "7"}


def test_emt_end_to_end(tmp_path):
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT", fmax_eV_A=0.02, max_steps=60)
    engine = make_engine(s)
    slab = bulk("Cu", cubic=True) * (1, 1, 1)
    slab.rattle(0.1, seed=3)
    r = engine.run(site(s, slab), s, tmp_path / "slab")
    assert r.ok, r.reason
    assert r.geometry_converged
    direct = r.atoms()
    direct.calc = EMT()
    assert r.energy_eV == pytest.approx(direct.get_potential_energy(), abs=1e-6)
    reference = slab.copy()
    reference.calc = EMT()
    BFGS(reference, logfile=None).run(fmax=0.02)
    assert r.energy_eV == pytest.approx(reference.get_potential_energy(), abs=2e-3)

    results = {}
    for kind in ("atom", "bulk"):
        task = Task(key=f"{kind}/Cu", kind=kind, inputs=Inputs(element="Cu"),
                    settings_digest=s.digest)  # fmt: skip
        results[kind] = run_task(engine, task, s, {}, tmp_path / kind)
    metal = results["bulk"]
    a = metal.lattice_A
    around = []
    for constant in (a - 0.02, a, a + 0.02):
        atoms = bulk("Cu", "fcc", constant)
        atoms.calc = EMT()
        around.append(atoms.get_potential_energy())
    assert around[1] < min(around[0], around[2])
    assert metal.energy_eV == pytest.approx(around[1], abs=2e-3)
    assert len(metal.curve) == len(s.bulk_scales)
    assert results["atom"].energy_eV > metal.energy_eV + 3  # EMT: about 3.5 eV of cohesion


def test_a_lattice_scan_without_a_minimum_fails(tmp_path):
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT", bulk_scales=(1.05, 1.06, 1.07, 1.08))
    task = Task(key="bulk/Cu", kind="bulk", inputs=Inputs(element="Cu"), settings_digest=s.digest)
    r = run_task(make_engine(s), task, s, {}, tmp_path)
    assert r.failure == "no_minimum"
    assert "no minimum between" in r.reason
    x = np.array([2.9, 3.0, 3.1, 3.2])
    assert lattice_minimum(x, (x - 3.03) ** 2 - 1) == pytest.approx((3.03, -1.0))
    assert lattice_minimum(x, -((x - 3.03) ** 2)) is None


def test_a_wide_scan_gives_the_minimum_of_a_narrow_one(tmp_path):
    """The retry's scan, from a start so far off that the first one misses the minimum."""
    found = {}
    for name, scales in (
        ("near", ProtocolSettings().bulk_scales),
        ("far", (0.95, 0.96, 0.97, 0.98)),
    ):
        s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT", bulk_scales=scales)
        task = Task(key="bulk/Cu", kind="bulk", inputs=Inputs(element="Cu"),
                    settings_digest=s.digest)  # fmt: skip
        with Campaign(tmp_path / name, s) as campaign:
            campaign.add([task])
            status = campaign.run()
            found[name] = campaign.results().get("bulk/Cu")
            failures = [f["failure"] for f in campaign.queue.failures("bulk/Cu")]
        assert status.counts == {"done": 1}, status.lines()
        assert failures == ([] if name == "near" else ["no_minimum"])
    assert found["far"].energy_eV == pytest.approx(found["near"].energy_eV, abs=2e-3)
    assert found["far"].lattice_A == pytest.approx(found["near"].lattice_A, abs=0.01)
    assert "wider lattice scan" in found["far"].notes[-1]


def test_a_scan_without_a_minimum_anywhere_is_kept_as_failed_with_its_reason(tmp_path):
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT", bulk_scales=(1.3, 1.31, 1.32, 1.33))
    task = Task(key="bulk/Cu", kind="bulk", inputs=Inputs(element="Cu"), settings_digest=s.digest)
    with Campaign(tmp_path, s) as campaign:
        campaign.add([task])
        status = campaign.run()
        assert status.counts == {"failed": 1}
        assert status.failures[0].tries == 2  # once wider, and no more
        assert "no minimum between" in status.failures[0].reason


def test_an_element_the_calculator_has_not_is_not_tried_again(tmp_path):
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT")
    task = Task(key="bulk/Li", kind="bulk", inputs=Inputs(element="Li"), settings_digest=s.digest)
    with Campaign(tmp_path, s) as campaign:
        campaign.add([task])
        failure = campaign.run().failures[0]
    assert (failure.failure, failure.tries, failure.final) == ("missing_setups", 1, True)
    assert "Li" in failure.reason


def test_what_cannot_be_prepared_is_a_failed_result(tmp_path):
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT")
    needing = Task(
        key="ads/@graphene/Li/hollow", kind="adsorption", settings_digest=s.digest,
        inputs=Inputs(site="@graphene", alkali="Li", place="hollow"), needs=("site/@graphene",),
    )  # fmt: skip
    assert run_task(make_engine(s), needing, s, {}, tmp_path).failure == "needs"
    odd = Task(key="bulk/Ga", kind="bulk", inputs=Inputs(element="Ga"), settings_digest=s.digest)
    assert run_task(make_engine(s), odd, s, {}, tmp_path).failure == "bad_input"


def test_a_start_that_the_relaxed_site_does_not_offer_is_passed_over(tmp_path):
    s = ProtocolSettings(engine="ase:ase.calculators.lj:LennardJones")
    bare = build("@graphene")
    site = Task(
        key="site/@graphene", kind="site", settings_digest=s.digest,
        inputs=Inputs(site="@graphene"),
    )  # fmt: skip
    relaxed = TaskResult(
        key=site.key, kind="site", status="ok", settings_digest=s.digest, energy_eV=-1.0,
        level_of_theory=s.level_of_theory, geometry=prepare(site, s, {}).inputs.structure,
        geometry_converged=True,
    )  # fmt: skip
    start = Task(
        key="ads/@graphene/Li/top", kind="adsorption", settings_digest=s.digest, needs=(site.key,),
        inputs=Inputs(site="@graphene", alkali="Li", place="top"),
    )  # fmt: skip
    with pytest.raises(NoPlaceError, match="places: hollow"):
        add_alkali(bare, "Li", "top")
    result = run_task(make_engine(s), start, s, {site.key: relaxed}, tmp_path)
    assert (result.failure, "no place 'top'" in result.reason) == ("no_place", True)
    with Campaign(tmp_path / "queue", s, engine=Answers(relaxed)) as campaign:
        campaign.add([site, start])
        status = campaign.run()
    assert status.counts == {"done": 1, "failed": 1}
    assert (status.lost, status.failures[0].tries) == (0, 1)
    assert any(line.startswith("  passed over ads/@graphene/Li/top") for line in status.lines())


@dataclass(frozen=True)
class Answers:
    """Gives one result."""

    result: TaskResult

    def run(self, task, settings, folder, attempt=0):
        return self.result


@pytest.mark.parametrize("code", ["vasp", "espresso", "cp2k"])
def test_inputs_are_written_and_the_task_waits(tmp_path, code):
    s = ProtocolSettings(engine=code, kpts=(3, 3, 1))
    engine = make_engine(s)
    assert isinstance(engine, InputsEngine)
    task = Task(key="site/@graphene", kind="site", inputs=Inputs(site="@graphene"),
                settings_digest=s.digest)  # fmt: skip
    r = run_task(engine, task, s, {}, tmp_path / "site")
    assert (r.failure, "sacml data import" in r.reason) == ("waiting", True)
    written = [p for p in (tmp_path / "site").rglob("*") if p.is_file()]
    assert written
    assert any("3 3 1" in p.read_text() for p in written)
    task = Task(key="bulk/Li", kind="bulk", inputs=Inputs(element="Li"), settings_digest=s.digest)
    run_task(engine, task, s, {}, tmp_path / "bulk")
    assert len(list((tmp_path / "bulk").glob("lattice_*"))) == len(s.bulk_scales)


def test_steps_are_those_of_ase(tmp_path):
    atoms = molecule("C2H6")
    atoms.rattle(0.05, seed=1)
    theirs, mine = atoms.copy(), atoms.copy()
    theirs.calc, mine.calc = EMT(), EMT()
    search = worker.Bfgs(bond_springs(atoms), 0.1)
    optimizer = BFGS(theirs, logfile=None, maxstep=0.1)
    optimizer.H0 = bond_springs(atoms)
    for number, _ in enumerate(optimizer.irun(fmax=1e-9, steps=8)):
        if number:
            search.learn(mine.positions, mine.get_forces())
            mine.positions += search.step()
        assert mine.positions == pytest.approx(theirs.positions, abs=1e-8), number
    assert number == 8


def test_the_worker_needs_neither_sacml_nor_its_folder(tmp_path):
    tree = ast.parse(WORKER.read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {n.name.partition(".")[0] for n in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module.partition(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"ase", "numpy", "gpaw"}
    # one file, anywhere, with sacml made impossible to import
    alone = tmp_path / "alone.py"
    alone.write_text(
        "import sys\nsys.modules['sacml'] = None\nsys.path[:] = [p for p in sys.path if p]\n"
        + "import runpy\nrunpy.run_path(sys.argv.pop(1), run_name='__main__')\n"
    )
    s = ProtocolSettings(engine="ase:ase.calculators.emt:EMT", max_steps=2)
    task = site(s)
    (tmp_path / "job").mkdir()
    (tmp_path / "worker.py").write_text(WORKER.read_text())
    (tmp_path / "job" / "start.extxyz").write_text(task.inputs.structure)
    (tmp_path / "job" / "job.json").write_text(json.dumps(make_job(task, s, 0)))
    subprocess.run(
        [sys.executable, alone, tmp_path / "worker.py", tmp_path / "job", "0"], check=True,
        cwd=tmp_path,
    )  # fmt: skip
    assert json.loads((tmp_path / "job" / "result.json").read_text())["status"] == "ok"


FRAMES = "".join(
    f'2\nLattice="1 0 0 0 1 0 0 0 1" energy_eV={k}\nC 0 0 {k}\nN 0 0 1\n' for k in range(4)
)


@given(st.integers(0, len(FRAMES)))
def test_only_whole_frames_count(cut):
    found = whole_frames(FRAMES[:cut])
    assert found == whole_frames(FRAMES)[: len(found)]
    ends = [k for k in range(len(FRAMES) + 1) if len(whole_frames(FRAMES[:k])) == 4]
    assert ends == [len(FRAMES)]


def test_the_interrupt_of_a_user_leaves_nothing_running(tmp_path, fakes, monkeypatch):
    s = settings(act="sleep")

    def interrupt(self, timeout=None):
        if (tmp_path / "pids").exists() or timeout != 3000:
            return real(self, timeout)
        assert wait_for(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text())
        raise KeyboardInterrupt

    real = subprocess.Popen.wait
    monkeypatch.setattr(subprocess.Popen, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        AseEngine(Limits(wall_s=3000), environment=fakes).run(site(s), s, tmp_path)
    assert not any(alive(p) for p in (tmp_path / "pids").read_text().split())


@pytest.mark.parametrize(
    ("symbols", "moment", "kept"),
    [("NO", 2.0, 1.0), ("MnN", 3.0, 2.0), ("MnN", 4.0, 4.0), ("CeO", 2.0, 1.0)],
)
def test_start_moments_fit_the_electrons_that_tblite_counts(symbols, moment, kept):
    pytest.importorskip("tblite")
    atoms = Atoms(symbols, [[0, 0, 0], [0, 0, 1.6]])
    backend = worker.Ase({"calculator": {"path": "tblite.ase:TBLite"}}, Path())
    moments = backend.start(atoms, np.array([moment, 0.0]))
    assert moments == pytest.approx([kept, 0.0])
    atoms.set_initial_magnetic_moments(moments)
    atoms.calc = backend.calculator({"method": "GFN1-xTB", "verbosity": 0}, "")
    assert np.isfinite(worker.evaluate(atoms)["energy"])


@pytest.mark.parametrize(
    ("widths", "reached", "order"),
    [([0.1, 0.1, 0.2], 0, [0, 1, 2]), ([0.1, 0.1, 0.2], 1, [1, 0, 2]),
     # a wider occupation of the relaxation does not become the label's
     ([0.1, 0.1, 0.2], 2, [1, 0, 2]), ([0.1, 0.2, 0.1, 0.2], 3, [2, 0, 1, 3]),
     ([None], 0, [0])],
)  # fmt: skip
def test_a_single_point_begins_with_the_mixing_that_the_relaxation_needed(widths, reached, order):
    tries = [{} if w is None else {"occupations": {"width": w}} for w in widths]
    assert worker.order_of(tries, reached) == order


def test_start_moments_of_other_calculators_are_left_alone():
    backend = worker.Ase({"calculator": {"path": "ase.calculators.emt:EMT"}}, Path())
    assert backend.start(Atoms("NO"), np.array([2.0, 0.0])) == pytest.approx([2.0, 0.0])
