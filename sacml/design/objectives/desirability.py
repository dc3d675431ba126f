"""Desirability of a prediction with its uncertainty, and how desirabilities are combined.

The shapes and the geometric mean follow G. Derringer and R. Suich, J. Qual. Technol. 12 (1980)
214-219, doi:10.1080/00224065.1980.11980968. Here each shape is averaged over the predicted
distribution instead of being read at the predicted value.
"""

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]


def interval_width(value: ArrayLike, lower: ArrayLike, upper: ArrayLike, level: float) -> Array:
    """Return the standard deviation that an interval stands for, on the modelling scale.

    Parameters
    ----------
    value, lower, upper
        Prediction and ends of its interval of probability `level`, on the modelling scale,
        shape (n,). An end may be infinite.
    level
        Probability of the interval; at 0.9 the half width is 1.645 standard deviations.

    Returns
    -------
    ndarray of shape (n,)
        The larger of the two sides over the normal quantile. An end at infinity is left to the
        other one (the lower end of an interval of a positive quantity is cut off at zero);
        infinite where both are.
    """
    centre = np.asarray(value, dtype=float)
    with np.errstate(invalid="ignore"):
        sides = np.stack([centre - np.asarray(lower, float), np.asarray(upper, float) - centre])
    finite = np.isfinite(sides)
    half = np.where(finite.any(axis=0), np.where(finite, sides, -np.inf).max(axis=0), np.inf)
    return np.maximum(half, 0.0) / NormalDist().inv_cdf(0.5 + level / 2)


def window_probability(value: ArrayLike, width: ArrayLike, low: float, high: float) -> Array:
    """Return the probability that a normal quantity lies in a window.

    ``P = Phi((high - value) / width) - Phi((low - value) / width)``; for a width of zero 1 inside
    and 0 outside; for an infinite width the limit, which for a finite window is 0.

    Parameters
    ----------
    value, width
        Mean and standard deviation, shape (n,).
    low, high
        Ends of the window; may be infinite.
    """
    mean, sigma = np.broadcast_arrays(np.asarray(value, float), np.asarray(width, float))
    spread = np.where(sigma > 0, sigma, 1.0)
    # an infinite end lies outside any width: its distance must not become inf / inf
    above = ndtr((high - mean) / spread) if np.isfinite(high) else np.ones(mean.shape)
    below = ndtr((low - mean) / spread) if np.isfinite(low) else np.zeros(mean.shape)
    sharp = (mean >= low) & (mean <= high)
    return np.asarray(np.where(sigma > 0, above - below, sharp.astype(float)))


def expected_ramp(value: ArrayLike, width: ArrayLike, bad: float, good: float) -> Array:
    """Return the mean of a ramp from 0 at `bad` to 1 at `good` over a normal quantity.

    With ``z = (value - a) / width`` and
    ``g(a) = E max(X - a, 0) = (value - a) Phi(z) + width phi(z)``, the mean of a rising ramp is
    ``(g(bad) - g(good)) / (good - bad)``; a falling one is mirrored.
    For a width of zero it is the ramp itself, for an infinite width the limit 1/2.

    Parameters
    ----------
    value, width
        Mean and standard deviation, shape (n,).
    bad, good
        Where the ramp is 0 and 1; `good` may lie on either side.
    """
    mean, sigma = np.broadcast_arrays(np.asarray(value, float), np.asarray(width, float))
    if good < bad:
        return expected_ramp(-mean, sigma, -bad, -good)
    usable = (sigma > 0) & np.isfinite(sigma)
    spread = np.where(usable, sigma, 1.0)

    def gain(a: float) -> Array:
        z = (mean - a) / spread
        density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
        return np.asarray((mean - a) * ndtr(z) + spread * density)

    smooth = (gain(bad) - gain(good)) / (good - bad)
    sharp = np.clip((mean - bad) / (good - bad), 0.0, 1.0)
    out = np.where(usable, smooth, np.where(np.isinf(sigma), 0.5, sharp))
    return np.asarray(np.clip(out, 0.0, 1.0))


def combine(desirabilities: ArrayLike, weights: ArrayLike) -> Array:
    """Return the weighted geometric mean ``exp(sum w ln d / sum w)``.

    Parameters
    ----------
    desirabilities
        Shape (n, m), in (0, 1].
    weights
        Shape (m,), positive.

    Returns
    -------
    ndarray of shape (n,)
        In (0, 1]; 1 for every row where there are no objectives.
    """
    d, w = np.asarray(desirabilities, float), np.asarray(weights, float)
    return np.asarray(np.exp(np.log(d) @ w / w.sum()) if len(w) else np.ones(len(d)))
