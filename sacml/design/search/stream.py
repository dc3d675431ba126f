"""One pass over a space, stretch after stretch, here or through an executor."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future

from sacml.design.search.checkpoint import Checkpoint
from sacml.design.search.job import Job, packed, work
from sacml.design.search.tally import Tally

AHEAD = 8
"""Stretches that an executor is given ahead of the one that is waited for."""


def stream(
    job: Job,
    chunk: int,
    *,
    executor: Executor | None = None,
    checkpoint: Checkpoint | None = None,
    on_chunk: Callable[[int, int], None] | None = None,
) -> tuple[Tally, bool]:
    """Search the whole space, or go on from a checkpoint.

    Stretches are merged in order, so the answer does not depend on the executor.

    Returns
    -------
    tally, partial
        What was found, and whether the pass was interrupted (KeyboardInterrupt).
    """
    tally, total = job.empty(), job.space.size()
    if checkpoint is not None:
        tally = checkpoint.load(tally)
    stretches = [(start, min(start + chunk, total)) for start in range(tally.done, total, chunk)]
    found = _here(job, stretches) if executor is None else _there(job, stretches, executor)
    partial = False
    try:
        for part in found:
            tally = tally.merged(part)
            if checkpoint is not None:
                checkpoint.save(tally)
            if on_chunk is not None:
                on_chunk(tally.done, total)
    except KeyboardInterrupt:
        partial = True
    if checkpoint is not None:
        checkpoint.save(tally, now=True)
    return tally, partial


def _here(job: Job, stretches: list[tuple[int, int]]) -> Iterator[Tally]:
    for start, stop in stretches:
        yield job(start, stop)


def _there(job: Job, stretches: list[tuple[int, int]], executor: Executor) -> Iterator[Tally]:
    """Yield in order; what a broken executor loses is done here."""
    sent, waiting = packed(job), deque[tuple[tuple[int, int], Future[Tally] | None]]()
    broken = False
    try:
        for stretch in (*stretches, *[None] * AHEAD):
            if stretch is not None:
                future = None
                try:
                    future = None if broken else executor.submit(work, sent, *stretch)
                except BrokenExecutor:
                    broken = True
                waiting.append((stretch, future))
            if waiting and (stretch is None or len(waiting) > AHEAD):
                first, future = waiting.popleft()
                try:
                    yield job(*first) if future is None else future.result()
                except BrokenExecutor:
                    broken = True
                    yield job(*first)
    finally:
        for _, left in waiting:
            if left is not None:
                left.cancel()
