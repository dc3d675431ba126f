"""Targets: what is predicted or stored, its unit, range and the scale on which it is modelled."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.errors import unknown

Bound = Literal["failure", "reported", "lower", "upper"]
BOUNDS: tuple[Bound, ...] = ("failure", "reported", "lower", "upper")
"""`failure`: end of life stated; `reported`: printed, end not stated; `lower` / `upper`: bounds."""

REFERENCES = ("atom", "bulk", "ion", "unstated")
"""What a binding energy is measured against: isolated atom, bulk metal, or ion."""

Scale = Literal["linear", "log10", "log10_plus_1"]


@dataclass(frozen=True, slots=True)
class Target:
    """One quantity.

    Attributes
    ----------
    name, unit
        As used in column names: ``{name}_{unit_suffix}``.
    limits
        Smallest and largest value accepted from a source, in `unit`.
    scale
        Scale on which models are fitted and errors compared: `linear`, `log10`, or `log10_plus_1`
        (log10 of the value in its unit plus one, which keeps printed zeros).
    primary
        Whether sacml releases a surrogate of it.
    """

    name: str
    unit: str
    unit_suffix: str
    title: str
    limits: tuple[float, float]
    scale: Scale = "linear"
    better: Literal["low", "high", "window", "none"] = "none"
    primary: bool = False

    @property
    def column(self) -> str:
        """Name of the storage column, with its unit."""
        return f"{self.name}_{self.unit_suffix}"

    def forward(self, value: ArrayLike) -> NDArray[np.float64]:
        """Transform values in `unit` to the modelling scale."""
        x = np.asarray(value, dtype=float)
        if self.scale == "linear":
            return x
        with np.errstate(divide="ignore"):
            return np.log10(x + (1.0 if self.scale == "log10_plus_1" else 0.0))

    def inverse(self, value: ArrayLike) -> NDArray[np.float64]:
        """Transform from the modelling scale back to `unit`; infinite ends stay infinite."""
        x = np.asarray(value, dtype=float)
        if self.scale == "linear":
            return x
        with np.errstate(over="ignore"):
            back = np.power(10.0, x)
        # nothing below zero exists: the lower end of an interval in log space maps to zero or more
        return np.maximum(back - 1.0, 0.0) if self.scale == "log10_plus_1" else back


def _targets() -> Mapping[str, Target]:
    rows = [
        Target("binding_energy", "eV", "eV", "Binding energy of the alkali atom", (-10.0, 5.0),
               better="window", primary=True),
        Target("nucleation_overpotential", "mV", "mV", "Nucleation overpotential", (0.0, 2000.0),
               scale="log10_plus_1", better="low", primary=True),
        Target("cycle_life", "h", "h", "Demonstrated cycle life", (1e-3, 1e6),
               scale="log10", better="high", primary=True),
        Target("plating_overpotential", "mV", "mV", "Plating overpotential (hysteresis)",
               (0.0, 5000.0), scale="log10_plus_1", better="low"),
        Target("coulombic_efficiency", "%", "pct", "Coulombic efficiency", (0.0, 101.0),
               better="high"),
        Target("capacity_retention", "%", "pct", "Capacity retention of a full cell", (0.0, 110.0),
               better="high"),
        Target("diffusion_barrier", "eV", "eV", "Surface diffusion barrier", (0.0, 10.0),
               better="low"),
        Target("desolvation_energy", "eV", "eV", "Desolvation energy", (-10.0, 10.0),
               better="low"),
        Target("cumulative_capacity", "mAh cm-2", "mAh_cm2",
               "Cumulative plated capacity (current density x half of the hours)", (0.0, 1e7),
               scale="log10", better="high"),
        Target("metal_stability", "eV", "eV",
               "Energy of the metal in the site against its bulk", (-20.0, 20.0), better="low"),
    ]  # fmt: skip
    return MappingProxyType({t.name: t for t in rows})


TARGETS: Mapping[str, Target] = _targets()
PRIMARY: tuple[str, ...] = tuple(t.name for t in TARGETS.values() if t.primary)


def target(name: str) -> Target:
    """Look up a target by name, or raise with the nearest valid names."""
    if name not in TARGETS:
        raise unknown("target", name, list(TARGETS))
    return TARGETS[name]
