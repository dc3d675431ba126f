"""A queue of tasks in a folder, which any number of workers on any number of machines share.

::

    settings.json          the settings everything here was computed with
    tasks.jsonl            the tasks, one a line
    results/NAME.json      a finished task; written once, never changed
    failed/NAME.N.json     try N of a task that failed
    locks/NAME.N.lock      who works on a task
    work/NAME/             files of the engine

What there is to do follows from these folders alone, so a killed worker leaves nothing to mend.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sacml.errors import SacmlError
from sacml.labels.locks import LockFolder, Owner
from sacml.labels.queue_files import (
    DamagedFileError,
    DiskFullError,
    make_reserve,
    read_record,
    remove_drafts,
)
from sacml.labels.queue_index import Entry, QueueError, append_index, new_tasks
from sacml.labels.queue_settings import check_same, read_settings, write_settings
from sacml.labels.queue_state import DONE, INDEX, RUNNING, Header, QueueState
from sacml.labels.queue_store import Claim, Store
from sacml.labels.retry import PENDING, Attempt
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import Task, TaskResult

_ADDING = "queue%"  # a bare % is in no task's file name


class Queue:
    """Tasks, results and failures of one folder; use it as a context manager.

    Parameters
    ----------
    settings
        Settings of the caller; None takes the folder's.
    max_tries
        Most runs of one task.
    beat_s, stale_after_s
        As in `LockFolder`.

    Attributes
    ----------
    notes
        Sentences about what was found and mended, such as damaged files.

    Raises
    ------
    SettingsDifferError
        If the folder was begun with other settings; every differing field is named.
    QueueError
        If there is no queue in the folder and no settings were given.
    """

    def __init__(
        self,
        folder: str | Path,
        settings: ProtocolSettings | None = None,
        *,
        max_tries: int = 3,
        beat_s: float = 20.0,
        stale_after_s: float = 300.0,
    ) -> None:
        self.folder = Path(folder)
        self.notes: list[str] = []
        self._store = Store(self.folder)
        stored = read_settings(self.folder)
        if stored is not None and settings is not None:
            check_same(self.folder, stored, settings)
        if stored is None and settings is None:
            raise QueueError(
                f"there is no campaign in {str(folder)!r}: begin one with `sacml label run`"
            )
        try:
            for name in ("results", "failed", "locks", "tmp", "work"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            self._locks = LockFolder(self.folder / "locks", beat_s, stale_after_s)
            self.settings: ProtocolSettings = stored or self._agree(settings)
        except OSError as error:
            raise self._store.cannot_write("the settings", error) from None
        self._stale_after_s = stale_after_s
        self._state = QueueState(self.folder, self.settings, max_tries, self._note)
        self.refresh()

    def __enter__(self) -> "Queue":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._state.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._state.entries.values())

    @property
    def full(self) -> DiskFullError | None:
        """Why no further task should be begun, once the disk has filled up."""
        return self._store.full

    def cannot_write(self, what: str, error: OSError) -> SacmlError:
        """Return the error for a file of this folder that could not be written."""
        return self._store.cannot_write(what, error)

    def close(self) -> None:
        """Give back what is claimed."""
        self._locks.close()

    def tidy(self) -> None:
        """Remove what killed workers left: locks that nobody holds, half-written files.

        Raises
        ------
        DiskFullError
            If there is no room for the reserve that keeps the results in hand from a full disk.
        """
        try:
            self._locks.sweep()
            remove_drafts(self.folder / "tmp", self._stale_after_s)
            make_reserve(self.folder)
            self._store.full = None
        except OSError as error:
            raise self._store.cannot_write("what keeps results from a full disk", error) from None

    def add(self, tasks: Iterable[Task]) -> int:
        """Put tasks into the queue; those that are there already are passed over.

        Returns
        -------
        How many are new.

        Raises
        ------
        QueueError
            With every task that cannot be queued; then none is.
        """
        try:
            with self._adding():
                self._state.read_index()
                fresh = new_tasks(self._state.entries, tasks, self.settings.digest)
                if fresh:
                    append_index(self.folder / INDEX, self._state.end, fresh)
        except OSError as error:
            raise self._store.cannot_write("the list of tasks", error) from None
        self.refresh()
        return len(fresh)

    def refresh(self) -> None:
        """Take in what other workers did, and plan what is to be done in which order."""
        self._state.refresh()

    def claim(self) -> Claim | None:
        """Take the most urgent task that can be computed now; None where there is none.

        Tasks that others hold are passed over until the next `refresh`.
        """
        while (entry := self._state.pop()) is not None:
            if self._state.has_moved_on(entry):
                continue
            try:
                lock = self._locks.acquire(entry.name)
            except OSError as error:
                raise self._store.cannot_write(f"the lock of {entry.key}", error) from None
            if lock is None:
                continue
            # it may have been finished between the look and the lock
            if self._state.has_moved_on(entry) or (needs := self._needs(entry)) is None:
                self._locks.release(lock)
                continue
            attempt = self._state.attempt(entry.key)
            assert attempt is not None, "a task that failed for good is never ready"
            folder = self.folder / "work" / entry.name
            return Claim(entry.task(), attempt, needs, folder, lock, time.time())
        return None

    def store(self, claim: Claim, result: TaskResult) -> str:
        """Store a result the moment it is there, and give the task back.

        Returns
        -------
        State of the task after it: ``done``, ``failed``, ``ready`` (it will be run again) or
        ``waiting`` (its result comes from outside).

        Raises
        ------
        DiskFullError
            If not even the reserve had room; the task is then computed again. Where the reserve
            had room, `full` says that the disk is full.
        """
        state, entry = self._state, self._state.entries[claim.task.key]
        try:
            if result.failure in PENDING:
                state.aside.add(entry.key)
            elif not result.ok:
                self._store.write(state.failure_path(entry), claim, result, self.settings)
            elif state.result_path(entry).exists():
                self._note(f"{entry.key}: another worker had stored it; the first result stays")
            else:
                self._store.write(state.result_path(entry), claim, result, self.settings)
        finally:
            self._locks.release(claim.lock)
        if result.failure in PENDING:
            state.plan()
        elif not result.ok or not state.has_moved_on(entry):
            state.refresh()
        return state.state[entry.key]

    def give_back(self, claim: Claim) -> None:
        """Give a task back as it was."""
        self._locks.release(claim.lock)
        self._state.push(claim.task.key)

    def result(self, key: str) -> TaskResult:
        """Read a stored result.

        Raises
        ------
        DamagedFileError
            If the file was cut short since the last look; it is set aside, the task is open again.
        """
        path = self._state.result_path(self._state.entries[key])
        try:
            return TaskResult.from_dict(read_record(path)[1])
        except FileNotFoundError:
            self.refresh()
            raise DamagedFileError(f"{path}: the file is gone; {key} is computed again") from None
        except DamagedFileError as error:
            self._state.set_aside(path, error)
            self.refresh()
            raise

    def results(self) -> Iterator[TaskResult]:
        """Read every stored result in the order of the tasks; damaged ones become notes."""
        for key in list(self._state.entries):
            if key in self._state.done:
                try:
                    yield self.result(key)
                except DamagedFileError:
                    continue

    def header(self, key: str) -> Header | None:
        """Header of a finished task: attempt, seconds, changed settings; None if not finished."""
        return self._state.done.get(key)

    def failures(self, key: str) -> tuple[Header, ...]:
        """Headers of the failed tries of a task, first to last."""
        return tuple(header for _, header in sorted(self._state.failed.get(key, {}).items()))

    def attempt(self, key: str) -> Attempt | None:
        """Return how a task is run next; None where it has failed for good."""
        return self._state.attempt(key)

    def holders(self) -> dict[str, Owner]:
        """Who works on which task, by key."""
        keys = {entry.name: key for key, entry in self._state.entries.items()}
        found = self._locks.holders()
        return {keys[name]: owner for name, owner in found.items() if name in keys}

    def states(self) -> dict[str, str]:
        """State of each task (`sacml.labels.queue_state.STATES`), in the order of the list."""
        found = dict(self._state.state)
        for key in self.holders():
            found[key] = found[key] if found[key] == DONE else RUNNING
        return found

    def counts(self) -> Counter[str]:
        """Tasks by state."""
        return Counter(self.states().values())

    def _agree(self, settings: ProtocolSettings | None) -> ProtocolSettings:
        """Begin a queue with the given settings."""
        assert settings is not None
        with self._adding():
            stored = read_settings(self.folder)  # another worker may have been quicker
            if stored is None:
                write_settings(self.folder, settings)
                return settings
        check_same(self.folder, stored, settings)
        return stored

    def _needs(self, entry: Entry) -> dict[str, TaskResult] | None:
        try:
            return {key: self.result(key) for key in entry.needs}
        except DamagedFileError:
            return None

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    @contextmanager
    def _adding(self, patience_s: float = 60.0) -> Iterator[None]:
        end = time.monotonic() + patience_s
        while (lock := self._locks.acquire(_ADDING)) is None:
            if time.monotonic() > end:
                raise QueueError(f"another worker keeps the list of tasks in {str(self.folder)!r}")
            time.sleep(0.05)
        try:
            yield
        finally:
            self._locks.release(lock)
