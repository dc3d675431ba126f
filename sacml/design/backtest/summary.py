"""What the runs of a backtest say: medians over seeds and the share of what chance needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sacml.design.backtest.run import RANDOM, Run
from sacml.errors import DesignError

SMALL = 100
"""Rows below which a pool is only reported: its few best rows decide the figure."""
GOAL = 1 / 3
"""Share of the labels of random choice that a strategy is to need at most."""
DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Summary:
    """One arm on one pool.

    Attributes
    ----------
    labels, labels_low, labels_high
        Median over seeds of the labels until the best were found, with its 95 % bootstrap over
        seeds.
    share, share_low, share_high
        That median over the one of random choice, seeds drawn in pairs.
    wins
        Share of seeds that need fewer labels than random choice from the same starts.
    """

    pool: str
    arm: str
    n_pool: int
    n_top: int
    needed: int
    seeds: int
    labels: float
    labels_low: float
    labels_high: float
    share: float
    share_low: float
    share_high: float
    wins: float

    @property
    def verdict(self) -> str:
        """Whether the goal is met, in words."""
        if self.arm == RANDOM:
            return "what the others are measured against"
        if self.n_pool < SMALL:
            return f"only reported: fewer than {SMALL} rows"
        if self.share > GOAL:
            clear = self.share_low > GOAL
            return "more than a third" + ("" if clear else ", not beyond doubt")
        return "at most a third" + ("" if self.share_high <= GOAL else ", not beyond doubt")


def summarise(runs: Sequence[Run], seed: int = 0) -> tuple[Summary, ...]:
    """Summarise runs per pool and arm, in the order they come in.

    Raises
    ------
    DesignError
        If a pool has no runs of random choice from the same seeds.
    """
    by_arm: dict[tuple[str, str], dict[int, Run]] = {}
    for run in runs:
        by_arm.setdefault((run.pool, run.arm), {})[run.seed] = run
    found = []
    for (pool, arm), own in by_arm.items():
        chance = by_arm.get((pool, RANDOM), {})
        seeds = sorted(own)
        if not set(seeds) <= set(chance):
            raise DesignError(
                f"{arm} on {pool}: random choice was not run from the same seeds; add the arm "
                f"{RANDOM!r}"
            )
        ours = np.array([own[s].labels for s in seeds], dtype=float)
        theirs = np.array([chance[s].labels for s in seeds], dtype=float)
        drawn = np.random.default_rng(seed).integers(0, len(seeds), (DRAWS, len(seeds)))
        medians = np.median(ours[drawn], axis=1)
        shares = medians / np.median(theirs[drawn], axis=1)
        first = own[seeds[0]]
        found.append(
            Summary(
                pool, arm, first.n_pool, first.n_top, first.needed, len(seeds),
                float(np.median(ours)), *_ends(medians),
                float(np.median(ours) / np.median(theirs)), *_ends(shares),
                float((ours < theirs).mean()),
            )
        )  # fmt: skip
    return tuple(found)


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
