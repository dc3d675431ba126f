"""The score of the release rule itself: selection inside the training part of each fold.

The rule picks the lowest grouped error of many models, so that error is too good: among equal
models the luckiest wins (Cawley and Talbot, Journal of Machine Learning Research 11 (2010) 2079).
Here the rule is applied to the training rows of every outer fold, by inner grouped folds, and what
it picks there is judged on the rows that the outer fold holds out.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sacml.data.splits import Split
from sacml.evaluation.cells import Cell
from sacml.evaluation.fits import fit_folds
from sacml.evaluation.groups import exchangeable_groups, folds_within
from sacml.evaluation.metrics import one_sided_error
from sacml.evaluation.select import winner
from sacml.models.described import Described

INNER_FOLDS = 5


def inner_scores(
    described: Described,
    split: Split,
    cell: Cell,
    inner_folds: int = INNER_FOLDS,
    blocks: int | None = None,
) -> pd.DataFrame:
    """Score one model inside the training rows of every outer fold.

    The inner folds of an outer fold are the same for every model.

    Parameters
    ----------
    blocks
        Share the outer folds over so many blocks of whole groups: the score of all folds of a block
        comes from the rows outside the block, which are fewer than the training rows of the fold
        and never its held-out ones. None: every outer fold has a score of its own.

    Returns
    -------
    DataFrame
        outer, model, trained_on, rows, mae, n_records, n_groups; an outer fold whose training rows
        hold fewer than two groups to test has no rows.
    """
    groups = exchangeable_groups(described, split)
    mask = described.trained_on(cell.trained_on)
    rows: list[dict[str, Any]] = []
    for train, names in _outer(described, split, cell.seed, blocks):
        inner = folds_within(described, split.name, inner_folds, cell.seed, train)
        inner = tuple(f for f in inner if mask[f.train].any())
        tested, errors = [], []
        for fold, found in fit_folds(
            described, cell.model, cell.seed, inner, mask, groups, spread=False
        ):
            tested.append(fold.test)
            errors.append(one_sided_error(described.y[fold.test], found.middle,
                                          described.bound[fold.test]))  # fmt: skip
        for name in names if tested else ():
            rows += _scores(described, groups, np.concatenate(tested), np.concatenate(errors),
                            {"outer": name, "model": cell.model,
                             "trained_on": cell.trained_on})  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _outer(
    described: Described, split: Split, seed: int, blocks: int | None
) -> list[tuple[NDArray[np.intp], list[str]]]:
    """Rows that a selection may see, and the outer folds that it is made for."""
    alone = [(fold.train, [fold.group]) for fold in split.folds]
    if blocks is None or blocks >= len(split):
        return alone
    found: list[tuple[NDArray[np.intp], list[str]]] = [
        (b.train, []) for b in folds_within(described, split.name, blocks, seed)
    ]
    for fold, own in zip(split.folds, alone, strict=True):
        # a random fold is no union of groups: it lies in no block and keeps its own selection
        home = [names for train, names in found if not np.isin(fold.test, train).any()
                and np.isin(train, fold.train).all()]  # fmt: skip
        if home:
            home[0].append(fold.group)
        else:
            found.append(own)
    return [(train, names) for train, names in found if names]


_COLUMNS = ["outer", "model", "trained_on", "rows", "mae", "n_records", "n_groups"]


def _scores(
    described: Described,
    groups: NDArray[np.str_],
    rows: NDArray[np.intp],
    error: NDArray[np.float64],
    labels: dict[str, str],
) -> list[dict[str, Any]]:
    found = []
    for judged, kept in (("sac", described.is_sac[rows]), ("all", np.ones(len(rows), dtype=bool))):
        if kept.any():
            found.append(labels | {
                "rows": judged,
                "mae": float(error[kept].mean()),
                "n_records": int(kept.sum()),
                "n_groups": len(np.unique(groups[rows[kept]])),
            })  # fmt: skip
    return found


def picks(inner: pd.DataFrame, outer: Sequence[str], min_sac_groups: int) -> pd.DataFrame:
    """Apply the rule to the inner scores of every outer fold.

    Returns
    -------
    DataFrame
        outer, model, trained_on, rows, inner_mae. Where the inner folds could not be made, the
        constant trained on all rows is taken, and `rows` is empty.
    """
    found = []
    for name in outer:
        part = inner[inner["outer"] == name]
        if part.empty:
            found.append((name, "constant", "all", "", np.nan))
            continue
        _, rows, best = winner(part, min_sac_groups)
        found.append((name, best["model"], best["trained_on"], rows, float(best["mae"])))
    return pd.DataFrame(found, columns=["outer", "model", "trained_on", "rows", "inner_mae"])


def rule_predictions(predictions: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Held-out rows of what the rule picked in each outer fold, as those of a model "rule".

    Parameters
    ----------
    predictions
        Held-out rows of all models under the split.
    chosen
        From `picks`.

    Notes
    -----
    The spread is left out: that of one model does not normalise the residuals of another.
    """
    keys = chosen.rename(columns={"outer": "fold"})[["fold", "model", "trained_on"]]
    rule = predictions.merge(keys, on=["fold", "model", "trained_on"], how="inner")
    return rule.assign(picked=rule["model"] + " on " + rule["trained_on"], model="rule",
                       trained_on="", spread=np.nan)  # fmt: skip
