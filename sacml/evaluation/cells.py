"""One cell of an evaluation: a model, its training rows, a split and a seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from sacml.data.splits import Fold, Split
from sacml.evaluation.fits import fit_folds
from sacml.evaluation.groups import exchangeable_groups
from sacml.evaluation.held_out import HeldOut
from sacml.models.described import Described


@dataclass(frozen=True, slots=True)
class Cell:
    """What is evaluated on its own, and can be computed anywhere."""

    split: str
    model: str
    trained_on: str
    seed: int


def trainable(described: Described, split: Split, which: str) -> tuple[list[Fold], list[str]]:
    """Folds with a row to train on, and the groups of those without."""
    mask = described.trained_on(which)
    kept = [fold for fold in split.folds if mask[fold.train].any()]
    return kept, [fold.group for fold in split.folds if not mask[fold.train].any()]


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
) -> pd.DataFrame:
    """Fit and predict every fold that can be trained; one row per held-out record.

    Parameters
    ----------
    on_fold
        Called with fold, one-sided mean absolute error, number of test rows and the cell.
    """
    groups = exchangeable_groups(described, split)
    mask = described.trained_on(cell.trained_on)
    kept, _ = trainable(described, split, cell.trained_on)
    out = HeldOut(described, split.name, groups)
    found_folds = fit_folds(described, cell.model, cell.seed, kept, mask, groups, domain=domain)
    for fold, found in found_folds:
        out.add(fold, found)
        if on_fold is not None:
            mae = float(out.errors(fold.test, found.middle).mean())
            on_fold(fold.group, mae, len(fold.test), cell)
    return out.table(cell.model, cell.trained_on, cell.seed)
