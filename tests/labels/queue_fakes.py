"""Tasks and engines for the tests of the queue: quick, and every answer follows from the key."""

import hashlib
import json
import os
import time
from pathlib import Path

from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import Inputs, Task, TaskResult

SETTINGS = ProtocolSettings(name="fake", engine="ase:fake:Fake")
STRUCTURE = (
    '1\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 pbc="T T T"\nH 0.0 0.0 0.0\n'
)


def point(key: str, *needs: str, priority: int = 0, settings: ProtocolSettings = SETTINGS) -> Task:
    return Task(
        key=key, kind="single_point", inputs=Inputs(structure=STRUCTURE), needs=needs,
        priority=priority, settings_digest=settings.digest,
    )  # fmt: skip


def energy(key: str) -> float:
    return -int(hashlib.sha256(key.encode()).hexdigest()[:6], 16) / 1e6


def ok(task: Task, settings: ProtocolSettings = SETTINGS, **more) -> TaskResult:
    return TaskResult(
        key=task.key, kind=task.kind, status="ok", settings_digest=settings.digest,
        level_of_theory="fake", energy_eV=energy(task.key), geometry=STRUCTURE, **more,
    )  # fmt: skip


def failed(task: Task, failure: str = "scf", settings: ProtocolSettings = SETTINGS) -> TaskResult:
    return TaskResult(
        key=task.key, kind=task.kind, status="failed", settings_digest=settings.digest,
        level_of_theory="fake", failure=failure, reason=f"made to fail by {failure}",
    )  # fmt: skip


class Fake:
    """Answers at once; `failures` holds by key the words of the runs that fail first."""

    def __init__(self, failures=None, seconds=0.0, journal: Path | None = None):
        self.failures = {key: list(words) for key, words in (failures or {}).items()}
        self.seconds, self.journal = seconds, journal
        self.seen: list[tuple[str, ProtocolSettings, int]] = []

    def run(self, task, settings, folder, attempt=0):
        self.seen.append((task.key, settings, attempt))
        if self.journal is not None:
            note(self.journal, key=task.key, pid=os.getpid(), at="begin")
        time.sleep(self.seconds)
        words = self.failures.get(task.key)
        if words:
            return failed(task, words.pop(0), settings)
        return ok(task, settings)

    @property
    def keys(self) -> list[str]:
        return [key for key, _, _ in self.seen]


def note(journal: Path, **values) -> None:
    """Append a line; short appends of several processes do not mix."""
    handle = os.open(journal, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        os.write(handle, (json.dumps(values) + "\n").encode())
    finally:
        os.close(handle)
