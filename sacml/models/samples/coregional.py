"""A Gaussian process whose outputs, one per category (adsorbate), share what they have in common.

Its covariance is that of `sacml.models.samples.coregional_kernel`; columns are scaled by their
spread in training and a block by the number of its columns. The hyper-parameters maximise the
marginal likelihood with weak normal priors on the scaled data. The noise is Student-t, found by
expectation and maximisation (Lange, Little, Taylor, "Robust statistical modeling using the t
distribution", JASA 84 (1989) 881): a row far off has a large noise of its own, and moves the rest
little.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sacml.models.samples.coregional_kernel import Floats, Ints, Kernel, Near
from sacml.models.samples.offsets import category_of, offsets

JITTER = 1e-8
ROUNDS, LATER_STEPS = 4, 12
"""Searches for hyper-parameters with the noise of the round before, and steps of the later ones."""
FITTED = ("offsets", "centre", "width", "theta", "alpha", "points", "point_of", "codes", "scale")
"""Names, without the underscore, of the arrays that a prediction needs."""


class CoregionalGP(RegressorMixin, BaseEstimator):
    """Gaussian process over blocks of columns, with one correlated output per category.

    Parameters
    ----------
    blocks : sequence of sequences of int, optional
        Columns that share a length scale; None takes all columns as one block.
    category : int, optional
        Column with the number of the category, below 0 for one never seen; None: there is one.
    same : sequence of sequences of int
        Columns of the blocks; rows that agree in all columns of a set share a deviation.
    freedom : float, optional
        Degrees of freedom of the Student-t noise, above 2; None: it is normal.
    max_iter : int
        Steps of the first search for hyper-parameters.
    max_search_rows : int
        Hyper-parameters are sought on at most this many rows, drawn at random.
    random_state : int, optional
        Seed of that draw.
    """

    def __init__(
        self,
        blocks: Sequence[Sequence[int]] | None = None,
        category: int | None = None,
        same: Sequence[Sequence[int]] = (),
        freedom: float | None = 4.0,
        max_iter: int = 50,
        max_search_rows: int = 800,
        random_state: int | None = None,
    ) -> None:
        self.blocks = blocks
        self.category = category
        self.same = same
        self.freedom = freedom
        self.max_iter = max_iter
        self.max_search_rows = max_search_rows
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "CoregionalGP":
        """Fit on X (n, p) and y (n,)."""
        X, y = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
        if self.freedom is not None and not self.freedom > 2:
            raise ValueError(f"freedom = {self.freedom!r}: give a number above 2, or None")
        columns = [i for i in range(X.shape[1]) if i != self.category]
        self.blocks_ = [list(b) for b in (self.blocks or [columns])]
        self.centre_, spread = X.mean(0), X.std(0)
        self.width_ = np.where(spread > 1e-9 * (1 + np.abs(self.centre_)), spread, np.inf)
        read = sorted({c for b in self.blocks_ for c in b})
        _, first, point_of = np.unique(X[:, read], axis=0, return_index=True, return_inverse=True)
        order = np.argsort(point_of.ravel(), kind="stable")
        self.points_, self.point_of_ = X[first], point_of.ravel()[order]
        codes = category_of(X, self.category)
        self.offsets_, residual = offsets(codes, y)
        self.codes_ = codes[order]
        self.scale_ = float(residual.std()) or 1.0
        z = residual[order] / self.scale_
        self.kernel_ = Kernel(len(self.blocks_), len(self.same), len(self.offsets_) - 1)
        rng = np.random.default_rng(self.random_state)
        rows = np.arange(len(z))
        if len(z) > self.max_search_rows:
            rows = np.sort(rng.choice(len(z), self.max_search_rows, replace=False))
        weight = self._search(rows, z[rows])
        if len(rows) < len(z):
            weight = np.ones(len(z))
            for _ in range(ROUNDS if self.freedom else 1):
                weight = self._weights(self.theta_, self._factors(weight, z), weight)
        self.alpha_ = self._factors(weight, z)[1]
        return self

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict (n,); with `return_std` also the standard deviation of a new value (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        codes = category_of(X, self.category)
        codes = np.where(codes < len(self.offsets_) - 1, codes, -1)
        near = self._near(X, np.arange(len(X)), self.point_of_)
        K = self.kernel_.covariance(self.theta_, near, codes, self.codes_)
        mean = self.offsets_[codes] + self.scale_ * (K @ self.alpha_)
        if not return_std:
            return mean
        spread = self.freedom / (self.freedom - 2) if self.freedom else 1.0
        own = self.kernel_.own_variance(self.theta_, codes) + spread * np.exp(self.theta_[-1])
        explained = np.einsum("ij,ji->i", K, cho_solve(self.factor_, K.T))
        return mean, self.scale_ * np.sqrt(np.maximum(own - explained, 0.0))

    @classmethod
    def stored(
        cls, blocks: list[list[int]], same: list[list[int]], category: int,
        arrays: dict[str, NDArray[Any]],
    ) -> "CoregionalGP":  # fmt: skip
        """Return a fitted process from the arrays named in `FITTED`; it predicts without spread."""
        model = cls(blocks, category, same)
        model.blocks_ = blocks
        for name in FITTED:
            setattr(model, f"{name}_", arrays[name])
        model.scale_ = float(arrays["scale"])
        model.kernel_ = Kernel(len(blocks), len(same), len(model.offsets_) - 1)
        model.n_features_in_ = model.points_.shape[1]
        return model

    def _near(self, P: Floats, first: Ints, second: Ints) -> Near:
        """Compare points P with the points of the training."""
        Q = self.points_
        squares = []
        for block in self.blocks_:
            inside = [c for c in block if np.isfinite(self.width_[c])]
            scale = self.width_[inside] * np.sqrt(len(inside))
            squares.append(cdist(P[:, inside] / scale, Q[:, inside] / scale, "sqeuclidean")
                           if inside else np.zeros((len(P), len(Q))))  # fmt: skip
        same = []
        for columns in self.same:
            rows = np.vstack([P[:, list(columns)], Q[:, list(columns)]])
            number = np.unique(rows, axis=0, return_inverse=True)[1].ravel()
            same.append((number[: len(P), None] == number[None, len(P) :]).astype(np.float64))
        return Near(tuple(squares), tuple(same), first, second)

    def _search(self, rows: Ints, z: Floats) -> Floats:
        """Find theta on some rows; return the weight of each, noise being exp(theta[-1]) / it."""
        used, point_of = np.unique(self.point_of_[rows], return_inverse=True)
        whole = self._near(self.points_[used], point_of, point_of)
        near = Near(tuple(d[:, used] for d in whole.squares), tuple(s[:, used] for s in whole.same),
                    point_of, point_of)  # fmt: skip
        codes, weight = self.codes_[rows], np.ones(len(rows))
        theta, prior, precision = self.kernel_.start()
        bounds = [(-5.0, 5.0)] * (len(theta) - 1) + [(-9.0, 2.0)]
        self.n_iter_ = 0
        for k in range(ROUNDS if self.freedom else 1):
            steps = self.max_iter if not k else min(LATER_STEPS, self.max_iter)
            found = minimize(
                self._objective, theta, (near, codes, z, prior, precision, weight), jac=True,
                method="L-BFGS-B", bounds=bounds, options={"maxiter": steps},
            )  # fmt: skip
            theta = np.asarray(found.x, dtype=np.float64)
            self.n_iter_ += max(1, int(found.nit))
            if self.freedom:
                K = self.kernel_.covariance(theta, near, codes, codes)
                weight = self._weights(theta, _solved(K, theta, weight, z), weight)
        self.theta_ = theta
        return weight

    def _weights(self, theta: Floats, solved: Any, weight: Floats) -> Floats:
        """Return the expected precision of the noise of each row, 1 for a typical one (n,)."""
        if not self.freedom:
            return weight
        factor, alpha = solved
        inverse, _ = dpotri(factor[0], lower=1)
        noise = np.exp(theta[-1]) / weight
        left = noise * alpha  # observed value minus the process there
        unsure = np.maximum(noise - noise**2 * np.diag(inverse), 0.0)
        one = np.exp(theta[-1])
        return np.asarray((self.freedom + 1) / (self.freedom + (left**2 + unsure) / one))

    def _factors(self, weight: Floats, z: Floats) -> Any:
        """Return the factor of the covariance of all training rows and its solution for z."""
        near = self._near(self.points_, self.point_of_, self.point_of_)
        K = self.kernel_.covariance(self.theta_, near, self.codes_, self.codes_)
        self.factor_, alpha = _solved(K, self.theta_, weight, z)
        return self.factor_, alpha

    def _objective(
        self, theta: Floats, near: Near, codes: Ints, z: Floats, prior: Floats, precision: Floats,
        weight: Floats,
    ) -> tuple[float, Floats]:  # fmt: skip
        """Negative log posterior and its gradient."""
        K = self.kernel_.covariance(theta, near, codes, codes)
        try:
            factor, alpha = _solved(K, theta, weight, z)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(theta)
        value = 0.5 * z @ alpha + np.log(np.diag(factor[0])).sum()
        inverse, _ = dpotri(factor[0], lower=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        G = 0.5 * (inverse - np.outer(alpha, alpha))  # d value / d K
        grad = self.kernel_.gradient(theta, near, codes, G)
        grad[-1] = np.sum(np.diag(G) * np.exp(theta[-1]) / weight)
        away = theta - prior
        return float(value + 0.5 * away @ (precision * away)), grad + precision * away


def _solved(K: Floats, theta: Floats, weight: Floats, z: Floats) -> Any:
    """Add the noise to K, which is overwritten; return its Cholesky factor and solution for z."""
    K[np.diag_indices(len(K))] += np.exp(theta[-1]) / weight + JITTER
    factor = cho_factor(K, lower=True, overwrite_a=True)
    return factor, cho_solve(factor, z)
