"""The featureless baseline: one value for everything."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.errors import unknown
from sacml.models.base import ColumnRegressor
from sacml.models.predictors import ConstantPredictor
from sacml.models.registry import register

STATISTICS = ("median", "mean")


class Constant(ColumnRegressor):
    """Predict the median (or mean) of the training values on the modelling scale.

    Parameters
    ----------
    statistic : {"median", "mean"}
        The median is the constant of smallest absolute error, which is the metric used here.
    """

    columns = None

    def __init__(self, statistic: str = "median") -> None:
        self.statistic = statistic

    def _fit(self, X: NDArray[Any], y: NDArray[np.float64], bound: Any, groups: Any) -> None:
        if self.statistic not in STATISTICS:
            raise unknown("statistic", self.statistic, STATISTICS)
        self.value_ = float(np.median(y) if self.statistic == "median" else np.mean(y))

    def _predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        return np.full(len(X), self.value_)

    def predictor(self) -> ConstantPredictor:
        """Return the fitted model without scikit-learn."""
        return ConstantPredictor(np.array([self.value_]))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


@register("constant")
def _constant(seed: int, feature_names: Sequence[str]) -> Constant:
    return Constant()
