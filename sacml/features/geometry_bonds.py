"""Distances under periodic boundaries, and bonds by covalent radii, of one structure.

Every periodic image within reach is looked at, so that cells smaller than a bond and skewed cells
are right too: the fractional difference of two atoms is first brought into [-1/2, 1/2], and along
lattice vector k all images with ``|m| <= cutoff / h_k + 1/2`` are added, h_k being the spacing of
the lattice planes.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from sacml.domain.elements import element
from sacml.errors import SacmlError

BOND_FACTOR = 1.2
"""Atoms closer than this times the sum of their covalent radii count as bonded.

In the M-N4 sites of our own DFT (Ti to Zn, Zr, Pd) the longest M-N bond reaches 1.01 times the sum
of the radii; the second shell, which begins at 1.12, is told apart by `SHIELD_FACTOR`.
"""

SHIELD_FACTOR = 1.2
"""An atom this much farther from the centre than a neighbour of the centre it is bonded to stands
behind that neighbour: second shell. The radii of large metals reach across the first shell, so
that they alone would count second-shell carbon as neighbours."""

MAX_IMAGES = 200_000
"""Images of the cell looked at before a cell is called too flat or too small to be meant."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class CellError(SacmlError, ValueError):
    """A cell cannot be used: a periodic direction without a lattice vector, or a flat cell."""


@cache
def _radius(symbol: str) -> float:
    return element(symbol).covalent_radius_A


def radii_of(symbols: list[str]) -> Floats:
    """Covalent radii in angstrom, shape (n,); `UnknownElementError` where there is none."""
    return np.array([_radius(s) for s in symbols])


@lru_cache(maxsize=256)
def _grid(reach: tuple[int, ...]) -> Ints:
    axes = [np.arange(-r, r + 1) for r in reach]
    points = np.meshgrid(*axes, indexing="ij")
    grid = np.column_stack([p.ravel() for p in points]) if axes else np.zeros((1, 0), int)
    grid.setflags(write=False)
    return grid


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """The periodic part of a cell.

    Attributes
    ----------
    vectors
        Periodic lattice vectors as rows, shape (k, 3), angstrom.
    inverse
        Pseudo-inverse, shape (3, k): ``difference @ inverse`` gives fractional differences.
    """

    vectors: Floats
    inverse: Floats

    @classmethod
    def of(cls, cell: Floats, pbc: NDArray[np.bool_]) -> "Lattice":
        """Take the vectors of the periodic directions; `CellError` where they are no lattice."""
        vectors = np.asarray(cell, dtype=float)[np.asarray(pbc, dtype=bool)]
        k = len(vectors)
        if k:
            lengths = np.linalg.norm(vectors, axis=1)
            # relative to the lengths: a cell of 1e-3 volume per product of edges is flat
            gram = vectors @ vectors.T / np.outer(lengths, lengths) if lengths.all() else None
            if gram is None or np.linalg.det(gram) < 1e-6:
                raise CellError(
                    f"the cell is periodic along {k} direction{'s' * (k > 1)}, but its lattice "
                    f"vectors {np.round(vectors, 3).tolist()} are zero or lie in a line or plane; "
                    "set the cell, or pbc=False along what is not periodic"
                )
        return cls(vectors, np.linalg.pinv(vectors) if k else np.zeros((3, 0)))

    def images(self, cutoff: float) -> Ints:
        """Image numbers that may hold atoms within the cutoff, shape (m, k)."""
        reach = np.floor(cutoff * np.linalg.norm(self.inverse, axis=0) + 0.5).astype(int)
        if np.prod(2.0 * reach + 1.0) > MAX_IMAGES:
            raise CellError(
                f"a cutoff of {cutoff:.1f} A reaches over {reach.tolist()} images of the cell: the "
                "cell is too small to be meant; check its unit (angstrom)"
            )
        return _grid(tuple(reach.tolist()))

    def reduce(self, difference: Floats) -> tuple[Floats, Ints]:
        """Bring differences (..., 3) to fractions in [-1/2, 1/2]; also the images added."""
        image = -np.rint(difference @ self.inverse)
        return difference + image @ self.vectors, image.astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Directed pairs of atoms within a cutoff, one row per pair of an atom and an image.

    Attributes
    ----------
    first, second
        Atom numbers, shape (p,).
    image
        Periodic image of the second atom relative to the first, shape (p, k).
    vector, distance
        From the first to the second, angstrom, shapes (p, 3) and (p,).
    """

    first: Ints
    second: Ints
    image: Ints
    vector: Floats
    distance: Floats

    def take(self, rows: NDArray[np.bool_] | Ints) -> "Pairs":
        """Keep some rows."""
        return Pairs(
            self.first[rows], self.second[rows], self.image[rows], self.vector[rows],
            self.distance[rows],
        )  # fmt: skip


def pairs_within(
    lattice: Lattice, origins: Ints, positions: Floats, cutoffs: Floats | float
) -> Pairs:
    """Find all pairs from some atoms to all atoms and images; an atom is no pair of itself.

    Parameters
    ----------
    origins
        Numbers of the atoms to start from, shape (o,).
    positions
        Of all atoms, angstrom, shape (n, 3).
    cutoffs
        One cutoff, or one per pair, shape (o, n), angstrom.
    """
    longest = float(np.max(cutoffs, initial=0.0))
    difference, added = lattice.reduce(positions[None, :] - positions[origins][:, None])
    images = lattice.images(longest)
    vectors = difference[None] + (images @ lattice.vectors)[:, None, None, :]
    square = np.einsum("mijx,mijx->mij", vectors, vectors)
    near = square < np.square(cutoffs)
    home = np.flatnonzero(~images.any(axis=1))
    near[home[:, None], np.arange(len(origins)), origins] = False
    m, i, j = np.nonzero(near)
    return Pairs(origins[i], j, images[m] + added[i, j], vectors[m, i, j], np.sqrt(square[m, i, j]))


def bonds(lattice: Lattice, positions: Floats, radii: Floats, factor: float = BOND_FACTOR) -> Pairs:
    """Find all bonds, each in both directions: pairs closer than the factor times their radii."""
    cutoffs = factor * (radii[:, None] + radii[None, :])
    return pairs_within(lattice, np.arange(len(positions)), positions, cutoffs)


def shortest(lattice: Lattice, difference: Floats) -> Floats:
    """Shortest periodic image of one difference, shape (3,), angstrom."""
    reduced, _ = lattice.reduce(difference)
    vectors = reduced + lattice.images(float(np.linalg.norm(reduced))) @ lattice.vectors
    found: Floats = vectors[np.argmin(np.linalg.norm(vectors, axis=1))]
    return found


def not_shielded(shell: Pairs, radii: Floats, factor: float = BOND_FACTOR) -> NDArray[np.bool_]:
    """Tell which bonds of one centre lead to its first shell (see `SHIELD_FACTOR`), shape (p,)."""
    d, r = shell.distance, radii[shell.second]
    between = np.linalg.norm(shell.vector[:, None] - shell.vector[None, :], axis=-1)
    behind = d[:, None] > SHIELD_FACTOR * d[None, :]
    joined = between < factor * (r[:, None] + r[None, :])
    return ~(behind & joined).any(axis=1)
