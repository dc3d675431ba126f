"""A campaign: the tasks of many candidates, computed by any number of workers on one folder."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import (
    Executor,
    ThreadPoolExecutor,
)
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from sacml.domain import Candidate, Site
from sacml.errors import SacmlError
from sacml.labels.campaign_run import CampaignError, Run
from sacml.labels.campaign_stop import StopRequest, request_stop
from sacml.labels.engines import Engine, Limits, make_engine
from sacml.labels.loading import loading_tasks
from sacml.labels.protocol import PRIORITY, binding_tasks, stability_tasks
from sacml.labels.queue import Queue
from sacml.labels.relaxed_starts import begin_relaxed
from sacml.labels.settings import ProtocolSettings
from sacml.labels.status import CampaignStatus, status_of
from sacml.labels.task import Task, TaskResult

if TYPE_CHECKING:
    from ase import Atoms

APART = 2 * max(PRIORITY.values())
"""Ranks between candidates that are completed one by one: more than tasks of one are apart."""
LOOK_S = 5.0
"""Seconds between looks at what other workers did, and between two pictures of the status."""


class Campaign:
    """A queue with an engine; use it as a context manager.

    Parameters
    ----------
    folder
        Made where it is not there.
    settings
        Settings of the protocol; None takes the folder's.
    engine
        None takes the one the settings name, with `limits` and `python` (see `make_engine`).
    max_tries
        Most runs of one task.
    beat_s, stale_after_s
        As in `sacml.labels.locks.LockFolder`.

    Raises
    ------
    SettingsDifferError
        If the folder was begun with other settings.
    """

    def __init__(
        self,
        folder: str | Path,
        settings: ProtocolSettings | None = None,
        *,
        engine: Engine | None = None,
        limits: Limits | None = None,
        python: str | None = None,
        max_tries: int = 3,
        beat_s: float = 20.0,
        stale_after_s: float = 300.0,
    ) -> None:
        self.queue = Queue(
            folder, settings, max_tries=max_tries, beat_s=beat_s, stale_after_s=stale_after_s
        )
        self.folder, self.settings = self.queue.folder, self.queue.settings
        self._engine, self._limits, self._python = engine, limits, python

    def __enter__(self) -> "Campaign":
        return self

    def __exit__(self, *_: object) -> None:
        self.queue.close()

    def add(self, tasks: Iterable[Task]) -> int:
        """Queue tasks; returns how many are new. See `Queue.add`."""
        return self.queue.add(tasks)

    def add_candidates(
        self,
        candidates: Iterable[Candidate],
        places: Sequence[str] | Callable[[Site], Sequence[str] | None] | None = None,
        moments: Callable[[Site], Sequence[float | None]] = lambda site: (None,),
        stability: bool = False,
        relative: bool = True,
        loadings: Sequence[int] = (),
        one_by_one: bool = False,
        relaxed: "Mapping[str, Atoms] | None" = None,
    ) -> tuple[int, list[tuple[str, str]]]:
        """Queue all tasks of candidates, the first of the list most urgent.

        A site whose shell is not known stands for each of its possible shells; conditions do not
        enter a binding energy. The other parameters are those of `binding_tasks`, the moments by
        site, and the places too where they are a function.

        Parameters
        ----------
        loadings
            Numbers of alkali atoms that are put on each site together.
        one_by_one
            Whether a candidate is completed before the next one is begun; otherwise all bare sites
            come first.
        relaxed
            Finished structures by key that sites and starts begin from; see `begin_relaxed`. A task
            that is queued already keeps the start it has, though a lower one is known by now.

        Returns
        -------
        (new, refused)
            How many tasks are new, and ``(candidate, reason)`` of those that have none, or whose
            stability has none.
        """
        tasks: dict[str, Task] = {}
        refused = []
        compared: set[str] = set()
        queued = {entry.key for entry in self.queue} if relaxed is not None else set()
        for number, candidate in enumerate(candidates):
            rank = number * (APART if one_by_one else 1)
            for site in candidate.site.resolved():
                try:
                    found = binding_tasks(
                        site, candidate.alkali, self.settings,
                        places(site) if callable(places) else places, moments(site),
                        relative=relative and candidate.alkali not in compared, priority=rank,
                    )  # fmt: skip
                    if relaxed is not None:
                        fresh = (t for t in found if t.key not in queued)
                        found = tuple(begin_relaxed(t, relaxed, self.settings) for t in fresh)
                    compared.add(candidate.alkali)
                    for task in found:
                        tasks.setdefault(task.key, task)
                    more = [loading_tasks(site, candidate.alkali, count, self.settings, rank)
                            for count in loadings]  # fmt: skip
                    if stability:
                        more.append(stability_tasks(site, self.settings, rank))
                    for task in chain.from_iterable(more):
                        tasks.setdefault(task.key, task)
                except SacmlError as error:
                    refused.append((f"{site};{candidate.alkali}", str(error)))
        return self.add(tasks.values()), refused

    def run(
        self,
        workers: int = 1,
        executor: Executor | None = None,
        stop_after: int | None = None,
        time_limit_s: float | None = None,
        on_status: Callable[[CampaignStatus], None] | None = None,
    ) -> CampaignStatus:
        """Compute until nothing is left, or until asked to stop.

        Parameters
        ----------
        workers
            Tasks in hand at once.
        executor
            Where tasks are computed, e.g. a Dask client's ``get_executor()``; threads of this
            process by default, each of which waits for an engine's own process.
        stop_after
            Tasks after which no further one is begun.
        time_limit_s
            Seconds after which no further task is begun.
        on_status
            Called every few seconds and at the end.

        Raises
        ------
        DiskFullError
            After the tasks in hand are done and, where there was room, stored.
        CampaignError
            If the engine's program is missing, or the executor broke.
        KeyboardInterrupt
            At a second signal; the tasks in hand are given back.
        """
        if workers < 1:
            raise CampaignError(f"workers = {workers}: give a whole number above 0")
        engine = self._engine or make_engine(self.settings, self._limits, self._python)
        pool = executor or ThreadPoolExecutor(workers, "label")
        show = on_status or (lambda status: None)
        self.queue.tidy()
        run = Run(self.queue, engine, self.settings, pool, workers, stop_after)
        try:
            with StopRequest(self.folder, time_limit_s) as stop:
                looked = 0.0
                while run.step(stop):
                    if time.monotonic() - looked > LOOK_S:
                        self.queue.refresh()
                        show(status_of(self.queue, stop.reason))
                        looked = time.monotonic()
            self.queue.refresh()
            status = status_of(self.queue, stop.reason)
            show(status)
        finally:
            run.abandon()
            if executor is None:
                pool.shutdown(wait=False, cancel_futures=True)
        if run.error is not None:
            raise run.error
        return status

    def status(self) -> CampaignStatus:
        """Look at the folder and say how far the campaign is."""
        self.queue.refresh()
        return status_of(self.queue)

    def results(self) -> dict[str, TaskResult]:
        """Read every stored result, by key."""
        return {result.key: result for result in self.queue.results()}

    def stop(self) -> Path:
        """Ask every run on this folder to end after the tasks in hand."""
        return request_stop(self.folder)
