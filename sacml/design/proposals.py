"""The answer of a ranking: proposals with their reasons, and what was left out."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sacml.design.known import KnownSystem, Nearest
from sacml.design.objectives import Objective
from sacml.domain.candidates import Candidate
from sacml.domain.conditions import Conditions
from sacml.domain.targets import TARGETS

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "sacml.proposals/1"


@dataclass(frozen=True, slots=True)
class TargetPrediction:
    """What a surrogate says of one candidate; value, lower and upper are in `unit`."""

    target: str
    value: float
    lower: float
    upper: float
    unit: str
    in_domain: bool
    reasons: tuple[str, ...]

    @property
    def is_unbounded(self) -> bool:
        """Whether the interval excludes nothing."""
        cut = self.lower <= 0 and TARGETS[self.target].scale != "linear"
        return math.isinf(self.upper) and (math.isinf(self.lower) or cut)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One ranked candidate.

    Attributes
    ----------
    score
        Weighted geometric mean of the desirabilities that count, 0 to 1.
    predictions, desirability
        By target and by name of the objective.
    facts
        Element facts of the worst centre: price_usd_per_kg, crustal_abundance_mg_per_kg (None
        where the table has a gap), eu_critical_raw_material, hazard_class (ICH Q3D).
    known_as
        Known systems that this site is, as far as their sources state them.
    perhaps
        Known systems with the same centres and host whose shell is not printed.
    nearest
        Closest known system with a known shell, if any has as many centres.
    why, uncertain
        Sentences: what drove the rank, and what is not certain.
    """

    rank: int
    candidate: Candidate
    score: float
    predictions: Mapping[str, TargetPrediction]
    desirability: Mapping[str, float]
    facts: Mapping[str, Any]
    known_as: tuple[KnownSystem, ...]
    perhaps: tuple[KnownSystem, ...]
    nearest: Nearest | None
    why: tuple[str, ...]
    uncertain: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        """Whether this site has been labelled or reported."""
        return bool(self.known_as)

    @property
    def in_domain(self) -> bool:
        """Whether every surrogate that was asked knows candidates like this one."""
        return all(p.in_domain for p in self.predictions.values())

    def row(self) -> dict[str, Any]:
        """Return one flat row; column names carry the unit."""
        out: dict[str, Any] = {
            "rank": self.rank,
            "site": str(self.candidate.site),
            "alkali": self.candidate.alkali,
            "conditions": str(self.candidate.conditions),
            "score": self.score,
        }
        for name, p in self.predictions.items():
            column = TARGETS[name].column
            out |= {column: p.value, f"{column}_lower": p.lower, f"{column}_upper": p.upper}
            out[f"{name}_in_domain"] = p.in_domain
        out |= {f"desirability: {name}": d for name, d in self.desirability.items()}
        out |= dict(self.facts)
        out["known_as"] = "; ".join(s.label for s in self.known_as)
        out["known_records"] = ";".join(r for s in self.known_as for r in s.record_ids)
        out["perhaps_known_as"] = "; ".join(s.label for s in self.perhaps)
        out["nearest_known"] = str(self.nearest.system.site) if self.nearest else ""
        out["distance_to_nearest"] = self.nearest.distance if self.nearest else None
        out["why"] = " ".join(self.why)
        out["uncertain"] = " ".join(self.uncertain)
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; infinite ends are None."""
        return {
            "rank": self.rank,
            "candidate": str(self.candidate),
            "site": str(self.candidate.site),
            "score": self.score,
            "predictions": {
                name: {
                    "value": _finite(p.value),
                    "lower": _finite(p.lower),
                    "upper": _finite(p.upper),
                    "unit": p.unit,
                    "in_domain": p.in_domain,
                    "reasons": list(p.reasons),
                }
                for name, p in self.predictions.items()
            },
            "desirability": dict(self.desirability),
            "facts": dict(self.facts),
            "known_as": [_system(s) for s in self.known_as],
            "perhaps_known_as": [_system(s) for s in self.perhaps],
            "nearest_known": self.nearest
            and {**_system(self.nearest.system), "distance": self.nearest.distance},
            "why": list(self.why),
            "uncertain": list(self.uncertain),
        }


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
                    "low": _finite(o.low),
                    "high": _finite(o.high),
                    "wish": o.wish,
                    "counts": o.name not in self.not_discriminating,
                }
                for o in self.objectives
            ],
            "model_versions": dict(self.versions),
            "notes": list(self.notes),
            "proposals": [p.to_dict() for p in self.items],
        }


def _finite(value: float) -> float | None:
    number = float(value)
    return number if abs(number) < float("inf") else None


def _system(system: KnownSystem) -> dict[str, Any]:
    return {
        "site": str(system.site),
        "names": list(system.names),
        "record_ids": list(system.record_ids),
        "alkalis": list(system.alkalis),
    }
