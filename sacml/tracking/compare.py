"""Two runs record by record: only on the same folds does one error stand beside another."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.tracking.backend import TrackingError
from sacml.tracking.locate import run_files

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


@dataclass(frozen=True, slots=True)
class Comparison:
    """Error of a run minus that of the first one, with the 95 % interval of resampled groups."""

    run_id: str
    name: str
    rows: str
    n_records: int
    mae: float
    difference: float
    low: float
    high: float
    unit: str


def compare_runs(client: "MlflowClient", runs: "list[Run]") -> list[Comparison]:
    """Compare evaluation runs with the first of them, on sites alone and on all held-out rows.

    Raises
    ------
    TrackingError
        If one is no finished evaluation, or was judged on other folds than the first.
    """
    from sacml.evaluation.metrics import GroupBootstrap

    wrong = [r for r in runs if "sacml.split_digest" not in r.data.tags]
    if wrong or len(runs) < 2:
        raise TrackingError(
            "compare takes two or more runs of a model on a split (kind evaluation); "
            + ("; ".join(f"{r.info.run_id} is {r.info.run_name!r}" for r in wrong) or "one given")
        )
    digests = {r.info.run_id: r.data.tags["sacml.split_digest"] for r in runs}
    if len(set(digests.values())) > 1:
        listed = "; ".join(f"{i[:8]} on folds {d[:12]}" for i, d in digests.items())
        raise TrackingError(
            f"these runs were judged on other folds ({listed}), so their errors cannot be "
            "compared; evaluate the models in one study"
        )
    tables = [_held_out(client, run) for run in runs]
    found = []
    for rows in ("sac", "all"):
        kept = [t[t["is_sac"]] if rows == "sac" else t for t in tables]
        first = kept[0]
        if not len(first):
            continue
        bootstrap = GroupBootstrap.of(first["group"].to_numpy(dtype=str), 0)
        for run, table in zip(runs, kept, strict=True):
            if set(table.index) != set(first.index):
                raise TrackingError(
                    f"{run.info.run_id} was judged on {len(table)} records, the first run on "
                    f"{len(first)}: some folds had no row to train on"
                )
            error = table.loc[first.index, "error"].to_numpy()
            delta = error - first["error"].to_numpy()
            low, high = bootstrap.interval(delta)
            found.append(
                Comparison(
                    run.info.run_id, run.info.run_name, rows, len(first), float(np.mean(error)),
                    float(np.mean(delta)), low, high, run.data.tags.get("sacml.mae_unit", ""),
                )
            )  # fmt: skip
    return found


def _held_out(client: "MlflowClient", run: "Run") -> pd.DataFrame:
    with run_files(client, run.info.run_id) as folder:
        path = folder / "predictions.csv"
        if not path.is_file():
            raise TrackingError(f"the held-out rows of run {run.info.run_id} were not found")
        table = pd.read_csv(path, dtype={"record_id": str, "group": str, "fold": str})
    return table.assign(error=table["error"].abs()).set_index("record_id")
