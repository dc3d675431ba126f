"""Edges of a periodic structure: every pair of an atom and an image within a cutoff."""

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from sacml.structures.graphs_elements import covalent_radii

BOND_FACTOR = 1.2
"""Atoms closer than this times the sum of their covalent radii count as bonded."""


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Directed edges, each pair in both directions; several for one pair where images are near.

    Attributes
    ----------
    source, target
        Atom numbers (e,) int64.
    shift
        Lattice vectors added to the source (e, 3) int64.
    vector, distance
        From the target to the image of the source in Angstrom, (e, 3) and (e,) float64.
    bonded
        Whether the distance is below `BOND_FACTOR` times the sum of the covalent radii (e,).
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    shift: NDArray[np.int64]
    vector: NDArray[np.float64]
    distance: NDArray[np.float64]
    bonded: NDArray[np.bool_]

    @classmethod
    def of(cls, atoms: Atoms, cutoff_A: float) -> "Edges":
        """Find all edges; their number is not capped."""
        import vesin

        neighbours = vesin.NeighborList(cutoff=cutoff_A, full_list=True, n_threads=1)
        target, source, shift, vector, distance = neighbours.compute(
            points=np.ascontiguousarray(atoms.positions),
            box=atoms.cell.complete().array,
            periodic=np.asarray(atoms.pbc, dtype=bool),
            quantities="ijSDd",
        )
        radius = covalent_radii()[atoms.numbers]
        return cls(
            source=source.astype(np.int64),
            target=target.astype(np.int64),
            shift=shift.astype(np.int64),
            vector=vector,
            distance=distance,
            bonded=distance < BOND_FACTOR * (radius[source] + radius[target]),
        )

    def __len__(self) -> int:
        return len(self.source)
