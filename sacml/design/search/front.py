"""The first non-dominated fronts of a stream, and the hypervolume under the first.

A candidate dominates another if none of its desirabilities is lower and one is higher. Fronts are
peeled: the second is what only the first dominates. What lies in one of the first fronts of a whole
lies in one of the first fronts of every part that holds it, so parts can be merged in any order.
The sorting is that of the library moocore.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAYERS = 3
"""Fronts that are followed."""
EXACT_OBJECTIVES = 4
"""Objectives up to which the hypervolume is exact; beyond, or with more points, approximate."""
EXACT_POINTS = 1000
DECIMALS = 8
"""Desirabilities are rounded before they are compared, so that the last bits decide nothing."""

Keys = NDArray[np.int64]


def peel(points: NDArray[np.float64], layers: int = LAYERS) -> NDArray[np.int64]:
    """Number of the front of each point (n,), 1 for the first; 0 beyond `layers`.

    Parameters
    ----------
    points
        Shape (n, m), larger is better. Equal points stand in the same front.
    """
    out = np.zeros(len(points), dtype=np.int64)
    left = np.arange(len(points))
    if points.shape[1] == 0:
        return np.ones_like(out)
    from moocore import is_nondominated

    for layer in range(1, layers + 1):
        if not len(left):
            break
        best = is_nondominated(points[left], maximise=True, keep_weakly=True)
        out[left[best]] = layer
        left = left[~best]
    return out


def hypervolume(points: NDArray[np.float64]) -> tuple[float, bool]:
    """Share of the unit cube that points (n, m) dominate, and whether it is exact.

    The reference point is the origin. Beyond `EXACT_OBJECTIVES` and `EXACT_POINTS` it is
    approximated by the deterministic quadrature of moocore (Rphi-FWE+).
    """
    n, m = points.shape
    if not n or not m:
        return 0.0, True
    from moocore import hv_approx
    from moocore import hypervolume as exactly

    if m <= EXACT_OBJECTIVES or (n <= EXACT_POINTS and m <= EXACT_OBJECTIVES + 2):
        return float(exactly(points, ref=np.zeros(m), maximise=True)), True
    return float(hv_approx(points, ref=np.zeros(m), maximise=True)), False


@dataclass
class Front:
    """First fronts of what was seen; of equal points the one closest to evidence is kept.

    Attributes
    ----------
    points
        Shape (k, m), desirabilities of the objectives that count.
    layer
        Shape (k,), 1 to `LAYERS`.
    priority, key, position, score
        Shape (k,), ties, place in the space and score of each.
    """

    points: NDArray[np.float64]
    layer: Keys
    priority: Keys
    key: Keys
    position: Keys
    score: NDArray[np.float64]

    @classmethod
    def empty(cls, m: int) -> "Front":
        """Return fronts of nothing in m objectives."""
        none = np.empty(0, dtype=np.int64)
        return cls(np.empty((0, m)), none, none, none, none, np.empty(0))

    @classmethod
    def of(
        cls,
        points: NDArray[np.float64],
        priority: Keys,
        key: Keys,
        position: Keys,
        score: NDArray[np.float64],
    ) -> "Front":
        """Return the first fronts of n candidates."""
        rounded = np.round(points, DECIMALS)
        layer = peel(rounded)
        some = np.flatnonzero(layer)
        columns: tuple[Any, ...] = (rounded, layer, priority, key, position, score)
        return cls(*(c[some] for c in columns))._distinct()

    def _distinct(self) -> "Front":
        order = np.lexsort((self.key, self.priority))
        _, first = np.unique(self.points[order], axis=0, return_index=True)
        return self._take(order[np.sort(first)])

    def _take(self, rows: NDArray[np.intp]) -> "Front":
        return Front(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def merged(self, other: "Front") -> "Front":
        """Return the first fronts of both."""
        if not len(other.points):
            return self
        joined = {
            name: np.concatenate([getattr(self, name), getattr(other, name)])
            for name in self.__dataclass_fields__
            if name != "layer"
        }
        return Front.of(**joined)

    @property
    def first(self) -> NDArray[np.intp]:
        """Rows of the first front, best score first."""
        rows = np.flatnonzero(self.layer == 1)
        order = np.lexsort((self.key[rows], self.priority[rows], -self.score[rows]))
        return np.asarray(rows[order])

    def layer_of(self, points: NDArray[np.float64]) -> list[int | None]:
        """Number of the front of each point (n, m) of the stream; None beyond those followed."""
        rounded = np.round(points, DECIMALS)
        found: list[int | None] = []
        for row in rounded:
            same = np.flatnonzero((self.points == row).all(axis=1))
            found.append(int(self.layer[same[0]]) if len(same) else None)
        return found
