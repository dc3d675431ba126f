"""A structure taken apart: bonds, first and second shell, host plane."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.domain.elements import METALS
from sacml.errors import SacmlError
from sacml.features.geometry_bonds import (
    Floats,
    Ints,
    Lattice,
    Pairs,
    bonds,
    not_shielded,
    pairs_within,
    radii_of,
)
from sacml.features.geometry_centre import alkali_atoms
from sacml.features.geometry_features import DENSITY_RADIUS_A, LOOSE_FRAGMENT, PLANE_RADIUS_A

_COLLINEAR_A = 1e-3
_METALS = frozenset(METALS)

Member = tuple[int, ...]
"""An atom and the periodic image it is in: ``(atom, *image)``."""


class PositionError(SacmlError, ValueError):
    """An atom has no finite position."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """What is bonded to what, and what is centre, alkali, ligand and host."""

    symbols: Sequence[str]
    positions: Floats
    lattice: Lattice
    radii: Floats
    centre: tuple[int, ...]
    alkali: tuple[int, ...]
    guest: NDArray[np.bool_]
    """True for centres and alkali atoms, shape (n,)."""
    named: NDArray[np.bool_]
    """True for atoms that the structure itself names as its first shell, shape (n,)."""
    bonds: Pairs
    loose: NDArray[np.bool_]
    """True for atoms in a bonded group too small to be host, centre and alkali out, shape (n,)."""

    @classmethod
    def of(cls, atoms: Any, centre: tuple[int, ...], shell: Sequence[int] = ()) -> "Neighbourhood":
        """Find the bonds of an ASE Atoms; `shell` names atoms that are marked as first shell."""
        symbols = atoms.get_chemical_symbols()
        positions, radii = np.asarray(atoms.positions, dtype=float), radii_of(symbols)
        if not np.isfinite(positions).all():
            bad = int(np.flatnonzero(~np.isfinite(positions).all(axis=1))[0])
            raise PositionError(f"atom {bad} ({symbols[bad]}) has no finite position")
        lattice = Lattice.of(np.asarray(atoms.cell), atoms.pbc)
        found = bonds(lattice, positions, radii)
        alkali = alkali_atoms(symbols, centre)
        guest = np.zeros(len(symbols), dtype=bool)
        guest[list(centre + alkali)] = True
        loose = _fragment_sizes(found, guest) < LOOSE_FRAGMENT
        named = np.zeros(len(symbols), dtype=bool)
        named[[k for k in shell if 0 <= k < len(symbols)]] = True
        return cls(symbols, positions, lattice, radii, centre, alkali, guest, named, found, loose)

    def shell(self, metal: int) -> Pairs:
        """First shell of one centre; alkali and the other centre are not in it.

        Metals of the host are in it where the structure names them or the centre has no other
        neighbour: in a sulfide they come close to the centre without being its ligands.
        """
        found = self.bonds.take((self.bonds.first == metal) & ~self.guest[self.bonds.second])
        found = found.take(not_shielded(found, self.radii))
        is_metal = np.array([self.symbols[k] in _METALS for k in found.second], dtype=bool)
        keep = ~is_metal | self.named[found.second]
        return found.take(keep) if keep.any() else found

    def members(self, shell: Pairs) -> list[Member]:
        """Atoms of a shell with their images, counted from the first centre's image.

        Two centres then name an atom they share alike.
        """
        if not len(shell.second):
            return []
        step = self.positions[shell.first[0]] - self.positions[self.centre[0]]
        _, home = self.lattice.reduce(step)
        return list(map(tuple, np.column_stack((shell.second, shell.image + home)).tolist()))

    def onward(self, members: Iterable[Member]) -> set[Member]:
        """Host and ligand atoms bonded to these, without these."""
        first = list(members)
        found: set[Member] = set()
        for atom, *image in first:
            rows = (self.bonds.first == atom) & ~self.guest[self.bonds.second]
            images = self.bonds.image[rows] + np.array(image, dtype=int)
            found |= set(map(tuple, np.column_stack((self.bonds.second[rows], images)).tolist()))
        return found.difference(first)

    def surroundings(self, metal: int) -> tuple["Plane | None", int]:
        """Plane of the host near a centre, and the number of atoms that count for the density."""
        reach = max(PLANE_RADIUS_A, DENSITY_RADIUS_A)
        near = pairs_within(self.lattice, np.array([metal]), self.positions, reach)
        near = near.take(~self.guest[near.second])
        flat = ~self.loose[near.second] & (near.distance < PLANE_RADIUS_A)
        return Plane.through(near.vector[flat]), int((near.distance < DENSITY_RADIUS_A).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Plane of least squared distances of some points, seen from the origin."""

    normal: Floats
    offset_A: float
    """Distance from the origin to the plane along the normal."""
    rms_A: float

    @classmethod
    def through(cls, points: Floats) -> "Plane | None":
        """Fit points (n, 3); None where they are fewer than three or on one line."""
        if len(points) < 3:
            return None
        middle = points.mean(axis=0)
        _, spread, axes = np.linalg.svd(points - middle, full_matrices=False)
        if spread[1] < _COLLINEAR_A:
            return None
        return cls(axes[2], float(middle @ axes[2]), float(spread[2] / np.sqrt(len(points))))


def _fragment_sizes(found: Pairs, guest: NDArray[np.bool_]) -> Ints:
    """Size of the bonded group of each atom, guests left out; labels spread until they rest."""
    label = np.arange(len(guest))
    host = ~(guest[found.first] | guest[found.second])
    i, j = found.first[host], found.second[host]
    while True:
        spread = label.copy()
        np.minimum.at(spread, i, label[j])
        spread = spread[spread]
        if (spread == label).all():
            break
        label = spread
    sizes: Ints = np.bincount(label, minlength=len(label))[label]
    return sizes
