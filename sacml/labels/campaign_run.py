"""The tasks that one run of a campaign has in hand, from the queue to the executor and back."""

import time
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from pathlib import Path

from sacml.errors import SacmlError
from sacml.labels.campaign_stop import StopRequest
from sacml.labels.campaign_work import lost, work
from sacml.labels.engines import Engine
from sacml.labels.queue import Claim, Queue
from sacml.labels.queue_files import DiskFullError
from sacml.labels.queue_state import READY, RUNNING
from sacml.labels.retry import STOPPING
from sacml.labels.settings import ProtocolSettings
from sacml.labels.task import TaskResult

POLL_S = 1.0
"""Seconds between looks at the STOP file."""


class CampaignError(SacmlError):
    """A campaign cannot go on; what is stored stays."""


class Run:
    """Takes tasks, has them computed, stores results.

    Attributes
    ----------
    error
        What the run ends with, once the tasks in hand are done.
    """

    def __init__(
        self,
        queue: Queue,
        engine: Engine,
        settings: ProtocolSettings,
        pool: Executor,
        workers: int,
        stop_after: int | None,
    ) -> None:
        self._queue, self._engine, self._settings = queue, engine, settings
        self._pool, self._workers = pool, workers
        self._left = stop_after
        self._hand: dict[Future[TaskResult], Claim] = {}
        self.error: SacmlError | None = None

    def step(self, stop: StopRequest) -> bool:
        """Begin what can be begun, store what is done; whether to go on."""
        ending = stop.asked() or self.error is not None or self._left == 0
        if not ending:
            self._begin()
        if self._hand:
            done = wait(self._hand, timeout=POLL_S, return_when=FIRST_COMPLETED).done
            for future in done:
                self._finish(future)
            return True
        if ending or self.error is not None or self._left == 0:
            return False
        self._queue.refresh()
        counts = self._queue.counts()
        if counts[READY]:
            return True  # something came free since `_begin`
        if counts[RUNNING]:
            time.sleep(POLL_S)  # other workers' results may free more
        return bool(counts[RUNNING])

    def abandon(self) -> None:
        """Give back what is still in hand."""
        for future, claim in self._hand.items():
            future.cancel()
            self._queue.give_back(claim)
        self._hand.clear()

    def _begin(self) -> None:
        try:
            while len(self._hand) < self._workers and self._left != 0:
                claim = self._queue.claim()
                if claim is None:
                    return
                arguments = (claim.task, claim.attempt, claim.needs, claim.folder)
                try:
                    future = self._pool.submit(work, self._engine, self._settings, *arguments)
                except RuntimeError as error:  # a broken or closed executor
                    self._queue.give_back(claim)
                    raise CampaignError(f"the executor takes no tasks: {error}") from None
                self._hand[future] = claim
                self._left = None if self._left is None else self._left - 1
        except SacmlError as error:
            self._fail(error)

    def _finish(self, future: Future[TaskResult]) -> None:
        claim = self._hand.pop(future)
        try:
            result = self._outcome(future, claim)
            if result.failure in STOPPING:
                self._queue.give_back(claim)
                self._fail(_stopping(result, self._queue.folder))
                return
            self._queue.store(claim, result)
            if self._queue.full is not None:
                self._fail(self._queue.full)
        except SacmlError as error:
            self._fail(error)

    def _outcome(self, future: Future[TaskResult], claim: Claim) -> TaskResult:
        try:
            return future.result()
        except (BrokenExecutor, CancelledError) as error:
            # nobody here cancels: a cluster does so with everything when its scheduler goes away
            self._queue.give_back(claim)
            said = str(error) or "it cancelled the tasks in hand"
            raise CampaignError(f"the executor broke: {said}") from None
        except Exception as error:
            reason = f"the executor lost the task: {type(error).__name__}: {error}"
            return lost(claim.task, "killed", reason, claim.attempt)

    def _fail(self, error: SacmlError) -> None:
        self.error = self.error or error


def _stopping(result: TaskResult, folder: Path) -> SacmlError:
    if result.failure == "disk":
        return DiskFullError(
            f"{result.reason}; everything stored in {str(folder)!r} is whole. Free some space and "
            "run the same command again: it goes on where it stopped"
        )
    return CampaignError(f"{result.reason}; nothing was stored for {result.key}")
