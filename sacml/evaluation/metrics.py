"""Errors that know bounds, and their intervals by resampling groups."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.models.base import one_sided


def one_sided_error(
    observed: ArrayLike, predicted: ArrayLike, bound: ArrayLike
) -> NDArray[np.float64]:
    """Absolute error on the modelling scale; zero where a bound is kept.

    A `lower` bound costs only what the prediction falls below it, an `upper` bound only what it
    exceeds it; `failure` and `reported` cost the absolute difference.
    """
    y, p = np.asarray(observed, dtype=float), np.asarray(predicted, dtype=float)
    return one_sided(y, p, np.asarray(bound))


@dataclass(frozen=True, slots=True, eq=False)
class GroupBootstrap:
    """Resampling of whole groups with replacement, the same draws for every model.

    Attributes
    ----------
    inverse : (n,) int
        Group number of each record.
    draws : (b, g) float
        How often each group stands in each resample.
    """

    inverse: NDArray[np.intp]
    draws: NDArray[np.float64]

    @classmethod
    def of(cls, groups: ArrayLike, seed: int, n_draws: int = 2000) -> "GroupBootstrap":
        """Prepare `n_draws` resamples of the groups of n records."""
        names, inverse = np.unique(np.asarray(groups), return_inverse=True)
        g = len(names)
        rng = np.random.default_rng(seed)
        draws = rng.multinomial(g, np.full(g, 1.0 / g), size=n_draws).astype(np.float64)
        return cls(inverse.reshape(-1), draws)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return self.draws.shape[1]

    def interval(self, values: NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of the pooled mean of `values` (n,); NaN with fewer than two groups.

        The mean is over the records of the resampled groups, so a large group weighs as much as it
        does in the figure that stands beside it.
        """
        if self.n_groups < 2:
            return float("nan"), float("nan")
        sums = np.bincount(self.inverse, weights=values, minlength=self.n_groups)
        sizes = np.bincount(self.inverse, minlength=self.n_groups).astype(np.float64)
        means = (self.draws @ sums) / (self.draws @ sizes)
        tail = 100 * (1 - level) / 2
        low, high = np.percentile(means, [tail, 100 - tail])
        return float(low), float(high)
