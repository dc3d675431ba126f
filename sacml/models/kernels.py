"""Sums of simple covariance functions over blocks of columns: metal, shell, alkali, conditions.

A term acts on the columns of its block alone, so that what is learned of one part of a site holds
wherever that part occurs (additive Gaussian processes, Duvenaud, Nickisch and Rasmussen,
"Additive Gaussian Processes", arXiv:1112.4394, 2011).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RBF, LINEAR, EXPONENTIAL = 0, 1, 2
FORMS = {"rbf": RBF, "linear": LINEAR, "exponential": EXPONENTIAL}
"""A block is a smooth function of its columns, a line in each of them, or a rough function.

The exponential covariance (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006,
section 4.2) is that of a random walk that returns to its mean: rows of equal columns share a level,
and the level may step from one value of a column to the next.
"""


def comparisons(member: NDArray[np.bool_], form: NDArray[np.int64], A: Floats, B: Floats) -> Floats:
    """Compare rows of A (n, c) and B (m, c), block by block -> (b, n, m).

    For an RBF block the squared distance, for an exponential one the absolute distance, for a
    linear block the inner product; all averaged over the columns of the block, so that wide and
    narrow blocks have the same scale.

    Parameters
    ----------
    member : (b, c)
        Which columns belong to which block; at least one each.
    form : (b,)
        Values of `FORMS`.
    """
    out = np.empty((len(form), len(A), len(B)))
    for i, (columns, kind) in enumerate(zip(member, form, strict=True)):
        a, b = A[:, columns], B[:, columns]
        if kind == EXPONENTIAL:
            out[i] = np.abs(a[:, None, :] - b[None, :, :]).mean(axis=2)
            continue
        inner = a @ b.T
        if kind == RBF:
            inner = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * inner
            np.maximum(inner, 0.0, out=inner)
        out[i] = inner / columns.sum()
    return out


@dataclass(frozen=True, slots=True, eq=False)
class SumKernel:
    """``constant + sum_b variance_b k_b``, k = d of a linear block, else exp(-d / 2 length^2).

    Attributes
    ----------
    member, form
        See `comparisons`.
    variance, length : (b,) float64, > 0
        Variance of each term; length scale in standard deviations (not used by a linear block).
    constant
        Variance of the level that all rows share.
    """

    member: NDArray[np.bool_]
    form: NDArray[np.int64]
    variance: Floats
    length: Floats
    constant: float

    def __call__(self, A: Floats, B: Floats) -> Floats:
        """Covariance (n, m) of the rows of A (n, c) and B (m, c)."""
        total = np.full((len(A), len(B)), self.constant)
        for i, kind in enumerate(self.form):
            term = comparisons(self.member[i : i + 1], self.form[i : i + 1], A, B)[0]
            if kind != LINEAR:
                np.exp(term / (-2 * self.length[i] ** 2), out=term)
            total += self.variance[i] * term
        return total

    def at(self, A: Floats) -> Floats:
        """Prior variance (n,) of the rows of A."""
        total = np.full(len(A), self.constant)
        for columns, kind, variance in zip(self.member, self.form, self.variance, strict=True):
            own = (A[:, columns] ** 2).mean(axis=1) if kind == LINEAR else 1.0
            total += variance * own
        return total
