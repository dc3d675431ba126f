"""Processes for an evaluation, and its progress bar."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacml.workflows.evaluate_jobs import JobDone


@contextmanager
def processes(n: int) -> Iterator[Executor | None]:
    """Executor of `n` processes; None for one, which needs none."""
    if n == 1:
        yield None
        return
    import multiprocessing

    # threads of libraries do not survive a fork
    with ProcessPoolExecutor(n, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@contextmanager
def job_bar() -> "Iterator[Callable[[JobDone], None]]":
    """Show the jobs of each stage on the terminal; silent elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("jobs", total=None)

        def on_job(done: "JobDone") -> None:
            what = f"{done.job.target}: {done.job.part}, {done.job.cell.model}"
            progress.update(bar, description=what, completed=done.done, total=done.total)

        yield on_job
