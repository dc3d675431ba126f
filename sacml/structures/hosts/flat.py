"""The flat graphene lattice, its periodic images and its bonds."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sacml.structures.structure import FloatArray

LATTICE_A = 2.467
"""Lattice constant of graphene in Angstrom, PBE, from the bundled DFT protocol (datasets/dft)."""
BOND_A = LATTICE_A / 3**0.5
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Network:
    """Bonds of a periodic sheet: which atoms, through which image, and the 1-3 pairs.

    ``bonds`` (n, 2) and ``angles`` (m, 3; the middle one is the shared neighbour) hold indices,
    ``bond_shift`` and ``angle_shift`` the vectors in Angstrom added to the last atom.
    """

    bonds: IntArray
    bond_shift: FloatArray
    angles: IntArray
    angle_shift: FloatArray


def cell_vectors(repeat: tuple[int, int]) -> FloatArray:
    """(2, 2) lattice vectors of a graphene supercell, 120 degrees between them."""
    a = LATTICE_A
    unit = np.array([[a, 0.0], [-a / 2, a * 3**0.5 / 2]])
    return unit * np.array(repeat)[:, None]


@cache
def sheet(repeat: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Cell (2, 2) and positions (n, 2) of pristine graphene."""
    cell = cell_vectors(repeat)
    unit = cell / np.array(repeat)[:, None]
    basis = np.array([[1 / 3, 2 / 3], [2 / 3, 1 / 3]])
    grid = np.stack(np.meshgrid(*map(np.arange, repeat), indexing="ij"), -1).reshape(-1, 1, 2)
    return cell, (grid + basis).reshape(-1, 2) @ unit


def nearest(vectors: FloatArray, cell: FloatArray) -> FloatArray:
    """Shortest periodic image of plane vectors (..., 2)."""
    shifts = np.array([[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)], float) @ cell
    fractional = vectors @ np.linalg.inv(cell)
    wrapped = (fractional - np.round(fractional)) @ cell
    images = wrapped[..., None, :] + shifts
    best = np.argmin(np.round((images**2).sum(-1), 9), axis=-1)
    return np.take_along_axis(images, best[..., None, None], axis=-2)[..., 0, :]


def find_network(positions: FloatArray, cell: FloatArray, longest: float) -> Network:
    """Bonds shorter than `longest` and the pairs that share a neighbour.

    positions is (n, d), cell (d, d) with d = 2 or the first two vectors of a 3d cell (2, 3).
    """
    span = [np.array([i, j], float) @ cell for i in (-1, 0, 1) for j in (-1, 0, 1)]
    bonds, shifts = [], []
    neighbours: dict[int, list[tuple[int, FloatArray]]] = {k: [] for k in range(len(positions))}
    for shift in span:
        d = np.linalg.norm(positions[None] + shift - positions[:, None], axis=-1)
        for i, j in zip(*np.where((d < longest) & (d > 1e-6)), strict=True):
            neighbours[int(i)].append((int(j), shift))
            if i < j or (i == j and tuple(shift) > (0.0,) * len(shift)):
                bonds.append((i, j))
                shifts.append(shift)
    angles, angle_shifts = [], []
    for middle, around in neighbours.items():
        for x, (first, s1) in enumerate(around):
            for second, s2 in around[x + 1 :]:
                angles.append((first, middle, second))
                angle_shifts.append(s2 - s1)
    d = positions.shape[1]
    return Network(
        np.array(bonds, dtype=np.int64).reshape(-1, 2),
        np.array(shifts, dtype=float).reshape(-1, d),
        np.array(angles, dtype=np.int64).reshape(-1, 3),
        np.array(angle_shifts, dtype=float).reshape(-1, d),
    )
