"""What all own estimators share: which columns they read, and what a bound is to them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sacml.domain import BOUNDS
from sacml.errors import unknown


def check_bound(bound: Any, n: int) -> None:
    """Check the words of `bound` and their number."""
    if bound is None:
        return
    words = list(bound)
    if len(words) != n:
        raise ValueError(f"bound has {len(words)} entries for {n} rows")
    for word in dict.fromkeys(words):
        if word not in BOUNDS:
            raise unknown("bound", word, BOUNDS)


def one_sided(
    y: NDArray[np.float64], predicted: NDArray[np.float64], bound: NDArray[np.str_]
) -> NDArray[np.float64]:
    """Absolute error (n,) that is zero on the right side of a bound."""
    short = y - predicted
    short = np.where(bound == "lower", np.maximum(short, 0.0), short)
    return np.abs(np.where(bound == "upper", np.minimum(short, 0.0), short))


class ColumnRegressor(RegressorMixin, BaseEstimator, ABC):
    """Base of the own estimators; `_fit` and `_predict` get the chosen columns only.

    Parameters
    ----------
    columns : sequence of int or str, optional
        Columns to read, by number or, where X is a data frame, by name. None reads all.
    """

    columns: Sequence[int | str] | None

    def _numbers(self) -> NDArray[np.intp]:
        if self.columns is None:
            return np.arange(self.n_features_in_)
        names = list(getattr(self, "feature_names_in_", ()))
        numbers = []
        for column in self.columns:
            if isinstance(column, str):
                if column not in names:
                    raise unknown("column", column, names, "names need a data frame")
                column = names.index(column)
            if not 0 <= column < self.n_features_in_:
                raise ValueError(f"column {column} of X with {self.n_features_in_} columns")
            numbers.append(int(column))
        return np.array(numbers, dtype=np.intp)

    def fit(self, X: Any, y: Any, bound: Any = None, groups: Any = None) -> "ColumnRegressor":
        """Fit on X (n, p) and y (n,) on the modelling scale.

        Parameters
        ----------
        bound : (n,) words of `sacml.domain.BOUNDS`, optional
            What each y is. Unless an estimator says that it is censored, a bound is taken as the
            demonstrated value: y enters the fit as it stands, and only the metric is one-sided.
            None: all values are exact.
        groups : (n,), optional
            What each row must not be separated from: its source, its metal. Estimators without
            an effect of groups, or inner folds, ignore them.
        """
        X, y = validate_data(self, X, y, y_numeric=True, dtype=(np.float64, np.float32))
        check_bound(bound, len(y))
        if groups is not None and len(groups) != len(y):
            raise ValueError(f"groups has {len(groups)} entries for {len(y)} rows")
        self.columns_ = self._numbers()
        y = np.asarray(y, dtype=np.float64)
        self._fit(X[:, self.columns_], y, bound, groups)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict (n,) on the modelling scale."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        return self._predict(X[:, self.columns_])

    @abstractmethod
    def _fit(self, X: NDArray[Any], y: NDArray[np.float64], bound: Any, groups: Any) -> None: ...

    @abstractmethod
    def _predict(self, X: NDArray[Any]) -> NDArray[np.float64]: ...
