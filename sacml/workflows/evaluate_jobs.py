"""The jobs of an evaluation: what is computed on its own, stored, and found again."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sacml.executors import outcome
from sacml.workflows.evaluate_code import code_digest

if TYPE_CHECKING:
    from sacml.evaluation.cells import Cell
    from sacml.models.described import Described


@dataclass(frozen=True)
class Job:
    """One part of one cell: computed anywhere, stored under its name.

    Attributes
    ----------
    part
        ``"scores"``, ``"nested"``, ``"learning"`` or ``"scramble"``.
    settings
        Further numbers that the result depends on.
    """

    target: str
    part: str
    cell: "Cell"
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of its file."""
        c = self.cell
        return f"{self.part}/{c.split}/{c.model}-{c.trained_on}-{c.seed}"


@dataclass(frozen=True, slots=True)
class JobDone:
    """Progress: how many of the jobs are done, and whether this one was found in the store."""

    job: Job
    done: int
    total: int
    stored: bool


def compute(described: "Described", job: Job) -> pd.DataFrame:
    """Run a job."""
    from sacml.evaluation.cells import run_cell
    from sacml.evaluation.groups import make_splits
    from sacml.evaluation.learning import learning_curve
    from sacml.evaluation.nested import inner_scores
    from sacml.evaluation.scramble import scramble

    if job.part == "learning":
        return learning_curve(described, job.cell, **job.settings)
    if job.part == "scramble":
        found = scramble(described, job.cell, **job.settings)
        return pd.DataFrame({"mae": [found.mae, *found.scrambled], "p": found.p})
    split = make_splits(described, [job.cell.split], job.cell.seed)[0][job.cell.split]
    if job.part == "nested":
        return inner_scores(described, split, job.cell, **job.settings)
    return run_cell(described, split, job.cell, **job.settings)


@dataclass(frozen=True)
class Store:
    """Finished jobs below a folder, each with the digest of all that it depends on."""

    folder: Path
    digests: dict[str, str]
    """Target -> digest of its records."""

    def load(self, job: Job) -> pd.DataFrame | None:
        """Return what is stored, or None where there is nothing or it is of another state."""
        path = self._path(job)
        note = path.with_suffix(".json")
        if not (path.is_file() and note.is_file()):
            return None
        if json.loads(note.read_text(encoding="utf-8")).get("digest") != self._digest(job):
            return None
        return pd.read_parquet(path)

    def save(self, job: Job, table: pd.DataFrame) -> None:
        """Store a result; a file appears whole or not at all."""
        path = self._path(job)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)
        draft = path.with_suffix(".draft")
        table.to_parquet(draft)
        draft.replace(path)
        note = {"job": _plain(job), "digest": self._digest(job)}
        path.with_suffix(".json").write_text(json.dumps(note, indent=1), encoding="utf-8")

    def _path(self, job: Job) -> Path:
        return self.folder / job.target / f"{job.name}.parquet"

    def _digest(self, job: Job) -> str:
        parts = [_plain(job), self.digests[job.target], code_digest(job.cell.model)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _plain(job: Job) -> dict[str, Any]:
    return {"target": job.target, "part": job.part, **asdict(job.cell), **job.settings}


def run_jobs(
    jobs: Iterable[Job],
    described: "dict[str, Described]",
    store: Store,
    executor: Executor | None = None,
    on_job: Callable[[JobDone], None] | None = None,
) -> Iterator[tuple[Job, pd.DataFrame]]:
    """Compute what is not stored, in any order; every result is stored as soon as it is there.

    Parameters
    ----------
    described
        Target -> records with descriptors.
    executor
        Where the jobs run; None: here, one after the other.
    """
    asked = list(jobs)
    done = 0

    def tell(job: Job, stored: bool) -> None:
        nonlocal done
        done += 1
        if on_job is not None:
            on_job(JobDone(job, done, len(asked), stored))

    missing = []
    for job in asked:
        table = store.load(job)
        if table is None:
            missing.append(job)
            continue
        tell(job, True)
        yield job, table
    if executor is None:
        for job in missing:
            table = compute(described[job.target], job)
            store.save(job, table)
            tell(job, False)
            yield job, table
        return
    futures = {executor.submit(compute, described[job.target], job): job for job in missing}
    try:
        for future in as_completed(futures):
            job, table = futures[future], outcome(future)
            store.save(job, table)
            tell(job, False)
            yield job, table
    finally:
        for future in futures:
            future.cancel()
