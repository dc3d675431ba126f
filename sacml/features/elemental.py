"""Element properties used in descriptors, and their statistics over a list of elements.

Only columns without a gap over the elements they are taken for stand here; a gap raises
`MissingPropertyError`, it is never filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sacml.domain.elements import element_property


@dataclass(frozen=True, slots=True)
class Property:
    """A column of the element table as it appears in feature names."""

    short: str
    column: str
    unit: str
    suffix: str
    words: str

    @property
    def source(self) -> str:
        """Where the numbers come from."""
        return f"element table: {self.column}"

    def name(self, prefix: str, statistic: str = "") -> str:
        """Feature name, e.g. ``metal_covalent_radius_mean_A``."""
        return "_".join(filter(None, (prefix, self.short, statistic, self.suffix)))

    def of(self, symbols: Sequence[str]) -> NDArray[np.float64]:
        """Values for the elements, in their order; `MissingPropertyError` at a gap."""
        return np.array([element_property(s, self.column) for s in symbols])


PERIOD = Property("period", "period", "1", "", "period")
RADIUS = Property("covalent_radius", "covalent_radius_A", "angstrom", "A", "covalent radius")
IONIC_RADIUS = Property(
    "ionic_radius", "ionic_radius_A", "angstrom", "A", "radius of the +1 ion, six neighbours"
)
ELECTRONEGATIVITY = Property(
    "electronegativity", "electronegativity_pauling", "1", "", "electronegativity (Pauling)"
)
IONIZATION_1 = Property(
    "first_ionization_energy", "first_ionization_energy_eV", "eV", "eV", "first ionisation energy"
)
IONIZATION_2 = Property(
    "second_ionization_energy", "second_ionization_energy_eV", "eV", "eV",
    "second ionisation energy",
)  # fmt: skip
VALENCE = Property("valence_electrons", "valence_electrons", "1", "", "number of valence electrons")
D_ELECTRONS = Property("d_electrons", "d_electrons", "1", "", "number of valence d electrons")
UNPAIRED = Property(
    "unpaired_electrons", "unpaired_electrons", "1", "", "unpaired electrons of the free atom"
)
COHESIVE = Property(
    "cohesive_energy", "cohesive_energy_eV", "eV/atom", "eV", "atomisation enthalpy at 298 K"
)
MELTING = Property("melting_point", "melting_point_K", "K", "K", "melting point")
