"""Held-out predictions of one model with their intervals, collected fold by fold."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sacml.data.splits import Fold
from sacml.domain import target as find_target
from sacml.evaluation.metrics import one_sided_error
from sacml.evaluation.select import enough_sac
from sacml.models.described import Described
from sacml.uncertainty.grouped import Calibration


@dataclass(eq=False)
class HeldOut:
    """Held-out predictions of one model, collected fold by fold."""

    described: Described
    split: str
    groups: NDArray[np.str_]
    rows: list[NDArray[np.intp]] = field(default_factory=list)
    found: list[tuple[NDArray[np.float64], ...]] = field(default_factory=list)
    folds: list[str] = field(default_factory=list)

    def add(self, fold: Fold, found: tuple[NDArray[np.float64], ...]) -> None:
        """Keep mean, smallest and largest prediction of the test rows of a fold."""
        self.rows.append(fold.test)
        self.found.append(found)
        self.folds += [fold.group] * len(fold.test)

    def errors(self, rows: NDArray[np.intp], middle: NDArray[np.float64]) -> NDArray[np.float64]:
        """One-sided errors on the modelling scale."""
        d = self.described
        return one_sided_error(d.y[rows], middle, d.bound[rows])

    def frame(self, model: str, which: str, level: float, min_sac_groups: int) -> pd.DataFrame:
        """One row per held-out record, with intervals from the other groups."""
        d, rows = self.described, np.concatenate(self.rows)
        middle, low, high = (np.concatenate(v) for v in zip(*self.found, strict=True))
        residual, groups, sac = d.y[rows] - middle, self.groups[rows], d.is_sac[rows]
        half = _half_widths(residual, groups, sac, level, min_sac_groups)
        low, high = low - half, high + half
        kind = find_target(d.target)
        columns: dict[str, Any] = {
            "model": model,
            "trained_on": which,
            "split": self.split,
            "fold": self.folds,
            "group": groups,
            "record_id": [d.records[i].record_id for i in rows],
            "is_sac": sac,
            "bound": d.bound[rows],
            "observed": [d.records[i].value for i in rows],
            "predicted": kind.inverse(middle),
            "lower": kind.inverse(low),
            "upper": kind.inverse(high),
            "error": self.errors(rows, middle),
            "residual": residual,
            "width": high - low,
            "covered": (low <= d.y[rows]) & (d.y[rows] <= high),
        }
        return pd.DataFrame(columns)


def _half_widths(
    residual: NDArray[np.float64],
    groups: NDArray[np.str_],
    sac: NDArray[np.bool_],
    level: float,
    min_sac_groups: int,
) -> NDArray[np.float64]:
    """Half width for every row (n,) from the residuals of the other groups."""
    half = np.empty(len(residual))
    sites_alone = enough_sac(sac, groups, min_sac_groups)
    for group in np.unique(groups):
        here = groups == group
        for kind in (True, False):
            mine = here & (sac == kind)
            if mine.any():
                others = ~here & sac if kind and sites_alone else ~here
                half[mine] = Calibration.of(residual[others], groups[others]).half_width(level)
    return half
