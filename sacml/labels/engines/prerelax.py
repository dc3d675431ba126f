"""Pre-relaxation of a prepared task by another calculator, in a process of its own."""

from pathlib import Path
from typing import Any

import numpy as np

from sacml.labels.engines.ase_calculator import AseEngine
from sacml.labels.engines.base import Engine, Limits
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import RELAXED, Inputs, Task, TaskResult

FOLDER = "prerelax"
STEP_A = 0.2
"""Farthest an atom moves in a step, as ASE's BFGS has it."""
CPU_ONLY: dict[str, dict[str, Any]] = {"chgnet": {"use_device": "cpu"}}
"""Keyword arguments of calculators with a word of their own: the same numbers on every machine."""


def is_prerelaxed(task: Task, settings: ProtocolSettings) -> bool:
    """Whether another calculator moves the atoms of this task first."""
    kinds = ("site",) if settings.max_steps else RELAXED
    built = task.inputs.structure is None
    return settings.prerelax_path is not None and built and task.kind in kinds


def prerelax(
    task: Task, settings: ProtocolSettings, folder: Path, engine: Engine, attempt: int = 0
) -> tuple[Task, TaskResult]:
    """Relax a prepared task with the calculator that the settings name for it.

    Periodic along all axes, as learned potentials and tight binding want it. Not getting below
    the force asked for within the steps is no failure: a further relaxation comes after it, or
    the label says so.

    Returns
    -------
    (task, result)
        The task with the atoms where they ended, and the result of the pre-relaxation, failed
        where it failed.
    """
    theirs = ProtocolSettings.from_dict({
        "name": "prerelax", "engine": f"ase:{settings.prerelax_path}",
        "engine_options": CPU_ONLY.get(settings.prerelax, {}) | settings.prerelax_options,
        "fmax_eV_A": settings.prerelax_fmax_eV_A, "max_steps": settings.prerelax_max_steps,
        "max_step_A": STEP_A,
    })  # fmt: skip
    atoms = task.atoms()
    periodic = atoms.copy()
    periodic.pbc = True
    job = Task(
        key=task.key, kind="site", inputs=Inputs(site=task.inputs.site),
        settings_digest=theirs.digest,
    ).with_structure(periodic)  # fmt: skip
    limits = getattr(engine, "limits", None) or Limits()
    # learned potentials map far more memory than they use
    runner = AseEngine(Limits(limits.wall_s, None, limits.threads, limits.niceness))
    result = runner.run(job, theirs, folder / FOLDER, attempt)
    if not result.ok:
        return task, result
    atoms.positions = result.atoms().positions
    return task.with_structure(atoms), result


def told(result: TaskResult, before: Task, path: str) -> dict[str, str | float]:
    """What is stored of a pre-relaxation beside the result that begins from it."""
    module = path.partition(".")[0].partition(":")[0]
    moved = result.atoms().positions - before.atoms().positions
    return {
        "calculator": path,
        "version": f"{module} {result.versions.get(module, 'unknown')}",
        "steps": float(result.steps or 0),
        "max_force_eV_A": round(result.relax_max_force_eV_A or 0.0, 6),
        "converged": str(bool(result.geometry_converged)).lower(),
        "largest_move_A": round(float(np.linalg.norm(moved, axis=1).max()), 4),
        "seconds": round(sum(result.timings_s.values()), 2),
    }
