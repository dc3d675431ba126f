"""The weighted mean of several models: weights are given, not fitted, so nothing overfits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data


class Stack(RegressorMixin, BaseEstimator):
    """Weighted mean of estimators.

    Parameters
    ----------
    members : sequence of estimators, optional
        They are cloned before they are fitted. None: one `OffsetTrees`.
    weights : sequence of float, optional
        Weight of each, of positive sum; None: all alike.
    """

    def __init__(
        self, members: Sequence[Any] | None = None, weights: Sequence[float] | None = None
    ) -> None:
        self.members = members
        self.weights = weights

    def fit(self, X: Any, y: Any) -> "Stack":
        """Fit every member on X (n, p) and y (n,)."""
        from sacml.models.samples.trees import OffsetTrees

        X, y = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
        members = [OffsetTrees()] if self.members is None else self.members
        self.members_ = [clone(m).fit(X, y) for m in members]
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict (n,): the weighted mean of the members."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        found = [m.predict(X) for m in self.members_]
        return np.asarray(np.average(found, axis=0, weights=self.weights))
