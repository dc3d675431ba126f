"""An engine whose energies follow from the structure alone, at once, and loops that use it."""

import json
import os
import time
from pathlib import Path

import numpy as np

from sacml.domain.elements import element
from sacml.labels.task import TaskResult
from sacml.workflows.loop.config import LoopConfig

SPACE = {
    "metals": ["Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn"], "centres": ["single"],
    "hosts": ["graphene"], "single_shells": {"graphene": ["N4", "C4", "N3C"]},
}  # fmt: skip


def loop(**given) -> LoopConfig:
    return LoopConfig.make({
        "budget": 4, "batch": 2, "space": SPACE, "places": ("ring6",), "strategy": "greedy",
        "models": ["constant", "ridge"], "protocol": {"engine": "ase:fake:Fake"}, **given,
    })  # fmt: skip


def binding(metal: str, alkali: str) -> float:
    """Binding energy that the fake gives, eV: a line in the electronegativity of the metal."""
    return -1.0 - element(metal).electronegativity_pauling + 0.1 * len(alkali)


class Physics:
    """Energies add up to `binding`; a site in `broken` fails; each run is noted in a journal."""

    def __init__(self, journal: Path, broken=(), seconds=0.0):
        self.journal, self.broken, self.seconds = journal, broken, seconds

    def run(self, task, settings, folder, attempt=0):
        handle = os.open(self.journal, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.write(handle, (json.dumps([task.key, os.getpid()]) + "\n").encode())
        os.close(handle)
        time.sleep(self.seconds)
        level = settings.level_of_theory
        given = task.inputs
        if given.site in self.broken or task.key in self.broken:
            return TaskResult.failed(task, "bad_input", f"made to fail: {task.key}", level)
        energy = 0.0
        if task.kind == "adsorption":
            metal = given.site.partition("-")[0]
            energy = binding(metal, given.alkali)
        atoms = task.atoms()
        atoms.set_array("moments_muB", np.zeros(len(atoms)))
        from sacml.labels.task import to_extxyz

        return TaskResult(
            key=task.key, kind=task.kind, status="ok", settings_digest=settings.digest,
            level_of_theory=level, energy_eV=energy, geometry=to_extxyz(atoms),
            geometry_converged=None if task.kind == "atom" else True, lattice_A=3.0,
        )  # fmt: skip

    @property
    def keys(self) -> list[str]:
        if not self.journal.exists():
            return []
        return [json.loads(line)[0] for line in self.journal.read_text().splitlines()]
