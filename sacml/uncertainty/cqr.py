"""Conformalised quantile regression (CQR) over groups.

Romano, Patterson and Candès, "Conformalized quantile regression", NeurIPS 2019, arXiv:1905.03222:
two models give a lower and an upper quantile, and both ends are moved by one calibrated amount,
the quantile of ``max(lower - y, y - upper)`` over held-out records; it may be negative. Records
are weighted by group as in `sacml.uncertainty.quantile`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.uncertainty.quantile import (
    CalibrationError,
    group_weights,
    one_sided_scores,
    too_few,
    upper_quantile,
)


@dataclass(frozen=True, slots=True, eq=False)
class QuantileCalibration:
    """How far held-out records lie outside a pair of predicted quantiles.

    Attributes
    ----------
    scores : (m,) float64
        Distance outside the pair, negative inside; a bound counted as the value (pessimistic).
    one_sided : (m,) float64
        The smallest such distance that the bound allows (optimistic).
    weights : (m,) float64
        The weights of one group add up to one.
    n_groups
        Number of groups.
    """

    scores: NDArray[np.float64]
    one_sided: NDArray[np.float64]
    weights: NDArray[np.float64]
    n_groups: int

    @classmethod
    def of(
        cls,
        lower: ArrayLike,
        upper: ArrayLike,
        observed: ArrayLike,
        groups: ArrayLike,
        *,
        bound: ArrayLike | None = None,
    ) -> "QuantileCalibration":
        """Take held-out quantile predictions and the observed values, all (m,).

        Quantiles that cross are exchanged.
        """
        low, high, y = (np.asarray(v, dtype=np.float64) for v in (lower, upper, observed))
        weights, n_groups = group_weights(groups)
        if not low.shape == high.shape == y.shape == weights.shape:
            raise CalibrationError(
                f"{low.shape} lower and {high.shape} upper quantiles for {y.shape} values and "
                f"{weights.shape} groups"
            )
        if not (np.isfinite(low) & np.isfinite(high) & np.isfinite(y)).all():
            raise CalibrationError("quantiles and observed values must be finite")
        middle, half = (low + high) / 2, np.abs(high - low) / 2
        outside = np.abs(y - middle) - half
        one_sided = outside
        if bound is not None:
            one_sided = one_sided_scores(y - middle, bound) - half
        return cls(outside, one_sided, weights, n_groups)

    def interval(
        self, lower: ArrayLike, upper: ArrayLike, level: float, *, optimistic: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the interval (n,) from a pair of predicted quantiles (n,).

        An interval that the calibration would turn inside out is its middle.
        """
        low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        scores = self.one_sided if optimistic else self.scores
        move = upper_quantile(scores, self.weights, self.n_groups, level)
        middle, half = (low + high) / 2, np.maximum(np.abs(high - low) / 2 + move, 0.0)
        return middle - half, middle + half

    def remark(self, level: float) -> str | None:
        """Say why the interval is infinite, or None where it is finite."""
        return too_few(self.n_groups, level)
