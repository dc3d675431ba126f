"""The likelihood of exact values and bounds with normal noise, and its posterior mode.

A bound says only on which side the true value lies (Tobin, Econometrica 26 (1958) 24,
doi:10.2307/1907382), which is the normal distribution function in place of the density. The mode
and the evidence are Laplace's approximation (Rasmussen and Williams, "Gaussian Processes for
Machine Learning", MIT Press 2006, section 3.4, algorithms 3.1 and 5.1); with exact values alone
both are exact.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_triangular
from scipy.special import log_ndtr

Floats = NDArray[np.float64]
_LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)
_MAX_STEPS = 100
_SERIES, _FAR = -50.0, 1e100


def side_of(bound: ArrayLike) -> Floats:
    """+1 where the true value is at least y (``lower``), -1 where at most (``upper``), else 0."""
    words = np.asarray(bound)
    return np.where(words == "lower", 1.0, np.where(words == "upper", -1.0, 0.0))


def log_likelihood(y: Floats, side: Floats, f: Floats, noise: float) -> tuple[Floats, ...]:
    """Log density (n,) of y given f, and its first three derivatives by f.

    Parameters
    ----------
    noise
        Standard deviation of a measurement.
    """
    z = np.clip((y - f) / noise, -_FAR, _FAR)
    u = -side * z  # how far the prediction lies on the right side of a bound
    tail = log_ndtr(u)
    near = np.maximum(u, _SERIES)
    ratio = np.exp(-0.5 * near**2 - _LOG_ROOT_TWO_PI - log_ndtr(near))
    gap = near + ratio
    bent, third = ratio * gap, ratio * (gap * (near + 2 * ratio) - 1)
    # far on the wrong side the differences above lose all digits: first terms of Mills' series
    t = np.maximum(-u, 1.0)
    wrong = u < _SERIES
    ratio = np.where(wrong, t + 1 / t, ratio)
    bent, third = np.where(wrong, 1 - 1 / t**2, bent), np.where(wrong, 2 / t**3, third)
    exact = side == 0
    return (
        np.where(exact, -0.5 * z**2 - _LOG_ROOT_TWO_PI - np.log(noise), tail),
        np.where(exact, z, side * ratio) / noise,
        -np.where(exact, 1.0, bent) / noise**2,
        np.where(exact, 0.0, side * third) / noise**3,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """Posterior mode of the latent values under a covariance K (n, n).

    Attributes
    ----------
    f : (n,)
        The mode; ``K @ weights``.
    weights : (n,)
        Gradient of the log likelihood at the mode.
    root : (n, n)
        ``root.T @ root`` is the inverse of K plus the inverse curvature.
    third : (n,)
        Third derivative of the log likelihood.
    evidence
        Log marginal likelihood.
    """

    f: Floats
    weights: Floats
    root: Floats
    third: Floats
    evidence: float


def find_mode(
    K: Floats, y: Floats, side: Floats, noise: float, start: Floats | None = None
) -> Mode:
    """Find the mode by Newton's method; the likelihood is log-concave, so there is one.

    Parameters
    ----------
    start : (n,), optional
        Weights to start from.
    """
    weights = np.zeros(len(y)) if start is None else start
    f = K @ weights
    value, first, second, third = log_likelihood(y, side, f, noise)
    objective = value.sum() - 0.5 * weights @ f
    for _ in range(_MAX_STEPS):
        half = np.sqrt(-second)
        B = np.eye(len(y)) + half[:, None] * K * half[None, :]
        L = np.linalg.cholesky(B)
        root = solve_triangular(L, np.diag(half), lower=True)
        right = -second * f + first
        aim = right - root.T @ (root @ (K @ right))
        step, moved = 1.0, aim
        while True:  # a full step may overshoot far from the mode
            moved = weights + step * (aim - weights)
            f_new = K @ moved
            value, first, second, third = log_likelihood(y, side, f_new, noise)
            gained = value.sum() - 0.5 * moved @ f_new
            if gained >= objective - 1e-10 * (1 + abs(objective)) or step < 1e-4:
                break
            step /= 2
        change = np.abs(f_new - f).max(initial=0.0)
        weights, f, objective = moved, f_new, gained
        if change < 1e-9 * (1 + np.abs(f).max(initial=0.0)) or not side.any():
            break
    half = np.sqrt(-second)
    L = np.linalg.cholesky(np.eye(len(y)) + half[:, None] * K * half[None, :])
    root = solve_triangular(L, np.diag(half), lower=True)
    return Mode(f, first, root, third, float(objective - np.log(np.diag(L)).sum()))
