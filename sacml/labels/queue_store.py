"""How results go to disk, and what happens where there is no room for them."""

import time
from dataclasses import dataclass
from pathlib import Path

from sacml.errors import SacmlError
from sacml.labels.locks import Lock
from sacml.labels.queue_files import (
    DiskFullError,
    disk_full,
    free_reserve,
    is_full,
    pack,
    write_atomic,
)
from sacml.labels.queue_index import QueueError
from sacml.labels.retry import Attempt
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import Task, TaskResult


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that this process, and no other, is to compute.

    Attributes
    ----------
    needs
        Results of the tasks it needs, by key.
    folder
        For the engine's files; what an earlier, interrupted run left there is still there.
    """

    task: Task
    attempt: Attempt
    needs: dict[str, TaskResult]
    folder: Path
    lock: Lock
    began: float


class Store:
    """Writes results into the folder of a queue.

    Attributes
    ----------
    full
        Set once the disk has filled up.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.full: DiskFullError | None = None

    def write(
        self, path: Path, claim: Claim, result: TaskResult, settings: ProtocolSettings
    ) -> None:
        """Write a result or a failure, if need be in the room that was kept for it.

        Raises
        ------
        DiskFullError
            If there was no room at all.
        QueueError
            If the folder cannot be written for another reason.
        """
        header = {
            "key": result.key,
            "kind": result.kind,
            "status": result.status,
            "failure": result.failure,
            "reason": result.reason,
            "attempt": claim.attempt.number,
            "changed": claim.attempt.changed(settings),
            "seconds": round(time.time() - claim.began, 3),
            "settings": settings.digest,
        }
        what, data = f"the result of {result.key}", pack(header, result.to_dict())
        try:
            write_atomic(path, data, self._folder / "tmp")
        except OSError as error:
            if not (is_full(error) and free_reserve(self._folder)):
                raise self.cannot_write(what, error) from None
            try:
                write_atomic(path, data, self._folder / "tmp")
            except OSError as second:
                raise self.cannot_write(what, second) from None
            self.cannot_write(f"{what} (stored in the room that was kept for it)", error)

    def cannot_write(self, what: str, error: OSError) -> SacmlError:
        """Return the error for what the system said; a full disk is remembered."""
        if is_full(error):
            self.full = disk_full(self._folder, what, error)
            return self.full
        return QueueError(f"cannot write {what} in {str(self._folder)!r}: {error.strerror}")
