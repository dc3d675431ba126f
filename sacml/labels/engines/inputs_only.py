"""VASP, Quantum ESPRESSO and CP2K: inputs are written, the programs run elsewhere."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.errors import SacmlError
from sacml.labels.engines.base import check_settings
from sacml.labels.engines.jobs import mesh_of, structures
from sacml.labels.extxyz import unmark
from sacml.labels.settings import INPUT_CODES, ProtocolSettings
from sacml.labels.task import LabelError, Task, TaskResult
from sacml.structures.inputs import Settings, write_inputs

if TYPE_CHECKING:
    from ase import Atoms


@dataclass(frozen=True)
class InputsEngine:
    """Writes the inputs of each task into its folder and leaves the task waiting."""

    def run(
        self, task: Task, settings: ProtocolSettings, folder: Path, attempt: int = 0
    ) -> TaskResult:
        """Write the inputs; the result is always ``failed`` with the failure ``waiting``."""
        check_settings(task, settings)
        code = settings.engine
        if code not in INPUT_CODES:
            raise LabelError(f"inputs are written for {', '.join(INPUT_CODES)}, not for {code!r}")
        level = settings.level_of_theory
        try:
            scan = structures(task, settings)
            for number, atoms in enumerate(scan):
                part = folder / f"lattice_{number}" if len(scan) > 1 else folder
                write_inputs(_unmarked(atoms), part, [code], input_settings(task, settings))
        except (SacmlError, OSError) as error:
            return TaskResult.failed(task, "bad_input", str(error), level, attempt=attempt)
        reason = (
            f"inputs of {code} are in {folder}: run them, then take the finished folders back with "
            "`sacml data import`"
        )
        return TaskResult.failed(task, "waiting", reason, level, attempt=attempt)


def _unmarked(atoms: "Atoms") -> "Atoms":
    """Name atoms by plain numbers, as the writers do."""
    copy = atoms.copy()
    for key in ("centre", "shell"):
        if key in copy.info:
            copy.info[key] = " ".join(map(str, unmark(copy.info[key])))
    return copy


def input_settings(task: Task, settings: ProtocolSettings) -> Settings:
    """Settings of the input writers that belong to the task."""
    return Settings(
        cutoff_eV=task.inputs.ecut_eV or settings.ecut_eV, kpts=mesh_of(task, settings),
        smearing_eV=settings.scf_tries[0].width_eV, fmax_eV_A=settings.fmax_eV_A,
        max_steps=max(1, settings.max_steps),
    )  # fmt: skip
