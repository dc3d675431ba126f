"""How a run of a campaign is asked to end: a file named STOP, or a signal."""

import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from sacml.labels.queue_files import write_atomic

FILE = "STOP"


def request_stop(folder: Path) -> Path:
    """Ask every run on a folder to end after the tasks in hand."""
    path = folder / FILE
    write_atomic(path, b"each worker ends after the task in hand\n", folder / "tmp")
    return path


class StopRequest:
    """Watches for the file and for SIGINT and SIGTERM; use it as a context manager.

    The first signal ends the run after the tasks in hand, a second one at once, by raising
    KeyboardInterrupt. A STOP file from before is removed: starting is the later wish.

    Parameters
    ----------
    time_limit_s
        Seconds after which no further task is begun, as a cluster's time slot wants.

    Attributes
    ----------
    reason
        Why no further task is begun; empty while there is no reason.
    """

    def __init__(self, folder: Path, time_limit_s: float | None = None) -> None:
        self._path = folder / FILE
        self._end = None if time_limit_s is None else time.monotonic() + time_limit_s
        self._before: dict[int, Any] = {}
        self.reason = ""

    def __enter__(self) -> "StopRequest":
        self._path.unlink(missing_ok=True)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._signalled)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def asked(self) -> bool:
        """Whether the run is to end."""
        if not self.reason and self._path.exists():
            self.reason = f"the file {FILE} is there"
        if not self.reason and self._end is not None and time.monotonic() > self._end:
            self.reason = "the time limit of this run is reached"
        return bool(self.reason)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        if self.reason.startswith("signal"):
            raise KeyboardInterrupt
        self.reason = f"signal {signal.Signals(number).name}"
