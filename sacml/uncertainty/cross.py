"""CV+ and jackknife+ with whole groups left out: intervals that keep the fold models.

Barber, Candès, Ramdas and Tibshirani, "Predictive inference with the jackknife+", Annals of
Statistics 49, 486 (2021), doi:10.1214/20-AOS1965, arXiv:1905.02928. The upper end is a quantile of
``f_i(x) + r_i`` and the lower one of ``f_i(x) - r_i``, where ``f_i`` is the model that did not see
the group of record i and ``r_i`` its absolute residual there; records are weighted by group as in
`sacml.uncertainty.quantile` (the hierarchical jackknife+ of Lee, Barber and Willett,
arXiv:2306.06342). One group a fold is the jackknife+, several are CV+.

The interval follows how much the fold models disagree at a candidate. What is guaranteed for
exchangeable groups is ``2 level - 1``; it is usually near `level`. Every fold model predicts every
candidate, so this is for short lists; a pool is scored with `Calibration`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.uncertainty.quantile import (
    CalibrationError,
    absolute_scores,
    group_weights,
    one_sided_scores,
    too_few,
    upper_quantile,
)

_CHUNK = 1000  # candidates at a time; bounds the matrix of records x candidates


class Model(Protocol):
    """A fitted model."""

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict (n,) on the modelling scale."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class CrossConformal:
    """Models of all folds, and what each record's residual was where it was left out.

    Attributes
    ----------
    models
        One per fold.
    fold : (m,) int
        Number of the model that did not see each record.
    residuals : (m,) float64
        Absolute, a bound counted as the value.
    one_sided : (m,) float64
        The same with kept bounds at no cost.
    weights : (m,) float64
        The weights of one group add up to one.
    n_groups
        Number of groups.
    """

    models: tuple[Model, ...]
    fold: NDArray[np.intp]
    residuals: NDArray[np.float64]
    one_sided: NDArray[np.float64]
    weights: NDArray[np.float64]
    n_groups: int

    @classmethod
    def fit(
        cls,
        fit: Callable[[NDArray[np.intp]], Model],
        X: Any,
        y: ArrayLike,
        groups: ArrayLike,
        *,
        bound: ArrayLike | None = None,
        n_folds: int | None = None,
        seed: int = 0,
    ) -> "CrossConformal":
        """Fit a model per fold.

        Parameters
        ----------
        fit
            Gets row numbers, returns a model fitted on those rows.
        X, y
            All rows; y (m,) on the modelling scale.
        groups : (m,)
            What is held out together.
        n_folds
            Number of folds over which the groups are shared at random (CV+); None, or at least
            the number of groups: a fold for each (jackknife+).

        Raises
        ------
        CalibrationError
            With fewer than two groups: nothing can be left out.
        """
        observed = np.asarray(y, dtype=np.float64)
        names, number = np.unique(np.asarray(groups), return_inverse=True)
        if len(names) < 2:
            raise CalibrationError(
                f"CV+ and jackknife+ leave whole groups out and need at least two, got "
                f"{len(names)}; give records of more groups"
            )
        if n_folds is not None and n_folds < 2:
            raise CalibrationError(f"n_folds {n_folds}: at least 2 folds are needed")
        order = np.random.default_rng(seed).permutation(len(names))
        fold = (order % min(n_folds or len(names), len(names)))[number.reshape(-1)]
        models, residual = [], np.empty(len(observed))
        for k in range(fold.max() + 1):
            out = np.flatnonzero(fold == k)
            models.append(fit(np.flatnonzero(fold != k)))
            residual[out] = observed[out] - models[-1].predict(X[out])
        weights, n_groups = group_weights(groups)
        absolute = absolute_scores(residual)
        one_sided = absolute if bound is None else one_sided_scores(residual, bound)
        return cls(tuple(models), fold, absolute, one_sided, weights, n_groups)

    def interval(
        self, X: Any, level: float, *, optimistic: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the interval (n,) of the candidates X, on the modelling scale.

        Both are infinite where the groups are too few for the level, see `remark`.
        """
        predicted = np.stack([model.predict(X) for model in self.models])
        scores = (self.one_sided if optimistic else self.residuals)[:, None]
        low, high = np.empty(predicted.shape[1]), np.empty(predicted.shape[1])
        for start in range(0, predicted.shape[1], _CHUNK):
            part = slice(start, start + _CHUNK)
            middle = predicted[self.fold, part]
            high[part] = upper_quantile(middle + scores, self.weights, self.n_groups, level)
            low[part] = -upper_quantile(scores - middle, self.weights, self.n_groups, level)
        return low, high

    def remark(self, level: float) -> str | None:
        """Say why the interval is infinite, or None where it is finite."""
        return too_few(self.n_groups, level)
