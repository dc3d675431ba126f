"""Extremely randomised trees on what is left after the mean of each category."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

from sacml.models.samples.offsets import category_of, offsets, one_hots


class OffsetTrees(RegressorMixin, BaseEstimator):
    """`sklearn.ensemble.ExtraTreesRegressor` on residuals from the mean per category.

    Parameters
    ----------
    category : int, optional
        Column with the number of the category, below 0 for one never seen; None: there is one.
    n_estimators, min_samples_leaf, max_features
        As in scikit-learn.
    random_state : int, optional
        Seed.
    """

    def __init__(
        self,
        category: int | None = None,
        n_estimators: int = 300,
        min_samples_leaf: int = 1,
        max_features: float = 0.6,
        random_state: int | None = None,
    ) -> None:
        self.category = category
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "OffsetTrees":
        """Fit on X (n, p) and y (n,)."""
        X, y = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
        codes = category_of(X, self.category)
        self.offsets_, residual = offsets(codes, np.asarray(y, dtype=np.float64))
        self.forest_ = ExtraTreesRegressor(
            n_estimators=self.n_estimators,
            min_samples_leaf=self.min_samples_leaf,
            max_features=self.max_features,
            random_state=self.random_state,
            n_jobs=1,
        ).fit(self._design(X, codes), residual)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        codes = category_of(X, self.category)
        codes = np.where(codes < len(self.offsets_) - 1, codes, -1)
        return self.offsets_[codes] + self.forest_.predict(self._design(X, codes))

    def _design(self, X: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float32]:
        if self.category is None:
            return X.astype(np.float32)
        rest = np.delete(X, self.category, axis=1)
        return np.hstack([rest, one_hots(codes, len(self.offsets_) - 1)]).astype(np.float32)
