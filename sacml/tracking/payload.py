"""From our objects to what a run holds: metrics, parameters and text. Knows nothing of MLflow."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

RUN_KEYS = ("model", "trained_on", "split")
"""Columns of an evaluation that tell its nested runs apart."""

_SCORES = (
    "mae",
    "mae_low",
    "mae_high",
    "coverage",
    "mean_width",
    "delta_constant",
    "delta_low",
    "delta_high",
    "n_records",
    "n_groups",
)


@dataclass(frozen=True, slots=True)
class ModelRun:
    """One nested run: a model, the rows it was trained on, and a split."""

    model: str
    trained_on: str
    split: str
    predictions: pd.DataFrame
    scores: pd.DataFrame

    @property
    def name(self) -> str:
        """Readable name of the run, without its target."""
        return f"{self.model} · {self.trained_on} rows · {self.split.replace('_', ' ')}"

    def folds(self) -> pd.DataFrame:
        """One row per fold: step, fold, number of held-out records, MAE over all and SAC rows.

        Steps count the folds in the order of the split, which is the same for all of its models.
        """
        rows = self.predictions.assign(error=self.predictions["error"].abs())
        by_fold = rows.groupby("fold", sort=False)
        table = by_fold.agg(n=("error", "size"), mae=("error", "mean"))
        sac = rows[rows["is_sac"].astype(bool)].groupby("fold")["error"]
        table["n_sac"] = sac.size().reindex(table.index, fill_value=0)
        table["mae_sac"] = sac.mean().reindex(table.index)
        return table.reset_index().rename_axis("step").reset_index()

    def final_metrics(self) -> dict[str, float]:
        """Scores with the rows they are over as suffix: ``mae_sac``, ``coverage_all``."""
        return {
            f"{name}_{row['rows']}": float(row[name])
            for row in self.scores.to_dict("records")
            for name in _SCORES
            if row.get(name) is not None
        }


def model_runs(predictions: pd.DataFrame, scores: pd.DataFrame) -> Iterator[ModelRun]:
    """Cut the frames of an evaluation into its nested runs, in the order of the predictions."""
    for keys, rows in predictions.groupby(list(RUN_KEYS), sort=False):
        same = (scores[list(RUN_KEYS)] == pd.Series(keys, index=RUN_KEYS)).all(axis=1)
        model, trained_on, split = map(str, keys)
        yield ModelRun(model, trained_on, split, rows, scores[same])


_EPOCHS = re.compile(r"(?P<fold>.+)/member \d+ (?P<figure>\w+)")


def epoch_metric(fold: str, member: int, figure: str) -> str:
    """Name of a figure that an ensemble's member has after each epoch of a fold.

    MLflow's web page draws what stands before the stroke together. `fold` is empty for the fit on
    all rows; characters that the name of a metric may not have are replaced.
    """
    word = re.sub(r"[^\w.\- ]", "_", fold)
    return f"{f'fold {word}' if fold else 'all rows'}/member {member} {figure}"


def last_epochs(metrics: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Part the figures of epochs from the others; each as the mean over the members."""
    others: dict[str, float] = {}
    found: dict[str, list[float]] = {}
    for key, value in metrics.items():
        name = _EPOCHS.fullmatch(key)
        if name is None:
            others[key] = value
        else:
            found.setdefault(f"{name['fold']}, {name['figure']}", []).append(value)
    return others, {name: sum(values) / len(values) for name, values in found.items()}


def split_finite(metrics: Mapping[str, float]) -> tuple[dict[str, float], dict[str, str]]:
    """Part finite metrics from the others, which stores round or refuse; those become tags."""
    finite = {k: v for k, v in metrics.items() if math.isfinite(v)}
    others = {f"metric.{k}": str(v) for k, v in metrics.items() if k not in finite}
    return finite, others


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Dotted parameter names of a nested configuration."""
    flat: dict[str, str] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat


def to_toml(config: Mapping[str, Any]) -> str:
    """Write a resolved configuration as TOML.

    TOML has no null: what is None stands as a comment, so that nothing is left out.
    """
    import tomlkit  # a served model does without it

    document = tomlkit.document()
    _fill(document, config)
    return tomlkit.dumps(document)


def _fill(container: Any, config: Mapping[str, Any]) -> None:
    import tomlkit

    # plain values first: in TOML they would otherwise belong to the table before them
    for key, value in sorted(config.items(), key=lambda item: _holds_tables(item[1])):
        if value is None:
            container.add(tomlkit.comment(f"{key} is not set"))
        elif isinstance(value, Mapping):
            container.add(str(key), _table(value))
        elif _holds_tables(value):
            tables = tomlkit.aot()
            for part in value:
                tables.append(_table(part))
            container.add(str(key), tables)
        else:
            plain = list(value) if isinstance(value, (tuple, set, frozenset)) else value
            known = isinstance(plain, (bool, int, float, str, list))
            container.add(str(key), plain if known else str(plain))


def _table(config: Mapping[str, Any]) -> Any:
    import tomlkit

    table = tomlkit.table()
    _fill(table, config)
    return table


def _holds_tables(value: Any) -> bool:
    parts = value if isinstance(value, (list, tuple)) and value else [value]
    return all(isinstance(part, Mapping) for part in parts)
