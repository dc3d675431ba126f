"""Hyper-parameters of a Gaussian process by the highest evidence times a weak prior."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sacml.models.kernels import LINEAR, Floats
from sacml.models.tobit import Mode, find_mode, log_likelihood

PRIORS = {"amplitude": (-1.0, 1.0), "length": (0.7, 0.7), "group": (-1.0, 1.0),
          "noise": (-1.2, 0.7)}  # fmt: skip
"""Mean and standard deviation of the natural logarithms, for columns and y of unit variance.

Amplitudes about 0.4, lengths about two standard deviations of the columns, noise about 0.3: wide
enough for the data to decide, narrow enough that twenty rows do not run to an edge.
"""
CONSTANT = 1.0
"""Variance of the common level, in units of the variance of y."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Standard deviations of the terms (b,), their lengths (b,), of the groups and the noise."""

    amplitude: Floats
    length: Floats
    group: float
    noise: float
    mode: Mode


def maximise(
    compared: Floats, form: NDArray[np.int64], same: NDArray[np.bool_] | None, y: Floats,
    side: Floats,
) -> Fitted:  # fmt: skip
    """Find the hyper-parameters for one training set.

    Parameters
    ----------
    compared : (b, n, n)
        From `sacml.models.kernels.comparisons`.
    same : (n, n), optional
        Whether two rows are of one group; None without groups.
    y : (n,)
        Zero mean and unit variance.
    side : (n,)
        From `sacml.models.tobit.side_of`.
    """
    b = len(form)
    smooth = np.flatnonzero(form != LINEAR)
    names = ["amplitude"] * b + ["length"] * len(smooth) + ["group"] * (same is not None)
    prior = np.array([PRIORS[n] for n in [*names, "noise"]])
    last: list[Floats | None] = [None]

    def unpack(theta: Floats) -> tuple[Floats, Floats, float, float]:
        length = np.ones(b)
        length[smooth] = np.exp(theta[b : b + len(smooth)])
        group = float(np.exp(theta[-2])) if same is not None else 0.0
        return np.exp(theta[:b]), length, group, float(np.exp(theta[-1]))

    def covariance(theta: Floats) -> tuple[Floats, Floats]:
        amplitude, length, group, _ = unpack(theta)
        terms = np.array(compared)
        terms[smooth] = np.exp(-terms[smooth] / (2 * length[smooth, None, None] ** 2))
        terms *= (amplitude**2)[:, None, None]
        K = CONSTANT + terms.sum(axis=0)
        return terms, K if same is None else K + group**2 * same

    def loss(theta: Floats) -> tuple[float, Floats]:
        terms, K = covariance(theta)
        _, length, group, noise = unpack(theta)
        mode = find_mode(K, y, side, noise, last[0])
        last[0] = mode.weights
        slopes = [2 * t for t in terms]
        slopes += [terms[i] * compared[i] / length[i] ** 2 for i in smooth]
        if same is not None:
            slopes.append(2 * group**2 * same)
        inverse = mode.root.T @ mode.root
        held = K - K @ inverse @ K  # posterior covariance
        bend = 0.5 * np.diag(held) * mode.third
        grad = np.empty(len(theta))
        for i, dK in enumerate(slopes):
            explicit = 0.5 * (mode.weights @ dK @ mode.weights - np.sum(inverse * dK))
            moved = dK @ mode.weights
            grad[i] = explicit + bend @ (moved - K @ (inverse @ moved))
        grad[-1] = _noise_slope(mode, held, bend, K, inverse, y, side, noise)
        away = (theta - prior[:, 0]) / prior[:, 1]
        return -mode.evidence + 0.5 * away @ away, -grad + away / prior[:, 1]

    best = minimize(loss, prior[:, 0], jac=True, method="L-BFGS-B",
                    bounds=[(m - 4 * s, m + 4 * s) for m, s in prior],
                    options={"maxiter": 100})  # fmt: skip
    amplitude, length, group, noise = unpack(best.x)
    _, K = covariance(best.x)
    return Fitted(amplitude, length, group, noise, find_mode(K, y, side, noise, last[0]))


def _noise_slope(
    mode: Mode, held: Floats, bend: Floats, K: Floats, inverse: Floats, y: Floats, side: Floats,
    noise: float,
) -> float:  # fmt: skip
    """Slope of the evidence by log noise: the terms of the likelihood by central differences."""
    h = 1e-5
    up = log_likelihood(y, side, mode.f, noise * np.exp(h))
    down = log_likelihood(y, side, mode.f, noise * np.exp(-h))
    value, first, second = ((u - d) / (2 * h) for u, d in zip(up[:3], down[:3], strict=True))
    moved = K @ first
    moved -= K @ (inverse @ moved)
    return float(value.sum() + 0.5 * np.diag(held) @ second + bend @ moved)
