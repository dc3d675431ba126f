"""Fitted models as plain arrays or an ONNX graph: what is stored, and what predicts.

No scikit-learn here. A predictor reads the columns it names of a descriptor matrix (float32) and
returns float64 on the modelling scale.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from sacml.models.arrays import check_array, check_columns, check_ends
from sacml.models.kernel_predictor import KernelPredictor
from sacml.models.rows import match_rows
from sacml.models.trees_predictor import TreesPredictor

Arrays = dict[str, NDArray[Any]]


class Predictor(Protocol):
    """One stored kind of model.

    Those that know how sure they are also have ``spread(Z) -> (n,)``, a standard deviation on the
    modelling scale; ask with ``getattr(predictor, "spread", None)``. One with a true attribute
    ``reads_candidates`` predicts a `CandidateTable` of known shells in place of Z; its columns are
    those that say the same as what it reads.
    """

    kind: ClassVar[str]

    @property
    def columns(self) -> NDArray[np.intp]:
        """Columns of the descriptor matrix that are read."""
        ...

    def predict(self, Z: Any, /) -> NDArray[np.float64]:
        """Predict from those columns (n, len(columns)) float32 -> (n,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ConstantPredictor:
    """One value for everything: `value` (1,) float64."""

    value: NDArray[np.float64]
    kind: ClassVar[str] = "constant"

    def __post_init__(self) -> None:
        check_array("value", self.value, "float64", (1,))

    @property
    def columns(self) -> NDArray[np.intp]:
        """No column is read."""
        return np.empty(0, dtype=np.int64)

    def predict(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Repeat the value."""
        return np.full(len(Z), self.value[0])


@dataclass(frozen=True, slots=True, eq=False)
class GroupMeanPredictor:
    """Means (k,) float64 of the rows whose key columns equal `keys` (k, c) float32."""

    columns: NDArray[np.intp]
    keys: NDArray[np.float32]
    means: NDArray[np.float64]
    overall: NDArray[np.float64]
    kind: ClassVar[str] = "group_mean"

    def __post_init__(self) -> None:
        check_columns(self.columns)
        check_array("keys", self.keys, "float32", (None, len(self.columns)))
        check_array("means", self.means, "float64", (len(self.keys),))
        check_array("overall", self.overall, "float64", (1,))

    def predict(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Look the rows up; the overall mean where no key fits."""
        if not len(self.means):
            return np.full(len(Z), self.overall[0])
        found = match_rows(self.keys, Z)
        return np.where(found >= 0, self.means[found], self.overall[0])


@dataclass(frozen=True, slots=True, eq=False)
class LinearPredictor:
    """``intercept + (clip(Z, low, high) - centre) @ coefficients``; all float64.

    `low` and `high` are the ends of each column in training: a line is not followed beyond them.
    """

    columns: NDArray[np.intp]
    centre: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    kind: ClassVar[str] = "linear"

    def __post_init__(self) -> None:
        check_columns(self.columns)
        check_array("centre", self.centre, "float64", (len(self.columns),))
        check_array("coefficients", self.coefficients, "float64", (len(self.columns),))
        check_array("intercept", self.intercept, "float64", (1,))
        check_array("low", self.low, "float64", (len(self.columns),))
        check_array("high", self.high, "float64", (len(self.columns),))
        check_ends(self.low, self.high)

    def predict(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Evaluate the line."""
        inside = np.clip(Z.astype(np.float64), self.low, self.high)
        return self.intercept[0] + (inside - self.centre) @ self.coefficients


PREDICTORS: dict[str, Any] = {
    p.kind: p
    for p in (
        ConstantPredictor, GroupMeanPredictor, LinearPredictor, TreesPredictor, KernelPredictor,
    )
}  # fmt: skip
