"""GPAW, run by a Python that has it: Debian's own, or one with a pip-installed GPAW."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sacml.labels.engines.base import Limits, check_settings
from sacml.labels.engines.collect import collect
from sacml.labels.engines.process import compute
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import LabelError, Task, TaskResult

VARIABLE = "SACML_GPAW_PYTHON"
"""Environment variable that names the Python to use."""
HOW = (
    "install the Debian packages gpaw and gpaw-data (apt-get install gpaw gpaw-data), which serve "
    "/usr/bin/python3, or `pip install gpaw` and `gpaw install-data FOLDER` in a Python of your "
    f"own and name it with python= or the environment variable {VARIABLE}"
)


class MissingProgramError(LabelError):
    """A program that an engine needs is not there."""


@dataclass(frozen=True)
class GpawEngine:
    """Runs tasks with GPAW.

    Attributes
    ----------
    python
        Path of a Python that has gpaw; None looks for one.
    """

    limits: Limits = field(default_factory=Limits)
    python: str | None = None

    def run(
        self, task: Task, settings: ProtocolSettings, folder: Path, attempt: int = 0
    ) -> TaskResult:
        """Compute a prepared task; see `Engine.run`."""
        check_settings(task, settings)
        try:
            python = find_python(self.python)
        except MissingProgramError as error:
            found = {"failure": "missing_program", "reason": str(error)}
        else:
            found = compute(python, task, settings, folder, attempt, self.limits)
        return collect(task, settings, folder, attempt, found)


def find_python(given: str | None = None) -> str:
    """Path of a Python that imports gpaw.

    Raises
    ------
    MissingProgramError
        If the given one, or every one looked at, has no gpaw; the message names the packages.
    """
    given = given or os.environ.get(VARIABLE)
    asked = [given] if given else list(dict.fromkeys((sys.executable, "/usr/bin/python3")))
    said = []
    for python in asked:
        problem = _problem(python)
        if problem is None:
            return python
        said.append(f"{python}: {problem}")
    raise MissingProgramError(f"GPAW was not found ({'; '.join(said)}); {HOW}")


@cache
def _problem(python: str) -> str | None:
    """What keeps a Python from running GPAW."""
    try:
        done = subprocess.run(
            [python, "-c", "import ase, gpaw"], capture_output=True, text=True, timeout=120,
            cwd="/", check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.strip().splitlines()
    return None if done.returncode == 0 else (lines[-1] if lines else f"exit {done.returncode}")
