"""What a surrogate answers, in columns."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.uncertainty.domain import Applicability
from sacml.uncertainty.reasons import reasons

if TYPE_CHECKING:
    from sacml.features import CandidateTable


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """One target of n candidates; the order is that of the table that was asked about.

    Attributes
    ----------
    target, unit, level
        Name and unit of the target; probability of the interval.
    value, lower, upper
        (n,) float64 in `unit`; the ends are infinite where the calibration is too small.
    in_domain
        (n,) bool.
    flags
        (n,) uint32, bits of `sacml.uncertainty.domain.Flag`; `reasons` puts them in words.
    model_version
        Version of the surrogate.
    n_calibration_groups
        Number of held-out groups behind the interval.
    spread
        (n,) float64 on the modelling scale, standard deviation of the model; over the possible
        shells too where the shell is unknown. None where the model gives none.
    """

    target: str
    unit: str
    level: float
    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    in_domain: NDArray[np.bool_]
    flags: NDArray[np.uint32]
    model_version: str
    n_calibration_groups: int
    spread: NDArray[np.float64] | None = field(default=None, kw_only=True)
    _table: "CandidateTable" = field(repr=False)
    _domain: Applicability = field(repr=False)
    _remark: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        n = len(self._table)
        for name in ("value", "lower", "upper", "in_domain", "flags", "spread"):
            array = getattr(self, name)
            if array is None:
                continue
            if array.shape != (n,):
                raise ValueError(f"{name} has shape {array.shape} for {n} candidates")
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.value)

    def reasons(self, i: int) -> tuple[str, ...]:
        """Say in words what is unusual about row `i`; what breaks the domain stands first."""
        table = self._table
        modifier = table.modifiers[table.modifier_index[i]]
        return reasons(int(self.flags[i]), table.candidate(i), modifier, self._domain, self._remark)

    def frame(self) -> Any:
        """Return a pandas data frame: value, lower, upper with their unit, in_domain, flags."""
        import pandas as pd

        from sacml.domain import target

        column = target(self.target).column
        return pd.DataFrame(
            {
                column: self.value,
                f"lower_{column}": self.lower,
                f"upper_{column}": self.upper,
                "in_domain": self.in_domain,
                "flags": self.flags,
            }
        )
