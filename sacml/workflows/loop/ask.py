"""What a loop asks next: candidates of the design space, by what their labels would teach."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sacml.data import Dataset
from sacml.design import Space
from sacml.design.acquisition import Pick, next_batch
from sacml.domain import Candidate
from sacml.workflows.loop.config import TARGET, LoopConfig
from sacml.workflows.loop.labels import refusal
from sacml.workflows.loop.state import Asked, LoopError

if TYPE_CHECKING:
    from sacml.features import CandidateTable

LARGEST = 200_000
"""Candidates of one alkali metal that a loop looks at in every round."""

Pair = tuple[str, str]


def choose(
    config: LoopConfig, dataset: Dataset | None, n: int, asked: Collection[Pair], turn: int = 0
) -> tuple[list[Asked], list[tuple[str, str]]]:
    """Choose up to `n` candidates; the alkali metals of the loop take turns.

    Parameters
    ----------
    dataset
        Labels at the loop's level; what stands in it is never chosen.
    asked
        What was asked or passed over before, whatever came of it; never chosen again.
    turn
        How many were asked before: says whose turn it is.

    Returns
    -------
    (chosen, passed_over)
        Candidates with the reason and what the asking model expects, and ``(candidate, why)`` of
        those that cannot be built; the next best was taken in their place. None is chosen where the
        space is used up.
    """
    records = () if dataset is None else dataset.records
    gone = set(asked)
    chosen: list[Asked] = []
    passed_over: list[tuple[str, str]] = []
    pools = {a: _pool(config, a, gone) for a in config.alkali}
    while len(chosen) < n and pools:
        alkali = config.alkali[turn % len(config.alkali)]
        turn += 1
        if alkali not in pools:
            continue
        pool = pools[alkali]
        free = _without(pool, gone)
        if not len(free):
            del pools[alkali]
            continue
        batch = next_batch(
            free, records, (config.wanted[alkali],), 1, strategy=config.strategy,
            pending=[c.candidate for c in chosen], costs=_costs(config, free, records),
            model=config.learner, seed=config.seed + len(gone),
        )  # fmt: skip
        if not batch.picks:
            del pools[alkali]
            continue
        pick = batch.picks[0]
        # conditions do not enter a binding energy
        candidate = Candidate(pick.candidate.site, pick.candidate.alkali)
        gone.add((str(candidate.site), candidate.alkali))
        if why := refusal(candidate, config):
            passed_over.append((str(candidate), why))
            turn -= 1
        else:
            chosen.append(_asked(candidate, pick, config))
    return chosen, passed_over


def _asked(candidate: Candidate, pick: Pick, config: LoopConfig) -> Asked:
    expected = pick.expected.get(TARGET)
    site, alkali = str(candidate.site), candidate.alkali
    if expected is None:
        return Asked(site, alkali, pick.reason)
    return Asked(
        site, alkali, pick.reason, asking_model=config.learner, asking_value=expected.value,
        asking_spread=(expected.upper - expected.lower) / 2,
    )  # fmt: skip


def _pool(config: LoopConfig, alkali: str, gone: Collection[Pair]) -> "CandidateTable":
    space = Space.from_dict({**config.space, "alkali": alkali})
    if space.size() > LARGEST:
        raise LoopError(
            f"the space holds {space.size():,} candidates of {alkali}; a loop looks at all of them "
            f"in every round and takes {LARGEST:,} at most. Narrow it with --space: fewer hosts, "
            "metals or shells"
        )
    return space.rows(np.arange(space.size()))


def _without(pool: "CandidateTable", gone: Collection[Pair]) -> "CandidateTable":
    """Take out what is never asked again; what has a label the choice leaves out itself."""
    keep = [(str(pool.site(i)), pool.alkali(i)) not in gone for i in range(len(pool))]
    return pool if all(keep) else pool.take(np.flatnonzero(keep))


def _costs(
    config: LoopConfig, pool: "CandidateTable", records: Sequence[object]
) -> "np.ndarray | None":
    if not config.cost_aware:
        return None
    from sacml.design.acquisition.costs import label_costs

    starts = config.settings.starts if config.places is None else len(config.places)
    return label_costs(pool, {r.site for r in records}, starts)  # type: ignore[attr-defined]
