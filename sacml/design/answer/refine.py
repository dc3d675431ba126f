"""The short list asked once more, of the surrogates for short lists; the disagreement in words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sacml.design.answer.explain import interval, number
from sacml.design.answer.prediction import TargetPrediction
from sacml.design.answer.proposal import Proposal
from sacml.design.search.scoring import Scorer, SurrogateLike
from sacml.domain.targets import TARGETS

if TYPE_CHECKING:
    from sacml.features import CandidateTable


def refined(
    items: Sequence[Proposal],
    table: "CandidateTable",
    scorer: Scorer,
    refine: Mapping[str, SurrogateLike],
    versions: Mapping[str, str],
) -> tuple[tuple[Proposal, ...], tuple[str, ...]]:
    """Add to each proposal what the refine surrogates say, and where they disagree.

    The order stays that of the screen; `Proposal.refined_score` is the score with the refined
    answers. A target whose refine surrogate is the screen's own is not asked again.

    Parameters
    ----------
    items, table
        Proposals, and their candidates in the same order.
    scorer
        As in the search.
    refine
        Target -> surrogate.
    versions
        Target -> version of the screen surrogate.

    Returns
    -------
    proposals, notes
    """
    if not items or not refine:
        return tuple(items), ()
    answers = {t: s.predict(table, level=scorer.level) for t, s in refine.items()}
    same = [t for t, p in answers.items() if str(p.model_version) == versions.get(t)]
    asked = {t: p for t, p in answers.items() if t not in same}
    notes = [f"The refine surrogate of {t} is that of the screen." for t in same]
    if not asked:
        return tuple(items), tuple(notes)
    given = {**scorer.surrogates, **{t: refine[t] for t in asked}}
    second = Scorer(scorer.objectives, given, scorer.level, scorer.domain_penalty)
    second.counts = scorer.counts
    scores = second(table).score
    out = []
    for i, item in enumerate(items):
        said = {t: TargetPrediction.of(t, p, i) for t, p in asked.items()}
        doubts = [disagreement(item.predictions[t], p, scorer.level) for t, p in said.items()
                  if t in item.predictions]  # fmt: skip
        out.append(
            replace(
                item,
                refined=said,
                refined_score=float(scores[i]),
                uncertain=(*item.uncertain, *doubts),
            )
        )
    best = max(out, key=lambda p: (p.refined_score, -p.rank))
    notes.append(
        f"Refined: {', '.join(asked)}. By the refined score {best.candidate.site} comes first "
        f"({best.refined_score:.3f}; it stands at {best.rank} by the screen)."
    )
    return tuple(out), tuple(notes)


def disagreement(screen: TargetPrediction, refine: TargetPrediction, level: float) -> str:
    """Say how far two surrogates are apart, against the interval of the screen.

    They disagree where neither value lies in the other's interval.
    """
    kind = TARGETS[screen.target]
    there = screen.lower <= refine.value <= screen.upper
    back = refine.lower <= screen.value <= refine.upper
    if there and back:
        verdict = "they agree: each value lies in the other's interval"
    elif there or back:
        inside = "refine" if there else "screen"
        verdict = f"they agree in part: only the value of {inside} lies in the other's interval"
    else:
        verdict = "they disagree: neither value lies in the other's interval"
    return (
        f"{screen.target}: refine says {interval(refine, level)}, screen "
        f"{number(screen.value)} {kind.unit}; {verdict}."
    )
