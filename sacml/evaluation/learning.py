"""Learning curves over whole groups: grouped error against what a model was taught."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sacml.data.splits import Fold
from sacml.evaluation.cells import Cell
from sacml.evaluation.fits import fit_folds
from sacml.evaluation.groups import exchangeable_groups, folds_within, make_splits
from sacml.evaluation.metrics import one_sided_error
from sacml.models.described import Described

N_SIZES = 6
SMALLEST = 3
"""Fewest groups that a point of the curve is trained on."""
FOLDS = 5


def learning_curve(
    described: Described, cell: Cell, n_orders: int = 5, n_sizes: int = N_SIZES, folds: int = FOLDS
) -> pd.DataFrame:
    """Train on the first groups of random orders and test on held-out groups.

    In every order the groups are shared over `folds` test folds; the training groups of a fold are
    shuffled and the first 3, ..., all of them are trained on. Orders and folds depend on the seed
    of the cell alone, so that models are compared on the same subsets.

    Returns
    -------
    DataFrame
        model, trained_on, order, share (of the training groups), n_groups and n_records trained
        on, record_id, group, is_sac, error (one-sided, modelling scale): one row per held-out
        record, order and size.
    """
    made, _ = make_splits(described, [cell.split], cell.seed)
    mask = described.trained_on(cell.trained_on)
    groups = (
        exchangeable_groups(described, made[cell.split])
        if cell.split in made
        else np.array([r.source_group for r in described.records])
    )
    taught = max(SMALLEST + 1, round(len(np.unique(groups)) * (folds - 1) / folds))
    shares = np.geomspace(SMALLEST, taught, n_sizes) / taught
    frames = []
    for order in range(n_orders):
        outer = folds_within(described, cell.split, folds, cell.seed + 1000 * order)
        for k, fold in enumerate(outer):
            for share, smaller in _subsets(fold, groups, mask, shares, cell.seed + order, k):
                for part, found in fit_folds(
                    described, cell.model, cell.seed, [smaller], mask, groups, spread=False
                ):
                    frames.append(_rows(described, cell, groups, order, share, mask, part, found))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)


_COLUMNS = ["model", "trained_on", "order", "share", "n_groups", "n_records", "record_id", "group",
            "is_sac", "error"]  # fmt: skip


def _subsets(
    fold: Fold,
    groups: NDArray[np.str_],
    mask: NDArray[np.bool_],
    shares: NDArray[np.float64],
    seed: int,
    k: int,
) -> list[tuple[float, Fold]]:
    """The fold with the first groups of one order, for each share of the groups that teach."""
    taught = fold.train[mask[fold.train]]
    names = np.unique(groups[taught])
    shuffled = np.random.default_rng([seed, k]).permutation(names)
    found = []
    for share in shares:
        n = max(1, round(share * len(names)))
        train = taught[np.isin(groups[taught], shuffled[:n])]
        if train.size:
            found.append((float(share), Fold(train, fold.test, fold.group)))
    return found


def _rows(
    described: Described, cell: Cell, groups: NDArray[np.str_], order: int, share: float,
    mask: NDArray[np.bool_], fold: Fold, found: Any,
) -> pd.DataFrame:  # fmt: skip
    test = fold.test
    return pd.DataFrame(
        {
            "model": cell.model,
            "trained_on": cell.trained_on,
            "order": order,
            "share": share,
            "n_groups": len(np.unique(groups[fold.train])),
            "n_records": len(fold.train),
            "record_id": [described.records[i].record_id for i in test],
            "group": groups[test],
            "is_sac": described.is_sac[test],
            "error": one_sided_error(described.y[test], found.middle, described.bound[test]),
        }
    )


def curve_points(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean error per model and share: n_groups, n_records (means), mae, and its range over orders.

    Returns
    -------
    DataFrame
        model, trained_on, share, n_groups, n_records, mae, mae_low, mae_high.
    """
    keys = ["model", "trained_on", "share"]
    by_order = rows.groupby([*keys, "order"], as_index=False, sort=False).agg(
        n_groups=("n_groups", "mean"), n_records=("n_records", "mean"), mae=("error", "mean")
    )
    return by_order.groupby(keys, as_index=False, sort=False).agg(
        n_groups=("n_groups", "mean"),
        n_records=("n_records", "mean"),
        mae=("mae", "mean"),
        mae_low=("mae", "min"),
        mae_high=("mae", "max"),
    )
