"""Runs of one store brought into another, as often as one likes.

A run has one identity wherever it lies: the id it got where it was started. What the other store
does not have yet is added, so merging twice changes nothing, and a run of which two stores hold
a part each (its server went away in between) becomes whole.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.tracking.backend import TrackingError, connect, experiment_id, patiently, quiet
from sacml.tracking.backend import sqlite_path as path_of
from sacml.tracking.contact import STUDY, settle
from sacml.tracking.environment import OWNER
from sacml.tracking.locate import run_files
from sacml.tracking.merge_models import merge_models
from sacml.tracking.runs import IDENTITY

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric, Run

_LINKS = ("mlflow.parentRunId", STUDY)
_BATCH, _PAGE = 90, 1000


@dataclass(slots=True)
class Merged:
    """What a merge did."""

    new: int = 0
    completed: int = 0
    unchanged: int = 0
    models: int = 0
    without_files: list[str] = field(default_factory=list)
    """Names of runs whose files were not found beside the database."""

    @property
    def sentence(self) -> str:
        """All of it in words."""
        text = (
            f"{self.new} runs added, {self.completed} completed, {self.unchanged} already there, "
            f"{self.models} models registered"
        )
        if self.without_files:
            text += (
                f"; the files of {len(self.without_files)} runs were not found: copy the folder "
                "mlflow-artifacts beside the database and merge again"
            )
        return text


def merge_runs(source: str, target: str) -> Merged:
    """Bring every run of sacml in `source` into `target`.

    Parameters
    ----------
    source, target
        Tracking URIs; a source that is a path names a sqlite database.

    Raises
    ------
    TrackingError
        If the source is not there, or both are the same store.
    """
    if "://" not in source and not source.startswith("sqlite:"):
        source = f"sqlite:///{Path(source).resolve().as_posix()}"
    database = path_of(source)
    if database is not None and not database.is_file():
        raise TrackingError(f"there is no tracking store {str(database)!r} to merge from")
    if source == target:
        raise TrackingError(f"{source} cannot be merged into itself")
    give, take = connect(source), connect(target)
    settle(give)
    runs = sorted(_all_runs(give), key=lambda r: ("mlflow.parentRunId" in r.data.tags,
                                                  r.info.start_time))  # fmt: skip
    known = {_identity(run): run.info.run_id for run in _all_runs(take)}
    merged = Merged()
    with quiet():
        experiments = {e.experiment_id: e.name for e in give.search_experiments()}
    ids = {run.info.run_id: _identity(run) for run in runs}
    for run in runs:
        identity = _identity(run)
        is_new = identity not in known
        if is_new:
            name = experiments[run.info.experiment_id]
            known[identity] = _start(take, target, name, run, identity)
        links = {k: known.get(ids.get(v, v), v) for k, v in run.data.tags.items() if k in _LINKS}
        changed = _complete(give, take, run, known[identity], links, is_new, merged)
        merged.new += is_new
        merged.completed += changed and not is_new
        merged.unchanged += not changed and not is_new
    merged.models = merge_models(give, take, runs, {i: known[v] for i, v in ids.items()})
    return merged


def _identity(run: "Run") -> str:
    return str(run.data.tags.get(IDENTITY, run.info.run_id))


def _all_runs(client: "MlflowClient") -> "list[Run]":
    found: list[Run] = []
    with quiet():
        experiments = [e.experiment_id for e in client.search_experiments()]
        token = None
        while experiments:
            page = client.search_runs(experiments, max_results=_PAGE, page_token=token)
            found += [run for run in page if OWNER in run.data.tags]
            token = page.token
            if not token:
                break
    return found


def _start(client: "MlflowClient", uri: str, experiment: str, run: "Run", identity: str) -> str:
    number = patiently(lambda: experiment_id(client, uri, experiment))
    made = patiently(
        lambda: client.create_run(
            number,
            start_time=run.info.start_time,
            run_name=run.info.run_name,
            tags={IDENTITY: identity, OWNER: run.data.tags[OWNER]},
        )
    )
    return str(made.info.run_id)


def _complete(
    give: "MlflowClient",
    take: "MlflowClient",
    run: "Run",
    run_id: str,
    links: dict[str, str],
    is_new: bool,
    merged: Merged,
) -> bool:
    """Add what the run does not have yet; say whether anything was."""
    with quiet():
        there = take.get_run(run_id)
    changed = _add_data(give, take, run, there, links, is_new)
    changed |= _add_files(give, take, run, run_id, merged)
    is_open = there.info.status == "RUNNING"
    # a run that its own process ended knows better than one that was given up for silence
    given_up = there.data.tags.get("sacml.error", "").startswith("killed: ")
    if run.info.status != there.info.status and (is_open or given_up):
        patiently(lambda: take.set_terminated(run_id, run.info.status, run.info.end_time))
        if given_up and "sacml.error" not in run.data.tags:
            patiently(lambda: take.delete_tag(run_id, "sacml.error"))
        changed = True
    return changed


def _add_data(
    give: "MlflowClient",
    take: "MlflowClient",
    run: "Run",
    there: "Run",
    links: dict[str, str],
    is_new: bool,
) -> bool:
    from mlflow.entities import Param, RunTag

    run_id = there.info.run_id
    tags = {k: v for k, v in (run.data.tags | links).items() if k != IDENTITY}
    data: dict[str, list[Any]] = {
        "tags": [RunTag(k, v) for k, v in tags.items() if there.data.tags.get(k) != v],
        "params": [Param(k, v) for k, v in run.data.params.items() if k not in there.data.params],
        "metrics": [],
    }
    for name in run.data.metrics:
        had = set() if is_new else {_point(m) for m in _history(take, run_id, name)}
        data["metrics"] += [
            m for m in _history(give, run.info.run_id, name) if _point(m) not in had
        ]
    changed = any(data.values())
    while any(data.values()):
        batch = {kind: rows[:_BATCH] for kind, rows in data.items()}
        data = {kind: rows[_BATCH:] for kind, rows in data.items()}
        patiently(lambda batch=batch: take.log_batch(run_id, **batch))  # type: ignore[misc]
    had_inputs = {(d.dataset.name, d.dataset.digest) for d in _inputs(there)}
    inputs = [d for d in _inputs(run) if (d.dataset.name, d.dataset.digest) not in had_inputs]
    if inputs:
        patiently(lambda: take.log_inputs(run_id, inputs))
    return changed or bool(inputs)


def _inputs(run: "Run") -> "list[DatasetInput]":
    return list(run.inputs.dataset_inputs) if run.inputs else []


def _history(client: "MlflowClient", run_id: str, name: str) -> "list[Metric]":
    with quiet():
        return list(client.get_metric_history(run_id, name))


def _point(metric: "Metric") -> tuple[int, int, float]:
    return metric.step, metric.timestamp, metric.value


def _add_files(
    give: "MlflowClient", take: "MlflowClient", run: "Run", run_id: str, merged: Merged
) -> bool:
    changed = False
    with run_files(give, run.info.run_id) as folder:
        if not folder.is_dir():
            merged.without_files.append(run.info.run_name)
            return False
        had = _sizes(take, run_id)
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            below = path.relative_to(folder).as_posix()
            if had.get(below) != path.stat().st_size:
                parent = path.parent.relative_to(folder).as_posix()
                place = None if parent == "." else parent
                patiently(lambda path=path, place=place: take.log_artifact(run_id, path, place))  # type: ignore[misc]
                changed = True
    return changed


def _sizes(client: "MlflowClient", run_id: str) -> dict[str, int | None]:
    sizes: dict[str, int | None] = {}
    folders: list[str | None] = [None]
    with quiet():
        while folders:
            for entry in client.list_artifacts(run_id, folders.pop()):
                if entry.is_dir:
                    folders.append(entry.path)
                else:
                    sizes[entry.path] = entry.file_size
    return sizes
