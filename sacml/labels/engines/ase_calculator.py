"""Any ASE calculator by its dotted path, in a worker process like GPAW.

``ase:ase.calculators.emt:EMT``, ``ase:chgnet.model.dynamics:CHGNetCalculator``,
``ase:tblite.ase:TBLite`` (with ``engine_options = {method = "GFN1-xTB"}``). Energies of learned
potentials and of tight binding are for practice, not labels: datasets/dft tells how far off they
were.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sacml.labels.engines.base import Limits, check_settings
from sacml.labels.engines.collect import collect
from sacml.labels.engines.process import compute
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import Task, TaskResult


@dataclass(frozen=True)
class AseEngine:
    """Runs tasks with the calculator that the settings name.

    Attributes
    ----------
    python
        Python that has the calculator's package; None takes the one that runs sacml.
    environment
        Variables of the worker beside those of this process, e.g. PYTHONPATH.
    """

    limits: Limits = field(default_factory=lambda: Limits(memory_MB=None))
    python: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(
        self, task: Task, settings: ProtocolSettings, folder: Path, attempt: int = 0
    ) -> TaskResult:
        """Compute a prepared task; see `Engine.run`."""
        check_settings(task, settings)
        python = self.python or sys.executable
        found = compute(python, task, settings, folder, attempt, self.limits, self.environment)
        return collect(task, settings, folder, attempt, found)
