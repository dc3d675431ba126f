"""Joint posteriors over a pool: what a model expects, how unsure it is, and what goes together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.errors import DesignError, unknown
from sacml.models.kernels import FORMS, SumKernel

Array = NDArray[np.float64]

MODELS = ("gaussian_process", "extra_trees", "random_forest")
"""Models that say how unsure they are: one of a Gaussian process, two of the spread of trees."""
SHOWN = 10


@dataclass(frozen=True, eq=False)
class Posterior:
    """A normal distribution over the values of n candidates, on the modelling scale.

    Attributes
    ----------
    mean, variance
        Shape (n,).
    noise
        Variance of a label about the value.
    column
        Row number -> covariance of all candidates with it, shape (n,), before `told`.
    told
        Shape (n, q): what q believed labels took away; covariance is reduced by ``told @ told.T``.
    """

    mean: Array
    variance: Array
    noise: float
    column: Callable[[int], Array]
    told: Array

    @property
    def spread(self) -> Array:
        """Standard deviation, shape (n,)."""
        return np.sqrt(self.variance)

    def believing(self, row: int) -> "Posterior":
        """Return the posterior once this candidate's label is known and is what was expected.

        The mean stays, the spread of what goes with it shrinks: the kriging believer of
        D. Ginsbourger, R. Le Riche and L. Carraro (2010), doi:10.1007/978-3-642-10701-6_6; for
        upper confidence that of T. Desautels, A. Krause and J. W. Burdick, J. Mach. Learn. Res. 15
        (2014) 4053-4103.
        """
        total = self.variance[row] + self.noise
        if not total > 0:
            return self
        one = (self.column(row) - self.told @ self.told[row]) / np.sqrt(total)
        left = np.maximum(self.variance - one**2, 0.0)
        return replace(self, variance=left, told=np.column_stack([self.told, one]))

    def check(self, names: Sequence[str]) -> "Posterior":
        """Return itself, or raise naming the candidates without a finite mean and spread."""
        bad = np.flatnonzero(~(np.isfinite(self.mean) & np.isfinite(self.variance)))
        if bad.size:
            shown = ", ".join(names[i] for i in bad[:SHOWN]) + (", ..." * (bad.size > SHOWN))
            raise DesignError(
                f"the model gives no finite value and spread for {bad.size} of {len(names)} "
                f"candidates: {shown}; leave them out of the pool or choose another model"
            )
        return self

    @classmethod
    def fixed(cls, values: Array) -> "Posterior":
        """Values that are known: no spread, and no label changes them."""
        zero = np.zeros_like(values)
        return cls(values, zero, 0.0, lambda row: zero, np.empty((len(values), 0)))


def check_model(name: str) -> str:
    """Return the name of a model that says how unsure it is, or raise."""
    if name not in MODELS:
        raise unknown("model of an acquisition", name, MODELS)
    return name


def posterior(estimator: Any, X: NDArray[Any]) -> Posterior:
    """Return the posterior of a fitted model over the rows of X (n, p).

    A `GaussianProcess` gives its own; of a forest mean and covariance are those of its trees.
    """
    return _trees(estimator, X) if hasattr(estimator, "forest_") else _process(estimator, X)


def _process(estimator: Any, X: NDArray[Any]) -> Posterior:
    p = estimator.predictor()
    kernel = SumKernel(p.member, p.form, p.variance, p.length, float(p.constant[0]))
    smooth = p.member[p.form != FORMS["linear"]].any(axis=0)
    Z = np.asarray(X, dtype=np.float64)[:, p.columns]
    A = (np.where(smooth, Z, np.clip(Z, p.low, p.high)) - p.centre) / p.scale
    across = kernel(A, p.support)
    told = across @ p.root.T
    return Posterior(
        mean=p.level[0] + across @ p.weights,
        variance=np.maximum(kernel.at(A) - (told**2).sum(axis=1), 0.0),
        noise=float(p.beyond[0]),
        column=lambda row: kernel(A, A[row : row + 1])[:, 0] - told @ told[row],
        told=np.empty((len(A), 0)),
    )


def _trees(estimator: Any, X: NDArray[Any]) -> Posterior:
    Z = np.asarray(X)[:, estimator.columns_].astype(np.float32)
    each = np.stack([tree.predict(Z) for tree in estimator.forest_.estimators_])
    mean = each.mean(axis=0)
    away = (each - mean) / np.sqrt(max(len(each) - 1, 1))
    variance = (away**2).sum(axis=0)
    return Posterior(
        mean=mean,
        variance=variance,
        noise=_TREE_NOISE * float(variance.mean()),
        column=lambda row: away.T @ away[:, row],
        told=np.empty((len(mean), 0)),
    )


_TREE_NOISE = 0.05  # of the mean variance: few trees make covariances that are not exact
