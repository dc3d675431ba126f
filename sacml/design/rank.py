"""Rank a design space: stream it through the surrogates and keep a short, diverse list."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.design import explain
from sacml.design.defaults import default_objectives
from sacml.design.known import KnownSystems, bundled
from sacml.design.notes import write_notes
from sacml.design.objectives import Objective, check_objectives
from sacml.design.proposals import Proposal, Proposals, TargetPrediction
from sacml.design.scoring import Scorer, SurrogateLike
from sacml.design.shortlist import choose
from sacml.design.space import Space
from sacml.design.stream import Stream
from sacml.domain.targets import TARGETS
from sacml.errors import DesignError


def rank(
    space: Space,
    surrogates: Mapping[str, SurrogateLike],
    objectives: Sequence[Objective] | None = None,
    *,
    keep: int = 20,
    per_metal: int = 2,
    in_domain_only: bool = False,
    domain_penalty: float = 0.5,
    include_known: bool = True,
    known: KnownSystems | None = None,
    level: float = 0.9,
    chunk: int = 50_000,
    on_chunk: Callable[[int, int], None] | None = None,
) -> Proposals:
    """Score every candidate of a space and return the best ones, with reasons.

    The score is the weighted geometric mean of the desirabilities (see `Objective`). It does not
    depend on `chunk`; ties go to the shell and host closest to known systems, then by text.

    Parameters
    ----------
    space
        What is searched.
    surrogates
        Target -> surrogate. Those without an objective are shown for the proposals only.
    objectives
        What is wanted; None for `default_objectives`.
    keep
        Proposals wanted.
    per_metal
        Most proposals with the same centres.
    in_domain_only
        Refuse candidates outside the domain of a surrogate that counts. Else they stay, marked,
        with the desirability of that objective times `domain_penalty`.
    include_known
        Whether sites that were labelled or reported may be proposed; they are marked.
    known
        Known systems; None for those of the bundled datasets.
    level
        Probability of the intervals.
    chunk
        Candidates scored at once.
    on_chunk
        Called with the candidates done and their total after each chunk.

    Returns
    -------
    Proposals
        After a KeyboardInterrupt what was ranked until then, with `partial` set.

    Raises
    ------
    DesignError
        If the space is empty, an objective has no model, or an option is out of range.
    """
    for name, value in (("keep", keep), ("per_metal", per_metal), ("chunk", chunk)):
        if value < 1:
            raise DesignError(f"{name} = {value}: write 1 or more")
    if not 0 < domain_penalty <= 1:
        raise DesignError(f"domain_penalty = {domain_penalty}: write a factor from 0 (not 0) to 1")
    if not 0 < level < 1:
        raise DesignError(f"level = {level}: write a probability between 0 and 1, e.g. 0.9")
    wanted = default_objectives(space.alkali, surrogates) if objectives is None else objectives
    check_objectives(wanted, surrogates)
    stream = Stream(
        space,
        Scorer(wanted, surrogates, level, domain_penalty),
        keep,
        bundled() if known is None else known,
        in_domain_only=in_domain_only,
        include_known=include_known,
    )
    stream.run(chunk, on_chunk)
    return _report(stream, surrogates, per_metal)


def _report(stream: Stream, surrogates: Mapping[str, SurrogateLike], per_metal: int) -> Proposals:
    """Choose from the pool and put the answer into words."""
    space, scorer, pool = stream.space, stream.scorer, stream.pool
    pooled = space.rows(pool.position)
    choice = choose(
        space.parts,
        pooled.centre_index,
        pooled.shell_index,
        pooled.host_index,
        keep=pool.keep,
        per_metal=per_metal,
    )
    chosen = np.array(choice.chosen, dtype=np.int64)
    items, versions = _proposals(stream, surrogates, pool.position[chosen], pool.score[chosen])
    passed = Counter({"ranked lower": stream.ranked - len(items) - choice.passed_over.total()})
    passed.update(choice.passed_over)
    silent = tuple(o.name for o, c in zip(scorer.objectives, scorer.counts, strict=True) if not c)
    return Proposals(
        items=items,
        space=space.name,
        alkali=space.alkali,
        conditions=space.conditions,
        objectives=scorer.objectives,
        not_discriminating=silent,
        n_declared=space.declared_size(),
        n_ranked=stream.ranked,
        refused=+stream.refused,
        passed_over=+passed,
        out_of_domain=+stream.out_of_domain,
        versions=versions,
        notes=write_notes(stream, silent, items),
        partial=stream.partial,
    )


def _proposals(
    stream: Stream,
    surrogates: Mapping[str, SurrogateLike],
    positions: NDArray[np.int64],
    scores: NDArray[np.float64],
) -> tuple[tuple[Proposal, ...], dict[str, str]]:
    """Predict the chosen candidates again, with all surrogates, and explain them."""
    scorer = stream.scorer
    if not len(positions):
        return (), {}
    table = stream.space.rows(positions)
    scored = scorer(table)
    asked = dict(scored.predictions)
    for target, surrogate in surrogates.items():
        if target not in asked:
            asked[target] = surrogate.predict(table, level=scorer.level)
    columns = {target: asked[target] for target in surrogates}
    names = [o.name for o in scorer.objectives]
    mean_log = dict(zip(names, stream.sum_log / max(stream.done, 1), strict=True))
    items = []
    for i, score in enumerate(scores):
        candidate = table.candidate(i)
        site = candidate.site
        predictions = {t: _prediction(t, p, i) for t, p in columns.items()}
        desirability = dict(zip(names, map(float, scored.desirability[i]), strict=True))
        facts = explain.site_facts(site, [o for o in scorer.objectives if o.kind == "element"])
        nearest, perhaps = stream.known.nearest(site), stream.known.perhaps(site)
        items.append(
            Proposal(
                rank=i + 1,
                candidate=candidate,
                score=float(score),
                predictions=predictions,
                desirability=desirability,
                facts=facts,
                known_as=stream.known.same_as(site),
                perhaps=perhaps,
                nearest=nearest,
                why=explain.why(
                    scorer.objectives, scorer.counts, desirability, mean_log, predictions, facts,
                    scorer.level,
                ),
                uncertain=explain.uncertain(
                    scorer.objectives, scorer.counts, predictions, facts, nearest, perhaps,
                    scorer.level,
                ),
            )
        )  # fmt: skip
    return tuple(items), {t: str(p.model_version) for t, p in columns.items()}


def _prediction(target: str, columns: Any, i: int) -> TargetPrediction:
    return TargetPrediction(
        target=target,
        value=float(columns.value[i]),
        lower=float(columns.lower[i]),
        upper=float(columns.upper[i]),
        unit=TARGETS[target].unit,
        in_domain=bool(columns.in_domain[i]),
        reasons=tuple(columns.reasons(i)),
    )
