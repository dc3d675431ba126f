"""k-point grids: those of the settings belong to one cell, and other cells get one as dense."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

REFERENCE_A = 4 * 2.467
"""Edge of the hexagonal cell that ``kpts`` belongs to: 4x4 graphene of the protocol."""
COARSER = 1.1
"""A grid may be coarser than the reference by this factor before a point is added."""

Mesh = tuple[int, int, int]


def sheet_mesh(atoms: "Atoms", kpts: Sequence[int]) -> Mesh:
    """Grid of a cell, with points as dense as `kpts` in the 4x4 graphene cell of the protocol.

    Along each axis the fewest points whose distance is at most `COARSER` times that of the
    reference. A 1 stays 1 (no sampling along that axis, or the Gamma point), and so does every
    axis that is not periodic. A site and the same site with an alkali atom have one cell, hence
    one grid.
    """
    spans = np.linalg.norm(atoms.cell.reciprocal(), axis=1)  # 1/A, without 2 pi
    reference = 2 / np.sqrt(3) / REFERENCE_A
    n = [
        max(1, ceil(k * span / (reference * COARSER))) if k > 1 and periodic else 1
        for k, span, periodic in zip(kpts, spans, atoms.pbc, strict=True)
    ]
    return (n[0], n[1], n[2])


def bulk_mesh(atoms: "Atoms", kpts: Sequence[int]) -> Mesh:
    """Grid of a bulk metal: as dense along each axis as `kpts` along the shortest."""
    lengths = atoms.cell.lengths()
    n = [max(1, round(k * lengths.min() / a)) for k, a in zip(kpts, lengths, strict=True)]
    return (n[0], n[1], n[2])
