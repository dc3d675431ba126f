"""What an engine is: it runs one task in a process of its own and never raises for its failure."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import LabelError, Task, TaskResult


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one task may take; no part of the settings, as no energy depends on it.

    Attributes
    ----------
    wall_s
        Seconds until the worker is ended; its relaxation goes on from the last frame next time.
    memory_MB
        Address space of the worker in MiB; None sets no limit.
    threads
        Threads of the linear algebra; one worker per core with one thread is fastest.
    niceness
        Added to the worker's niceness (0 to 19).
    """

    wall_s: float = 3000.0
    memory_MB: int | None = 8000
    threads: int = 1
    niceness: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.wall_s) and self.wall_s > 0):
            raise LabelError(f"wall_s = {self.wall_s}: give seconds above 0")
        if self.memory_MB is not None and self.memory_MB < 100:
            raise LabelError(
                f"memory_MB = {self.memory_MB}: a worker needs at least 100 MiB; None sets no limit"
            )
        if self.threads < 1 or not 0 <= self.niceness <= 19:
            raise LabelError("threads has to be 1 or more, and niceness 0 to 19")


class Engine(Protocol):
    """Runs prepared tasks."""

    def run(
        self, task: Task, settings: ProtocolSettings, folder: Path, attempt: int = 0
    ) -> TaskResult:
        """Compute a prepared task in `folder`, which may hold the remains of an earlier run.

        Parameters
        ----------
        attempt
            0 for the first run of a task; above, gentler SCF tries and shorter steps are taken.

        Returns
        -------
        TaskResult
            Also for every failure of the calculation: its ``failure`` and ``reason`` say which.
        """
        ...


def check_settings(task: Task, settings: ProtocolSettings) -> None:
    """Raise `LabelError` where a task belongs to other settings than those given."""
    if task.settings_digest != settings.digest:
        raise LabelError(
            f"task {task.key!r} belongs to settings {task.settings_digest}, but {settings.name!r} "
            f"has the digest {settings.digest}: labels of different settings are not mixed; use "
            "the campaign's own settings, or begin another campaign"
        )
