"""Forests on all columns or some, with the spread of what their leaves hold."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from sacml.models.base import ColumnRegressor
from sacml.models.predictors import ConstantPredictor, TreesPredictor
from sacml.models.registry import register


class Forest(ColumnRegressor):
    """What both forests share.

    Parameters
    ----------
    columns : sequence of int or str, optional
        Columns to read; None takes all.
    n_estimators, min_samples_leaf, max_features
        As in scikit-learn.
    random_state : int, optional
        Seed.
    """

    _library: Any

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

    def _fit(self, X: NDArray[Any], y: NDArray[np.float64], bound: Any, groups: Any) -> None:
        self.forest_ = self._library(
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
        from sacml.models.onnx_trees import split_columns, to_onnx, trees_of_forest

        trees = trees_of_forest(self.forest_)
        if not split_columns(trees).size:  # nothing to split on: all leaves are roots
            return ConstantPredictor(self.forest_.predict(np.zeros((1, len(self.columns_)))))
        used, graph = to_onnx(trees)
        return TreesPredictor(self.columns_[used], graph)


class ExtraTrees(Forest):
    """`sklearn.ensemble.ExtraTreesRegressor` on chosen columns; see `Forest`."""

    _library = ExtraTreesRegressor


class RandomForest(Forest):
    """`sklearn.ensemble.RandomForestRegressor` on chosen columns; see `Forest`."""

    _library = RandomForestRegressor


@register("extra_trees")
def _extra_trees(seed: int, feature_names: Sequence[str]) -> ExtraTrees:
    return ExtraTrees(random_state=seed)


@register("random_forest")
def _random_forest(seed: int, feature_names: Sequence[str]) -> RandomForest:
    return RandomForest(random_state=seed)
