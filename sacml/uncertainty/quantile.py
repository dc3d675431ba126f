"""The one quantile behind every conformal interval here: groups weigh one, and so does the next.

Records of one source or one metal err alike, so a quantile over records would promise too much.
Every group has the weight one, spread evenly over its records, and the unseen next group has the
weight one at infinity: the hierarchical conformal prediction of Lee, Barber and Willett,
arXiv:2306.06342 (2023). With groups of one record each it is the quantile of plain split
conformal prediction, the ``ceil((n + 1) level)``-th smallest of n scores.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.domain import BOUNDS
from sacml.errors import SacmlError, unknown

_TOLERANCE = 1e-9  # sums of 1/n reach a level such as 9/10 only up to rounding


class CalibrationError(SacmlError, ValueError):
    """A level or a set of residuals cannot be used for an interval."""


def check_level(level: float) -> float:
    """Return the level, or raise: 0 would be a point and 1 the whole line."""
    if not (isinstance(level, int | float) and 0 < level < 1):
        raise CalibrationError(
            f"level {level!r} lies outside 0 to 1 (both excluded); write e.g. 0.9 for a 90 % "
            "interval"
        )
    return float(level)


def groups_needed(level: float) -> int:
    """Smallest number of groups with which an interval of this level is finite (9 for 0.9)."""
    check_level(level)
    return math.ceil(level / (1 - level) - _TOLERANCE)


def too_few(n_groups: int, level: float) -> str | None:
    """Say why an interval is infinite, or None where it is finite."""
    needed = groups_needed(level)
    if n_groups >= needed:
        return None
    return (
        f"the interval is infinite: {n_groups} held-out groups are too few for "
        f"{100 * level:g} % (at least {needed} are needed)"
    )


def group_weights(groups: ArrayLike) -> tuple[NDArray[np.float64], int]:
    """Weight of every record (m,), one shared out within each group, and the number of groups."""
    labels = np.asarray(groups)
    if labels.ndim != 1:
        raise CalibrationError(f"groups has the shape {labels.shape}; give one label a record")
    if not labels.size:
        return np.empty(0), 0
    _, inverse, size = np.unique(labels, return_inverse=True, return_counts=True)
    return 1.0 / size[inverse.reshape(-1)], len(size)


def upper_quantile(
    scores: NDArray[np.float64], weights: NDArray[np.float64], n_groups: int, level: float
) -> NDArray[np.float64]:
    """Smallest score up to which the scores hold `level` of the weight of n + 1 groups.

    Parameters
    ----------
    scores : (m,) or (m, k) float64
        One column per quantile that is asked for.
    weights : (m,) float64
        From `group_weights`.

    Returns
    -------
    () or (k,) float64
        Infinite where `n_groups` are fewer than `groups_needed`.
    """
    check_level(level)
    shape = scores.shape[1:]
    if n_groups < groups_needed(level):
        return np.full(shape, np.inf)
    columns = scores.reshape(len(scores), -1)
    order = np.argsort(columns, axis=0, kind="stable")
    held = np.cumsum(weights[order], axis=0)
    # the weights add up to n_groups, which is enough; the minimum guards against rounding
    first = np.argmax(held >= np.minimum(level * (n_groups + 1), held[-1]) - _TOLERANCE, axis=0)
    row = np.take_along_axis(order, first[None], axis=0)
    return np.take_along_axis(columns, row, axis=0).reshape(shape)


def absolute_scores(residual: ArrayLike) -> NDArray[np.float64]:
    """Absolute residuals (m,); a value that is only a bound counts as the value itself."""
    values = np.abs(np.asarray(residual, dtype=np.float64))
    if values.ndim != 1:
        raise CalibrationError(f"residuals have the shape {values.shape}; give one a record")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise CalibrationError(
            f"residuals must be finite; those of the records {bad[:10].tolist()} are not"
        )
    return values


def one_sided_scores(residual: ArrayLike, bound: ArrayLike) -> NDArray[np.float64]:
    """Smallest absolute residual (m,) that the records allow.

    Parameters
    ----------
    residual : (m,) float
        Observed minus predicted, with its sign.
    bound : (m,) words of `sacml.domain.BOUNDS`
        A `lower` bound that lies below the prediction, or an `upper` one above it, is kept: 0.
    """
    signed, words = np.asarray(residual, dtype=np.float64), np.asarray(bound)
    if signed.shape != words.shape:
        raise CalibrationError(f"{words.shape} bounds for {signed.shape} residuals")
    for word in dict.fromkeys(words.tolist()):
        if word not in BOUNDS:
            raise unknown("bound", word, BOUNDS)
    kept = ((words == "lower") & (signed < 0)) | ((words == "upper") & (signed > 0))
    return np.where(kept, 0.0, absolute_scores(signed))
