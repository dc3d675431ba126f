"""Estimators that search their hyper-parameters inside their own fit."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.errors import unknown
from sacml.models.base import ColumnRegressor
from sacml.models.forests import ExtraTrees
from sacml.models.gaussian_process import GaussianProcess
from sacml.models.predictors import Predictor
from sacml.models.processes import SPECIFICATIONS, blocks_of
from sacml.models.registry import register
from sacml.models.ridge import StandardRidge
from sacml.models.tuning import tune

if TYPE_CHECKING:
    from optuna import Trial

PARTS = {
    "all": ("",),
    "site": ("metal_", "shell_", "alkali_", "pair_"),
    "test": ("cond_", "alkali_"),
    "class_and_test": ("mod_", "cond_", "alkali_"),
}
"""Sets of features, by the start of their names, that a search chooses from."""


class Tuned(ColumnRegressor):
    """Search a model's hyper-parameters on inner folds of `groups`, then fit it on all rows.

    An evaluation that holds groups out around it is nested without knowing of the search. With
    fewer than two groups the model is fitted with the first value of each choice and the middle of
    each range.

    Parameters
    ----------
    model : {"ridge", "extra_trees", "gaussian_process"}
        What is tuned.
    feature_names : sequence of str, optional
        Names of the columns of X, by which sets of features are tried; None tries none.
    n_trials
        Trials of the search.
    random_state : int, optional
        Seed of the search and of the model.
    """

    columns = None

    def __init__(
        self,
        model: str = "ridge",
        feature_names: Sequence[str] | None = None,
        n_trials: int = 20,
        random_state: int | None = None,
    ) -> None:
        self.model = model
        self.feature_names = feature_names
        self.n_trials = n_trials
        self.random_state = random_state

    def _fit(self, X: NDArray[Any], y: NDArray[np.float64], bound: Any, groups: Any) -> None:
        if self.model not in SPACES:
            raise unknown("tuned model", self.model, list(SPACES))
        space = SPACES[self.model]
        names = list(self.feature_names or [""] * X.shape[1])

        def make(trial: "Trial") -> Any:
            return space(trial, names, self.random_state)

        self.tuning_ = tune(
            make, X, y, bound=bound, groups=groups, seed=self.random_state or 0,
            n_trials=self.n_trials, first=FIRST.get(self.model, ()),
        )  # fmt: skip
        self.model_ = space(_Chosen(self.tuning_.params), names, self.random_state)
        self.model_.fit(X, y, bound=bound, groups=groups)

    def _predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        return self.model_.predict(X)

    def predictor(self) -> Predictor:
        """Return the fitted model without scikit-learn."""
        return self.model_.predictor()


class _Chosen:
    """Answers the questions of a space with the values found, or with its defaults."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        return self.params.get(name, choices[0])

    def suggest_float(self, name: str, low: float, high: float, log: bool = False) -> float:
        middle = np.sqrt(low * high) if log else (low + high) / 2
        return self.params.get(name, float(middle))

    def suggest_int(self, name: str, low: int, high: int) -> int:
        return self.params.get(name, (low + high) // 2)


def _columns(trial: Any, names: list[str]) -> tuple[int, ...] | None:
    """Columns of one set of features; a set that is empty here is not offered."""
    sets = {
        key: tuple(i for i, n in enumerate(names) if n.startswith(prefixes))
        for key, prefixes in PARTS.items()
    }
    return sets[trial.suggest_categorical("features", [k for k, v in sets.items() if v])]


def _ridge(trial: Any, names: list[str], seed: int | None) -> StandardRidge:
    columns = _columns(trial, names)
    return StandardRidge(columns, (trial.suggest_float("alpha", 0.1, 1e5, log=True),))


def _extra_trees(trial: Any, names: list[str], seed: int | None) -> ExtraTrees:
    return ExtraTrees(
        _columns(trial, names),
        n_estimators=50,
        min_samples_leaf=trial.suggest_int("min_samples_leaf", 1, 6),
        max_features=trial.suggest_float("max_features", 0.1, 1.0),
        random_state=seed,
    )


def _gaussian_process(trial: Any, names: list[str], seed: int | None) -> GaussianProcess:
    chosen = trial.suggest_categorical("terms", list(SPECIFICATIONS))
    return GaussianProcess(blocks_of(names, SPECIFICATIONS[chosen]) or None)


SPACES: Mapping[str, Callable[[Any, list[str], int | None], Any]] = {
    "ridge": _ridge,
    "extra_trees": _extra_trees,
    "gaussian_process": _gaussian_process,
}
"""Model -> what makes it from a trial, feature names and a seed."""

FIRST: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "gaussian_process": [{"terms": name} for name in SPECIFICATIONS]
}
"""Points that are tried whatever the sampler draws: all there are of a Gaussian process."""

TRIALS = {"ridge": 25, "extra_trees": 8, "gaussian_process": len(SPECIFICATIONS)}


def _factory(model: str) -> Callable[[int, Sequence[str]], Tuned]:
    return lambda seed, names: Tuned(model, tuple(names), TRIALS[model], seed)


for _model in SPACES:
    register(f"{_model}_tuned")(_factory(_model))
