"""Read a folder of `sacml label`: the same dataset from the package's own engine."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from build_calculation import OTHER, OWN, Calculation

from sacml.data.importers.calculations_sites import recognise
from sacml.domain import Site
from sacml.labels import ProtocolSettings, TaskResult, preset
from sacml.labels.extxyz import FORCES, MOMENTS, unmark
from sacml.labels.loading import loading_labels, written
from sacml.labels.measures import measure
from sacml.labels.protocol import site_key, start_moment
from sacml.labels.queue import Queue
from sacml.labels.results import Results

PROTOCOL = "pbe-pw340"
KINDS = {"adsorption": "ads", "single_point": "sp"}


def read_labels(folder: Path) -> list[Calculation]:
    """Read every finished and every failed task of a campaign's folder.

    Raises
    ------
    SystemExit
        If the labels come from a cheap engine: they are for practice and enter no dataset.
    """
    with Queue(folder) as queue:
        settings, name = queue.settings, folder.resolve().name
        if settings.uses_ase:
            raise SystemExit(f"{folder}: {settings.engine} is no DFT; such labels stay out")
        results = {r.key: r for r in queue.results()}
        sites = read_isomers(results.values())
        made = [calculation(r, results, settings, name, sites) for r in results.values()]
        for entry in queue:
            failures = queue.failures(entry.key)
            if failures and entry.key not in results:
                made.append(failed(entry.key, entry.kind, failures[-1], settings, name))
    return made


def read_loadings(folder: Path) -> list[dict[str, str]]:
    """Rows of several alkali atoms on one site, at the protocol's own settings."""
    with Queue(folder) as queue:
        if level_of(queue.settings)[0] != OWN:
            return []
        return [written(label) for label in loading_labels(Results(queue.results()))]


def level_of(settings: ProtocolSettings) -> tuple[str, str]:
    """Return fidelity and level; a level of other settings names what differs."""
    own = preset(PROTOCOL)
    if settings.digest == own.digest:
        return OWN, settings.level_of_theory
    was, now = own.to_dict(), settings.to_dict()
    changed = ", ".join(f"{k}={_short(v)}" for k, v in now.items() if k != "name" and v != was[k])
    return OTHER, f"{settings.level_of_theory} ({changed})"


def _short(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def read_isomers(results: Iterable[TaskResult]) -> dict[str, str]:
    """Sites that were asked without their isomer, with the one that their geometry shows."""
    found = {}
    for r in results:
        site = Site.parse(r.key.split("/", 3)[1]) if r.kind == "site" else None
        if site is None or not r.ok or site.shell is None or site.shell.isomer is not None:
            continue
        seen, _ = recognise(r.atoms())
        if seen is None or seen.shell is None or seen.shell.isomer is None:
            continue
        if replace(seen, shell=replace(seen.shell, isomer=None)) == site:
            found[str(site)] = str(seen)
    return found


def calculation(
    r: TaskResult,
    results: dict[str, TaskResult],
    settings: ProtocolSettings,
    name: str,
    sites: dict[str, str],
) -> Calculation:
    """Make the calculation of a finished task."""
    fidelity, level = level_of(settings)
    kind, parts = KINDS.get(r.kind, r.kind), r.key.split("/", 3)
    relaxed = kind in ("site", "ads")
    site = str(Site.parse(parts[1])) if relaxed else ""
    force = r.relax_max_force_eV_A
    return Calculation(
        key=f"{name}:{r.key}", kind=kind, source=name, ok=r.ok, fidelity=fidelity, level=level,
        element=parts[2] if kind == "ads" else parts[1] if kind in ("atom", "bulk") else "",
        site=sites.get(site, site),
        start=parts[3] if kind == "ads" else "", energy=r.energy_eV,
        converged=r.geometry_converged is not False and (force is None or force < 0.15),
        atoms=structure(r) if relaxed and r.ok else None,
        columns=columns(r, results, settings),
    )  # fmt: skip


def structure(r: TaskResult) -> Atoms:
    """Return the final geometry as the dataset stores it."""
    found = r.atoms()
    centre = unmark(found.info.get("centre"))
    atoms = Atoms(found.symbols, found.positions, cell=found.cell, pbc=found.pbc)
    atoms.info = {"metal_index": centre[0] if centre else -1}
    for ours, theirs in ((FORCES, "F"), (MOMENTS, "m")):
        if ours in found.arrays:
            atoms.arrays[theirs] = found.arrays[ours]
    return atoms


def columns(
    r: TaskResult, results: dict[str, TaskResult], settings: ProtocolSettings
) -> dict[str, Any]:
    """Name the values of a result as the tables do."""
    kind, shape = r.kind, {}
    site = r.key.split("/", 3)[1]
    if kind == "adsorption" and r.ok:
        # the bare site that the start began from: the one with its start moment
        bare = results.get(site_key(site, start_moment(r.key)))
        shape = {} if bare is None or not bare.ok else _shape(r, bare)
    elif kind == "site" and r.ok:
        shape = {"metal_height_A": bare_height(r.atoms())}
    tried = settings.tries(r.attempt)
    mesh = {"atom": (1, 1, 1), "bulk": settings.bulk_kpts}.get(kind, settings.kpts)
    metals = Site.parse(site).metals if kind in ("site", "adsorption") else ()
    return shape | {
        "reason": r.reason or "", "metal": "+".join(metals),
        "free_energy_eV": r.free_energy_eV, "moment_muB": r.moment_muB,
        "fmax_gamma_eV_A": r.relax_max_force_eV_A, "fmax_k_eV_A": r.max_force_eV_A,
        "geometry_converged": r.geometry_converged, "steps": r.steps,
        "smearing_width_eV": r.width_eV,
        "mixer_beta": None if r.scf_try is None else tried[r.scf_try].beta,
        "cutoff_eV": settings.ecut_eV, "functional": settings.xc,
        "code": f"GPAW {r.versions.get('gpaw', '')}".strip(),
        "setups": r.versions.get("setups", ""), "kpoints": "x".join(map(str, mesh)),
        "lattice_constant_A": r.lattice_A, "settings_digest": r.settings_digest,
        "alkali_charge_e": r.charges_e[-1] if r.charges_e and kind == "adsorption" else None,
        "seconds": sum(r.timings_s.values()) if r.timings_s else None,
    }  # fmt: skip


def _shape(r: TaskResult, bare: TaskResult) -> dict[str, Any]:
    found = measure(r.atoms(), bare.atoms())
    return {name: getattr(found, name) for name in found.__slots__}


def bare_height(atoms: Atoms) -> float | None:
    """Height of the first centre above the median plane of a sheet."""
    centre = unmark(atoms.info.get("centre"))
    if not centre:
        return None
    along = atoms.positions @ np.asarray(atoms.info["normal"], dtype=float)
    return float(along[centre[0]] - np.median(along))


def failed(
    key: str, kind: str, header: dict[str, Any], settings: ProtocolSettings, name: str
) -> Calculation:
    """Make the calculation of a task that failed for good, or so far."""
    fidelity, level = level_of(settings)
    return Calculation(
        key=f"{name}:{key}", kind=KINDS.get(kind, kind), source=name, ok=False, fidelity=fidelity,
        level=level, columns={"reason": header["reason"], "settings_digest": header["settings"]},
    )  # fmt: skip
