"""Covariance of outputs that share what they have in common, and its gradient.

With rows i, j of categories a, b (intrinsic coregionalisation; Bonilla, Chai, Williams,
"Multi-task Gaussian process prediction", NeurIPS 20, 2008), summed over components c::

    k = sum_c (w_c w_c^T + diag(v_c))[a, b] * f_c

Of a smooth and a rough component ``f_c = matern52(r_c)``, ``r_c^2 = sum_blocks (d_block / l)^2``,
where d_block is the distance within a block of columns. Of the others ``f_c`` is 1 where two rows
agree in a set of columns (the same structure, the same centre), else 0: what all rows of one
structure or centre deviate by, e.g. as the energy of the bare site was not of the ground state.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
LENGTHS = (1.0, 0.5)
"""Length scales at the start, of the smooth and the rough component, were there two blocks."""
_LOG_NOISE, _LOG_OWN, _LOG_OWN_SAME, _W_SAME = np.log(0.05), -2.0, -4.0, 0.2
_ROOT5 = np.sqrt(5.0)
PRECISION_LENGTH, PRECISION_SAME = 0.25, 16.0
"""Of the priors of log lengths and of w where rows agree; the others have 1. A block may turn out
to say nothing, and most of the spread must be explained by descriptors, not by a name."""


@dataclass(frozen=True, eq=False)
class Near:
    """How near the points of two sets are, and which point each row is.

    Attributes
    ----------
    squares
        Squared distance (p, q) within each block.
    same
        1 where two points agree in a set of columns, else 0 (p, q), set by set.
    first, second
        Point of each row of the two sides, (n,) and (m,).
    """

    squares: tuple[Floats, ...]
    same: tuple[Floats, ...]
    first: Ints
    second: Ints


@dataclass(frozen=True)
class Kernel:
    """Names the entries of theta: per component log lengths, w and log v; last the log noise."""

    n_blocks: int
    n_same: int
    n_categories: int

    def parts(self) -> list[tuple[slice, slice, slice]]:
        """Return where log lengths, w and log v stand, component by component."""
        found, at = [], 0
        for c in range(len(LENGTHS) + self.n_same):
            b = self.n_blocks if c < len(LENGTHS) else 0
            w, v = at + b, at + b + self.n_categories
            found.append((slice(at, w), slice(w, v), slice(v, v + self.n_categories)))
            at = v + self.n_categories
        return found

    def start(self) -> tuple[Floats, Floats, Floats]:
        """Return where the search begins, and means and precisions of the priors."""
        parts = self.parts()
        theta = np.zeros(parts[-1][2].stop + 1)
        prior, precision = theta.copy(), np.ones_like(theta)
        for c, (lengths, w, own) in enumerate(parts):
            smooth = c < len(LENGTHS)
            if smooth:
                precision[lengths] = PRECISION_LENGTH
                theta[lengths] = prior[lengths] = np.log(LENGTHS[c] * np.sqrt(self.n_blocks / 2))
            theta[w] = 1.0 if smooth else _W_SAME
            precision[w] = 1.0 if smooth else PRECISION_SAME
            theta[own] = prior[own] = _LOG_OWN if smooth else _LOG_OWN_SAME
        theta[-1] = prior[-1] = _LOG_NOISE
        return theta, prior, precision

    def mixing(self, theta: Floats, c: int) -> Floats:
        """Return the covariance of the categories (k + 1, k + 1); the last one was never seen."""
        _, w, own = self.parts()[c]
        out = np.zeros((self.n_categories + 1, self.n_categories + 1))
        out[:-1, :-1] = np.outer(theta[w], theta[w]) + np.diag(np.exp(theta[own]))
        return out

    def own_variance(self, theta: Floats, codes: Ints) -> Floats:
        """Return the variance of a row of each category before anything is known (n,)."""
        each = sum(np.diag(self.mixing(theta, c))[:-1] for c in range(len(self.parts())))
        return np.append(each, np.mean(each))[codes]

    def shapes(self, theta: Floats, near: Near) -> list[tuple[Floats, Floats | None]]:
        """Return f_c between points (p, q), and r_c where it has one."""
        found: list[tuple[Floats, Floats | None]] = []
        for lengths, _, _ in self.parts()[: len(LENGTHS)]:
            scales = np.exp(-2 * theta[lengths])
            r = np.sqrt(sum(d * s for d, s in zip(near.squares, scales, strict=True)))
            u = _ROOT5 * r
            found.append(((1 + u + u * u / 3.0) * np.exp(-u), r))
        return found + [(same, None) for same in near.same]

    def covariance(self, theta: Floats, near: Near, a: Ints, b: Ints) -> Floats:
        """Return k between rows of categories a (n,) and b (m,): (n, m), without noise."""
        K = np.zeros((len(a), len(b)))
        for c, (f, _) in enumerate(self.shapes(theta, near)):
            K += self.mixing(theta, c)[np.ix_(a, b)] * f[np.ix_(near.first, near.second)]
        return K

    def gradient(self, theta: Floats, near: Near, codes: Ints, G: Floats) -> Floats:
        """Return the sum of G * dk / dtheta over pairs of rows; G is symmetric.

        The rows must be in the order of their points; the entry of the noise is left 0.
        """
        rows = np.ix_(near.first, near.second)
        A = np.zeros((len(codes), self.n_categories + 1))
        A[np.arange(len(codes)), codes] = 1.0
        A = A[:, :-1]
        begins = np.searchsorted(near.first, np.arange(near.first[-1] + 1))
        out = np.zeros_like(theta)
        for c, ((lengths, w, own), (f, r)) in enumerate(
            zip(self.parts(), self.shapes(theta, near), strict=True)
        ):
            if r is not None:
                H = G * self.mixing(theta, c)[np.ix_(codes, codes)]
                H = np.add.reduceat(np.add.reduceat(H, begins, axis=0), begins, axis=1)
                H *= (5.0 / 3.0) * (1 + _ROOT5 * r) * np.exp(-_ROOT5 * r)
                sums = np.array([np.sum(H * d) for d in near.squares])
                out[lengths] = sums * np.exp(-2 * theta[lengths])
            S = A.T @ (G * f[rows]) @ A
            out[w] = 2 * S @ theta[w]
            out[own] = np.diag(S) * np.exp(theta[own])
        return out
