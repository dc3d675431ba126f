"""What a surrogate says of one candidate."""

import math
from dataclasses import dataclass
from typing import Any

from sacml.domain.targets import TARGETS


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

    @classmethod
    def of(cls, target: str, columns: Any, i: int) -> "TargetPrediction":
        """Take row `i` of what a surrogate returned."""
        return cls(
            target=target,
            value=float(columns.value[i]),
            lower=float(columns.lower[i]),
            upper=float(columns.upper[i]),
            unit=TARGETS[target].unit,
            in_domain=bool(columns.in_domain[i]),
            reasons=tuple(columns.reasons(i)),
        )

    @property
    def is_unbounded(self) -> bool:
        """Whether the interval excludes nothing."""
        cut = self.lower <= 0 and TARGETS[self.target].scale != "linear"
        return math.isinf(self.upper) and (math.isinf(self.lower) or cut)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; infinite ends are None."""
        return {
            "value": finite(self.value),
            "lower": finite(self.lower),
            "upper": finite(self.upper),
            "unit": self.unit,
            "in_domain": self.in_domain,
            "reasons": list(self.reasons),
        }


def finite(value: float) -> float | None:
    """Return the number, or None for JSON where it is infinite or NaN."""
    number = float(value)
    return number if abs(number) < float("inf") else None
