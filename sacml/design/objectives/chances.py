"""Chance constraints: how likely a predicted quantity must be where it is wanted."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.objectives.desirability import interval_width, window_probability
from sacml.domain.targets import TARGETS, Target, target
from sacml.errors import DesignError, SacmlError

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_CHANCE = re.compile(
    rf"P\(\s*(?:(?P<low>{_NUMBER})\s*(?P<low_unit>[^\d<>]*?)\s*<\s*)?"
    rf"(?P<target>[a-z_]+)\s*(?P<sense>[<>])\s*(?P<end>{_NUMBER})\s*(?P<unit>[^<>)]*?)\s*\)"
    rf"\s*>\s*(?P<probability>{_NUMBER})\s*(?P<percent>%?)"
)
EXAMPLE = "P(nucleation_overpotential < 15 mV) > 0.8"


@dataclass(frozen=True, slots=True)
class Chance:
    """A candidate is refused unless the probability of a range exceeds a number.

    The predicted distribution is that of an `Objective`: normal on the modelling scale, its width
    from the interval; without bounds it is infinitely wide.

    Attributes
    ----------
    target
        A target with a surrogate.
    low, high
        Ends of the range in the unit of the target; infinite where there is none.
    probability
        The probability to exceed, between 0 and 1 (both excluded).
    """

    target: str
    low: float
    high: float
    probability: float

    def __post_init__(self) -> None:
        kind = target(self.target)
        if not 0 < self.probability < 1:
            raise DesignError(
                f"chance {self}: the probability {self.probability:g} lies between 0 and 1 (both "
                "excluded), e.g. 0.8"
            )
        if not self.low < self.high:
            raise DesignError(f"chance {self}: {self.low:g} is not below {self.high:g}; swap them")
        low, high = kind.limits
        if self.high <= low or self.low >= high:
            raise DesignError(
                f"chance {self}: {self.target} lies between {low:g} and {high:g} {kind.unit}, so "
                "no or every candidate would keep to it"
            )

    @classmethod
    def parse(cls, text: "str | Chance") -> "Chance":
        """Read ``P(TARGET < NUMBER UNIT) > PROBABILITY``, or ``P(NUMBER UNIT < TARGET < ...)``.

        Raises
        ------
        DesignError
            With what cannot be read and how it is written.
        """
        if isinstance(text, Chance):
            return text
        match = _CHANCE.fullmatch(text.strip())
        if match is None:
            raise DesignError(f"cannot read the chance constraint {text!r}: write e.g. {EXAMPLE}")
        try:
            kind = target(match["target"])
        except SacmlError as error:
            raise DesignError(f"chance constraint {text!r}: {error}") from None
        units = [match["unit"]] + ([match["low_unit"]] if match["low"] else [])
        _check_units(text, kind, units)
        end, below = float(match["end"]), match["sense"] == "<"
        if match["low"] and not below:
            raise DesignError(f"chance constraint {text!r}: write a range as P(a < x < b UNIT)")
        low = float(match["low"]) if match["low"] else -np.inf
        probability = float(match["probability"]) / (100 if match["percent"] else 1)
        return cls(kind.name, low if below else end, end if below else np.inf, probability)

    def __str__(self) -> str:
        kind = target(self.target)
        if np.isinf(self.high):
            inner = f"{self.target} > {self.low:g}"
        else:
            inner = f"{self.target} < {self.high:g}"
            inner = inner if np.isinf(self.low) else f"{self.low:g} < {inner}"
        return f"P({inner} {kind.unit}) > {self.probability:g}"

    def of_prediction(self, p: Any, level: float) -> NDArray[np.float64]:
        """Probability (n,) of the range under predictions with intervals of this level."""
        kind = TARGETS[self.target]
        value, lower, upper = (kind.forward(x) for x in (p.value, p.lower, p.upper))
        if kind.scale != "linear":
            # the interval of a positive quantity is cut off at zero: such an end says nothing
            lower = np.where(np.asarray(p.lower, dtype=float) <= 0, -np.inf, lower)
        width = interval_width(value, lower, upper, level)
        ends = [x if np.isinf(x) else float(kind.forward(x)) for x in (self.low, self.high)]
        return window_probability(value, width, *ends)


def _check_units(text: str, kind: Target, units: list[str]) -> None:
    """Raise unless the last number has the unit of the target, and no other one another."""
    wrong = [u for u in units if u.strip() not in (kind.unit, "")]
    if wrong or not units[0].strip():
        given = wrong[0].strip() if wrong else "none"
        raise DesignError(
            f"chance constraint {text!r}: unit {given!r} of {kind.name}: write {kind.unit!r}"
        )
