"""What a user may set about a structure. The defaults are those of the bundled DFT protocol."""

import math
from dataclasses import dataclass, field

from sacml.domain.elements import element
from sacml.structures.structure import StructureError

PROTOCOL = (
    "sacml DFT protocol (GPAW 22.8.0, plane waves 340 eV, PBE): 4x4 graphene of a = 2.467 A, cell "
    "height 13 A, sheet at 4 A; datasets/dft"
)
START_DISTANCE_TOP_A = {"Li": 2.45, "Na": 2.85, "K": 3.25}
"""Starting distance of the alkali from the metal it stands on, in Angstrom (the DFT protocol)."""
START_HEIGHT_RING_A = {"Li": 1.9, "Na": 2.35, "K": 2.75}
"""Starting height of the alkali above the sheet over a ring, in Angstrom (the DFT protocol)."""
MAX_MOMENT_MU_B = 10.0


@dataclass(frozen=True)
class BuildOptions:
    """How a structure is built.

    Attributes
    ----------
    repeat
        Supercell repeats along the two lattice vectors; None takes the host's default.
    vacuum_A
        Total height of the cell along the direction that is not periodic, in Angstrom.
    sheet_height_A
        Height of the flat sheet above the bottom of the cell, in Angstrom.
    top_distance_A, ring_height_A
        Starting distance above a metal and starting height above a ring, by alkali.
    max_strain
        Largest strain of the host's lattice that is accepted, as a fraction.
    min_image_distance_A
        Smallest distance between a centre and its periodic image.
    arrangement
        Which of `arrangements(site)` of a mixed shell to build, counted from 0; None follows
        the isomer written in the site, or the documented default.
    dual
        ``bridged`` (default) or ``direct``: the shape of a six-neighbour pore of two centres.
    start_moments_mu_B
        Starting moment in Bohr magnetons by element, for every atom of it; elements that are not
        named keep those of `sacml.structures.moments`.
    prerelax
        Whether the bond-spring model moves the atoms from their lattice points.
    """

    repeat: tuple[int, int] | None = None
    vacuum_A: float = 13.0
    sheet_height_A: float = 4.0
    top_distance_A: dict[str, float] = field(default_factory=START_DISTANCE_TOP_A.copy)
    ring_height_A: dict[str, float] = field(default_factory=START_HEIGHT_RING_A.copy)
    max_strain: float = 0.05
    min_image_distance_A: float = 7.0
    arrangement: int | None = None
    dual: str = "bridged"
    start_moments_mu_B: dict[str, float] = field(default_factory=dict)
    prerelax: bool = True

    def __post_init__(self) -> None:
        lengths = {
            "vacuum_A": self.vacuum_A,
            "sheet_height_A": self.sheet_height_A,
            "min_image_distance_A": self.min_image_distance_A,
            **{f"top_distance_A[{k}]": v for k, v in self.top_distance_A.items()},
            **{f"ring_height_A[{k}]": v for k, v in self.ring_height_A.items()},
        }
        for name, value in lengths.items():
            if not (math.isfinite(value) and 0 < value <= 100):
                raise StructureError(f"{name} = {value}: give a length between 0 and 100 Angstrom")
        if self.sheet_height_A >= self.vacuum_A:
            raise StructureError(
                f"sheet_height_A = {self.sheet_height_A} does not lie inside a cell of height "
                f"vacuum_A = {self.vacuum_A}"
            )
        if not 0 <= self.max_strain <= 0.2:
            raise StructureError(f"max_strain = {self.max_strain}: give a fraction from 0 to 0.2")
        if self.repeat is not None and not all(
            isinstance(n, int) and 1 <= n <= 20 for n in self.repeat
        ):
            raise StructureError(f"repeat = {self.repeat}: give two whole numbers from 1 to 20")
        if self.arrangement is not None and self.arrangement < 0:
            raise StructureError(f"arrangement = {self.arrangement}: counted from 0")
        for symbol, moment in self.start_moments_mu_B.items():
            element(symbol)
            if not (math.isfinite(moment) and abs(moment) <= MAX_MOMENT_MU_B):
                raise StructureError(
                    f"start_moments_mu_B[{symbol}] = {moment}: give a moment between "
                    f"-{MAX_MOMENT_MU_B:.0f} and {MAX_MOMENT_MU_B:.0f} Bohr magnetons"
                )
        if self.dual not in ("bridged", "direct"):
            raise StructureError(f"dual = {self.dual!r}: allowed are 'bridged' and 'direct'")
