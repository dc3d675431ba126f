"""What is in the store, as a table."""

from typing import TYPE_CHECKING

import pandas as pd

from sacml.tracking.backend import TrackingError, connect, quiet, sqlite_path

if TYPE_CHECKING:
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
    database = sqlite_path(uri)
    if database is not None and not database.is_file():
        raise TrackingError(f"no tracking store at {str(database)!r}; run a study first")
    client = connect(uri)
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
    return pd.DataFrame(rows, columns=list(COLUMNS))
