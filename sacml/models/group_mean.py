"""The mean of the training rows that agree in some columns: same metal, same alkali."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.models.base import ColumnRegressor
from sacml.models.predictors import GroupMeanPredictor
from sacml.models.registry import columns_of, register
from sacml.models.rows import match_rows


class GroupMean(ColumnRegressor):
    """Predict the mean of the training rows whose key columns are equal.

    A row that agrees with no training row gets the mean of all of them.

    Parameters
    ----------
    columns : sequence of int or str, optional
        The key columns; None takes all.
    """

    def __init__(self, columns: Sequence[int | str] | None = None) -> None:
        self.columns = columns

    def _fit(self, X: NDArray[Any], y: NDArray[np.float64], bound: Any, groups: Any) -> None:
        self.keys_, inverse = np.unique(X, axis=0, return_inverse=True)
        inverse = inverse.reshape(-1)
        self.means_ = np.bincount(inverse, weights=y) / np.bincount(inverse)
        self.mean_ = float(y.mean())

    def _predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        found = match_rows(self.keys_, X)
        return np.where(found >= 0, self.means_[found], self.mean_)

    def predictor(self) -> GroupMeanPredictor:
        """Return the fitted model without scikit-learn."""
        keys = self.keys_.astype(np.float32)
        return GroupMeanPredictor(self.columns_, keys, self.means_, np.array([self.mean_]))


@register("alkali_mean")
def _alkali_mean(seed: int, feature_names: Sequence[str]) -> GroupMean:
    return GroupMean(columns_of(feature_names, "alkali_"))


@register("alkali_shell_mean")
def _alkali_shell_mean(seed: int, feature_names: Sequence[str]) -> GroupMean:
    return GroupMean(columns_of(feature_names, "alkali_", "shell_"))


@register("same_metal_mean")
def _same_metal_mean(seed: int, feature_names: Sequence[str]) -> GroupMean:
    return GroupMean(columns_of(feature_names, "metal_"))
