"""Gradient boosting of small trees."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import ThreadpoolController

from sacml.models.base import ColumnRegressor
from sacml.models.predictors import ConstantPredictor, TreesPredictor
from sacml.models.registry import register


@cache
def _threads() -> ThreadpoolController:
    """The libraries with threads; looking for them takes longer than a fit of tens of rows."""
    return ThreadpoolController()


class HistBoosting(ColumnRegressor):
    """`sklearn.ensemble.HistGradientBoostingRegressor` on chosen columns.

    It has no spread: boosted trees correct one another, so that their scatter says nothing about
    the error of their sum.

    Parameters
    ----------
    columns : sequence of int or str, optional
        Columns to read; None takes all.
    n_estimators
        Number of trees, `max_iter` of scikit-learn.
    learning_rate, max_leaf_nodes, min_samples_leaf, l2_regularization
        As in scikit-learn.
    rising, falling : sequence of int
        Columns of X along which the prediction may only rise, or only fall.
    random_state : int, optional
        Seed.
    """

    def __init__(
        self,
        columns: Sequence[int | str] | None = None,
        n_estimators: int = 150,
        learning_rate: float = 0.05,
        max_leaf_nodes: int = 8,
        min_samples_leaf: int = 5,
        l2_regularization: float = 1.0,
        rising: Sequence[int] = (),
        falling: Sequence[int] = (),
        random_state: int | None = None,
    ) -> None:
        self.columns = columns
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.rising = rising
        self.falling = falling
        self.random_state = random_state

    def _fit(self, X: NDArray[Any], y: NDArray[np.float64], bound: Any, groups: Any) -> None:
        direction = np.isin(self.columns_, self.rising).astype(int)
        direction -= np.isin(self.columns_, self.falling).astype(int)
        booster = HistGradientBoostingRegressor(
            max_iter=self.n_estimators,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            l2_regularization=self.l2_regularization,
            monotonic_cst=direction,
            early_stopping=False,
            random_state=self.random_state,
        )
        with _threads().limit(limits=1, user_api="openmp"):  # threads slow down tens of rows
            self.booster_ = booster.fit(X, y)

    def _predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        with _threads().limit(limits=1, user_api="openmp"):
            return self.booster_.predict(X)

    def predictor(self) -> TreesPredictor | ConstantPredictor:
        """Return the fitted model as an ONNX graph over the columns it splits on."""
        from sacml.models.onnx_trees import split_columns, to_onnx, trees_of_boosting

        trees = trees_of_boosting(self.booster_)
        level = float(np.ravel(self.booster_._baseline_prediction)[0])
        if not trees or not split_columns(trees).size:  # too few rows for a split
            return ConstantPredictor(self._predict(np.zeros((1, len(self.columns_)))))
        used, graph = to_onnx(trees, level)
        return TreesPredictor(self.columns_[used], graph)


@register("hist_boosting")
def _hist_boosting(seed: int, feature_names: Sequence[str]) -> HistBoosting:
    return HistBoosting(random_state=seed)
