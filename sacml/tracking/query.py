"""What is in the store, as a table."""

from typing import TYPE_CHECKING

import pandas as pd

from sacml.tracking.backend import TrackingError, connect, quiet, sqlite_path
from sacml.tracking.contact import settle

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

COLUMNS = (
    "run_id",
    "parent_run_id",
    "experiment",
    "name",
    "kind",
    "status",
    "start",
    "duration_s",
    "target",
    "model",
    "trained_on",
    "split",
    "mae_sac",
    "mae_all",
    "coverage_sac",
    "coverage_all",
    "mae_unit",
)
"""Columns of `list_runs`; MAE is on the target's modelling scale, in `mae_unit`."""

_TAGS = {
    "parent_run_id": "mlflow.parentRunId",
    "kind": "sacml.kind",
    "target": "sacml.target",
    "model": "sacml.model",
    "trained_on": "sacml.trained_on",
    "split": "sacml.split",
    "mae_unit": "sacml.mae_unit",
}
_METRICS = ("mae_sac", "mae_all", "coverage_sac", "coverage_all")
_PAGE = 1000


def open_store(uri: str) -> "MlflowClient":
    """Open a store that is there already, and settle the runs in it whose process is gone.

    Raises
    ------
    TrackingError
        If it is not there.
    """
    database = sqlite_path(uri)
    if database is not None and not database.is_file():
        raise TrackingError(f"no tracking store at {str(database)!r}; run a study first")
    client = connect(uri)
    try:
        settle(client)
    except Exception as error:
        raise TrackingError(f"the tracking store {uri!r} does not answer: {error}") from None
    return client


def list_runs(uri: str, experiment: str | None = None) -> pd.DataFrame:
    """List the runs of a store, newest first.

    Parameters
    ----------
    uri
        Tracking URI.
    experiment
        Name of one experiment; all of them if None.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; `start` in UTC; what a run does not have is missing.

    Raises
    ------
    TrackingError
        If the store or the experiment is not there.
    """
    client = open_store(uri)
    with quiet():
        found = client.search_experiments()
        names = {e.experiment_id: e.name for e in found}
        wanted = [i for i, name in names.items() if experiment in (None, name)]
        if experiment is not None and not wanted:
            raise TrackingError(
                f"no experiment {experiment!r} in {uri!r}; there are: "
                f"{', '.join(sorted(names.values()))}"
            )
        runs: list[Run] = []
        token = None
        while wanted:
            page = client.search_runs(
                wanted, max_results=_PAGE, order_by=["start_time DESC"], page_token=token
            )
            runs.extend(page)
            token = page.token
            if not token:
                break
    rows = []
    for run in runs:
        info, tags, metrics = run.info, run.data.tags, run.data.metrics
        row = {"run_id": info.run_id, "experiment": names[info.experiment_id]}
        row |= {"name": info.run_name, "status": info.status}
        row["start"] = pd.Timestamp(info.start_time, unit="ms", tz="UTC")
        row["duration_s"] = (info.end_time - info.start_time) / 1000 if info.end_time else None
        row |= {column: tags.get(tag) for column, tag in _TAGS.items()}
        row |= {name: metrics.get(name) for name in _METRICS}
        rows.append(row)
    # of runs that have none of a figure the column would else hold words
    figures = dict.fromkeys(("duration_s", *_METRICS), "float64")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(figures)


def find_run(client: "MlflowClient", text: str) -> "Run":
    """Find a run by its id, the first digits of it, or its name (the newest of that name).

    Raises
    ------
    TrackingError
        If there is none, or several begin with the same digits.
    """
    with quiet():
        experiments = [e.experiment_id for e in client.search_experiments()]
        runs: list[Run] = []
        token = None
        while experiments:
            page = client.search_runs(experiments, max_results=_PAGE, page_token=token)
            runs += page
            token = page.token
            if not token:
                break
    named = [r for r in runs if r.info.run_name == text]
    begun = [r for r in runs if text and r.info.run_id.startswith(text)]
    if named:
        return max(named, key=lambda r: r.info.start_time)
    if len(begun) == 1:
        return begun[0]
    if begun:
        ids = ", ".join(sorted(r.info.run_id for r in begun)[:10])
        raise TrackingError(f"{len(begun)} runs begin with {text!r}: {ids}; write more digits")
    raise TrackingError(f"there is no run {text!r}; `sacml runs list` names them")


def best_runs(
    uri: str, target: str, split: str | None = None, prefix: str = "sacml"
) -> pd.DataFrame:
    """List the models of a target by their held-out error, the best first.

    Only runs on the same folds stand beside each other: those of the newest finished run on this
    split. Of a model that was run several times there the newest counts.

    Parameters
    ----------
    split
        Default: the split that decides on the release of this target.

    Returns
    -------
    DataFrame
        run_id, name, model, trained_on, split, split_digest, rows (which held-out rows decide),
        mae with mae_low and mae_high, mae_unit, coverage, start; `attrs["left_out"]` counts the
        runs on other folds.
    """
    from sacml.evaluation.select import MIN_SAC_GROUPS, primary_split

    wanted = split or primary_split(target)
    client = open_store(uri)
    with quiet():
        experiment = client.get_experiment_by_name(f"{prefix}-{target}")
        runs = (
            []
            if experiment is None
            else list(
                client.search_runs(
                    [experiment.experiment_id],
                    f"tags.`sacml.split` = '{wanted}' AND tags.`sacml.kind` = 'evaluation' "
                    "AND attributes.status = 'FINISHED'",
                    max_results=50_000,
                    order_by=["start_time DESC"],
                )
            )
        )
    runs = [r for r in runs if "mae_all" in r.data.metrics and "sacml.split_digest" in r.data.tags]
    if not runs:
        raise TrackingError(f"no finished run of {target} under {wanted!r} in {uri}; run a study")
    digest = runs[0].data.tags["sacml.split_digest"]
    same = [r for r in runs if r.data.tags["sacml.split_digest"] == digest]
    groups = max(r.data.metrics.get("n_groups_sac", 0) for r in same)
    judged = "sac" if groups >= MIN_SAC_GROUPS else "all"
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for run in same:
        tags, metrics = run.data.tags, run.data.metrics
        key = (tags["sacml.model"], tags["sacml.trained_on"])
        if key in rows or f"mae_{judged}" not in metrics:
            continue
        rows[key] = {
            "run_id": run.info.run_id,
            "name": run.info.run_name,
            "model": key[0],
            "trained_on": key[1],
            "split": wanted,
            "split_digest": digest,
            "rows": judged,
            "n_records": int(metrics[f"n_records_{judged}"]),
            **{n: metrics.get(f"{n}_{judged}") for n in ("mae", "mae_low", "mae_high", "coverage")},
            "mae_unit": tags.get("sacml.mae_unit"),
            "start": pd.Timestamp(run.info.start_time, unit="ms", tz="UTC"),
        }
    table = pd.DataFrame(rows.values())
    # a model that some folds could not train was judged on fewer rows: not comparable
    table = table[table["n_records"] == table["n_records"].max()]
    table = table.sort_values("mae", kind="stable", ignore_index=True)
    table.attrs["left_out"] = len(runs) - len(same)
    return table
