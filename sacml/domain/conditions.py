"""Conditions of a measurement; whatever is None was not stated by the source."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from sacml.errors import NotationError, unknown

ELECTROLYTES = ("ether", "carbonate", "solid", "other")
"""Classes of electrolyte: by the solvent, or solid."""
CELLS = ("symmetric", "half", "full")
ROLES = (
    "host",
    "current_collector",
    "interlayer",
    "separator",
    "coating",
    "artificial_sei",
    "electrolyte_additive",
    "composite_anode",
    "ion_storage",
    "electrolyte",
    "model",
)
"""What the material does in the cell; `model` is a calculation or simulation."""

LIMITS = {
    "current_density_mA_cm2": (0.0, 1000.0),
    "areal_capacity_mAh_cm2": (0.0, 1000.0),
    "temperature_C": (-150.0, 200.0),
}
NUMBERS = tuple(LIMITS)
"""Conditions that are numbers."""
WORDS = {"electrolyte": ELECTROLYTES, "cell": CELLS, "role": ROLES}
"""Conditions that are words, with the words allowed."""
TITLES = {
    "current_density_mA_cm2": ("current density", "mA cm-2"),
    "areal_capacity_mAh_cm2": ("areal capacity", "mAh cm-2"),
    "temperature_C": ("temperature", "degrees Celsius"),
}
"""Of the conditions that are numbers the name that a reader knows, and the unit."""
_UNITS = {
    "current_density_mA_cm2": "mA cm-2 (zero excluded)",
    "areal_capacity_mAh_cm2": "mAh cm-2 (zero excluded)",
    "temperature_C": "degrees Celsius",
}
_KEYS = {
    "j": ("current_density_mA_cm2", None),
    "q": ("areal_capacity_mAh_cm2", None),
    "T": ("temperature_C", None),
    "electrolyte": ("electrolyte", ELECTROLYTES),
    "cell": ("cell", CELLS),
    "role": ("role", ROLES),
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """Test conditions.

    Attributes
    ----------
    current_density_mA_cm2, areal_capacity_mAh_cm2
        Current density in mA cm-2 and plated capacity per half cycle in mAh cm-2.
    temperature_C
        Temperature in degrees Celsius.
    electrolyte, cell, role
        Words of `ELECTROLYTES`, `CELLS` and `ROLES`.
    """

    current_density_mA_cm2: float | None = None
    areal_capacity_mAh_cm2: float | None = None
    temperature_C: float | None = None
    electrolyte: str | None = None
    cell: str | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is None:
                continue
            number = float(value)
            # a current or capacity of zero is no test
            inside = (low <= number if name == "temperature_C" else low < number) and number <= high
            if not math.isfinite(number) or not inside:
                raise NotationError(
                    f"{name} = {value!r} lies outside {low:g} to {high:g} {_UNITS[name]}; check "
                    "sign and unit, or leave it out where it is not stated"
                )
            object.__setattr__(self, name, number)
        for name, allowed in (("electrolyte", ELECTROLYTES), ("cell", CELLS), ("role", ROLES)):
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise unknown(name, value, allowed)

    @classmethod
    def parse(cls, text: str) -> "Conditions":
        """Read ``j=3;q=3;T=25;electrolyte=ether;cell=symmetric;role=host`` (any subset)."""
        values: dict[str, Any] = {}
        for item in filter(None, (t.strip() for t in text.split(";"))):
            key, equals, value = (t.strip() for t in item.partition("="))
            if key not in _KEYS or not equals:
                raise unknown("condition", key, list(_KEYS), "write e.g. j=3;q=3;cell=symmetric")
            name, words = _KEYS[key]
            if name in values:
                raise NotationError(f"condition {key!r} stands twice in {text!r}")
            try:
                values[name] = value if words else float(value)
            except ValueError:
                raise NotationError(f"condition {key}={value!r}: write a plain number") from None
        return cls(**values)

    def __str__(self) -> str:
        items = []
        for key, (name, _) in _KEYS.items():
            value = getattr(self, name)
            if value is not None:
                # repr is the shortest text that reads back as the same float
                items.append(f"{key}={value}" if isinstance(value, str) else f"{key}={value!r}")
        return ";".join(items)

    @property
    def unstated(self) -> tuple[str, ...]:
        """Names of the conditions that are not stated."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is None)

    def or_assumed(self, other: "Conditions") -> "Conditions":
        """Fill what is not stated here from `other`."""
        given = {n: getattr(other, n) for n in self.unstated if getattr(other, n) is not None}
        return replace(self, **given)


STANDARD = Conditions(current_density_mA_cm2=3.0, areal_capacity_mAh_cm2=3.0)
"""The comparison standard that the review proposes (10.1039/d4gc02590c, section 6)."""


def in_words(names: Iterable[str]) -> str:
    """List conditions by the names that a reader knows."""
    return ", ".join(TITLES.get(name, (name,))[0] for name in names)
