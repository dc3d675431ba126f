"""Engines: what computes a task, each in a process of its own."""

from collections.abc import Mapping
from pathlib import Path

from sacml.errors import SacmlError
from sacml.labels.engines.ase_calculator import AseEngine
from sacml.labels.engines.base import Engine, Limits
from sacml.labels.engines.gpaw import GpawEngine, MissingProgramError, find_python
from sacml.labels.engines.inputs_only import InputsEngine
from sacml.labels.engines.prerelax import is_prerelaxed, prerelax, told
from sacml.labels.settings import ProtocolSettings
from sacml.labels.starts import prepare
from sacml.labels.task import Failure, Task, TaskResult
from sacml.structures import NoPlaceError


def make_engine(
    settings: ProtocolSettings, limits: Limits | None = None, python: str | None = None
) -> Engine:
    """Return the engine that the settings name.

    Parameters
    ----------
    python
        Python that has GPAW or the calculator's package; None looks for one.
    """
    if settings.engine == "gpaw":
        return GpawEngine(limits or Limits(), python)
    if settings.uses_ase:
        return AseEngine(limits or Limits(memory_MB=None), python)
    return InputsEngine()


def run_task(
    engine: Engine,
    task: Task,
    settings: ProtocolSettings,
    results: Mapping[str, TaskResult],
    folder: Path,
    attempt: int = 0,
) -> TaskResult:
    """Prepare a task from the results it needs, and compute it in `folder`.

    Whatever keeps the task from being prepared is a failed result with its reason: ``needs`` where
    a needed result is missing or failed, ``no_place`` where the relaxed site no longer offers the
    start, ``bad_input`` where the structure cannot be built.
    """
    try:
        ready = prepare(task, settings, results)
    except SacmlError as error:
        open_needs = [k for k in task.needs if k not in results or not results[k].ok]
        word: Failure = "no_place" if isinstance(error, NoPlaceError) else "bad_input"
        return TaskResult.failed(
            task, "needs" if open_needs else word, str(error), settings.level_of_theory,
            attempt=attempt,
        )  # fmt: skip
    if not is_prerelaxed(task, settings):
        return engine.run(ready, settings, folder, attempt)
    moved, before = prerelax(ready, settings, folder, engine, attempt)
    if not before.ok:
        return TaskResult.failed(
            task, before.failure or "crashed", f"pre-relaxation: {before.reason}",
            settings.level_of_theory, attempt=attempt, geometry=before.geometry,
        )  # fmt: skip
    result = engine.run(moved, settings, folder, attempt)
    found = told(before, ready, settings.prerelax_path or "")
    converged = result.geometry_converged if settings.max_steps else before.geometry_converged
    return result.model_copy(update={"prerelaxed": found, "geometry_converged": converged})


__all__ = [
    "AseEngine",
    "Engine",
    "GpawEngine",
    "InputsEngine",
    "Limits",
    "MissingProgramError",
    "find_python",
    "make_engine",
    "run_task",
]
