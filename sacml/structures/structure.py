"""A structure: the atoms of one candidate, and what has to be known to trust them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from sacml.domain import Site
from sacml.domain.elements import element
from sacml.errors import SacmlError

ELECTRON_RULE = (
    "valence electrons: the sum of the neutral atoms' valence electrons, which are all electrons "
    "outside the noble-gas core without filled d and f shells below the valence (the column "
    "valence_electrons of the element table), plus one per missing charge; every structure is "
    "neutral"
)

FloatArray = NDArray[np.float64]


class StructureError(SacmlError, ValueError):
    """A candidate cannot be built, or what was built does not hold a check."""


@dataclass(frozen=True, eq=False)
class RawSite:
    """What a host builder returns: the bare site, without alkali.

    Attributes
    ----------
    atoms
        Positions in Angstrom, cell and periodicity.
    centre
        Indices of the metal centres in the order of ``site.metals``; empty where there is none.
    shell
        Indices of the first-shell atoms; of the dangling atoms around an empty site.
    anchor
        Point (3,) in Angstrom that the places of the alkali are sought around: the middle of the
        centres, of the empty site, or of the ring of a bare host.
    normal
        Unit vector (3,) out of the surface on the side the alkali comes from.
    source
        Citation of lattice and anchoring.
    idealisation
        One sentence for each thing that differs from the real material.
    strain
        Largest absolute principal strain of the host's lattice, as a fraction.
    """

    atoms: Atoms
    centre: tuple[int, ...]
    shell: tuple[int, ...]
    anchor: tuple[float, float, float]
    normal: tuple[float, float, float] = (0.0, 0.0, 1.0)
    source: str = ""
    idealisation: tuple[str, ...] = ()
    strain: float = 0.0


@dataclass(frozen=True, eq=False)
class Structure:
    """One candidate as atoms; compare structures by `structure_id` or `equivalent`.

    Attributes
    ----------
    atoms
        Read-only: its arrays refuse writing; work on `to_atoms()`.
    site, alkali, place
        What was asked; alkali and place are None for the bare site.
    centre, shell, anchor, normal, strain
        As in `RawSite`.
    alkali_index
        Index of the alkali atom, or None.
    host_source
        Citation of lattice and anchoring.
    idealisation
        Sentences; empty where nothing is idealised.
    counted
        False for a stand-in, see `sacml.structures.registry.HostBuilder`.
    start_moments_mu_B
        Starting moments by element that were asked for; see `BuildOptions`.
    """

    atoms: Atoms
    site: Site
    alkali: str | None
    place: str | None
    centre: tuple[int, ...]
    shell: tuple[int, ...]
    anchor: tuple[float, float, float]
    normal: tuple[float, float, float]
    alkali_index: int | None
    host_source: str
    idealisation: tuple[str, ...]
    strain: float
    counted: bool = True
    start_moments_mu_B: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for array in self.atoms.arrays.values():
            array.flags.writeable = False

    @classmethod
    def from_raw(cls, raw: RawSite, site: Site, counted: bool = True) -> "Structure":
        """Wrap what a host builder returned."""
        return cls(
            raw.atoms, site, None, None, raw.centre, raw.shell, raw.anchor, raw.normal, None,
            raw.source, raw.idealisation, raw.strain, counted,
        )  # fmt: skip

    @cached_property
    def structure_id(self) -> str:
        """Content id, invariant to the order of the atoms, their translation and the origin."""
        from sacml.structures.ids import content_id

        return content_id(self.atoms)

    @property
    def electrons(self) -> int:
        """Valence electrons of the neutral cell, counted as `ELECTRON_RULE` says."""
        symbols, counts = np.unique(self.atoms.get_chemical_symbols(), return_counts=True)
        return sum(
            element(str(s)).valence_electrons * int(n) for s, n in zip(symbols, counts, strict=True)
        )

    @property
    def candidate(self) -> str:
        """Site and alkali in words, for messages."""
        parts = (str(self.site), self.alkali, self.place)
        return " ".join(p for p in parts if p)

    @property
    def info(self) -> Mapping[str, Any]:
        """What `to_atoms` writes into ``atoms.info``; plain values that every file format keeps."""
        return {
            "site": str(self.site),
            "alkali": self.alkali or "",
            "place": self.place or "",
            "structure_id": self.structure_id,
            "centre": " ".join(map(str, self.centre)),
            "shell": " ".join(map(str, self.shell)),
            "alkali_index": -1 if self.alkali_index is None else self.alkali_index,
            "strain": self.strain,
            "host_source": self.host_source,
            "idealisation": " ".join(self.idealisation),
        }

    def to_atoms(self) -> Atoms:
        """Writable copy with `info` and the starting magnetic moments."""
        from sacml.structures.moments import starting_moments

        atoms = self.atoms.copy()
        atoms.set_initial_magnetic_moments(starting_moments(self))
        atoms.info.update(self.info)
        return atoms

    def with_note(self, sentence: str) -> "Structure":
        """Return this structure with one more sentence of idealisation."""
        return replace(self, idealisation=(*self.idealisation, sentence))
