"""What is done, failed and still to do in a queue's folder, read from names and headers."""

import heapq
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sacml.labels.queue_files import DamagedFileError, read_header
from sacml.labels.queue_index import Entry, read_index
from sacml.labels.queue_settings import SettingsDifferError
from sacml.labels.retry import Attempt, next_attempt
from sacml.labels.settings import ProtocolSettings

DONE, RUNNING, READY, WAITING, FAILED, BLOCKED = STATES = (
    "done", "running", "ready", "waiting", "failed", "blocked",
)  # fmt: skip
"""done; being computed; could be computed now; needs others first; failed for good; needs one
that failed for good."""
INDEX, RESULTS, FAILURES = "tasks.jsonl", "results", "failed"
Header = dict[str, Any]


class QueueState:
    """A picture of the folder, kept up by `refresh`.

    Attributes
    ----------
    entries
        Tasks by key; each after those it needs.
    done
        Header of each stored result, by key.
    failed
        Headers of the failed tries of a task by their number, by key.
    state
        State of each task as far as files tell; who is running is told by locks.
    aside
        Tasks whose results come from outside, not to be asked again in this run.
    end
        Bytes of the list of tasks that are read.
    """

    def __init__(
        self,
        folder: Path,
        settings: ProtocolSettings,
        max_tries: int,
        note: Callable[[str], None],
    ) -> None:
        self.folder, self.settings, self.max_tries = folder, settings, max_tries
        self._note, self._digest = note, settings.digest
        self.entries: dict[str, Entry] = {}
        self.done: dict[str, Header] = {}
        self.failed: dict[str, dict[int, Header]] = {}
        self.state: dict[str, str] = {}
        self.aside: set[str] = set()
        self.end = 0
        self._read: dict[str, dict[str, Header]] = {RESULTS: {}, FAILURES: {}}
        self._after: dict[str, list[str]] = {}
        self._rank: dict[str, tuple[int, int]] = {}
        self._heap: list[tuple[int, int, str]] = []

    def refresh(self) -> None:
        """Take in what has changed in the folder, and plan anew."""
        self.read_index()
        for group in (RESULTS, FAILURES):
            self._scan(group)
        self._sort()
        self.plan()

    def read_index(self) -> None:
        """Read what was appended to the list of tasks."""
        found, self.end, note = read_index(self.folder / INDEX, self.end)
        if note:
            self._note(note)
        for entry in found:
            self.entries[entry.key] = entry
            for need in entry.needs:
                self._after.setdefault(need, []).append(entry.key)

    def attempt(self, key: str) -> Attempt | None:
        """Return how the task is run next; None where it has failed for good."""
        tries = self.failed.get(key, {})
        words = [tries[number]["failure"] for number in sorted(tries)]
        return next_attempt(words, self.settings, self.max_tries)

    def plan(self) -> None:
        """Find the state of every task and what can be computed, the most urgent first."""
        self._rank = self._ranks()
        self._heap = []
        for key, entry in self.entries.items():
            if key in self.done:
                state = DONE
            elif self.failed.get(key) and self.attempt(key) is None:
                state = FAILED
            elif any(self.state.get(need) in (FAILED, BLOCKED) for need in entry.needs):
                state = BLOCKED
            elif key in self.aside or any(need not in self.done for need in entry.needs):
                state = WAITING
            else:
                state = READY
                self._heap.append((*self._rank[key], key))
            self.state[key] = state
        heapq.heapify(self._heap)

    def pop(self) -> Entry | None:
        """Return the most urgent task that can be computed now."""
        while self._heap:
            key = heapq.heappop(self._heap)[2]
            if self.state[key] == READY:
                return self.entries[key]
        return None

    def push(self, key: str) -> None:
        """Put a task back that `pop` gave."""
        if self.state[key] == READY:
            heapq.heappush(self._heap, (*self._rank[key], key))

    def set_done(self, key: str, header: Header) -> None:
        """Mark a task as done, which may free others."""
        self.done[key] = header
        self.state[key] = DONE
        for after in self._after.get(key, ()):
            complete = all(need in self.done for need in self.entries[after].needs)
            if complete and self.state[after] == WAITING and after not in self.aside:
                self.state[after] = READY
                self.push(after)

    def has_moved_on(self, entry: Entry) -> bool:
        """Whether another worker has finished or tried a task since the last look."""
        result = self.result_path(entry)
        if result.exists():
            header = self._header(RESULTS, result)
            if header is not None:
                self.set_done(entry.key, header)
                return True
        if self.failure_path(entry).exists():
            self._scan(FAILURES)
            self._sort()
            self.plan()
            return True
        return False

    def result_path(self, entry: Entry) -> Path:
        """Where the result of a task lies."""
        return self.folder / RESULTS / f"{entry.name}.json"

    def failure_path(self, entry: Entry) -> Path:
        """Where the next failed try of a task would lie."""
        number = max(self.failed.get(entry.key, {-1: {}})) + 1
        return self.folder / FAILURES / f"{entry.name}.{number}.json"

    def set_aside(self, path: Path, reason: Exception) -> None:
        """Rename a damaged file, so that its task is computed again."""
        target = path.with_name(f"{path.name}.damaged")
        number = 1
        while target.exists():
            number += 1
            target = path.with_name(f"{path.name}.{number}.damaged")
        try:
            path.rename(target)
        except FileNotFoundError:
            return  # another worker was quicker
        except OSError as error:
            self._note(f"{reason}; it cannot be set aside here ({error.strerror})")
            return
        self._read[path.parent.name].pop(path.name, None)
        self._note(f"{reason}; set aside as {target.name}, the task is computed again")

    def _scan(self, group: str) -> None:
        """Read the headers of files that are new, and forget those that are gone."""
        with os.scandir(self.folder / group) as found:
            names = {e.name for e in found if e.name.endswith(".json")}
        known = self._read[group]
        for gone in known.keys() - names:
            del known[gone]
        for name in names - known.keys():
            self._header(group, self.folder / group / name)

    def _header(self, group: str, path: Path) -> Header | None:
        try:
            header = read_header(path)
        except FileNotFoundError:
            return None
        except DamagedFileError as error:
            self.set_aside(path, error)
            return None
        if header["settings"] != self._digest:
            raise SettingsDifferError(
                f"{path}: computed with the settings {header['settings']}, the campaign has "
                f"{self._digest}; move this file out of the campaign's folder"
            )
        self._read[group][path.name] = header
        return header

    def _sort(self) -> None:
        self.done = {header["key"]: header for header in self._read[RESULTS].values()}
        self.failed = {}
        for name, header in self._read[FAILURES].items():
            number = int(name.split(".")[-2])
            self.failed.setdefault(header["key"], {})[number] = header

    def _ranks(self) -> dict[str, tuple[int, int]]:
        """Urgency of each task: the most urgent of what needs it, then the order of the list."""
        urgent = {key: entry.priority for key, entry in self.entries.items()}
        for key in reversed(self.entries):
            for need in self.entries[key].needs:
                if need in urgent:
                    urgent[need] = min(urgent[need], urgent[key])
        return {key: (urgent[key], i) for i, key in enumerate(self.entries)}
