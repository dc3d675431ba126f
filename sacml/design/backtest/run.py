"""One run of a backtest: a pool whose labels are known, an arm, a seed.

From random starts a strategy asks for batches; a label counts when it is asked for. The run ends
once the given share of the best rows is labelled.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.acquisition.goals import Goal
from sacml.design.acquisition.posteriors import check_model, posterior
from sacml.design.acquisition.strategies import STRATEGIES, choose, choose_randomly
from sacml.errors import DesignError, unknown

RANDOM = "random"
ARMS = tuple(s for s in STRATEGIES if s != "hypervolume")
"""Strategies of one objective."""


@dataclass(frozen=True, eq=False)
class KnownPool:
    """A pool whose labels are all known.

    Attributes
    ----------
    name
        What it is called.
    X, y
        Descriptors (n, p), without what is known only with the label; labels (n,).
    goal
        What is wanted of y.
    blocks
        Columns that share a length scale of the Gaussian process, as in `GaussianProcess`.
    """

    name: str
    X: NDArray[np.float64]
    y: NDArray[np.float64]
    goal: Goal
    blocks: tuple[tuple[str, tuple[int, ...]], ...] | None = None

    def __post_init__(self) -> None:
        if self.X.ndim != 2 or self.y.shape != self.X.shape[:1]:
            raise DesignError(
                f"pool {self.name}: X of shape {self.X.shape} and y of shape {self.y.shape}; give "
                "one label per row"
            )
        if not (np.isfinite(self.X).all() and np.isfinite(self.y).all()):
            raise DesignError(f"pool {self.name}: a descriptor or label is missing; leave it out")


@dataclass(frozen=True, slots=True)
class Arm:
    """A strategy with its model; `random` has none."""

    strategy: str
    model: str = "gaussian_process"

    def __post_init__(self) -> None:
        if self.strategy not in ARMS:
            raise unknown("strategy of a backtest", self.strategy, ARMS)
        check_model(self.model)

    @property
    def name(self) -> str:
        """Strategy and model in one word."""
        return self.strategy if self.strategy == RANDOM else f"{self.strategy}/{self.model}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a run is asked for.

    Attributes
    ----------
    starts
        Random labels before the first choice, the same for every arm of a seed.
    batch
        Labels per choice; the model is fitted anew before each.
    best
        Share of the pool that counts as best, rounded up to a whole row; rows as good as the last
        of them count too.
    found
        Share of these that must be labelled, rounded up to a whole row.
    """

    starts: int = 10
    batch: int = 5
    best: float = 0.05
    found: float = 0.8

    def __post_init__(self) -> None:
        if self.starts < 3 or self.batch < 1 or not (0 < self.best <= 1 and 0 < self.found <= 1):
            raise DesignError(
                f"{self}: at least 3 starts and 1 label per batch, shares above 0 and up to 1"
            )

    def top(self, pool: KnownPool) -> NDArray[np.intp]:
        """Rows of the pool that count as best."""
        k = ceil(self.best * len(pool.y) - 1e-9)
        margins = pool.goal.margin(pool.y)
        return np.flatnonzero(margins >= np.sort(margins)[-k])


@dataclass(frozen=True, slots=True)
class Run:
    """One run: labels asked for until enough of the best were found, starts included.

    `found_at` says after how many labels each of the best was found, as far as the run went.
    """

    pool: str
    arm: str
    seed: int
    n_pool: int
    n_top: int
    needed: int
    labels: int
    found_at: tuple[int, ...]


def run_once(pool: KnownPool, arm: Arm, seed: int, rules: Rules) -> Run:
    """Run one arm from the starts of one seed."""
    n, top = len(pool.y), rules.top(pool)
    if n <= rules.starts:
        raise DesignError(f"pool {pool.name} of {n} rows is used up by {rules.starts} starts")
    needed = ceil(rules.found * len(top) - 1e-9)
    order = list(np.random.default_rng(seed).permutation(n)[: rules.starts])
    free = np.ones(n, dtype=bool)
    free[order] = False
    while np.isin(order, top).sum() < needed:
        if arm.strategy == RANDOM:
            chosen = choose_randomly(free, n, seed + 1)
        else:
            estimator = _estimator(arm.model, pool, seed).fit(pool.X[order], pool.y[order])
            now = posterior(estimator, pool.X).check([f"row {i}" for i in range(n)])
            chosen = choose(
                [now], [pool.goal], pool.y[order][:, None], free, rules.batch,
                strategy=arm.strategy, top=len(top), seed=seed + len(order),
            )  # fmt: skip
        rows = [c.row for c in chosen]
        order += rows
        free[rows] = False
    found_at = tuple(int(i) + 1 for i in np.flatnonzero(np.isin(order, top))[:needed])
    return Run(pool.name, arm.name, seed, n, len(top), needed, found_at[-1], found_at)


def _estimator(model: str, pool: KnownPool, seed: int) -> Any:
    from sacml.models.gaussian_process import GaussianProcess
    from sacml.models.registry import make_model

    if model == "gaussian_process":
        return GaussianProcess(pool.blocks)
    return make_model(model, seed)
