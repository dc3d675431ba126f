"""A Gaussian process whose outputs, one per category (adsorbate), share what they have in common.

Covariance of rows i, j with categories a, b (intrinsic coregionalisation; Bonilla, Chai, Williams,
"Multi-task Gaussian process prediction", NeurIPS 20, 2008), summed over two components c, a smooth
and a rough one::

    k = sum_c (w_c w_c^T + diag(v_c))[a, b] * matern52(r_c),   r_c^2 = sum_blocks (d_block / l)^2

d_block is the distance within a block of columns (the centre's elements; shell and geometry),
scaled by the spread of each column in training and the number of columns. The hyper-parameters
maximise the marginal likelihood with weak normal priors around one on the scaled data.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sacml.models.samples.offsets import category_of, offsets

Floats = NDArray[np.float64]
_START_LENGTH = (1.0, 0.5)
_LOG_NOISE, _LOG_OWN = np.log(0.05), -2.0
_ROOT5 = np.sqrt(5.0)
JITTER = 1e-8


class CoregionalGP(RegressorMixin, BaseEstimator):
    """Gaussian process over blocks of columns, with one correlated output per category.

    Parameters
    ----------
    blocks : sequence of sequences of int, optional
        Columns that share a length scale; None takes all columns as one block.
    category : int, optional
        Column with the number of the category, below 0 for one never seen; None: there is one.
    max_iter : int
        Steps of the search for hyper-parameters.
    max_search_rows : int
        Hyper-parameters are sought on at most this many rows, drawn at random.
    random_state : int, optional
        Seed of that draw.
    """

    def __init__(
        self,
        blocks: Sequence[Sequence[int]] | None = None,
        category: int | None = None,
        max_iter: int = 50,
        max_search_rows: int = 800,
        random_state: int | None = None,
    ) -> None:
        self.blocks = blocks
        self.category = category
        self.max_iter = max_iter
        self.max_search_rows = max_search_rows
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "CoregionalGP":
        """Fit on X (n, p) and y (n,)."""
        X, y = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
        columns = [i for i in range(X.shape[1]) if i != self.category]
        self.blocks_ = [list(b) for b in (self.blocks or [columns])]
        codes = category_of(X, self.category)
        self.offsets_, residual = offsets(codes, y)
        self.n_categories_ = len(self.offsets_) - 1
        self.scale_ = float(residual.std()) or 1.0
        self.centre_, spread = X.mean(0), X.std(0)
        self.width_ = np.where(spread > 1e-9 * (1 + np.abs(self.centre_)), spread, np.inf)
        self.X_, self.codes_ = X, codes
        z = residual / self.scale_
        rng = np.random.default_rng(self.random_state)
        rows = np.arange(len(X))
        if len(X) > self.max_search_rows:
            rows = np.sort(rng.choice(len(X), self.max_search_rows, replace=False))
        self.theta_ = self._search(X[rows], codes[rows], z[rows])
        K = self._kernel(self.theta_, self._distances(X, X), codes, codes)
        K[np.diag_indices(len(X))] += np.exp(self.theta_[-1]) + JITTER
        self.factor_ = cho_factor(K, lower=True, overwrite_a=True)
        self.alpha_ = cho_solve(self.factor_, z)
        return self

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict (n,); with `return_std` also the standard deviation of a new value (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        codes = category_of(X, self.category)
        codes = np.where(codes < self.n_categories_, codes, -1)
        K = self._kernel(self.theta_, self._distances(X, self.X_), codes, self.codes_)
        mean = self.offsets_[codes] + self.scale_ * (K @ self.alpha_)
        if not return_std:
            return mean
        own = self._own_variance(codes) + np.exp(self.theta_[-1])
        explained = np.einsum("ij,ji->i", K, cho_solve(self.factor_, K.T))
        return mean, self.scale_ * np.sqrt(np.maximum(own - explained, 0.0))

    def _distances(self, P: Floats, Q: Floats) -> list[Floats]:
        out = []
        for block in self.blocks_:
            inside = [c for c in block if np.isfinite(self.width_[c])]
            if not inside:
                out.append(np.zeros((len(P), len(Q))))
                continue
            scale = self.width_[inside] * np.sqrt(len(inside))
            out.append(cdist((P[:, inside]) / scale, (Q[:, inside]) / scale, "sqeuclidean"))
        return out

    def _unpack(self, theta: Floats) -> tuple[Floats, Floats, Floats]:
        """Log length scales (2, blocks), w (2, k) and log v (2, k)."""
        b, k = len(self.blocks_), self.n_categories_
        lengths = theta[: 2 * b].reshape(2, b)
        w = theta[2 * b : 2 * b + 2 * k].reshape(2, k)
        return lengths, w, theta[2 * b + 2 * k : 2 * b + 4 * k].reshape(2, k)

    def _mixing(self, w: Floats, own: Floats, a: Any, b: Any) -> Floats:
        B = np.zeros((len(w) + 1, len(w) + 1))  # the last row is the category never seen
        B[:-1, :-1] = np.outer(w, w) + np.diag(np.exp(own))
        return B[np.ix_(a, b)]

    def _own_variance(self, codes: Any) -> Floats:
        _, w, own = self._unpack(self.theta_)
        total = np.append((w**2 + np.exp(own)).sum(0), (w**2 + np.exp(own)).sum(0).mean())
        return total[codes]

    def _kernel(self, theta: Floats, D: list[Floats], a: Any, b: Any) -> Floats:
        lengths, w, own = self._unpack(theta)
        K = np.zeros(D[0].shape)
        for c in range(2):
            r = np.sqrt(sum(d * np.exp(-2 * t) for d, t in zip(D, lengths[c], strict=True)))
            K += self._mixing(w[c], own[c], a, b) * _matern(r)
        return K

    def _search(self, X: Floats, codes: Any, z: Floats) -> Floats:
        b, k = len(self.blocks_), self.n_categories_
        start = np.concatenate([
            np.repeat(np.log(_START_LENGTH), b), np.ones(k), np.full(k, 0.5),
            np.full(2 * k, _LOG_OWN), [_LOG_NOISE],
        ])  # fmt: skip
        prior = start.copy()
        prior[2 * b : 2 * b + 2 * k] = 0.0
        D = self._distances(X, X)
        found = minimize(
            self._objective, start, (D, codes, z, prior), jac=True, method="L-BFGS-B",
            bounds=[(-5.0, 5.0)] * (len(start) - 1) + [(-9.0, 2.0)],
            options={"maxiter": self.max_iter},
        )  # fmt: skip
        self.n_iter_ = max(1, int(found.nit))
        return np.asarray(found.x, dtype=np.float64)

    def _objective(
        self, theta: Floats, D: list[Floats], codes: Any, z: Floats, prior: Floats
    ) -> tuple[float, Floats]:
        """Negative log posterior and its gradient."""
        lengths, w, own = self._unpack(theta)
        n, b, k = len(z), len(self.blocks_), self.n_categories_
        A = np.zeros((n, k + 1))
        A[np.arange(n), codes] = 1.0
        A = A[:, :k]
        K, parts = np.zeros((n, n)), []
        for c in range(2):
            r = np.sqrt(sum(d * np.exp(-2 * t) for d, t in zip(D, lengths[c], strict=True)))
            M, B = _matern(r), self._mixing(w[c], own[c], codes, codes)
            parts.append((r, M, B))
            K += B * M
        noise = np.exp(theta[-1])
        K[np.diag_indices(n)] += noise + JITTER
        try:
            factor = cho_factor(K, lower=True, overwrite_a=True)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(theta)
        alpha = cho_solve(factor, z)
        value = 0.5 * z @ alpha + np.log(np.diag(factor[0])).sum()
        G = 0.5 * (cho_solve(factor, np.eye(n)) - np.outer(alpha, alpha))  # d value / d K
        grad = np.zeros_like(theta)
        for c, (r, M, B) in enumerate(parts):
            slope = (5.0 / 3.0) * (1 + _ROOT5 * r) * np.exp(-_ROOT5 * r)
            H = G * B * slope
            for i, d in enumerate(D):
                grad[c * b + i] = np.sum(H * d) * np.exp(-2 * lengths[c, i])
            S = A.T @ (G * M) @ A  # d value / d mixing matrix
            grad[2 * b + c * k : 2 * b + (c + 1) * k] = 2 * S @ w[c]
            grad[2 * b + (2 + c) * k : 2 * b + (3 + c) * k] = np.diag(S) * np.exp(own[c])
        grad[-1] = np.trace(G) * noise
        away = theta - prior
        return float(value + 0.5 * away @ away), grad + away


def _matern(r: Floats) -> Floats:
    u = _ROOT5 * r
    return (1 + u + u * u / 3.0) * np.exp(-u)
