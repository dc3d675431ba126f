"""Held-out predictions of every model and baseline on every split, and their scores."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sacml.evaluation.metrics import GroupBootstrap
from sacml.features.samples import SampleTable
from sacml.models.epochs import Epoch
from sacml.models.samples import IN_STACK
from sacml.workflows.samples.folds import Folds

KEYS = ("row", "fold", "group", "observed")
BASELINES = ("constant", "adsorbate_mean", "adsorbate_shell_mean", "adsorbate_metal_mean")


def baseline(
    name: str, table: SampleTable, y: NDArray[np.float64], train: Any, test: Any
) -> NDArray[np.float64]:
    """Mean of the training rows that agree in the key; where none does, by the adsorbate alone."""
    shells = [site.partition("-")[2] for site in table.sites]
    keys: dict[str, list[tuple[str, ...]]] = {
        "constant": [()] * len(table),
        "adsorbate_mean": [(a,) for a in table.adsorbates],
        "adsorbate_shell_mean": list(zip(table.adsorbates, shells, strict=True)),
        "adsorbate_metal_mean": list(zip(table.adsorbates, table.metals, strict=True)),
    }
    overall = float(y[train].mean())
    by_adsorbate = _means(keys["adsorbate_mean"], y, train)
    means = _means(keys[name], y, train)
    return np.array([
        means.get(keys[name][i], by_adsorbate.get(keys["adsorbate_mean"][i], overall)) for i in test
    ])  # fmt: skip


def _means(keys: list[tuple[str, ...]], y: NDArray[np.float64], train: Any) -> dict[Any, float]:
    found: dict[Any, list[float]] = {}
    for i in train:
        found.setdefault(keys[i], []).append(float(y[i]))
    return {key: float(np.mean(values)) for key, values in found.items()}


def in_stack(members: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return what a `Stack` would from what its members predict."""
    weights = list(IN_STACK.values())
    return np.asarray(np.average([members[m] for m in IN_STACK], axis=0, weights=weights))


def held_out(
    folds: Folds,
    names: tuple[str, ...],
    make: Callable[[str], Any],
    table: SampleTable,
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    graphs: Sequence[Any],
    on_fold: Callable[[str, dict[str, float]], None],
    on_epoch: Callable[[str, str, Epoch], None] | None = None,
) -> pd.DataFrame:
    """Predict every held-out row by every model: columns `KEYS`, then one each.

    Parameters
    ----------
    graphs
        Of the rows, for models that read them; else empty.
    on_fold
        Called with the name of the fold, and model -> mean absolute error.
    on_epoch
        Called with model, fold and every epoch of models that have any.
    """
    parts = []
    for k, (train, test) in enumerate(folds.pairs):
        fold = str(k + 1)
        columns: dict[str, Any] = {"row": test, "fold": fold, "group": folds.groups[test],
                                   "observed": y[test]}  # fmt: skip
        columns |= {b: baseline(b, table, y, train, test) for b in BASELINES}
        members: dict[str, NDArray[np.float64]] = {}
        for name in names:
            if name == "stack" and set(IN_STACK) <= set(members):
                columns[name] = in_stack(members)
                continue
            model = make(name)
            if getattr(model, "reads_graphs", False):
                tell = None if on_epoch is None else partial(on_epoch, name, fold)
                taught = [graphs[i] for i in train]
                model.fit(taught, y[train], groups=folds.groups[train], on_epoch=tell)
                columns[name] = model.predict([graphs[i] for i in test])
                continue
            members[name] = columns[name] = model.fit(X[train], y[train]).predict(X[test])
        parts.append(pd.DataFrame(columns))
        errors = {n: float(np.abs(v - y[test]).mean()) for n, v in columns.items() if n not in KEYS}
        on_fold(fold, errors)
    return pd.concat(parts, ignore_index=True)


def scores(frame: pd.DataFrame, seed: int) -> dict[str, dict[str, float]]:
    """Mean absolute error with its 95 % group bootstrap, root mean square error, bias and r2."""
    observed = frame["observed"].to_numpy()
    boot = GroupBootstrap.of(frame["group"].to_numpy(dtype=str), seed)
    spread = float(((observed - observed.mean()) ** 2).sum())
    out = {}
    for name in [c for c in frame.columns if c not in KEYS]:
        error = frame[name].to_numpy() - observed
        low, high = boot.interval(np.abs(error))
        out[name] = {
            "mae": float(np.abs(error).mean()),
            "mae_low": low,
            "mae_high": high,
            "rmse": float(np.sqrt((error**2).mean())),
            "bias": float(error.mean()),
            "r2": 1.0 - float((error**2).sum()) / spread if spread > 0 else float("nan"),
            "n": len(error),
        }
    return out
