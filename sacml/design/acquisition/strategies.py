"""Strategies: which candidate of a pool is labelled first, which next, each pick believed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.design.acquisition.goals import Goal, hypervolume_gain
from sacml.design.acquisition.posteriors import Posterior
from sacml.errors import DesignError, unknown

Array = NDArray[np.float64]

STRATEGIES = (
    "expected_improvement", "upper_confidence", "exploration", "hypervolume", "greedy", "random",
)  # fmt: skip
CONFIDENCE = 2.0
"""Spreads that `upper_confidence` adds to what is expected."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A row, and the value of the strategy at the moment of choice."""

    row: int
    value: float


def check_strategy(strategy: str, kinds: Sequence[str]) -> None:
    """Raise unless the strategy exists and takes objectives of these kinds."""
    if strategy not in STRATEGIES:
        raise unknown("strategy", strategy, STRATEGIES)
    if "target" not in kinds:
        raise DesignError(
            "no objective is of a target; give one: what is known of the elements needs no label"
        )
    if strategy == "hypervolume" and len(kinds) < 2:
        raise DesignError(
            "hypervolume weighs two objectives or more, given 1; add one, or choose "
            "expected_improvement"
        )
    if strategy not in ("hypervolume", "random") and list(kinds) != ["target"]:
        raise DesignError(
            f"{strategy} takes one objective of a target, given {len(kinds)}; choose hypervolume"
        )


def check_costs(costs: ArrayLike | None, n: int) -> Array | None:
    """Return costs of n candidates, shape (n,), or raise."""
    if costs is None:
        return None
    given = np.asarray(costs, dtype=float)
    if given.shape != (n,):
        raise DesignError(f"costs of shape {given.shape} for a pool of {n}: give one per candidate")
    bad = np.flatnonzero(~(np.isfinite(given) & (given > 0)))
    if bad.size:
        shown = ", ".join(f"row {i}: {given[i]:g}" for i in bad[:10])
        raise DesignError(f"costs are core-hours above zero; not so in {shown}")
    return given


def choose(
    posteriors: Sequence[Posterior],
    goals: Sequence[Goal],
    known: Array,
    free: NDArray[np.bool_],
    n: int,
    *,
    strategy: str,
    pending: Sequence[int] = (),
    costs: Array | None = None,
    top: int = 1,
    seed: int = 0,
) -> tuple[Choice, ...]:
    """Choose up to n rows, one after the other.

    A gain is compared per cost; where it is negative (upper confidence, greedy), times the cost.
    Equal gains go to the candidate whose expectation lies fewest spreads short of the best label,
    then to chance.

    Parameters
    ----------
    posteriors, goals
        One each per goal, over the same N rows.
    known
        Labels on the modelling scale, shape (k, m), of what is labelled in all goals.
    free
        Rows that may be chosen, shape (N,).
    pending
        Rows whose label is on its way.
    costs
        Shape (N,), checked, or None.
    """
    chance = np.random.default_rng(seed).permutation(len(free))
    now, open_rows, values = list(posteriors), free.copy(), np.array(known, dtype=float)
    for row in pending:
        now, values = _believe(now, values, row)
    chosen: list[Choice] = []
    while len(chosen) < n and open_rows.any():
        gain, ahead = _gain(now, goals, values, strategy, top)
        if costs is not None:
            gain = np.where(gain > 0, gain / costs, gain * costs)
        rows = np.flatnonzero(open_rows)
        best = int(rows[np.lexsort((chance[rows], -ahead[rows], -gain[rows]))[0]])
        chosen.append(Choice(best, float(gain[best])))
        open_rows[best] = False
        now, values = _believe(now, values, best)
    return tuple(chosen)


def choose_randomly(free: NDArray[np.bool_], n: int, seed: int) -> tuple[Choice, ...]:
    """Draw up to n free rows by chance."""
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(free))
    return tuple(Choice(int(row), 0.0) for row in rows[:n])


def choose_apart(
    X: Array, taken: Sequence[int], free: NDArray[np.bool_], n: int, costs: Array | None
) -> tuple[Choice, ...]:
    """Choose rows of X (N, p), each as far as can be from those taken and chosen before.

    The first of all, where nothing is taken, is the one nearest the middle.
    """
    middle = X[np.flatnonzero(free)].mean(axis=0) if free.any() else 0.0
    away = np.full(len(X), np.inf)
    for row in taken:
        away = np.minimum(away, np.linalg.norm(X - X[row], axis=1))
    if not len(taken):
        away = 1.0 / (1.0 + np.linalg.norm(X - middle, axis=1))
    open_rows, chosen = free.copy(), list[Choice]()
    while len(chosen) < n and open_rows.any():
        gain = away[: len(free)] if costs is None else away[: len(free)] / costs
        best = int(np.argmax(np.where(open_rows, gain, -1.0)))
        chosen.append(Choice(best, float(gain[best])))
        open_rows[best] = False
        step = np.linalg.norm(X - X[best], axis=1)
        away = step if not len(taken) and len(chosen) == 1 else np.minimum(away, step)
    return tuple(chosen)


def _believe(now: list[Posterior], values: Array, row: int) -> tuple[list[Posterior], Array]:
    expected = np.array([[p.mean[row] for p in now]])
    return [p.believing(row) for p in now], np.concatenate([values, expected])


def _gain(
    now: Sequence[Posterior], goals: Sequence[Goal], values: Array, strategy: str, top: int
) -> tuple[Array, Array]:
    """Gain of every row, and by how many spreads its margin is expected to exceed the best."""
    if strategy == "hypervolume":
        front = np.stack([g.share(values[:, i]) for i, g in enumerate(goals)], axis=1)
        means, spreads = np.stack([p.mean for p in now]), np.stack([p.spread for p in now])
        gain = hypervolume_gain(tuple(goals), means, spreads, front)
        return gain, np.zeros(len(gain))
    goal, mean, spread = goals[0], now[0].mean, now[0].spread
    if strategy == "exploration":
        return spread, np.zeros(len(spread))
    best = best_of(goal.margin(values[:, 0]), top)
    if best is None:  # nothing to improve on: over the least of what is expected
        best = float(goal.margin(mean).min())
    ahead = goal.margin(mean) - best
    spreads_ahead = ahead / np.where(spread > 0, spread, 1e-12)
    if strategy == "greedy":
        return ahead, spreads_ahead
    if strategy == "upper_confidence":
        return ahead + CONFIDENCE * spread, spreads_ahead
    return goal.improvement(mean, spread, best), spreads_ahead


def best_of(margins: Array, top: int) -> float | None:
    """Return the `top`-th best margin; the least where there are fewer, None where none."""
    return float(np.sort(margins)[::-1][min(top, len(margins)) - 1]) if len(margins) else None
