"""Paired comparisons of models over groups, corrected for how many were made."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sacml.errors import SacmlError
from sacml.evaluation.metrics import GroupBootstrap

EXACT_GROUPS = 14
"""Up to so many groups every one of the 2^g flips is counted."""
N_FLIPS = 20_000

Model = tuple[str, str]
"""Name of a model and what it was trained on."""


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values (m,) for m tests; NaN is not counted as a test.

    Holm, Scandinavian Journal of Statistics 6 (1979) 65, doi:10.2307/4615733.
    """
    values = np.asarray(p, dtype=np.float64)
    out = np.full(values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return out


def flip_test(difference: ArrayLike, groups: ArrayLike, seed: int) -> float:
    """Two-sided p-value that the mean of paired differences (n,) is zero.

    Whole groups change sign: if two models are alike, each group's difference could as well have
    had the other sign. All flips are counted up to `EXACT_GROUPS` groups, `N_FLIPS` are drawn
    beyond. NaN with fewer than two groups.
    """
    d = np.asarray(difference, dtype=np.float64)
    names, inverse = np.unique(np.asarray(groups), return_inverse=True)
    g = len(names)
    if g < 2:
        return float("nan")
    sums = np.bincount(inverse.reshape(-1), weights=d, minlength=g)
    found = abs(sums.sum())
    slack = 1e-9 * max(1.0, float(np.abs(sums).sum()))
    if g <= EXACT_GROUPS:
        signs = np.array(list(product((1.0, -1.0), repeat=g)))
        return float((np.abs(signs @ sums) >= found - slack).mean())
    rng = np.random.default_rng(seed)
    signs = rng.integers(0, 2, size=(N_FLIPS, g)) * 2.0 - 1.0
    more = int((np.abs(signs @ sums) >= found - slack).sum())
    return (more + 1) / (N_FLIPS + 1)


def compare(
    predictions: pd.DataFrame,
    against: Sequence[Model],
    seed: int = 0,
    models: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Compare models of one split with some of them, record by record.

    Parameters
    ----------
    predictions
        Held-out rows of one split; the rows to judge.
    against
        Name and training rows of the references.
    models
        Names of the models that are compared with them; None: all. The correction is for the
        comparisons made, so models that nobody would release are better left out.

    Returns
    -------
    DataFrame
        model, trained_on, against, against_trained_on, n_records, n_groups; ratio of the mean
        absolute errors; delta (mean difference of the errors, negative is better) with its 95 %
        paired group bootstrap delta_low to delta_high; p of `flip_test`, p_holm over all rows.

    Raises
    ------
    SacmlError
        If a reference was not evaluated.
    """
    by_model = {
        (str(m), str(t)): part.set_index("record_id")
        for (m, t), part in predictions.groupby(["model", "trained_on"], sort=False)
    }
    rows: list[dict[str, Any]] = []
    for name in against:
        if name not in by_model:
            held = ", ".join(" on ".join(k) for k in by_model)
            raise SacmlError(f"{' on '.join(name)} was not evaluated; evaluated are {held}")
        reference = by_model[name]
        bootstrap = GroupBootstrap.of(reference["group"].to_numpy(dtype=str), seed)
        for key, table in by_model.items():
            # a model that some folds could not train cannot be paired
            if (
                key == name
                or (models is not None and key[0] not in models)
                or not reference.index.isin(table.index).all()
            ):
                continue
            error = table.loc[reference.index, "error"].to_numpy()
            base = reference["error"].to_numpy()
            delta = error - base
            low, high = bootstrap.interval(delta)
            rows.append(
                {
                    "model": key[0],
                    "trained_on": key[1],
                    "against": name[0],
                    "against_trained_on": name[1],
                    "n_records": len(delta),
                    "n_groups": bootstrap.n_groups,
                    "ratio": float(error.mean() / base.mean()) if base.mean() > 0 else np.nan,
                    "delta": float(delta.mean()),
                    "delta_low": low,
                    "delta_high": high,
                    "p": flip_test(delta, reference["group"].to_numpy(dtype=str), seed),
                }
            )
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.assign(p_holm=holm(table["p"].to_numpy(dtype=np.float64)))


_COLUMNS = ["model", "trained_on", "against", "against_trained_on", "n_records", "n_groups",
            "ratio", "delta", "delta_low", "delta_high", "p"]  # fmt: skip
