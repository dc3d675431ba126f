"""Turn the state of a search into its answer: choose from the pool and put it into words."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.answer import explain
from sacml.design.answer.findings import FrontPoint, MetalBest
from sacml.design.answer.notes import write_notes
from sacml.design.answer.prediction import TargetPrediction
from sacml.design.answer.proposal import Proposal
from sacml.design.answer.proposals import Proposals
from sacml.design.answer.refine import refined
from sacml.design.answer.shifts import compare
from sacml.design.answer.standing import Standing
from sacml.design.known import KnownSystems
from sacml.design.search.front import hypervolume
from sacml.design.search.job import Job
from sacml.design.search.scoring import SurrogateLike
from sacml.design.search.shortlist import Choice, Pool, choose
from sacml.design.search.tally import Tally
from sacml.design.space.buildable import refusal

if TYPE_CHECKING:
    from sacml.features import CandidateTable

FRONT_SHOWN = 300
"""Most points of the front that are put into the answer."""


def report(
    job: Job,
    tally: Tally,
    standing: Standing,
    known: KnownSystems,
    surrogates: Mapping[str, SurrogateLike],
    refine: Mapping[str, SurrogateLike],
    *,
    per_metal: int,
    partial: bool,
    defaults: bool,
) -> Proposals:
    """Return the answer of a search; parameters as in `sacml.design.rank`."""
    space, scorer = job.space, job.scorer
    choices = [_choose(job, pool, per_metal) for pool in tally.pools]
    pool, choice = tally.pools[0], choices[0]
    table = space.rows(pool.position[list(choice.chosen)])
    scores = pool.score[list(choice.chosen)]
    asked = _predict(job, surrogates, table)
    items = _proposals(job, tally, known, asked, table, scores, list(surrogates))
    versions = {t: str(asked[t].model_version) for t in surrogates} if items else {}
    items, refined_notes = refined(items, table, scorer, refine, versions)
    passed = Counter({"ranked lower": tally.ranked - len(items) - choice.passed_over.total()})
    passed.update(choice.passed_over)
    silent = tuple(o.name for o, c in zip(scorer.objectives, scorer.counts, strict=True) if not c)
    first = tally.front.first
    volume, exact = hypervolume(tally.front.points[first])
    lists = [
        [str(c) for c in _candidates(space.rows(p.position[list(c.chosen)]))]
        for p, c in zip(tally.pools, choices, strict=True)
    ]
    return Proposals(
        items=items,
        space=space.name,
        alkali=space.alkali,
        conditions=space.conditions,
        objectives=scorer.objectives,
        not_discriminating=silent,
        n_declared=space.declared_size(),
        n_ranked=tally.ranked,
        refused=+(space.refused() + tally.refused),
        passed_over=+passed,
        out_of_domain=+tally.out_of_domain,
        versions=versions,
        notes=write_notes(
            job, tally, silent, items, partial=partial, defaults=defaults, exact_volume=exact
        )
        + refined_notes,
        partial=partial,
        front=_front(job, tally, first[:FRONT_SHOWN], set(lists[0])),
        n_front=len(first),
        hypervolume=volume,
        best_by_metal=_best_by_metal(job, tally, surrogates),
        known_ranks=standing.ranks(tally.above),
        shifts=compare(job.shifted, lists[0], lists[1:]),
        chances=tuple(map(str, job.chances)),
    )


def _choose(job: Job, pool: Pool, per_metal: int) -> Choice:
    """Choose from a pool; where the structure builder is asked, each choice is built."""
    space = job.space
    table = space.rows(pool.position)

    def refused(i: int) -> str | None:
        if not space.constraints.asks_builder:
            return None
        reason = refusal(table.site(i))
        return reason and f"structure builder refuses {table.hosts[table.host_index[i]]}: {reason}"

    return choose(
        space.parts,
        table.centre_index,
        table.shell_index,
        table.host_index,
        keep=job.keep,
        per_metal=per_metal,
        refused=refused,
    )


def _candidates(table: "CandidateTable") -> list[Any]:
    return [table.candidate(i) for i in range(len(table))]


def _predict(
    job: Job, surrogates: Mapping[str, SurrogateLike], table: "CandidateTable"
) -> dict[str, Any]:
    """Ask all surrogates, those without an objective too."""
    if not len(table):
        return {}
    return {t: s.predict(table, level=job.scorer.level) for t, s in surrogates.items()}


def _proposals(
    job: Job,
    tally: Tally,
    known: KnownSystems,
    asked: Mapping[str, Any],
    table: "CandidateTable",
    scores: NDArray[np.float64],
    targets: list[str],
) -> tuple[Proposal, ...]:
    """Explain the chosen candidates."""
    scorer = job.scorer
    if not len(table):
        return ()
    scored = scorer(table)
    values = scorer.values(table, scored)
    layers = tally.front.layer_of(scored.desirability[:, np.flatnonzero(scorer.counts)])
    names = [o.name for o in scorer.objectives]
    mean_log = dict(zip(names, tally.sum_log / max(tally.done, 1), strict=True))
    items = []
    for i, score in enumerate(scores):
        candidate = table.candidate(i)
        site = candidate.site
        predictions = {t: TargetPrediction.of(t, asked[t], i) for t in targets}
        desirability = dict(zip(names, map(float, scored.desirability[i]), strict=True))
        facts = explain.site_facts(site, scorer.objectives) | {
            o.quantity: None if np.isnan(values[i, j]) else float(values[i, j])
            for j, o in enumerate(scorer.objectives)
            if o.kind == "label"
        }
        nearest, perhaps = known.nearest(site), known.perhaps(site)
        given = (scorer.objectives, scorer.counts)
        items.append(
            Proposal(
                rank=i + 1,
                candidate=candidate,
                score=float(score),
                predictions=predictions,
                desirability=desirability,
                facts=facts,
                known_as=known.same_as(site),
                perhaps=perhaps,
                nearest=nearest,
                why=explain.why(*given, desirability, mean_log, predictions, facts, scorer.level),
                uncertain=explain.uncertain(
                    *given, predictions, facts, nearest, perhaps, scorer.level
                ),
                front=layers[i],
            )
        )
    return tuple(items)


def _front(
    job: Job, tally: Tally, rows: NDArray[np.intp], listed: set[str]
) -> tuple[FrontPoint, ...]:
    table = job.space.rows(tally.front.position[rows])
    if not len(table):
        return ()
    values = job.scorer.values(table, job.scorer(table))
    counted = [(j, o.name) for j, o in enumerate(job.scorer.objectives) if job.scorer.counts[j]]
    out = []
    for i, row in enumerate(rows):
        candidate = str(table.candidate(i))
        point = {name: float(values[i, j]) for j, name in counted}
        score = float(tally.front.score[row])
        out.append(FrontPoint(candidate, point, candidate in listed, score))
    return tuple(out)


def _best_by_metal(
    job: Job, tally: Tally, surrogates: Mapping[str, SurrogateLike]
) -> dict[str, MetalBest]:
    """Best candidate among the sites that hold each metal, single or not."""
    bests = tally.bests
    centres = [job.space.parts.centres[i] for i in np.argsort(job.ties.centres)]
    order = np.lexsort((bests.key, bests.priority, -bests.score))
    chosen: dict[str, int] = {}
    for row in order[bests.position[order] >= 0].tolist():
        for metal in centres[row]:
            chosen.setdefault(metal, row)
    if not chosen:
        return {}
    rows = np.array([chosen[m] for m in sorted(chosen)])
    table = job.space.rows(bests.position[rows])
    asked = _predict(job, surrogates, table)
    return {
        metal: MetalBest(
            candidate=str(table.candidate(i)),
            score=float(bests.score[rows[i]]),
            predictions={t: TargetPrediction.of(t, p, i) for t, p in asked.items()},
        )
        for i, metal in enumerate(sorted(chosen))
    }
