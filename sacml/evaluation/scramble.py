"""y-scrambling: how low an error chance alone reaches."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sacml.data.splits import Fold
from sacml.evaluation.cells import Cell
from sacml.evaluation.fits import fit_folds
from sacml.evaluation.groups import exchangeable_groups, folds_within, make_splits
from sacml.evaluation.metrics import one_sided_error
from sacml.models.described import Described

FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Scrambled:
    """Error of a model on the true values and on permuted ones.

    Attributes
    ----------
    mae
        On the true values.
    scrambled : (n,)
        On each permutation.
    p
        Share of permutations, the true order counted in, with an error as low.
    """

    mae: float
    scrambled: NDArray[np.float64]
    p: float


def scramble(described: Described, cell: Cell, n: int = 50, folds: int = FOLDS) -> Scrambled:
    """Permute values together with their bounds within each alkali, and evaluate again.

    The folds hold out whole groups of the cell's split, `folds` of them, the same for all
    permutations. A model that learned nothing, or a leak, shows as a large p; a small p says only
    that the values are not exchangeable within an alkali, which sources alone can bring about.

    Raises
    ------
    SplitError
        If the split cannot be made.
    """
    made, skipped = make_splits(described, [cell.split], cell.seed)
    if skipped:
        from sacml.data.splits import SplitError

        raise SplitError(skipped[cell.split])
    groups = exchangeable_groups(described, made[cell.split])
    parts = folds_within(described, cell.split, folds, cell.seed)
    alkali = np.array([r.alkali for r in described.records])
    rng = np.random.default_rng(cell.seed)
    true = _mae(described, cell, parts, groups)
    found = []
    for _ in range(n):
        order = np.arange(len(described))
        for name in np.unique(alkali):
            mine = np.flatnonzero(alkali == name)
            order[mine] = rng.permutation(mine)
        mixed = replace(described, y=described.y[order], bound=described.bound[order])
        found.append(_mae(mixed, cell, parts, groups))
    low = sum(value <= true + 1e-12 for value in found)
    return Scrambled(true, np.array(found), (low + 1) / (n + 1))


def _mae(
    described: Described, cell: Cell, folds: tuple[Fold, ...], groups: NDArray[np.str_]
) -> float:
    mask = described.trained_on(cell.trained_on)
    kept = [f for f in folds if mask[f.train].any()]
    errors = [
        one_sided_error(described.y[fold.test], found.middle, described.bound[fold.test])
        for fold, found in fit_folds(
            described, cell.model, cell.seed, kept, mask, groups, spread=False
        )
    ]
    return float(np.concatenate(errors).mean())
