"""Lock files by which several workers share one folder, on one machine or on several.

A lock is a file that only one process can create (``O_EXCL``). It says who holds it: host,
process id and the start of that process, so that a recycled id is no living holder. A holder on
another host is judged by its heartbeat, which is the time of last change of the file, compared
with the clock of the file system and not with ours.

A stale lock is not removed and made anew, since two workers that find it at once could then
remove each other's. It is outnumbered: the taker creates the next generation, ``NAME.1.lock``
above ``NAME.0.lock``, which again only one process can do. The highest generation holds.
"""

import json
import os
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sacml.labels.lock_owner import Owner, is_running, this_host, this_process

SUFFIX = ".lock"
UNREADABLE_GRACE_S = 10.0
"""A lock without an owner was cut short between its creation and its text; it is stale after
this time."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that this process holds."""

    name: str
    path: Path
    token: str


class LockFolder:
    """The locks of one campaign; use it as a context manager, it holds a heartbeat thread.

    Parameters
    ----------
    folder
        Where the lock files lie.
    beat_s
        Seconds between heartbeats.
    stale_after_s
        Age of the last heartbeat at which a lock of another host counts as left behind. On this
        host the process itself is asked, so that a stopped or busy one keeps its locks.
    """

    def __init__(
        self, folder: str | Path, beat_s: float = 20.0, stale_after_s: float = 300.0
    ) -> None:
        if not 0 < beat_s < stale_after_s:
            raise ValueError(f"beat_s = {beat_s} must lie between 0 and {stale_after_s}")
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.beat_s, self.stale_after_s = beat_s, stale_after_s
        self._held: dict[str, Lock] = {}
        self._guard = threading.Lock()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "LockFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back every lock and end the heartbeat."""
        self._end.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for lock in list(self._held.values()):
            self.release(lock)

    def acquire(self, name: str) -> Lock | None:
        """Take a lock, or return None where someone who is alive holds it."""
        generations = self._generations(name)
        top = max(generations, default=-1)
        below = None
        if top >= 0:
            below = self._read(self._path(name, top))
            if below is None or self._is_alive(below, self._path(name, top)):
                return None  # held, or released this moment: the caller comes by again
        path, token = self._path(name, top + 1), uuid.uuid4().hex
        if not self._create(path, token):
            return None
        lock = Lock(name, path, token)
        if not self._is_sound(name, top, below):
            path.unlink(missing_ok=True)
            return None
        with self._guard:
            self._held[token] = lock
        self._start_beating()
        return lock

    def release(self, lock: Lock) -> None:
        """Give a lock back; nothing happens where another worker has taken it over."""
        with self._guard:
            self._held.pop(lock.token, None)
        if not self.is_mine(lock):
            return
        number = int(lock.path.name[: -len(SUFFIX)].rpartition(".")[2])
        # the generations that were outnumbered first: see `_is_sound`
        for old in sorted(g for g in self._generations(lock.name) if g < number):
            self._path(lock.name, old).unlink(missing_ok=True)
        lock.path.unlink(missing_ok=True)

    def is_mine(self, lock: Lock) -> bool:
        """Whether the lock is still held by this acquisition."""
        owner = self._read(lock.path)
        return owner is not None and owner.token == lock.token

    def holders(self) -> dict[str, Owner]:
        """Return the living owners by name of the lock."""
        top: dict[str, int] = {}
        for name, generation in self._scan():
            top[name] = max(generation, top.get(name, -1))
        found = {}
        for name, generation in top.items():
            path = self._path(name, generation)
            owner = self._read(path)
            if owner is not None and self._is_alive(owner, path):
                found[name] = owner
        return found

    def sweep(self) -> None:
        """Remove the locks that nobody alive holds."""
        for name in {name for name, _ in self._scan()} - self.holders().keys():
            if (lock := self.acquire(name)) is not None:
                self.release(lock)

    def _is_sound(self, name: str, top: int, below: Owner | None) -> bool:
        """Whether what an acquisition rested on is still so, now that its file exists.

        Between the look and the creation another worker may have taken over, finished and
        released. It removes the lower generations before its own; so if its place was free to
        take, what lay below is gone or belongs to someone else.
        """
        generations = self._generations(name)
        if max(generations, default=-1) != top + 1:
            return False
        if below is None:
            return len(generations) == 1
        now = self._read(self._path(name, top))
        return now is not None and now.token == below.token

    def _create(self, path: Path, token: str) -> bool:
        owner = this_process(token)
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            return False
        try:
            os.write(handle, json.dumps(asdict(owner)).encode())
        except OSError:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)
        return True

    def _read(self, path: Path) -> Owner | None:
        """Owner of a lock file; None where the file is gone."""
        try:
            text, changed = path.read_bytes(), path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        try:
            return Owner(**json.loads(text))
        except (ValueError, TypeError):
            return Owner("", 0, "", f"unreadable {changed}", changed / 1e9)

    def _is_alive(self, owner: Owner, path: Path) -> bool:
        if owner.host == this_host():
            return is_running(owner)
        try:
            age = self._now() - path.stat().st_mtime
        except FileNotFoundError:
            return False
        return age < (self.stale_after_s if owner.host else UNREADABLE_GRACE_S)

    def _now(self) -> float:
        """Time by the clock that stamps the files, which on a shared folder is not ours."""
        probe = self.folder / f".clock-{uuid.uuid4().hex}"
        try:
            probe.touch()
            return probe.stat().st_mtime
        except OSError:
            return time.time()  # a folder we may only look at
        finally:
            probe.unlink(missing_ok=True)

    def _path(self, name: str, generation: int) -> Path:
        return self.folder / f"{name}.{generation}{SUFFIX}"

    def _scan(self) -> Iterator[tuple[str, int]]:
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX):
                    name, _, number = entry.name[: -len(SUFFIX)].rpartition(".")
                    if name and number.isdecimal():
                        yield name, int(number)

    def _generations(self, name: str) -> list[int]:
        return [generation for found, generation in self._scan() if found == name]

    def _start_beating(self) -> None:
        with self._guard:
            if self._thread is None and not self._end.is_set():
                self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                self._thread.start()

    def _beat(self) -> None:
        while not self._end.wait(self.beat_s):
            with self._guard:
                paths = [lock.path for lock in self._held.values()]
            for path in paths:
                try:
                    os.utime(path)
                except OSError:
                    # taken over, or the file system is away: the result decides, not the lock
                    continue
