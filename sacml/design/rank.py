"""Rank a design space: stream it through the surrogates and keep a short, diverse list."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path

import numpy as np

from sacml import __version__
from sacml.design.answer.proposals import Proposals
from sacml.design.answer.report import report
from sacml.design.answer.shifts import shifted
from sacml.design.answer.standing import Standing
from sacml.design.known import KnownSystems, bundled, places
from sacml.design.objectives.chances import Chance
from sacml.design.objectives.defaults import default_objectives
from sacml.design.objectives.objective import Objective, check_objectives
from sacml.design.search.checkpoint import Checkpoint, digest
from sacml.design.search.job import Job
from sacml.design.search.scoring import PROBE_ROWS, Scorer, SurrogateLike
from sacml.design.search.shortlist import Ties
from sacml.design.search.stream import stream
from sacml.design.space.estimate import CHUNK, EXHAUSTIVE_LIMIT
from sacml.design.space.generate import encode
from sacml.design.space.space import Space
from sacml.domain.elements import table_digest
from sacml.domain.sites import Site
from sacml.errors import DesignError


def rank(
    space: Space,
    surrogates: Mapping[str, SurrogateLike],
    objectives: Sequence[Objective] | None = None,
    *,
    keep: int = 20,
    per_metal: int = 2,
    chances: Sequence[Chance | str] = (),
    in_domain_only: bool = False,
    domain_penalty: float = 0.5,
    include_known: bool = True,
    known: KnownSystems | None = None,
    refine: Mapping[str, SurrogateLike] | None = None,
    level: float = 0.9,
    chunk: int = CHUNK,
    max_candidates: int = EXHAUSTIVE_LIMIT,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    seed: int = 0,
    on_chunk: Callable[[int, int], None] | None = None,
) -> Proposals:
    """Score every candidate of a space and return the best ones, with reasons.

    The score is the weighted geometric mean of the desirabilities (see `Objective`). It does not
    depend on `chunk` or `executor`; ties go to the shell and host closest to known systems, then
    by text.

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
    chances
        Chance constraints, e.g. ``P(nucleation_overpotential < 15 mV) > 0.8``; candidates that do
        not keep to all of them are refused.
    in_domain_only
        Refuse candidates outside the domain of a surrogate that counts. Else they stay, marked,
        with the desirability of that objective times `domain_penalty`.
    include_known
        Whether sites that were labelled or reported may be proposed; they are marked.
    known
        Known systems; None for those of the bundled datasets.
    refine
        Target -> surrogate that the list is asked of once more; see `Proposal.refined`.
    level
        Probability of the intervals.
    chunk
        Candidates scored at once.
    max_candidates
        A larger space is refused before anything runs.
    executor
        Where chunks are scored; None: here. The answer is the same.
    checkpoint
        File that the search is written to while it runs and goes on from if it is there. A file
        of another space, model, objective or option is refused.
    seed
        Of the sample that says which objectives tell the candidates apart.
    on_chunk
        Called with the candidates done and their total after each chunk.

    Returns
    -------
    Proposals
        After a KeyboardInterrupt what was ranked until then, with `partial` set.

    Raises
    ------
    DesignError
        If the space is empty or too large, an objective or a chance has no model, an option is
        out of range, or the checkpoint belongs to another search.
    """
    for name, value in (("keep", keep), ("per_metal", per_metal), ("chunk", chunk)):
        if value < 1:
            raise DesignError(f"{name} = {value}: write 1 or more")
    if not 0 < domain_penalty <= 1:
        raise DesignError(f"domain_penalty = {domain_penalty}: write a factor from 0 (not 0) to 1")
    if not 0 < level < 1:
        raise DesignError(f"level = {level}: write a probability between 0 and 1, e.g. 0.9")
    asked = tuple(map(Chance.parse, chances))
    wanted = default_objectives(space.alkali, surrogates) if objectives is None else objectives
    check_objectives(wanted, surrogates)
    _check_models(surrogates, [c.target for c in asked], "chance constraints")
    _check_models(surrogates, list(refine or ()), "refine surrogates")
    space.estimate().check(max_candidates)
    systems = bundled() if known is None else known
    scorer = Scorer(wanted, surrogates, level, domain_penalty, [c.target for c in asked])
    interrupted = False
    try:
        versions = _probe(space, scorer, seed)
        standing = Standing.of(space, scorer, systems)
    except KeyboardInterrupt:
        interrupted, versions, standing = True, {}, Standing((), np.empty(0), ())
    job = _job(space, scorer, systems, standing, keep, asked, in_domain_only, include_known)
    if interrupted:
        tally, partial = job.empty(), True
    else:
        options = (keep, in_domain_only, domain_penalty, include_known, level, chunk, seed)
        kept = None
        if checkpoint is not None:
            kept = Checkpoint(checkpoint, _identity(job, systems, versions, options))
        tally, partial = stream(job, chunk, executor=executor, checkpoint=kept, on_chunk=on_chunk)
    return report(
        job,
        tally,
        standing,
        systems,
        surrogates,
        refine or {},
        per_metal=per_metal,
        partial=partial,
        defaults=objectives is None,
    )


def _check_models(surrogates: Mapping[str, SurrogateLike], asked: list[str], what: str) -> None:
    without = [t for t in dict.fromkeys(asked) if t not in surrogates]
    if without:
        raise DesignError(
            f"{what} without a model: {', '.join(without)}; models are given for: "
            + (", ".join(surrogates) or "none")
        )


def _probe(space: Space, scorer: Scorer, seed: int) -> dict[str, str]:
    """Leave out what tells no candidates apart; return the version of each surrogate."""
    total = space.size()
    sample = np.random.default_rng(seed).integers(0, total, PROBE_ROWS)
    # labels are too few for a sample to meet them
    sites = [Site.parse(text) for o in scorer.objectives for text, _ in o.labels]
    labelled = encode(space.layout, places(space.parts, sites)[:, 1:])
    some = np.unique(np.concatenate([sample, labelled[labelled >= 0]]))
    probed = np.arange(total) if total <= PROBE_ROWS else some
    predictions = scorer.probe(space.rows(probed)).predictions
    return {t: str(p.model_version) for t, p in predictions.items()}


def _job(
    space: Space,
    scorer: Scorer,
    known: KnownSystems,
    standing: Standing,
    keep: int,
    chances: tuple[Chance, ...],
    in_domain_only: bool,
    include_known: bool,
) -> Job:
    ties = Ties(space.parts, known)
    rows = places(space.parts, [] if include_known else [s.site for s in known.systems])
    return Job(
        space=space,
        scorer=scorer,
        ties=ties,
        keep=keep,
        in_domain_only=in_domain_only,
        known=ties.keys(*rows[:, 1:].T),
        known_scores=standing.ascending,
        chances=chances,
        shifted=shifted(scorer.objectives, scorer.counts),
    )


def _identity(
    job: Job, known: KnownSystems, versions: Mapping[str, str], options: tuple[object, ...]
) -> dict[str, str]:
    """Return what a search depends on, by the name that an error shows."""
    return {
        "version of sacml": __version__,
        "element table": table_digest(),
        "space": digest(job.space.to_dict()),
        "candidates": f"{job.space.size()}",
        "objectives": digest([o.model_dump() for o in job.scorer.objectives]),
        "chance constraints": digest([str(c) for c in job.chances]),
        "known systems": digest([asdict(s) for s in known.systems]),
        "options": digest(options),
        **{f"model of {target}": version for target, version in versions.items()},
    }
