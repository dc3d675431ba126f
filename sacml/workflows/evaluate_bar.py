"""Progress bar of an evaluation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacml.workflows.evaluate_jobs import JobDone


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
