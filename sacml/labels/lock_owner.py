"""Who holds a lock: a process on a host, so that a recycled process id is no living holder."""

import os
import socket
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock.

    Attributes
    ----------
    host
        Name of the machine, its boot and its process name space: what a process id means
        something within.
    pid, started
        Process id and start of the process in the kernel's own units; empty where the system
        does not tell.
    token
        Unique to one acquisition.
    since
        Seconds since the epoch by the holder's clock, for people to read.
    """

    host: str
    pid: int
    started: str
    token: str
    since: float

    @property
    def machine(self) -> str:
        """Name of the machine alone."""
        return self.host.split("/")[0]


def process_start(pid: int) -> str:
    """Start of a process in clock ticks since boot; empty where it is not known or has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # the second field, the name in brackets, may itself hold spaces and brackets
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


@cache
def this_host() -> str:
    """Name of what process ids refer to here."""
    words = [socket.gethostname()]
    for source in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        try:
            path = Path(source)
            words.append(os.readlink(path) if path.is_symlink() else path.read_text().strip())
        except OSError:
            continue
    return "/".join(words)


def is_running(owner: Owner) -> bool:
    """Whether the process of an owner on this host still runs."""
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's process
    now = process_start(owner.pid)
    return bool(now) and now == owner.started if owner.started else True


def this_process(token: str) -> Owner:
    """Return this process as an owner."""
    pid = os.getpid()
    return Owner(this_host(), pid, process_start(pid), token, time.time())
