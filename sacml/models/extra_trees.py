"""Extremely randomised trees on all columns or some."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from sacml.models.base import ColumnRegressor
from sacml.models.predictors import ConstantPredictor, TreesPredictor
from sacml.models.registry import register


class ExtraTrees(ColumnRegressor):
    """`sklearn.ensemble.ExtraTreesRegressor` on chosen columns.

    Parameters
    ----------
    columns : sequence of int or str, optional
        Columns to read; None takes all.
    n_estimators, min_samples_leaf, max_features
        As in scikit-learn.
    random_state : int, optional
        Seed.
    """

    def __init__(
        self,
        columns: Sequence[int | str] | None = None,
        n_estimators: int = 200,
        min_samples_leaf: int = 2,
        max_features: float = 0.5,
        random_state: int | None = None,
    ) -> None:
        self.columns = columns
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.random_state = random_state

    def _fit(self, X: NDArray[Any], y: NDArray[np.float64]) -> None:
        self.forest_ = ExtraTreesRegressor(
            n_estimators=self.n_estimators,
            min_samples_leaf=self.min_samples_leaf,
            max_features=self.max_features,
            random_state=self.random_state,
            n_jobs=1,
        ).fit(X, y)

    def _predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        return self.forest_.predict(X)

    def predictor(self) -> TreesPredictor | ConstantPredictor:
        """Return the fitted model as an ONNX graph over the columns it splits on."""
        from sacml.models.onnx_trees import split_columns, to_onnx

        if not split_columns(self.forest_).size:  # nothing to split on: all leaves are roots
            return ConstantPredictor(self.forest_.predict(np.zeros((1, len(self.columns_)))))
        used, graph = to_onnx(self.forest_)
        return TreesPredictor(self.columns_[used], graph)


@register("extra_trees")
def _extra_trees(seed: int, feature_names: Sequence[str]) -> ExtraTrees:
    return ExtraTrees(random_state=seed)
