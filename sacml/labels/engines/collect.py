"""From what a worker wrote to the result of the task."""

from pathlib import Path
from typing import Any

import numpy as np

from sacml.labels.engines.process import whole_frames
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import LabelError, Task, TaskResult

_PLAIN = (
    "failure", "reason", "energy_eV", "free_energy_eV", "max_force_eV_A", "relax_max_force_eV_A",
    "geometry_converged", "steps", "moment_muB", "moments_muB", "charges_e", "charges_method",
    "width_eV", "scf_try", "scf_iterations", "started_from_frame", "peak_memory_MB", "versions",
    "cpu_s", "timings_s", "notes",
)  # fmt: skip

FITTED = 5
"""Points of a lattice scan that the cubic is fitted to."""


def collect(
    task: Task, settings: ProtocolSettings, folder: Path, attempt: int, found: dict[str, Any]
) -> TaskResult:
    """Check the worker's values and add what follows from them."""
    values: dict[str, Any] = {k: found[k] for k in _PLAIN if found.get(k) is not None}
    values |= {
        "key": task.key, "kind": task.kind, "settings_digest": settings.digest,
        "level_of_theory": settings.level_of_theory, "attempt": attempt,
        "status": "failed" if "failure" in values else "ok",
    }  # fmt: skip
    if task.inputs.ecut_eV or task.inputs.kpts:
        changed = (task.inputs.ecut_eV, task.inputs.kpts)
        values["level_of_theory"] += f" with ecut_eV, kpts = {changed}"
    try:
        if values["status"] == "ok" and task.kind == "bulk":
            values |= _bulk(task, settings, found["energies_eV"])
        elif values["status"] == "ok":
            values["geometry"] = (folder / "final.extxyz").read_text(encoding="utf-8")
        elif frames := _frames(folder):
            values["geometry"] = frames[-1]
        return TaskResult.from_dict(values)
    except (LabelError, OSError, KeyError) as error:
        return TaskResult.failed(
            task, "crashed", f"the worker's result cannot be used: {error}",
            settings.level_of_theory, attempt=attempt,
        )  # fmt: skip


def _frames(folder: Path) -> list[str]:
    path = folder / "frames.extxyz"
    return whole_frames(path.read_text(encoding="utf-8")) if path.exists() else []


def _bulk(task: Task, settings: ProtocolSettings, energies: list[float]) -> dict[str, Any]:
    """Lattice constant and energy per atom at the minimum of a cubic through the scan."""
    atoms = task.atoms()
    start = float(atoms.info.get("lattice_A", atoms.cell.lengths()[0]))
    constants = start * np.array(settings.bulk_scales)
    per_atom = np.array(energies) / len(atoms)
    minimum = lattice_minimum(constants, per_atom)
    curve = [(float(a), float(e)) for a, e in zip(constants, per_atom, strict=True)]
    if minimum is None:
        return {
            "status": "failed", "failure": "no_minimum", "energy_eV": None, "curve": curve,
            "reason": f"the lattice scan has no minimum between {constants[0]:.3f} and "
            f"{constants[-1]:.3f} A",
        }  # fmt: skip
    values = {"lattice_A": minimum[0], "energy_eV": minimum[1], "curve": curve}
    # the details the worker gave are those of the last lattice constant
    return values | dict.fromkeys(("free_energy_eV", "moments_muB", "moment_muB", "max_force_eV_A"))


def lattice_minimum(constants: np.ndarray, energies: np.ndarray) -> tuple[float, float] | None:
    """(constant, energy) where a cubic has its minimum; None outside the points.

    The cubic goes through the `FITTED` points around the lowest, so that a wide scan gives the same
    minimum as a narrow one.
    """
    first = min(max(int(np.argmin(energies)) - FITTED // 2, 0), max(len(energies) - FITTED, 0))
    constants, energies = constants[first : first + FITTED], energies[first : first + FITTED]
    middle = float(constants.mean())  # fitted about the middle: a cubic far from 0 loses digits
    cubic = np.polyfit(constants - middle, energies, 3)
    roots = np.roots(np.polyder(cubic))
    real = roots[np.abs(roots.imag) < 1e-9].real + middle
    inside = [r for r in real if constants[0] < r < constants[-1]
              and np.polyval(np.polyder(cubic, 2), r - middle) > 0]  # fmt: skip
    if not inside:
        return None
    return float(inside[0]), float(np.polyval(cubic, inside[0] - middle))
