"""Basis-set superposition of orbital binding energies, by counterpoise.

Each part of a pair is computed at the geometry of the pair with its own orbitals and with those of
both (the other part as ghosts): what it falls by is what the binding energy owes to borrowed
orbitals. The engine's own worker runs the jobs.
"""

import csv
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from sacml.labels import Inputs, Task, preset
from sacml.labels.engines import find_python, worker
from sacml.labels.engines.jobs import make_job
from sacml.labels.task import to_extxyz

PAIRS = ("ads/Ni/NNNN/Li/ring6", "ads/Ni/NNNN/K/ring6")
COLUMNS = ("pair", "site_eV", "alkali_eV", "together_eV")


def energy(folder: Path, atoms: Atoms, ghosts: set[str]) -> float:
    """Energy in eV of a structure whose elements in `ghosts` bring orbitals and nothing else."""
    result = folder / "result.json"
    if not result.exists():
        folder.mkdir(parents=True, exist_ok=True)
        settings = preset("pbe-lcao-dzp")
        inputs = Inputs(structure=to_extxyz(atoms), site="@graphene")
        task = Task(key=folder.name, kind="site", inputs=inputs, settings_digest=settings.digest)
        job: dict[str, Any] = make_job(task, settings, 0)
        job["stages"] = [s for s in job["stages"] if s["type"] == "single_point"]
        for options in job["stages"][0]["tries"]:
            options["setups"] = dict.fromkeys(ghosts, "ghost")
        (folder / "start.extxyz").write_text(to_extxyz(atoms), encoding="utf-8")
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        subprocess.run(
            ["nice", "-n", "19", find_python(), worker.__file__, str(folder), "0"],
            env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True,
        )  # fmt: skip
    found = json.loads(result.read_text(encoding="utf-8"))
    if found["status"] != "ok":
        raise SystemExit(f"{folder}: {found['reason']}")
    return float(found["energy_eV"])


def superposition(folder: Path, both: Atoms) -> tuple[float, float]:
    """Energies in eV, 0 or negative, that the site and the alkali owe to each other's orbitals."""
    alkali = str(both.symbols[-1])
    site, atom = both[:-1], both[-1:]
    moment = np.zeros(len(both))
    site.set_initial_magnetic_moments(both.get_initial_magnetic_moments()[:-1])
    moment[-1] = 1.0
    lone, with_ghosts = atom.copy(), both.copy()
    lone.set_initial_magnetic_moments([1.0])
    with_ghosts.set_initial_magnetic_moments(moment)
    rest = set(site.symbols)
    ghost_alkali = both.copy()
    ghost_alkali.set_initial_magnetic_moments([*site.get_initial_magnetic_moments(), 0.0])
    of_alkali = energy(folder / "alkali_both", with_ghosts, rest) - energy(
        folder / "alkali", lone, set()
    )
    of_site = energy(folder / "site_both", ghost_alkali, {alkali}) - energy(
        folder / "site", site, set()
    )
    return of_site, of_alkali


def compute_all(out: Path, frames: Mapping[str, Atoms]) -> None:
    """Compute what is missing, and write the table after each pair."""
    out = out.resolve()
    rows = []
    for key in PAIRS:
        site, alkali = superposition(out / key.replace("/", "_"), frames[key])
        rows.append((key, f"{site:.3f}", f"{alkali:.3f}", f"{site + alkali:.3f}"))
        with (out / "counterpoise.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
