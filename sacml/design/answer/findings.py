"""What a ranking finds beside its list: front, best of each metal, known systems, shifts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sacml.design.answer.prediction import TargetPrediction, finite
from sacml.design.known import KnownSystem


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """A candidate that no other one beats in every objective.

    Attributes
    ----------
    candidate
        As text; of candidates with the same desirabilities the one closest to known systems.
    values
        Objective -> predicted value, or element value of the worst centre, in the objective's
        unit; NaN where the table has a gap. Objectives that count only.
    in_list
        Whether it is among the proposals.
    score
        As in `Proposal`.
    """

    candidate: str
    values: Mapping[str, float]
    in_list: bool
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; gaps are None."""
        return {
            "candidate": self.candidate,
            "values": {k: finite(v) for k, v in self.values.items()},
            "in_list": self.in_list,
            "score": self.score,
        }


@dataclass(frozen=True, slots=True)
class MetalBest:
    """The best ranked candidate among the sites that hold a metal."""

    candidate: str
    score: float
    predictions: Mapping[str, TargetPrediction]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "candidate": self.candidate,
            "score": self.score,
            "predictions": {t: p.to_dict() for t, p in self.predictions.items()},
        }


@dataclass(frozen=True, slots=True)
class KnownRank:
    """Where a known system stands, or would stand.

    Attributes
    ----------
    system
        The known system.
    rank
        One more than the number of ranked candidates with a higher score; None outside the space.
    score
        Its score under the same objectives; NaN where it cannot be scored. A shell that is not
        printed stands for the mixture that the surrogates take.
    reason
        Why it lies outside the space; empty inside.
    would_rank
        The rank that its score would have, inside the space or not; None without a score.
    """

    system: KnownSystem
    rank: int | None
    score: float
    reason: str = ""
    would_rank: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            **self.system.to_dict(),
            "rank": self.rank,
            "score": finite(self.score),
            "reason": self.reason,
            "would_rank": self.would_rank,
        }


@dataclass(frozen=True, slots=True)
class WindowShift:
    """How the list changes when a window is moved.

    Attributes
    ----------
    shift
        Added to both ends, in `unit`.
    objective
        Name of the objective with the window.
    kept
        Proposals that stay in the list.
    entered, left
        Candidates as text that come into the list, best first, and that drop out of it.
    """

    shift: float
    objective: str
    unit: str
    kept: int
    entered: tuple[str, ...]
    left: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "shift": self.shift,
            "objective": self.objective,
            "unit": self.unit,
            "kept": self.kept,
            "entered": list(self.entered),
            "left": list(self.left),
        }
