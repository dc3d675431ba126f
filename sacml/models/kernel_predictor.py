"""A fitted Gaussian process as arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sacml.errors import ModelFileError
from sacml.models.arrays import check_array, check_columns, check_ends
from sacml.models.kernels import FORMS, LINEAR, Floats, SumKernel


@dataclass(frozen=True, slots=True, eq=False)
class KernelPredictor:
    """``level + k(Z, support) @ weights`` with the sum of covariance terms of `SumKernel`.

    Attributes
    ----------
    member : (b, c) bool; form : (b,) int64; variance, length : (b,) float64; constant : (1,)
        The terms.
    centre, scale, low, high : (c,) float64
        Standardisation of the columns, and their ends in training, beyond which a linear term is
        not followed.
    support : (n, c) float64
        Standardised training rows.
    weights : (n,) float64; root : (n, n) float64
        ``root.T @ root`` is the inverse of the covariance of the training values.
    level, beyond : (1,) float64
        Mean of the training values; variance of a new measurement in a new group.
    """

    columns: NDArray[np.intp]
    member: NDArray[np.bool_]
    form: NDArray[np.int64]
    variance: Floats
    length: Floats
    constant: Floats
    centre: Floats
    scale: Floats
    low: Floats
    high: Floats
    support: Floats
    weights: Floats
    root: Floats
    level: Floats
    beyond: Floats
    kind: ClassVar[str] = "kernel"

    def __post_init__(self) -> None:
        check_columns(self.columns)
        c, b, n = len(self.columns), len(self.form), len(self.support)
        check_array("member", self.member, "bool", (b, c))
        check_array("form", self.form, "int64", (b,))
        for name, shape in (
            ("variance", (b,)), ("length", (b,)), ("constant", (1,)), ("centre", (c,)),
            ("scale", (c,)), ("low", (c,)), ("high", (c,)), ("support", (n, c)),
            ("weights", (n,)), ("root", (n, n)), ("level", (1,)), ("beyond", (1,)),
        ):  # fmt: skip
            check_array(name, getattr(self, name), "float64", shape)
        check_ends(self.low, self.high)
        if not np.isin(self.form, list(FORMS.values())).all():
            raise ModelFileError("array 'form' holds an unknown form of a covariance term")
        if (self.scale <= 0).any() or (self.length <= 0).any():
            raise ModelFileError("array 'scale' or 'length' holds a value that is not positive")
        variances = (self.variance, self.constant, self.beyond)
        if any((v < 0).any() for v in variances) or not self.member.any(axis=1).all():
            raise ModelFileError("a covariance term has a negative variance or no column")

    def _kernel(self) -> SumKernel:
        return SumKernel(self.member, self.form, self.variance, self.length, self.constant[0])

    def _standardise(self, Z: NDArray[np.floating]) -> Floats:
        free = self.member[self.form != LINEAR].any(axis=0)
        X = Z.astype(np.float64)
        inside = np.where(free, X, np.clip(X, self.low, self.high))
        return (inside - self.centre) / self.scale

    def predict(self, Z: NDArray[np.floating]) -> Floats:
        """Posterior mean (n,)."""
        out, kernel = np.empty(len(Z)), self._kernel()
        for rows in _pieces(len(Z)):
            A = self._standardise(Z[rows])
            out[rows] = self.level[0] + kernel(A, self.support) @ self.weights
        return out

    def spread(self, Z: NDArray[np.floating]) -> Floats:
        """Predictive standard deviation (n,) for a new measurement in a new group."""
        out, kernel = np.empty(len(Z)), self._kernel()
        for rows in _pieces(len(Z)):
            A = self._standardise(Z[rows])
            told = kernel(A, self.support) @ self.root.T
            out[rows] = kernel.at(A) - (told**2).sum(axis=1)
        return np.sqrt(np.maximum(out, 0.0) + self.beyond[0])


def _pieces(n: int) -> Iterator[slice]:
    """Rows a few thousand at a time, which bounds the memory of a covariance."""
    return (slice(start, start + _PIECE) for start in range(0, n, _PIECE))


_PIECE = 4096
