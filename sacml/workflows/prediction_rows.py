"""What a prediction says about one target of one candidate."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.domain import ALKALI, Candidate
from sacml.domain.conditions import NUMBERS, WORDS
from sacml.uncertainty.domain import Flag

if TYPE_CHECKING:
    from sacml.models import Predictions, Surrogate

ENERGIES = "energies"
"""Fact of a surrogate of binding energies of another level of theory than our protocol's."""
OWN = "PBE, against the isolated neutral atom"
_AGAINST = {
    "atom": "the isolated atom",
    "bulk": "the bulk metal",
    "ion": "the ion",
    "unstated": "an unstated reference",
}


@dataclass(frozen=True, slots=True)
class Refined:
    """The same question answered by the refine surrogate.

    Attributes
    ----------
    value, lower, upper, in_domain, reasons, model
        As in `PredictionRow`.
    same_model
        Whether one model serves both roles, so that there is no second opinion.
    """

    value: float
    lower: float
    upper: float
    in_domain: bool
    reasons: tuple[str, ...]
    model: str
    same_model: bool

    def difference(self, row: "PredictionRow") -> float:
        """Refine minus screen, in the unit of the row."""
        return self.value - row.value

    def overlaps(self, row: "PredictionRow") -> bool:
        """Whether the two intervals have a point in common."""
        return self.lower <= row.upper and row.lower <= self.upper

    def to_dict(self, row: "PredictionRow") -> dict[str, Any]:
        """Return plain values; infinite ends become None."""
        return {
            "value": plain(self.value),
            "lower": plain(self.lower),
            "upper": plain(self.upper),
            "in_domain": self.in_domain,
            "reasons": list(self.reasons),
            "model": self.model,
            "same_model": self.same_model,
            "difference": plain(self.difference(row)),
            "intervals_overlap": self.overlaps(row),
        }


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One target of one candidate.

    `value`, `lower` and `upper` are in `unit`; an infinite end means that the interval cannot be
    bounded at this level. `assumed` names the conditions that the caller did not state, `extra`
    holds a binding energy against other references, `reference` what it is measured against.
    `refined` is the second opinion, where it was asked for.
    """

    candidate: Candidate
    target: str
    value: float
    lower: float
    upper: float
    unit: str
    level: float
    in_domain: bool
    reasons: tuple[str, ...]
    model: str
    assumed: tuple[str, ...] = ()
    extra: Mapping[str, float] = field(default_factory=dict)
    reference: str = ""
    refined: Refined | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; infinite ends become None."""
        conditions = self.candidate.conditions
        return {
            "site": str(self.candidate.site),
            "alkali": self.candidate.alkali,
            "conditions": {
                name: getattr(conditions, name)
                for name in (*NUMBERS, *WORDS)
                if getattr(conditions, name) is not None
            },
            "assumed": list(self.assumed),
            "target": self.target,
            "unit": self.unit,
            "value": plain(self.value),
            "lower": plain(self.lower),
            "upper": plain(self.upper),
            "level": self.level,
            "in_domain": self.in_domain,
            "reasons": list(self.reasons),
            "model": self.model,
            **({"reference": self.reference} if self.reference else {}),
            **{k: plain(v) for k, v in self.extra.items()},
            **({} if self.refined is None else {"refine": self.refined.to_dict(self)}),
        }


def plain(value: float) -> float | None:
    """Round to four digits; None where there is no end."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


# flags whose sentence prints a number of the row
_NUMBERED = np.uint32(Flag.OUT_OF_RANGE)


def all_reasons(found: "Predictions") -> Iterator[tuple[str, ...]]:
    """Reasons of every row; rows that differ in nothing a reason speaks of share one text."""
    table = found._table
    columns = [found.flags.astype(np.int64)]
    for name in table.column_names():
        column = getattr(table, name)
        if name in NUMBERS:
            columns.append(np.isnan(column))
            # the value is printed only where it lies outside the range
            numbered = (found.flags & _NUMBERED) != 0
            columns.append(np.where(numbered & ~np.isnan(column), column, 0.0).view(np.int64))
        else:
            columns.append(column)
    keys = np.column_stack([np.asarray(c, dtype=np.int64) for c in columns])
    text, width = keys.tobytes(), keys.itemsize * keys.shape[1]
    known: dict[bytes, tuple[str, ...]] = {}
    for i in range(len(keys)):
        key = text[i * width : (i + 1) * width]
        if key not in known:
            known[key] = found.reasons(i)
        yield known[key]


def energy_reference(surrogate: "Surrogate") -> tuple[str, tuple[Mapping[str, float], ...]]:
    """Say what a binding energy is measured against, and what shifts it to other references.

    Returns
    -------
    text, shifts
        Empty for other targets; per alkali of `ALKALI` the name of another reference and what to
        add in eV, empty where the energies are not those of our own protocol.
    """
    nothing: tuple[Mapping[str, float], ...] = tuple({} for _ in ALKALI)
    if surrogate.target != "binding_energy":
        return "", nothing
    level = surrogate.facts.get(ENERGIES)
    if level:
        return f"{level['level_of_theory']}, against {_AGAINST[level['reference']]}", nothing
    return OWN, tuple(_own_shifts(alkali) for alkali in ALKALI)


@cache
def _own_shifts(alkali: str) -> Mapping[str, float]:
    from sacml.data import references

    known = references()
    shifts = {}
    if alkali in known.cohesive_energy_eV:
        shifts["against_bulk_eV"] = known.cohesive_energy_eV[alkali]
    if alkali in known.graphene_binding_eV:
        shifts["against_graphene_eV"] = -known.graphene_binding_eV[alkali]
    return shifts
