"""What to label next: an ordered batch of candidates, each with its reason in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from sacml.design.acquisition.batch import Batch, Pick
from sacml.design.acquisition.goals import Goal
from sacml.design.acquisition.posteriors import check_model
from sacml.design.acquisition.strategies import (
    check_costs,
    check_strategy,
    choose,
    choose_apart,
    choose_randomly,
)
from sacml.design.acquisition.task import Task
from sacml.design.acquisition.words import Words, expectations
from sacml.design.objectives.objective import Objective
from sacml.errors import DesignError

if TYPE_CHECKING:
    from sacml.data import Record
    from sacml.domain import Candidate
    from sacml.features import CandidateTable

MOST = 200_000
"""Candidates weighed at once; 100,000 take 0.9 GB and a few seconds."""
FEWEST = 3
"""Labels of a target below which no model is fitted and the batch is spread over the pool."""


def next_batch(
    pool: "CandidateTable",
    records: "Sequence[Record]",
    objectives: Sequence[Objective],
    n: int,
    *,
    strategy: str = "expected_improvement",
    pending: "Sequence[Candidate]" = (),
    costs: ArrayLike | None = None,
    model: str = "gaussian_process",
    top: int = 1,
    seed: int = 0,
) -> Batch:
    """Choose the candidates whose labels teach most, one after the other.

    Every pick is believed before the next one is chosen: its label is taken to be what the model
    expects, so that the batch does not ask the same thing twice. So is every pending label.

    Parameters
    ----------
    pool
        Candidates to choose from. Those whose site and alkali stand in `pending`, or in a record
        of an objective's target, are never chosen; what stands twice is chosen once.
    records
        Labels so far. Those of other targets are not read. With fewer than `FEWEST` labels of a
        target the batch is spread over the pool instead: each pick as far as can be from what is
        labelled, pending or picked.
    objectives
        What is wanted. `hypervolume` takes two or more, `random` any number, the others one of a
        target.
    n
        Size of the batch, 1 or more; fewer are chosen where fewer are left in the pool.
    strategy
        `expected_improvement`: over the `top`-th best label; of a window the share of that label's
        distance to it and, once `top` labels lie inside, the probability of lying inside.
        `upper_confidence`: the improvement if the value lies two spreads on the good side.
        `exploration`: the spread.
        `hypervolume`: expected improvement of the hypervolume of the shares of what is wanted, 0
        at the bad and 1 at the good end of each objective. `greedy`: what is expected, spread not
        looked at. `random`.
    pending
        Candidates whose label is on its way.
    costs
        Core-hours per candidate of the pool, shape (len(pool),), above zero; see
        `sacml.design.acquisition.costs.label_costs`. Gains are compared per core-hour, by all
        strategies but `random`.
    model
        `gaussian_process`, `extra_trees` or `random_forest`.
    top
        How many good candidates are sought.
    seed
        Settles ties, the random numbers of the model and `random`.

    Returns
    -------
    Batch
        `picks` in order, each with row of the pool, candidate, acquisition value, expectation,
        spread, cost and reason.

    Raises
    ------
    DesignError
        For a batch or `top` below 1, a pool of more than `MOST`, an unknown strategy or model,
        costs of another length or not above zero, objectives that the strategy does not take, or
        candidates for which the model gives no finite value.
    """
    for word, number in (("n", n), ("top", top)):
        if number < 1:
            raise DesignError(f"{word} = {number}: 1 or more, e.g. {word}=1")
    if len(pool) > MOST:
        raise DesignError(
            f"a pool of {len(pool):,} candidates: at most {MOST:,} are weighed at once; rank them "
            "first with sacml.design.rank and take the best, or narrow the space"
        )
    check_strategy(strategy, [o.kind for o in objectives])
    check_model(model)
    given = check_costs(costs, len(pool))
    task = Task.of(pool, records, objectives, pending)
    padded = None if given is None else np.concatenate([given, np.ones(len(task.waiting))])
    found = task.fitted(model, seed) if task.fewest >= FEWEST else {}
    goals = tuple(Goal.of(o) for o in task.objectives)
    known = task.known()
    if strategy == "random":
        used, chosen = strategy, choose_randomly(task.free, n, seed)
    elif found:
        used = strategy
        chosen = choose(
            [task.of_objective(o, found) for o in task.objectives], goals, known, task.free, n,
            strategy=strategy, pending=task.waiting, costs=padded, top=top, seed=seed,
        )  # fmt: skip
    else:
        X = task.apart()
        taken = (*task.waiting, *range(len(task.table), len(X)))
        used, chosen = "spread", choose_apart(X, taken, task.free, n, padded)
    inside = sum(goals[0].margin(known[:, 0]) >= 0) >= top
    words = Words(task, used, inside, top, given is not None, model)
    picks = []
    for before, choice in enumerate(chosen):
        candidate, expected = pool.candidate(choice.row), expectations(found, choice.row)
        cost = None if given is None else float(given[choice.row])
        reason = words(candidate, expected, choice.value, cost, before)
        picks.append(Pick(choice.row, candidate, choice.value, expected, cost, reason))
    return Batch(
        picks=tuple(picks),
        strategy=used,
        acquisition_unit=words.unit,
        n_pool=int(task.free.sum()),
        n_labels=sum(map(len, task.usable.values())),
        n_pending=len(task.waiting),
        seed=seed,
    )
