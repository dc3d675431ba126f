"""Held-out predictions of one model, collected fold by fold into a table."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sacml.data.splits import Fold
from sacml.domain import target as find_target
from sacml.evaluation.fits import Found
from sacml.evaluation.intervals import with_intervals
from sacml.evaluation.metrics import one_sided_error
from sacml.models.described import Described


@dataclass(eq=False)
class HeldOut:
    """Held-out predictions of one model, collected fold by fold."""

    described: Described
    split: str
    groups: NDArray[np.str_]
    rows: list[NDArray[np.intp]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    folds: list[str] = field(default_factory=list)

    def add(self, fold: Fold, found: Found) -> None:
        """Keep what a model says about the test rows of a fold."""
        self.rows.append(fold.test)
        self.found.append(found)
        self.folds += [fold.group] * len(fold.test)

    def errors(self, rows: NDArray[np.intp], middle: NDArray[np.float64]) -> NDArray[np.float64]:
        """One-sided errors on the modelling scale."""
        d = self.described
        return one_sided_error(d.y[rows], middle, d.bound[rows])

    def table(self, model: str, which: str, seed: int) -> pd.DataFrame:
        """One row per held-out record, without intervals."""
        d, rows = self.described, np.concatenate(self.rows)
        middle = self._joined("middle")
        columns: dict[str, Any] = {
            "model": model,
            "trained_on": which,
            "split": self.split,
            "seed": seed,
            "fold": self.folds,
            "group": self.groups[rows],
            "record_id": [d.records[i].record_id for i in rows],
            "is_sac": d.is_sac[rows],
            "bound": d.bound[rows],
            "observed": [d.records[i].value for i in rows],
            "predicted": find_target(d.target).inverse(middle),
            "error": self.errors(rows, middle),
            "residual": d.y[rows] - middle,
            "middle": middle,
            "shell_low": self._joined("shell_low"),
            "shell_high": self._joined("shell_high"),
            "spread": self._joined("spread"),
        }
        if all(f.flags is not None for f in self.found):
            columns |= {n: self._joined(n) for n in ("flags", "in_domain")}
        return pd.DataFrame(columns)

    def _joined(self, name: str) -> NDArray[Any]:
        return np.concatenate([getattr(f, name) for f in self.found])


def finish(table: pd.DataFrame, target: str, level: float, min_sac_groups: int) -> pd.DataFrame:
    """Add the intervals, on the modelling scale and as lower and upper in the unit."""
    kind, full = find_target(target), with_intervals(table, level, min_sac_groups)
    return full.assign(
        lower=kind.inverse(full["low"].to_numpy()), upper=kind.inverse(full["high"].to_numpy())
    )
