"""The short list asked once more, of the surrogates for short lists; the disagreement in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sacml.design.answer.explain import interval
from sacml.design.answer.prediction import TargetPrediction
from sacml.design.answer.proposal import Proposal
from sacml.design.objectives.words import number
from sacml.design.search.scoring import Scorer, SurrogateLike
from sacml.domain.targets import TARGETS
from sacml.errors import SacmlError

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
    answers. A target whose refine surrogate is the screen's own is not asked again. What a refine
    surrogate cannot read, such as a site of which no structure can be built, stays as the screen
    has it, with the reason.

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
    answers = {t: _Answers.of(s, table, scorer.level) for t, s in refine.items()}
    same = [t for t, a in answers.items() if a.version == versions.get(t)]
    asked = {t: a for t, a in answers.items() if t not in same}
    notes = [f"The refine surrogate of {t} is that of the screen." for t in same]
    if not asked:
        return tuple(items), tuple(notes)
    out = []
    for i, (item, score) in enumerate(
        zip(items, _scores(table, scorer, refine, asked), strict=True)
    ):
        said = {t: TargetPrediction.of(t, *a.said[i]) for t, a in asked.items() if i in a.said}
        doubts = [disagreement(item.predictions[t], p, scorer.level) for t, p in said.items()
                  if t in item.predictions]  # fmt: skip
        doubts += [
            f"{t}: refine cannot read it ({a.refused[i]}); it keeps its rank by the screen."
            for t, a in asked.items()
            if i in a.refused
        ]
        doubts = [*item.uncertain, *doubts]
        out.append(replace(item, refined=said, refined_score=score, uncertain=tuple(doubts)))
    for target, a in asked.items():
        if a.refused:
            notes.append(f"Refine cannot read {len(a.refused)} of {len(items)} sites for {target}.")
    read = [(p.refined_score, -p.rank, p) for p in out if p.refined_score is not None]
    if read:
        best = max(read)[-1]
        notes.append(
            f"Refined: {', '.join(asked)}. By the refined score {best.candidate.site} comes first "
            f"({best.refined_score:.3f}; it stands at {best.rank} by the screen)."
        )
    return tuple(out), tuple(notes)


@dataclass(frozen=True, slots=True)
class _Answers:
    """Row -> prediction and its place in it, and row -> why there is none."""

    said: dict[int, tuple[Any, int]]
    refused: dict[int, str]
    version: str

    @classmethod
    def of(cls, surrogate: SurrogateLike, table: "CandidateTable", level: float) -> "_Answers":
        """Ask for all rows at once, and row by row where that is refused."""
        try:
            every = surrogate.predict(table, level=level)
        except SacmlError:
            every = None
        if every is not None:
            rows = {i: (every, i) for i in range(len(table))}
            return cls(rows, {}, str(every.model_version))
        said: dict[int, tuple[Any, int]] = {}
        refused = {}
        for i in range(len(table)):
            try:
                said[i] = (surrogate.predict(table.take([i]), level=level), 0)
            except SacmlError as error:
                refused[i] = " ".join(str(error).split())
        version = next((str(p.model_version) for p, _ in said.values()), "")
        return cls(said, refused, version)


def _scores(
    table: "CandidateTable",
    scorer: Scorer,
    refine: Mapping[str, SurrogateLike],
    asked: Mapping[str, _Answers],
) -> list[float | None]:
    """Score with the refined answers; None where no refine surrogate reads the site."""
    scores: list[float | None] = [None] * len(table)
    readers: dict[tuple[str, ...], list[int]] = {}
    for i in range(len(table)):
        readers.setdefault(tuple(t for t, a in asked.items() if i in a.said), []).append(i)
    for targets, rows in readers.items():
        if not targets:
            continue
        given = {**scorer.surrogates, **{t: refine[t] for t in targets}}
        second = Scorer(scorer.objectives, given, scorer.level, scorer.domain_penalty)
        second.counts = scorer.counts
        for row, score in zip(rows, second(table.take(rows)).score, strict=True):
            scores[row] = float(score)
    return scores


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
