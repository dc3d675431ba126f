"""What a label would gain: improvement of one goal, and of a hypervolume of several.

Expected improvement of a normal quantity is that of J. Mockus, V. Tiesis and A. Zilinskas, "The
application of Bayesian methods for seeking the extremum" (1978), as in D. R. Jones, M. Schonlau and
W. J. Welch, J. Glob. Optim. 13 (1998) 455-492, doi:10.1023/A:1008306431147. For a window the same
expectation is taken of the distance to it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from sacml.design.objectives.desirability import window_probability
from sacml.design.objectives.objective import Objective

Array = NDArray[np.float64]


def excess(mean: ArrayLike, spread: ArrayLike, at: float) -> Array:
    """Return ``E max(X - at, 0)`` of a normal quantity, of any shape; a spread of 0 is exact."""
    m, s = np.broadcast_arrays(np.asarray(mean, float), np.asarray(spread, float))
    z = (m - at) / np.where(s > 0, s, 1.0)
    smooth = (m - at) * ndtr(z) + s * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    return np.asarray(np.where(s > 0, np.maximum(smooth, 0.0), np.maximum(m - at, 0.0)))


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted of one quantity, on its modelling scale.

    Attributes
    ----------
    direction
        `low`, `high` or `window`.
    low, high
        Ends of the window, which may be one point; or where the share of `share_gain` is 0 and 1.
    """

    direction: Literal["low", "high", "window"]
    low: float = -np.inf
    high: float = np.inf

    @classmethod
    def of(cls, objective: Objective) -> "Goal":
        """Return the goal of an objective."""
        low, high = (float(x) for x in objective.forward([objective.low, objective.high]))
        return cls(objective.direction, low, high)

    def margin(self, value: ArrayLike) -> Array:
        """Return how good a value is: larger is better, and above 0 a window is met.

        The value itself or its negative; of a window the distance to its nearer end, negative
        outside.
        """
        x = np.asarray(value, dtype=float)
        if self.direction == "window":
            return np.minimum(x - self.low, self.high - x)
        return x if self.direction == "high" else -x

    def improvement(self, mean: Array, spread: Array, best: float) -> Array:
        """Return the expected improvement over a label of margin `best`, shape (n,).

        Of a window the expected share by which the distance to it shrinks; where `best` lies
        inside, the limit of that, the probability of lying inside too.
        """
        if self.direction != "window":
            return excess(self.margin(mean), spread, best)
        if best >= 0 and self.low < self.high:
            return window_probability(mean, spread, self.low, self.high)
        if best >= 0:  # a point that was met
            return np.zeros(np.shape(mean))
        reach = -best
        rise = np.full(np.shape(mean), reach)
        fall = np.zeros(np.shape(mean))
        if np.isfinite(self.low):
            rise = excess(mean, spread, self.low - reach) - excess(mean, spread, self.low)
        if np.isfinite(self.high):
            fall = excess(mean, spread, self.high) - excess(mean, spread, self.high + reach)
        return np.maximum(rise - fall, 0.0) / reach

    def share_gain(self, mean: Array, spread: Array, edges: Array) -> Array:
        """Return ``E max(d - edge, 0)`` of the share d in [0, 1] of what is wanted, (n, k).

        d rises in a line from the bad to the good end, or is 1 inside a window and 0 outside.
        """
        if self.direction == "window":
            inside = window_probability(mean, spread, self.low, self.high)
            return np.asarray(inside[:, None] * (1.0 - edges))
        sign = 1.0 if self.direction == "high" else -1.0
        bad, good = sorted((sign * self.low, sign * self.high))
        width = good - bad
        beyond = excess(sign * mean, spread, good)
        gains = [excess(sign * mean, spread, bad + e * width) - beyond for e in edges]
        return np.maximum(np.stack(gains, axis=1), 0.0) / width

    def share(self, value: ArrayLike) -> Array:
        """Return the share of what is wanted of known values, in [0, 1]."""
        x = np.atleast_1d(np.asarray(value, dtype=float))
        return self.share_gain(x, np.zeros_like(x), np.zeros(1))[:, 0]


def hypervolume_gain(goals: tuple[Goal, ...], means: Array, spreads: Array, front: Array) -> Array:
    """Return the expected improvement of the hypervolume over the front, against the worst corner.

    Exact for independent goals: the part of the unit cube that the front does not dominate is cut
    into boxes along the coordinates of the front, and the expectation is a sum over boxes of
    products over goals (I. Couckuyt, D. Deschrijver and T. Dhaene, J. Glob. Optim. 60 (2014)
    575-594, doi:10.1007/s10898-013-0118-2).

    Parameters
    ----------
    goals
        m of them.
    means, spreads
        Shape (m, n), modelling scale.
    front
        Shares of the known candidates, shape (k, m); none is needed.

    Returns
    -------
    ndarray of shape (n,)
        In [0, 1].
    """
    front = non_dominated(front)
    edges = [np.unique(np.concatenate([[0.0, 1.0], front[:, d]])) for d in range(len(goals))]
    corners = np.meshgrid(*(e[1:] for e in edges), indexing="ij")
    taken = np.zeros(corners[0].shape, dtype=bool)
    for point in front:
        taken |= np.all([c <= x for c, x in zip(corners, point, strict=True)], axis=0)
    n, out = means.shape[1], np.empty(means.shape[1])
    step = max(1, int(_CELLS // max(1, taken[0].size)))
    for rows in (slice(i, i + step) for i in range(0, n, step)):
        total = (~taken).astype(float)[None]
        for goal, mean, spread, edge in zip(goals, means, spreads, edges, strict=True):
            covered = -np.diff(goal.share_gain(mean[rows], spread[rows], edge), axis=1)
            total = np.einsum("ni,ni...->n...", covered, np.broadcast_to(
                total, (len(covered), *total.shape[1:])))  # fmt: skip
        out[rows] = total
    return out


def non_dominated(shares: Array) -> Array:
    """Return the points (k, m) that no other is at least as good as in all and better in one."""
    points = np.unique(shares, axis=0)
    beaten = [bool((np.all(points >= p, 1) & np.any(points > p, 1)).any()) for p in points]
    return points[~np.array(beaten, dtype=bool)]


_CELLS = 4_000_000  # boxes times candidates held at once
