"""Fitted models as plain arrays or an ONNX graph: what is stored, and what predicts.

No scikit-learn here. A predictor reads the columns it names of a descriptor matrix (float32) and
returns float64 on the modelling scale.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from sacml.errors import ModelFileError
from sacml.models.rows import match_rows

Arrays = dict[str, NDArray[Any]]


class Predictor(Protocol):
    """One stored kind of model."""

    kind: ClassVar[str]

    @property
    def columns(self) -> NDArray[np.intp]:
        """Columns of the descriptor matrix that are read."""
        ...

    def predict(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Predict from those columns (n, len(columns)) -> (n,)."""
        ...


def _check(name: str, array: NDArray[Any], dtype: str, shape: tuple[int | None, ...]) -> None:
    if array.dtype != np.dtype(dtype):
        raise ModelFileError(f"array {name!r} is {array.dtype}, expected {dtype}")
    fits = array.ndim == len(shape) and all(
        s is None or s == a for s, a in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise ModelFileError(f"array {name!r} has shape {array.shape}, expected {shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelFileError(f"array {name!r} holds values that are not finite")
    array.flags.writeable = False


def _check_columns(columns: NDArray[np.intp]) -> None:
    _check("columns", columns, "int64", (None,))
    if (columns < 0).any() or np.unique(columns).size != columns.size:
        raise ModelFileError("array 'columns' holds a negative or repeated column")


@dataclass(frozen=True, slots=True, eq=False)
class ConstantPredictor:
    """One value for everything: `value` (1,) float64."""

    value: NDArray[np.float64]
    kind: ClassVar[str] = "constant"

    def __post_init__(self) -> None:
        _check("value", self.value, "float64", (1,))

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
        _check_columns(self.columns)
        _check("keys", self.keys, "float32", (None, len(self.columns)))
        _check("means", self.means, "float64", (len(self.keys),))
        _check("overall", self.overall, "float64", (1,))

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
        _check_columns(self.columns)
        _check("centre", self.centre, "float64", (len(self.columns),))
        _check("coefficients", self.coefficients, "float64", (len(self.columns),))
        _check("intercept", self.intercept, "float64", (1,))
        _check("low", self.low, "float64", (len(self.columns),))
        _check("high", self.high, "float64", (len(self.columns),))
        if (self.low > self.high).any():
            raise ModelFileError("low lies above high in a column of the linear model")

    def predict(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Evaluate the line."""
        inside = np.clip(Z.astype(np.float64), self.low, self.high)
        return self.intercept[0] + (inside - self.centre) @ self.coefficients


@dataclass(frozen=True, slots=True, eq=False)
class TreesPredictor:
    """A tree ensemble as one ONNX graph, run by onnxruntime on two threads."""

    columns: NDArray[np.intp]
    onnx: bytes
    kind: ClassVar[str] = "trees"
    _session: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_columns(self.columns)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(
                self.onnx, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises several types of its own
            raise ModelFileError(f"model.onnx cannot be read: {error}") from None
        inputs, outputs = session.get_inputs(), session.get_outputs()
        shape = [len(self.columns)]
        if len(inputs) != 1 or len(outputs) != 1 or list(inputs[0].shape[1:]) != shape:
            raise ModelFileError(
                f"model.onnx takes {[i.shape for i in inputs]}, expected one matrix of "
                f"{len(self.columns)} columns"
            )
        object.__setattr__(self, "_session", session)

    def predict(self, Z: NDArray[np.float32]) -> NDArray[np.float64]:
        """Run the graph."""
        if not len(Z):
            return np.empty(0)
        name = self._session.get_inputs()[0].name
        (out,) = self._session.run(None, {name: np.ascontiguousarray(Z, dtype=np.float32)})
        return np.asarray(out, dtype=np.float64).reshape(-1)


PREDICTORS: dict[str, Any] = {
    p.kind: p for p in (ConstantPredictor, GroupMeanPredictor, LinearPredictor, TreesPredictor)
}
