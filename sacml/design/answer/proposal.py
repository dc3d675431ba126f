"""One ranked candidate with its predictions, its evidence and its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sacml.design.answer.prediction import TargetPrediction
from sacml.design.known import KnownSystem, Nearest
from sacml.domain.candidates import Candidate
from sacml.domain.targets import TARGETS


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
    front
        Number of its non-dominated front, 1 for what nothing beats in every objective; None
        beyond the fronts that are followed.
    refined
        Target -> what the refine surrogate says; empty where none was asked.
    refined_score
        Score with the answers of `refined` in the place of those of `predictions`.
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
    front: int | None = None
    refined: Mapping[str, TargetPrediction] = field(default_factory=dict)
    refined_score: float | None = None

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
        for name, p in self.refined.items():
            column = f"refined_{TARGETS[name].column}"
            out |= {column: p.value, f"{column}_lower": p.lower, f"{column}_upper": p.upper}
        out["front"] = self.front
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
            "predictions": {t: p.to_dict() for t, p in self.predictions.items()},
            "refined": {t: p.to_dict() for t, p in self.refined.items()},
            "refined_score": self.refined_score,
            "front": self.front,
            "desirability": dict(self.desirability),
            "facts": dict(self.facts),
            "known_as": [s.to_dict() for s in self.known_as],
            "perhaps_known_as": [s.to_dict() for s in self.perhaps],
            "nearest_known": self.nearest
            and {**self.nearest.system.to_dict(), "distance": self.nearest.distance},
            "why": list(self.why),
            "uncertain": list(self.uncertain),
        }
