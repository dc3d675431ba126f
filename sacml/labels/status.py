"""How far a campaign is: counts, who works on what, failures with reasons, time left."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sacml.labels.queue import Queue
from sacml.labels.queue_state import BLOCKED, DONE, FAILED, READY, RUNNING, STATES, WAITING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

SCHEMA = "sacml.label.status/1"
SHOWN = 20
"""Failures that `CampaignStatus.lines` names one by one."""


@dataclass(frozen=True, slots=True)
class Running:
    """A task in hand: who has it, and since when (seconds since the epoch)."""

    key: str
    machine: str
    pid: int
    since: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that failed for good, or fails so far.

    Attributes
    ----------
    failure, reason
        Of the last try.
    """

    key: str
    failure: str
    reason: str
    tries: int
    final: bool

    @property
    def passed_over(self) -> bool:
        """Whether nothing went wrong: the relaxed site has no such start."""
        return self.failure == "no_place"


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """A campaign at one moment.

    Attributes
    ----------
    counts, by_kind
        Tasks by state (`sacml.labels.queue_state.STATES`), and the same by kind of task.
    seconds_left
        Estimate for everything that can still be done, with as many workers as there are now
        (one where there are none); None until a first task is done. Blocked tasks are not in it.
    compute_s
        Seconds spent on the stored results.
    notes
        What was found and mended.
    stopping
        Why no further task is begun; empty where there is no reason.
    """

    folder: str
    counts: Counter[str]
    by_kind: Mapping[str, Counter[str]]
    running: tuple[Running, ...]
    failures: tuple[Failure, ...]
    seconds_left: float | None
    compute_s: float
    notes: tuple[str, ...] = ()
    stopping: str = ""

    @property
    def total(self) -> int:
        """All tasks."""
        return sum(self.counts.values())

    @property
    def lost(self) -> int:
        """Tasks that failed for good; a start that a site does not offer is none of them."""
        return self.counts[FAILED] - sum(f.final and f.passed_over for f in self.failures)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left that could be computed."""
        return not any(self.counts[s] for s in (RUNNING, READY, WAITING))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with a versioned schema."""
        return {
            "schema": SCHEMA,
            "folder": self.folder,
            "total": self.total,
            "counts": {s: self.counts[s] for s in STATES},
            "by_kind": {k: {s: c[s] for s in STATES} for k, c in self.by_kind.items()},
            "running": [
                {"key": r.key, "machine": r.machine, "pid": r.pid, "since": r.since}
                for r in self.running
            ],
            "failures": [
                {"key": f.key, "failure": f.failure, "reason": f.reason, "tries": f.tries,
                 "final": f.final} for f in self.failures
            ],
            "seconds_left": self.seconds_left,
            "compute_s": self.compute_s,
            "notes": list(self.notes),
            "stopping": self.stopping,
        }  # fmt: skip

    def lines(self) -> list[str]:
        """Text for people, one thing a line."""
        counts = ", ".join(f"{self.counts[s]} {s}" for s in STATES if self.counts[s])
        found = [f"{self.total} tasks: {counts or 'none'}; {self.time_left}"]
        now = time.time()
        for r in self.running:
            found.append(f"  running {r.key} on {r.machine} for {duration(now - r.since)}")
        for f in self.failures[:SHOWN]:
            if f.passed_over:
                found.append(f"  passed over {f.key}: {f.reason}")
                continue
            again = "" if f.final else "; it will be tried again"
            tries = f"{f.tries} tr{'y' if f.tries == 1 else 'ies'}"
            found.append(f"  failed {f.key} ({f.failure}, {tries}): {f.reason}{again}")
        if len(self.failures) > SHOWN:
            words = Counter(f.failure for f in self.failures).most_common()
            every = ", ".join(f"{n} {word}" for word, n in words)
            found.append(f"  ... {len(self.failures)} with failures in all: {every}")
        if self.counts[BLOCKED]:
            found.append(f"  {self.counts[BLOCKED]} tasks need one that failed")
        found += [f"  note: {note}" for note in self.notes]
        if self.stopping:
            found.append(f"  no further task is begun: {self.stopping}")
        return found

    @property
    def time_left(self) -> str:
        """The estimate in words."""
        if self.is_complete:
            return "nothing left to do"
        if self.seconds_left is None:
            return "time left not known before a task is done"
        return f"about {duration(self.seconds_left)} left"


def status_of(queue: Queue, stopping: str = "") -> CampaignStatus:
    """Gather the status of a queue as it was at its last `refresh`."""
    states, holders = queue.states(), queue.holders()
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    spent: dict[str, list[float]] = defaultdict(list)
    failures = []
    for entry in queue:
        state = states[entry.key]
        by_kind[entry.kind][state] += 1
        if state == DONE and (header := queue.header(entry.key)) is not None:
            spent[entry.kind].append(header["seconds"])
        elif tries := queue.failures(entry.key):
            last = tries[-1]
            failures.append(
                Failure(entry.key, last["failure"], last["reason"], len(tries), state == FAILED)
            )
    running = tuple(
        Running(key, owner.machine, owner.pid, owner.since)
        for key, owner in holders.items()
        if states[key] == RUNNING
    )
    return CampaignStatus(
        str(queue.folder),
        Counter(states.values()),
        dict(by_kind),
        running,
        tuple(failures),
        _seconds_left(by_kind, spent, running, {entry.key: entry.kind for entry in queue}),
        sum(map(sum, spent.values())),
        tuple(queue.notes),
        stopping,
    )


def _seconds_left(
    by_kind: Mapping[str, Counter[str]],
    spent: Mapping[str, list[float]],
    running: tuple[Running, ...],
    kinds: Mapping[str, str],
) -> float | None:
    """Mean time of each kind, of all kinds where a kind has none, over the workers there are."""
    every = [seconds for group in spent.values() for seconds in group]
    if not every:
        return None
    mean = {k: sum(spent[k]) / len(spent[k]) if spent.get(k) else sum(every) / len(every)
            for k in by_kind}  # fmt: skip
    left = sum(mean[k] * (c[READY] + c[WAITING] + c[RUNNING]) for k, c in by_kind.items())
    now = time.time()
    # what is in hand is partly done, but never more than its usual time
    left -= sum(min(max(now - r.since, 0.0), mean[kinds[r.key]]) for r in running)
    return left / max(1, len(running))


def duration(seconds: float) -> str:
    """Round a time for reading: ``45 s``, ``12 min``, ``3 h 20 min``, ``2 d 4 h``."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def render(status: CampaignStatus) -> "Table":
    """Return the status as a rich table."""
    from rich.table import Table

    title = f"{status.counts[DONE]} of {status.total} done, {status.time_left}"
    table = Table(title=title, title_justify="left")
    table.add_column("kind")
    for state in STATES:
        table.add_column(state, justify="right")
    for kind, counts in status.by_kind.items():
        table.add_row(kind, *(str(counts[s] or "") for s in STATES))
    now = time.time()
    hands = [status.folder]
    hands += [f"{r.key} on {r.machine}, {duration(now - r.since)}" for r in status.running[:8]]
    amiss = [f for f in status.failures if not f.passed_over]
    hands += [f"failed: {f.key}: {f.failure}" for f in amiss[-3:]]
    hands += [f"no further task is begun: {status.stopping}"] if status.stopping else []
    table.caption, table.caption_justify = "\n".join(hands), "left"
    return table


@contextmanager
def live_table(
    otherwise: "Callable[[CampaignStatus], None] | None" = None,
) -> "Iterator[Callable[[CampaignStatus], None]]":
    """Show a table that follows the campaign.

    Parameters
    ----------
    otherwise
        What follows it where the output is no terminal; None is silent.
    """
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    if not console.is_terminal:
        yield otherwise or (lambda status: None)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield lambda status: live.update(render(status), refresh=True)
