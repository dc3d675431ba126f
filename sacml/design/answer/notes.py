"""Notes of a ranking: what a reader of the whole list must know."""

from collections.abc import Sequence

from sacml.design.answer.proposal import Proposal
from sacml.design.objectives.stability import NAME, NOT_AVAILABLE
from sacml.design.search.job import Job
from sacml.design.search.scoring import TOLERANCE
from sacml.design.search.tally import Tally
from sacml.domain.conditions import Conditions, in_words


def write_notes(
    job: Job,
    tally: Tally,
    silent: Sequence[str],
    items: Sequence[Proposal],
    *,
    partial: bool,
    defaults: bool,
    exact_volume: bool,
) -> tuple[str, ...]:
    """Say what limits the list: interruption, silent objectives, domain, conditions, reach."""
    space, scorer = job.space, job.scorer
    notes = []
    if partial:
        notes.append(f"Interrupted after {tally.done:,} of {space.size():,} candidates.")
    elif not items:
        notes.append("No candidate keeps to every limit.")
    elif len(items) < job.keep:
        notes.append(f"Only {len(items)} of {job.keep} wanted proposals differ enough.")
    for chance, best in zip(job.chances, tally.chance, strict=True):
        notes.append(f"{chance}: the largest probability among the candidates is {best:.2g}.")
    known = sum(item.is_known for item in items)
    if known:
        notes.append(
            f"{known} of the {len(items)} proposals have been labelled or reported; "
            "include_known = False (--new-only) leaves them out."
        )
    if silent:
        notes.append(
            "Does not discriminate (the same desirability for every candidate, so not in the "
            f"score): {', '.join(silent)}."
        )
    if not scorer.scoring_targets:
        rest = (
            "element properties alone" if any(scorer.counts) else "closeness to known systems alone"
        )
        notes.append(f"No prediction tells the candidates apart: the order rests on {rest}.")
    for objective, counted, spread in zip(
        scorer.objectives, scorer.counts, tally.high - tally.low, strict=True
    ):
        if not counted and spread > TOLERANCE:
            notes.append(
                f"{objective.name} is the same in a sample of the space but not in all of it "
                f"(desirability differs by up to {spread:.2g})."
            )
    for target in scorer.scoring_targets:
        if n := tally.out_of_domain[target]:
            notes.append(
                f"{n:,} of {tally.done:,} candidates lie outside the domain of the {target} "
                f"model; the desirability of its objective counts times {scorer.domain_penalty:g} "
                "there."
            )
    for target, n in (+tally.unbounded).items():
        notes.append(f"{n:,} predictions of {target} have no bounds.")
    if defaults and NAME not in [o.name for o in scorer.objectives]:
        notes.append(NOT_AVAILABLE)
    for objective in scorer.objectives:
        if objective.kind == "label":
            notes.append(
                f"{objective.name} rests on labels of {len(objective.labels)} sites; the others "
                f"count as {objective.gap_in_words}."
            )
    if not exact_volume:
        notes.append("The hypervolume is approximated: the front has too many points or axes.")
    notes.append(f"Conditions: {_conditions(space.conditions)}.")
    limits = space.constraints
    if limits.reach is not None and "dual" in space.centres and not limits.reported(2):
        notes.append(
            "No shell of two centres has been reported with its neighbours printed, so none lies "
            'within reach; reach = "any" (--any-shell) opens the space to them.'
        )
    return (*notes, *limits.notes(space.metals))


def _conditions(given: Conditions) -> str:
    """Conditions in words, with what is not stated."""
    numbers = [
        (given.current_density_mA_cm2, "mA cm-2"),
        (given.areal_capacity_mAh_cm2, "mAh cm-2"),
        (given.temperature_C, "°C"),
    ]
    stated = [f"{value:g} {unit}" for value, unit in numbers if value is not None]
    stated += [word for word in (given.electrolyte, given.cell, given.role) if word]
    missing = in_words(given.unstated)
    return (", ".join(stated) or "none stated") + (f"; not stated: {missing}" if missing else "")
