"""Hyper-parameters by Optuna, judged on inner folds that hold out whole groups."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import GroupKFold

from sacml.errors import SacmlError
from sacml.models.base import one_sided

if TYPE_CHECKING:
    import pandas as pd
    from optuna import Trial
    from optuna.storages import BaseStorage

INNER_FOLDS = 5

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class Tuning:
    """What a search found.

    Attributes
    ----------
    params
        Name -> value of the best trial; empty where there were too few groups to search.
    score
        Its mean one-sided absolute error over the held-out inner rows; NaN without a search.
    trials
        One row per trial: number, score, state, seconds and one column per parameter.
    """

    params: dict[str, Any]
    score: float
    trials: "pd.DataFrame"


def inner_folds(groups: ArrayLike, n_folds: int = INNER_FOLDS) -> list[Fold]:
    """Folds (train, test) that keep groups whole; empty with fewer than two groups."""
    labels = np.asarray(groups)
    n = min(n_folds, len(np.unique(labels)))
    if n < 2:
        return []
    return list(GroupKFold(n).split(np.empty((len(labels), 1)), groups=labels))


def tune(
    make: "Callable[[Trial], Any]",
    X: ArrayLike,
    y: ArrayLike,
    *,
    bound: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    seed: int = 0,
    n_trials: int = 20,
    timeout_s: float | None = None,
    storage: "str | BaseStorage | None" = None,
    study_name: str | None = None,
    on_trial: Callable[[int, float, float], None] | None = None,
    executor: Executor | None = None,
    first: Sequence[Mapping[str, Any]] = (),
) -> Tuning:
    """Search the estimator of smallest error on held-out inner groups.

    Parameters
    ----------
    make
        Makes an unfitted estimator from an Optuna trial, whose ``suggest_`` calls are the space.
    X : (n, p); y : (n,)
    bound, groups : (n,), optional
        As for `fit`. Without groups every row is its own.
    n_trials
        Trials in all: a study that is resumed from a storage runs those that are missing.
    timeout_s
        No trial starts later than this; with it the result depends on the machine.
    storage, study_name
        Where Optuna keeps the study; None keeps it in memory.
    on_trial
        Called after each trial with its number, its score and the best score so far.
    executor
        Fits the inner folds of a trial at the same time, e.g. a process pool or a Dask client's
        executor; the numbers do not depend on it.
    first
        Points that are tried before the sampler is asked, as many as there are trials, e.g. every
        value of the only choice.

    Raises
    ------
    SacmlError
        If `n_trials` is below 1 or lengths differ.
    """
    import optuna

    if n_trials < 1:
        raise SacmlError(f"n_trials {n_trials}: at least one trial is needed")
    X, y = np.asarray(X), np.asarray(y, dtype=np.float64)
    labels = np.arange(len(y)) if groups is None else np.asarray(groups)
    words = np.full(len(y), "reported") if bound is None else np.asarray(bound)
    if not len(X) == len(y) == len(labels) == len(words):
        raise SacmlError(
            f"{len(X)} rows of X, {len(y)} of y, {len(labels)} groups and {len(words)} bounds: "
            "give as many of each"
        )
    folds = inner_folds(labels)
    if not folds:
        import pandas as pd

        return Tuning({}, float("nan"), pd.DataFrame())

    def objective(trial: "Trial") -> float:
        estimator = make(trial)
        work = [(estimator, X, y, words, labels, fold) for fold in folds]
        errors = list((map if executor is None else executor.map)(_fold_errors, work))
        return float(np.concatenate(errors).mean())

    def report(study: Any, trial: Any) -> None:
        if on_trial is not None:
            on_trial(trial.number, trial.value, study.best_value)

    with _quiet():
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=seed),
            storage=storage,
            study_name=study_name,
            load_if_exists=storage is not None,
        )
        for point in first[:n_trials] if not study.trials else ():
            study.enqueue_trial(dict(point))
        finished = sum(t.state.is_finished() for t in study.trials)
        if finished < n_trials:
            study.optimize(
                objective, n_trials=n_trials - finished, timeout=timeout_s, callbacks=[report]
            )
    return Tuning(dict(study.best_params), float(study.best_value), _frame(study))


def _fold_errors(work: tuple[Any, ...]) -> NDArray[np.float64]:
    from sklearn.base import clone

    estimator, X, y, bound, groups, (train, test) = work
    fitted = clone(estimator).fit(X[train], y[train], bound=bound[train], groups=groups[train])
    return one_sided(y[test], fitted.predict(X[test]), bound[test])


def _frame(study: Any) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(
        {"number": t.number, "score": t.value, "state": t.state.name.lower(),
         "seconds": t.duration.total_seconds() if t.duration else np.nan, **t.params}
        for t in study.trials
    )  # fmt: skip


@contextmanager
def _quiet() -> Iterator[None]:
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
