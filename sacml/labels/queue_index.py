"""The list of tasks of a queue: one line of JSON each, only ever appended to.

A task stands after the tasks it needs. A last line without an end was cut short while it was
appended; it is told, not counted, and cut off by the next append.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sacml.errors import SacmlError
from sacml.labels.queue_files import DamagedFileError, file_name
from sacml.labels.task import Task


class QueueError(SacmlError, ValueError):
    """A queue cannot be used, or a task cannot be put into it, as given."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list; `task` reads the whole of it.

    Attributes
    ----------
    name
        Name of the task's files.
    """

    key: str
    kind: str
    needs: tuple[str, ...]
    priority: int
    name: str
    line: str

    @classmethod
    def read(cls, line: str) -> "Entry":
        """Read what the scheduling needs."""
        values = json.loads(line)
        key = values["key"]
        needs = tuple(values.get("needs", ()))
        return cls(key, values["kind"], needs, values.get("priority", 0), file_name(key), line)

    def task(self) -> Task:
        """Return the task."""
        return Task.from_json(self.line)


def read_index(path: Path, offset: int = 0) -> tuple[list[Entry], int, str]:
    """Read the list from a byte on.

    Returns
    -------
    (entries, offset, note)
        The byte after the last whole line, and what is wrong with the end, if anything.

    Raises
    ------
    DamagedFileError
        If a line within the list cannot be read.
    """
    try:
        with path.open("rb") as handle:
            handle.seek(offset)
            data = handle.read()
    except FileNotFoundError:
        return [], offset, ""
    whole, _, rest = data.rpartition(b"\n")
    entries = []
    for number, line in enumerate(whole.split(b"\n") if whole else [], start=1):
        try:
            entries.append(Entry.read(line.decode()))
        except (ValueError, KeyError, TypeError):
            where = f"line {number}" if offset == 0 else f"line {number} after byte {offset}"
            raise DamagedFileError(
                f"{path}: {where} is no task; the results are whole: move this file away and give "
                "the same candidates again, which makes the list anew"
            ) from None
    note = f"{path}: the last line was cut short and is not counted" if rest else ""
    return entries, offset + len(data) - len(rest), note


def append_index(path: Path, end: int, tasks: Iterable[Task]) -> list[Entry]:
    """Append tasks after byte `end`; on any error the file is what it was."""
    lines = [task.to_json() for task in tasks]
    data = "".join(f"{line}\n" for line in lines).encode()
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    try:
        os.ftruncate(handle, end)
        os.lseek(handle, end, os.SEEK_SET)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except BaseException:
            os.ftruncate(handle, end)
            raise
    finally:
        os.close(handle)
    return [Entry.read(line) for line in lines]


def new_tasks(known: Mapping[str, Entry], tasks: Iterable[Task], digest: str) -> list[Task]:
    """Return the tasks that are not in the list yet, each after those it needs.

    Raises
    ------
    QueueError
        With every task that has other settings, other inputs than the one of its key in the list,
        needs what is not there, or needs itself in a circle.
    """
    fresh: dict[str, Task] = {}
    problems = []
    for task in tasks:
        if task.settings_digest != digest:
            problems.append(
                f"{task.key}: made for the settings {task.settings_digest}, the queue has {digest}"
            )
        before = known[task.key].task() if task.key in known else fresh.get(task.key)
        if before is None:
            fresh[task.key] = task
        elif (before.kind, before.inputs, before.needs) != (task.kind, task.inputs, task.needs):
            problems.append(
                f"{task.key}: stands in the queue with other inputs; give it another key"
            )
    for task in fresh.values():
        missing = [k for k in task.needs if k not in known and k not in fresh]
        problems += [f"{task.key}: needs {k!r}, which is not in the queue" for k in missing]
    ordered = [] if problems else _ordered(fresh, problems)
    if problems:
        shown = problems[:20] + ([f"... and {len(problems) - 20} more"] if problems[20:] else [])
        raise QueueError("\n  ".join([f"{len(problems)} tasks cannot be queued", *shown]))
    return ordered


def _ordered(fresh: Mapping[str, Task], problems: list[str]) -> list[Task]:
    open_needs = {key: {n for n in t.needs if n in fresh} for key, t in fresh.items()}
    waiting: dict[str, list[str]] = {}
    for key, needs in open_needs.items():
        for need in needs:
            waiting.setdefault(need, []).append(key)
    ready = [key for key, needs in open_needs.items() if not needs]
    ordered = []
    for key in ready:  # grows while it is gone through
        ordered.append(fresh[key])
        for after in waiting.get(key, ()):
            open_needs[after].discard(key)
            if not open_needs[after]:
                ready.append(after)
    if len(ordered) < len(fresh):
        circle = sorted(set(fresh) - {t.key for t in ordered})
        problems.append(f"tasks need each other in a circle: {', '.join(circle[:5])}")
    return ordered
