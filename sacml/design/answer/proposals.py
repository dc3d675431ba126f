"""The answer of a ranking: proposals with their reasons, and what was left out."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.design.answer.findings import FrontPoint, KnownRank, MetalBest, WindowShift
from sacml.design.answer.prediction import finite
from sacml.design.answer.proposal import Proposal
from sacml.design.objectives.objective import Objective
from sacml.domain.conditions import Conditions

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "sacml.proposals/2"


@dataclass(frozen=True, slots=True)
class Proposals:
    """A ranking of one space.

    Attributes
    ----------
    items
        Proposals, best first.
    space, alkali, conditions
        Searched.
    objectives
        All objectives, whether they count or not.
    not_discriminating
        Names of objectives that do not tell the candidates apart; they are not in the score.
    n_declared
        Candidates before constraints: `n_ranked` plus all `refused`, unless partial.
    n_ranked
        Candidates that were scored and not refused.
    refused
        Candidates refused by constraints and options, by reason; each counts once.
    passed_over
        Candidates that were ranked and are not in the list, by reason.
    out_of_domain
        Scored candidates outside the domain of a surrogate, by target.
    versions
        Model version by target.
    notes
        Sentences.
    partial
        Whether the ranking was interrupted.
    front, n_front
        Best scored points of the non-dominated front, best first, and how many points it has.
    hypervolume
        Share of the unit cube of the desirabilities that the front dominates, 0 to 1.
    best_by_metal
        Metal -> best ranked candidate among the sites that hold it.
    known_ranks
        Where the known systems rank, those outside the space last.
    shifts
        How the list changes when the window of the binding energy is moved.
    chances
        Chance constraints, as text.
    """

    items: tuple[Proposal, ...]
    space: str
    alkali: str
    conditions: Conditions
    objectives: tuple[Objective, ...]
    not_discriminating: tuple[str, ...]
    n_declared: int
    n_ranked: int
    refused: Counter[str]
    passed_over: Counter[str]
    out_of_domain: Counter[str]
    versions: Mapping[str, str]
    notes: tuple[str, ...]
    partial: bool
    front: tuple[FrontPoint, ...] = ()
    n_front: int = 0
    hypervolume: float = 0.0
    best_by_metal: Mapping[str, MetalBest] = field(default_factory=dict)
    known_ranks: tuple[KnownRank, ...] = ()
    shifts: tuple[WindowShift, ...] = ()
    chances: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Proposal]:
        return iter(self.items)

    def __getitem__(self, i: int) -> Proposal:
        return self.items[i]

    def frame(self) -> "pd.DataFrame":
        """Return one row per proposal; see `Proposal.row` for the columns."""
        import pandas as pd

        return pd.DataFrame([p.row() for p in self.items])

    def to_csv(self, path: str | Path) -> Path:
        """Write `frame` to a CSV file and return its path."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.frame().to_csv(target, index=False, lineterminator="\n")
        return target

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, under the key ``schema`` a version of their layout."""
        return {
            "schema": SCHEMA,
            "space": self.space,
            "alkali": self.alkali,
            "conditions": str(self.conditions),
            "partial": self.partial,
            "n_declared": self.n_declared,
            "n_ranked": self.n_ranked,
            "refused": dict(self.refused.most_common()),
            "passed_over": dict(self.passed_over.most_common()),
            "out_of_domain": dict(self.out_of_domain),
            "objectives": [
                {
                    **o.model_dump(),
                    "low": finite(o.low),
                    "high": finite(o.high),
                    "wish": o.wish,
                    "counts": o.name not in self.not_discriminating,
                }
                for o in self.objectives
            ],
            "model_versions": dict(self.versions),
            "notes": list(self.notes),
            "chances": list(self.chances),
            "proposals": [p.to_dict() for p in self.items],
            "front": [p.to_dict() for p in self.front],
            "n_front": self.n_front,
            "hypervolume": self.hypervolume,
            "best_by_metal": {m: b.to_dict() for m, b in self.best_by_metal.items()},
            "known_ranks": [k.to_dict() for k in self.known_ranks],
            "shifts": [s.to_dict() for s in self.shifts],
        }
