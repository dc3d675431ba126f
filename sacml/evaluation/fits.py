"""One model fitted fold by fold, every fitted step inside its fold."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import has_fit_parameter
from threadpoolctl import ThreadpoolController

from sacml.data.splits import Fold
from sacml.features import FEATURE_NAMES
from sacml.models.described import Described
from sacml.models.epochs import Epoch, OnEpoch, tells_epochs
from sacml.models.registry import make_model
from sacml.uncertainty.domain import Applicability, parts_read

Floats = NDArray[np.float64]
OnEpochOfFold = Callable[[str, Epoch], None]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a fitted model says about rows (n,), on the modelling scale.

    Attributes
    ----------
    middle, shell_low, shell_high
        Mean, smallest and largest prediction over the possible shells.
    spread
        Standard deviation, between the shells included; NaN where the model has none.
    flags, in_domain
        Bits of the applicability domain of the training rows; None where they were not asked for.
    """

    middle: Floats
    shell_low: Floats
    shell_high: Floats
    spread: Floats
    flags: NDArray[np.uint32] | None = None
    in_domain: NDArray[np.bool_] | None = None


def fit_folds(
    described: Described,
    model: str,
    seed: int,
    folds: Sequence[Fold],
    mask: NDArray[np.bool_],
    groups: NDArray[np.str_],
    *,
    spread: bool = True,
    domain: bool = False,
    on_epoch: OnEpochOfFold | None = None,
) -> Iterator[tuple[Fold, Found]]:
    """Fit a model on the rows of each fold that `mask` allows, and predict its test rows.

    Folds whose training rows are the same share one fit. Rows that the model cannot read (see
    `unread`) are left out of the folds, and folds without training or test rows are not yielded.

    Parameters
    ----------
    groups : (n,)
        What the split holds out, for estimators with inner folds or an effect of groups.
    spread
        Whether the spread of the model is asked for: of the estimator if it has one, else of what
        is stored of it.
    domain
        Whether to judge the test rows by the applicability domain of the training rows.
    on_epoch
        Called with the group of the fold and every epoch, where the model has any.
    """
    fitted: dict[bytes, tuple[Any, Any]] = {}
    for fold in readable_folds(folds, mask, unread(described, model)):
        train = fold.train[mask[fold.train]]
        key = train.tobytes()
        # matrices this small are only slowed down by threads, most of all on a busy machine
        with _threads().limit(limits=1, user_api="blas"):
            if key not in fitted:
                tell = None if on_epoch is None else partial(on_epoch, fold.group)
                estimator = fit(described, model, seed, train, groups, tell)
                # storing trees takes longer than fitting them: not where they tell their spread
                stored = domain or (spread and not hasattr(estimator, "spread"))
                fitted[key] = estimator, estimator.predictor() if stored else None
            estimator, predictor = fitted[key]
            found = predict(described, estimator, predictor, fold.test, spread=spread)
            if domain:
                found = _judged(described, predictor, train, groups, fold.test, found)
        yield fold, found


@cache
def _threads() -> ThreadpoolController:
    """The libraries with threads; looking for them takes longer than a simple fit."""
    return ThreadpoolController()


def unread(described: Described, model: str) -> dict[int, str]:
    """Rows that a model cannot read -> why; a network cannot read what cannot be built."""
    return described.refused(make_model(model, 0))


def readable_folds(
    folds: Iterable[Fold], mask: NDArray[np.bool_], refused: Mapping[int, str]
) -> list[Fold]:
    """Folds without the rows that a model cannot read; those without rows are left out."""
    if not refused:
        return list(folds)
    found, lost = [], list(refused)
    for fold in folds:
        train, test = np.setdiff1d(fold.train, lost), np.setdiff1d(fold.test, lost)
        if mask[train].any() and test.size:
            found.append(Fold(train, test, fold.group))
    return found


def fit(
    described: Described,
    model: str,
    seed: int,
    train: NDArray[np.intp],
    groups: NDArray[np.str_],
    on_epoch: OnEpoch | None = None,
) -> Any:
    """Fit a registered model on some rows; it gets the bounds, and the groups if it takes them."""
    estimator = make_model(model, seed)
    extra: dict[str, Any] = {"bound": described.bound[train]}
    if has_fit_parameter(estimator, "groups"):
        extra["groups"] = groups[train]
    if on_epoch is not None and tells_epochs(estimator):
        extra["on_epoch"] = on_epoch
    return estimator.fit(described.read_by(estimator, train), described.y[train], **extra)


def predict(
    described: Described,
    estimator: Any,
    predictor: Any,
    rows: NDArray[np.intp],
    *,
    spread: bool = True,
) -> Found:
    """Predict some rows with their possible shells."""
    ends = np.append(described.first, len(described.X_shells))
    shells = np.concatenate([np.arange(ends[i], ends[i + 1]) for i in rows])
    first = np.cumsum([0, *(ends[rows + 1] - ends[rows])[:-1]])
    X, weight = described.X_shells[shells], described.weight[shells]
    if getattr(estimator, "reads_candidates", False):
        asked = described.table.take(rows).resolve_shells()[0]
        values, within = estimator.predict_with_spread(asked)
    else:
        values = np.asarray(estimator.predict(X), dtype=np.float64)
        within = _spread(estimator, predictor, X) if spread else None
    middle = np.add.reduceat(values * weight, first)
    if within is None:
        total = np.full(len(rows), np.nan)
    else:
        square = np.add.reduceat(weight * (within**2 + values**2), first)
        total = np.sqrt(np.maximum(square - middle**2, 0.0))
    low, high = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
    return Found(middle, low, high, total)


def _spread(estimator: Any, predictor: Any, X: NDArray[np.float32]) -> Floats | None:
    if hasattr(estimator, "spread"):
        return np.asarray(estimator.spread(X), dtype=np.float64)
    own = getattr(predictor, "spread", None)
    if own is None:
        return None
    return np.asarray(own(np.take(X, predictor.columns, axis=1)), dtype=np.float64)


def _judged(
    described: Described,
    predictor: Any,
    train: NDArray[np.intp],
    groups: NDArray[np.str_],
    test: NDArray[np.intp],
    found: Found,
) -> Found:
    known = Applicability.of(
        described.table.take(train),
        parts_read([FEATURE_NAMES[i] for i in predictor.columns]),
        X=described.X[train],
        columns=predictor.columns,
        groups=groups[train],
    )
    flags = known.flags(described.table.take(test))
    inside = (flags & np.uint32(known.breaking)) == 0
    return Found(found.middle, found.shell_low, found.shell_high, found.spread, flags, inside)
