"""Scores of predictions where some values are only bounds.

All values stand on the modelling scale. A `lower` bound says that the truth is at least y, an
`upper` bound that it is at most y; `failure` and `reported` values are exact.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr

_LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)


def limits_of(observed: ArrayLike, bound: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Smallest and largest value (n,) that each record allows."""
    y, words = np.asarray(observed, dtype=np.float64), np.asarray(bound)
    return np.where(words == "upper", -np.inf, y), np.where(words == "lower", np.inf, y)


def log_density(
    observed: ArrayLike, bound: ArrayLike, middle: ArrayLike, scale: ArrayLike
) -> NDArray[np.float64]:
    """Censored log likelihood (n,) of a normal predictive distribution.

    The density of an exact value, the probability of the allowed side of a bound (Tobin,
    Econometrica 26 (1958) 24, doi:10.2307/1907382). The two are not of one kind, so that means
    compare models on the same records, not sets of records.

    Parameters
    ----------
    middle, scale : (n,) float
        Mean and standard deviation; NaN where the scale is NaN.
    """
    y, words = np.asarray(observed, dtype=np.float64), np.asarray(bound)
    s = np.asarray(scale, dtype=np.float64)
    z = (y - np.asarray(middle, dtype=np.float64)) / s
    side = np.where(words == "lower", -1.0, 1.0)
    exact = -0.5 * z**2 - _LOG_ROOT_TWO_PI - np.log(s)
    return np.where(np.isin(words, ("lower", "upper")), log_ndtr(side * z), exact)


def concordance(observed: ArrayLike, bound: ArrayLike, predicted: ArrayLike) -> tuple[float, int]:
    """Share of comparable pairs that the predictions put in the right order, and their number.

    Two records are comparable if their bounds leave no doubt which is larger; tied predictions
    count half. With lower bounds alone this is the C index of Harrell, Lee and Mark, Statistics in
    Medicine 15 (1996) 361, less the pairs tied in time. NaN where no pair is comparable.
    """
    low, high = limits_of(observed, bound)
    p = np.asarray(predicted, dtype=np.float64)
    below = high[:, None] < low[None, :]
    n = int(below.sum())
    if not n:
        return float("nan"), 0
    right = (p[:, None] < p[None, :]) + 0.5 * (p[:, None] == p[None, :])
    return float(right[below].sum() / n), n


def covered(
    observed: ArrayLike,
    bound: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    optimistic: bool = False,
) -> NDArray[np.bool_]:
    """Whether each interval holds the value (n,).

    Pessimistic: the value of a bound itself. Optimistic: some value that the bound allows.
    """
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    if not optimistic:
        y = np.asarray(observed, dtype=np.float64)
        return (low <= y) & (y <= high)
    smallest, largest = limits_of(observed, bound)
    return (low <= largest) & (smallest <= high)


def interval_score(
    observed: ArrayLike,
    bound: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    level: float,
    *,
    optimistic: bool = False,
) -> NDArray[np.float64]:
    """Interval score (n,): width plus ``2 / (1 - level)`` times the distance outside.

    Gneiting and Raftery, Journal of the American Statistical Association 102 (2007) 359, eq. 43,
    doi:10.1198/016214506000001437; smaller is better, infinite for an infinite interval. A bound
    counts as in `covered`.
    """
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    y = np.asarray(observed, dtype=np.float64)
    smallest, largest = limits_of(observed, bound) if optimistic else (y, y)
    outside = np.maximum(0.0, low - largest) + np.maximum(0.0, smallest - high)
    return (high - low) + 2.0 / (1.0 - level) * outside
