"""Variants of a model on the same held-out groups, and their paired differences to a baseline."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from sacml.data.splits import Fold
from sacml.evaluation.metrics import GroupBootstrap, one_sided_error
from sacml.evaluation.significance import flip_test, holm
from sacml.models.described import Described

Floats = NDArray[np.float64]
ALPHA = 0.05
N_FOLDS = 20
"""Folds of whole sources; with fewer sources each is held out alone."""


@dataclass(frozen=True)
class Variant:
    """An idea to judge.

    Attributes
    ----------
    make
        Makes an unfitted estimator.
    baseline
        Name of the variant it stands against; its own name for a baseline.
    extend
        Adds columns to X (n, p); None leaves X.
    offset
        What physics fixes beforehand (n,), from X; the estimator learns the rest. None: nothing.
    trained_on, judged_on
        ``"sac"`` or ``"all"``.
    """

    idea: str
    name: str
    make: Callable[[], Any]
    baseline: str
    extend: Callable[[NDArray[Any]], NDArray[Any]] | None = None
    offset: Callable[[NDArray[Any]], Floats] | None = None
    trained_on: str = "all"
    judged_on: str = "all"


def source_folds(d: Described, n_folds: int) -> tuple[list[Fold], NDArray[np.str_]]:
    """Folds that hold out whole sources, at most `n_folds`, and the source of every row (n,)."""
    groups = np.array([r.source_group for r in d.records])
    n = min(n_folds, len(np.unique(groups)))
    found = GroupKFold(n).split(d.X, groups=groups)
    return [Fold(train, test, str(i)) for i, (train, test) in enumerate(found)], groups


def hold_out(
    d: Described,
    folds: Iterable[Fold],
    groups: NDArray[np.str_],
    variant: Variant,
    bound: Any = None,
) -> tuple[Floats, Floats]:
    """Predict and give the spread of every row (n,) from the other groups; NaN if not tested.

    Parameters
    ----------
    bound : (n,), optional
        What a fit is told instead of the bounds of the records.
    """
    bound = d.bound if bound is None else np.asarray(bound)
    extend = variant.extend or (lambda X: X)
    X, S = extend(d.X), extend(d.X_shells)
    offset = np.zeros(len(d)) if variant.offset is None else variant.offset(d.X)
    mask = d.trained_on(variant.trained_on)
    middle, spread = np.full(len(d), np.nan), np.full(len(d), np.nan)
    fitted: dict[bytes, tuple[Floats, Floats]] = {}  # folds may share their training rows
    for fold in folds:
        train = fold.train[mask[fold.train]]
        key = train.tobytes()
        if key not in fitted:
            with threadpool_limits(limits=1):
                model = variant.make().fit(
                    X[train], (d.y - offset)[train], bound=bound[train], groups=groups[train]
                )
                found = np.add.reduceat(model.predict(S) * d.weight, d.first) + offset
                fitted[key] = found, _spread(model, X)
        middle[fold.test], spread[fold.test] = (v[fold.test] for v in fitted[key])
    return middle, spread


def _spread(model: Any, X: NDArray[Any]) -> Floats:
    predictor = model.predictor() if hasattr(model, "predictor") else None
    own = getattr(predictor, "spread", None)
    return np.full(len(X), np.nan) if own is None else own(X[:, predictor.columns])


def row(
    name: dict[str, str], own: Floats, base: Floats, groups: NDArray[np.str_], seed: int
) -> dict[str, Any]:
    """Figures of one variant from its errors and those of its baseline on the same rows (n,).

    `low` to `high` is the 95 % paired group bootstrap of the mean difference, `p` its sign-flip
    test over groups; NaN where the two are the same.
    """
    boot, delta = GroupBootstrap.of(groups, seed), own - base
    low, high = boot.interval(delta)
    return {
        **name,
        "n_records": len(own),
        "n_groups": boot.n_groups,
        "mae": own.mean(),
        "group_mae": pd.Series(own).groupby(groups).mean().mean(),
        "difference": delta.mean(),
        "low": low,
        "high": high,
        "p": flip_test(delta, groups, seed) if delta.any() else np.nan,
    }


def compare(
    d: Described,
    groups: NDArray[np.str_],
    variants: Iterable[Variant],
    middles: dict[str, Floats],
    seed: int,
) -> list[dict[str, Any]]:
    """One row of figures per variant, on the rows that it is judged on."""
    rows = []
    for v in variants:
        judged = ~np.isnan(middles[v.name]) & ~np.isnan(middles[v.baseline])
        judged &= d.is_sac if v.judged_on == "sac" else True
        own, base = (
            one_sided_error(d.y[judged], middles[n][judged], d.bound[judged])
            for n in (v.name, v.baseline)
        )
        name = {"target": d.target, "idea": v.idea, "variant": v.name, "baseline": v.baseline,
                "trained_on": v.trained_on, "judged_on": v.judged_on}  # fmt: skip
        rows.append(row(name, own, base, groups[judged], seed))
    return rows


def with_verdicts(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Correct p over all comparisons of the table (Holm), and say what follows at 5 %."""
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"])
    sign = np.where(table["difference"] < 0, "helps", "harms")
    table["verdict"] = np.where(table["p_holm"] < ALPHA, sign, "not told apart")
    table.loc[table["p"].isna(), "verdict"] = "baseline"
    return table
