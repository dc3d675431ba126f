"""Records as numbers, the same way for fitting, for evaluation and for the surrogate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.domain import target as find_target
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.data import Record
    from sacml.features import CandidateTable

# The last digits of a logarithm differ between processors, and a tree whose splits are equally good
# takes the one that they favour: without this a forest would differ from machine to machine.
Y_DECIMALS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Records of one target with their descriptors.

    Attributes
    ----------
    table
        The candidates, shells as printed.
    X : (n, p) float32
        One row per record; a record of unknown shell has the mean over its possible shells.
    X_shells : (m, p) float32
        One row per record and possible shell, in order of the records.
    first, weight
        First of those rows per record (n,), and the weight of each (m,).
    y : (n,) float64
        Values on the modelling scale, to 9 decimals.
    bound, is_sac : (n,)
        Word of `BOUNDS`; whether the record is a single- or dual-atom site.
    """

    target: str
    records: "tuple[Record, ...]"
    table: "CandidateTable"
    X: NDArray[np.float32]
    X_shells: NDArray[np.float32]
    first: NDArray[np.intp]
    weight: NDArray[np.float64]
    y: NDArray[np.float64]
    bound: NDArray[np.str_]
    is_sac: NDArray[np.bool_]

    @classmethod
    def of(cls, records: "Sequence[Record]", target: str) -> "Described":
        """Describe the records of a target; the others, and those not meant for fits, are left out.

        Raises
        ------
        SacmlError
            If none is left, or energies of several references or levels of theory are mixed.
        """
        from sacml.data.checks import require_poolable
        from sacml.features import CandidateTable, describe

        kind = find_target(target)
        kept = tuple(r for r in records if r.target == target and not r.not_for_fit)
        if not kept:
            raise SacmlError(
                f"none of the {len(records)} records holds a {target} that may be fitted; "
                "give records of that target"
            )
        require_poolable(kept)
        table = CandidateTable.from_records(kept)
        resolved, parent, weight = table.resolve_shells()
        X = describe(resolved)
        first = np.flatnonzero(np.diff(parent, prepend=-1))
        mean = np.add.reduceat(X.astype(np.float64) * weight[:, None], first, axis=0)
        y = kind.forward([r.value for r in kept]).round(Y_DECIMALS)
        bad = [r.record_id for r, v in zip(kept, y, strict=True) if not np.isfinite(v)]
        if bad:
            raise SacmlError(
                f"{target} is modelled on the scale {kind.scale}, which needs values above zero; "
                f"not so in {', '.join(bad[:10])}"
            )
        return cls(
            target=target,
            records=kept,
            table=table,
            X=mean.astype(np.float32),
            X_shells=X,
            first=first,
            weight=weight,
            y=y,
            bound=np.array([r.bound for r in kept]),
            is_sac=np.array([r.is_sac for r in kept], dtype=bool),
        )

    def __len__(self) -> int:
        return len(self.records)

    def predict(self, model: Any) -> tuple[NDArray[np.float64], ...]:
        """Mean, smallest and largest prediction over the possible shells of each record (n,)."""
        values = model.predict(self.X_shells)
        return (
            np.add.reduceat(values * self.weight, self.first),
            np.minimum.reduceat(values, self.first),
            np.maximum.reduceat(values, self.first),
        )

    def read_by(self, estimator: Any, rows: NDArray[np.intp]) -> Any:
        """What an estimator fits of some rows: descriptors (k, p), or a table of candidates."""
        reads = getattr(estimator, "reads_candidates", False)
        return self.table.take(rows) if reads else self.X[rows]

    def refused(self, estimator: Any) -> dict[int, str]:
        """Rows that an estimator cannot read -> why."""
        refused = getattr(estimator, "refused", None)
        return {} if refused is None else refused(self.table)

    def trained_on(self, which: str) -> NDArray[np.bool_]:
        """Rows that ``"sac"`` or ``"all"`` stands for (n,)."""
        if which not in TRAINED_ON:
            raise SacmlError(f"trained_on {which!r}: allowed are {', '.join(TRAINED_ON)}")
        return self.is_sac if which == "sac" else np.ones(len(self), dtype=bool)


TRAINED_ON = ("sac", "all")
"""Which rows teach a model: single- and dual-atom sites alone, or every record."""
