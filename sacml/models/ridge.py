"""A linear model on standardised columns; the penalty is chosen by leave-one-out in the fit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV

from sacml.models.base import ColumnRegressor
from sacml.models.predictors import LinearPredictor
from sacml.models.registry import register

ALPHAS = tuple(float(a) for a in np.logspace(-1, 5, 19))


class StandardRidge(ColumnRegressor):
    """Ridge regression on columns of zero mean and unit variance.

    In a prediction a column beyond its range in training counts as the end of that range: with
    tens of rows a line says nothing about a metal-free host or a shell of another size, and
    following it there gives energies of no physical meaning.

    Parameters
    ----------
    columns : sequence of int or str, optional
        Columns to read; None takes all.
    alphas : sequence of float
        Penalties to choose from by efficient leave-one-out (`sklearn.linear_model.RidgeCV`).
    """

    def __init__(
        self, columns: Sequence[int | str] | None = None, alphas: Sequence[float] = ALPHAS
    ) -> None:
        self.columns = columns
        self.alphas = alphas

    def _fit(self, X: NDArray[Any], y: NDArray[np.float64], bound: Any, groups: Any) -> None:
        X = X.astype(np.float64)
        self.centre_, self.low_, self.high_ = X.mean(axis=0), X.min(axis=0), X.max(axis=0)
        scale = X.std(axis=0)
        # a column that does not vary teaches nothing; float32 noise must not be blown up
        flat = scale <= 1e-6 * np.maximum(1.0, np.abs(self.centre_))
        self.coef_ = np.zeros(X.shape[1])
        self.intercept_, self.alpha_ = float(y.mean()), np.inf
        if len(y) < 3 or flat.all():  # leave-one-out needs two rows to fit and one to test
            return
        ridge = RidgeCV(alphas=np.asarray(self.alphas, dtype=np.float64))
        ridge.fit((X[:, ~flat] - self.centre_[~flat]) / scale[~flat], y)
        self.coef_[~flat] = ridge.coef_ / scale[~flat]
        self.intercept_, self.alpha_ = float(ridge.intercept_), float(ridge.alpha_)

    def _predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        inside = np.clip(X.astype(np.float64), self.low_, self.high_)
        return self.intercept_ + (inside - self.centre_) @ self.coef_

    def predictor(self) -> LinearPredictor:
        """Return the fitted model without scikit-learn; columns without effect are dropped."""
        used = self.coef_ != 0
        return LinearPredictor(
            self.columns_[used],
            self.centre_[used],
            self.coef_[used],
            np.array([self.intercept_]),
            self.low_[used],
            self.high_[used],
        )


@register("ridge")
def _ridge(seed: int, feature_names: Sequence[str]) -> StandardRidge:
    return StandardRidge()
