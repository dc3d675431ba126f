"""One cell of an evaluation: a model, its training rows, a split and a seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sacml.data.splits import Fold, Split
from sacml.evaluation.fits import fit_folds, readable_folds
from sacml.evaluation.groups import exchangeable_groups
from sacml.evaluation.held_out import HeldOut
from sacml.models.described import Described
from sacml.models.epochs import Epoch


@dataclass(frozen=True, slots=True)
class Cell:
    """What is evaluated on its own, and can be computed anywhere."""

    split: str
    model: str
    trained_on: str
    seed: int


def trainable(
    described: Described, split: Split, which: str, refused: Mapping[int, str] | None = None
) -> tuple[list[Fold], list[str]]:
    """Folds with a row to train on, and the groups of those without.

    `refused` are rows that a model cannot read; a fold then needs a row to test as well.
    """
    mask = described.trained_on(which)
    kept = [f for f in readable_folds(split.folds, mask, refused or {}) if mask[f.train].any()]
    there = {fold.group for fold in kept}
    return kept, [fold.group for fold in split.folds if fold.group not in there]


def left_out(model: str, described: Described, refused: Mapping[int, str]) -> str:
    """Say which rows a model cannot read, and why."""
    reasons: dict[str, list[str]] = {}
    for i, why in refused.items():
        reasons.setdefault(why.partition(";")[0], []).append(described.records[i].record_id)
    n, rest = len(described), len(described) - len(refused)
    listed = "; ".join(f"{why} ({', '.join(ids)})" for why, ids in reasons.items())
    return (
        f"{model} stands on {rest} of {n} rows, and each comparison with it on those; no structure "
        f"of the other {len(refused)} can be built: {listed}"
    )


def no_rows(split: Split, without: Sequence[str]) -> str:
    """Say which folds cannot be trained."""
    return f"{len(without)} of {len(split)} folds have no row to train on: " + ", ".join(without)


def run_cell(
    described: Described,
    split: Split,
    cell: Cell,
    *,
    domain: bool = False,
    on_fold: Callable[[str, float, int, Cell], None] | None = None,
    on_epoch: Callable[[str, Epoch, Cell], None] | None = None,
) -> pd.DataFrame:
    """Fit and predict every fold that can be trained; one row per held-out record.

    Parameters
    ----------
    on_fold
        Called with fold, one-sided mean absolute error, number of test rows and the cell.
    on_epoch
        Called with fold, epoch and the cell after every epoch of a model that has any.
    """
    groups = exchangeable_groups(described, split)
    mask = described.trained_on(cell.trained_on)
    kept, _ = trainable(described, split, cell.trained_on)
    out = HeldOut(described, split.name, groups)

    def tell(fold: str, epoch: Epoch) -> None:
        if on_epoch is not None:
            on_epoch(fold, epoch, cell)

    found_folds = fit_folds(
        described, cell.model, cell.seed, kept, mask, groups, domain=domain,
        on_epoch=tell if on_epoch else None,
    )  # fmt: skip
    for fold, found in found_folds:
        out.add(fold, found)
        if on_fold is not None:
            mae = float(out.errors(fold.test, found.middle).mean())
            on_fold(fold.group, mae, len(fold.test), cell)
    return out.table(cell.model, cell.trained_on, cell.seed)
