"""Lines that follow a campaign where the output is no terminal, such as a log file."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacml.labels.status import CampaignStatus

Say = Callable[[str], None]


class TaskLines:
    """Says one line for what each status finds finished, with the time that is left.

    Parameters
    ----------
    say
        Called with the line.
    """

    def __init__(self, say: Say) -> None:
        self.say = say
        self._running: frozenset[str] = frozenset()
        self._ended: int | None = None

    def __call__(self, status: "CampaignStatus") -> None:
        """Compare a status with the one before; the first says where the campaign stands."""
        from sacml.labels.queue_state import DONE, FAILED

        running = frozenset(r.key for r in status.running)
        done, failed = status.counts[DONE], status.lost
        ended = done + status.counts[FAILED]
        if ended != self._ended:
            gone = [] if self._ended is None else sorted(self._running - running)
            names = f" ({', '.join(gone)})" if gone else ""
            lost = f", {failed} failed" if failed else ""
            self.say(f"  {done} of {status.total} tasks done{lost}{names}; {status.time_left}")
        self._running, self._ended = running, ended
