"""The rings of atoms around a site, seen from above a surface."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sacml.domain.neighbours import BONDED
from sacml.structures.structure import FloatArray, Structure
from sacml.structures.symmetry import images

RADIUS_A = 7.0
LARGEST = 7
FLAT = 0.8
"""Smallest cosine between a ring's normal and the surface's for a ring to be seen from above."""


@dataclass(frozen=True)
class Patch:
    """Atoms around an anchor without periodic images: every atom stands on its own.

    Attributes
    ----------
    numbers
        Atomic numbers (n,).
    positions
        (n, 3) in Angstrom.
    centre
        For each atom the place in ``Structure.centre`` or -1.
    neighbours
        Bonded atoms of each, metal-metal bonds left out.
    """

    numbers: FloatArray
    positions: FloatArray
    centre: tuple[int, ...]
    neighbours: tuple[tuple[int, ...], ...]


def patch(structure: Structure) -> Patch:
    """Cut the surroundings of the anchor out of a bare structure."""
    from sacml.structures.checks import radii

    atoms, anchor = structure.atoms, np.array(structure.anchor)
    indexed = atoms.copy()
    indexed.numbers = np.arange(1, len(atoms) + 1)
    tags, vectors = images(indexed, anchor, RADIUS_A)
    order = np.argsort(np.round(np.linalg.norm(vectors, axis=1), 6), kind="stable")
    index, positions = tags[order].astype(int) - 1, vectors[order] + anchor
    radius = radii(atoms)[index]
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    bonded = apart < BONDED * (radius[:, None] + radius)
    np.fill_diagonal(bonded, False)
    # a metal is bonded to its shell alone: covalent radii of large metals reach farther
    which = {atom: number for number, atom in enumerate(structure.centre)}
    metal = np.array([k in which for k in index])
    shell = np.isin(index, structure.shell)
    bonded[metal] &= shell
    bonded[:, metal] = bonded[metal].T
    first, second = np.nonzero(bonded)
    ends, others = np.searchsorted(first, np.arange(len(index) + 1)).tolist(), second.tolist()
    neighbours = tuple(tuple(others[a:b]) for a, b in pairwise(ends))
    centre = tuple(which.get(int(k), -1) for k in index)
    return Patch(atoms.numbers[index], positions, centre, neighbours)


def find_rings(cut: Patch, normal: FloatArray, through: Iterable[int]) -> list[tuple[int, ...]]:
    """Flat rings of 3 to 7 atoms without a short cut that hold any of the atoms `through`."""
    found: dict[frozenset[int], tuple[int, ...]] = {}
    for middle in through:
        around = cut.neighbours[middle]
        for x, first in enumerate(around):
            for last in around[x + 1 :]:
                path = _shortest(cut, first, last, middle)
                if path is not None:
                    ring = (middle, *path)
                    found.setdefault(frozenset(ring), ring)
    rings = list(found.values())
    flat = [r for r, kept in zip(rings, _flat(cut, rings, normal), strict=True) if kept]
    sets = [frozenset(r) for r in flat]
    return [r for r, own in zip(flat, sets, strict=True) if not any(o < own for o in sets)]


def _shortest(cut: Patch, first: int, last: int, barred: int) -> tuple[int, ...] | None:
    """Shortest way from first to last around an atom, of at most LARGEST - 1 atoms."""
    before = {first: first, barred: barred}
    edge = [first]
    for _ in range(LARGEST - 2):
        grown: list[int] = []
        for here in edge:
            for atom in cut.neighbours[here]:
                if atom == last:
                    way = [last, here]
                    while way[-1] != first:
                        way.append(before[way[-1]])
                    return tuple(reversed(way))
                if atom not in before:
                    before[atom] = here
                    grown.append(atom)
        edge = grown
    return None


def _flat(cut: Patch, rings: list[tuple[int, ...]], normal: FloatArray) -> list[bool]:
    """Whether each ring is seen from above; rings of one size are fitted together."""
    cosine = np.zeros(len(rings))
    for size in {len(r) for r in rings}:
        which = [k for k, r in enumerate(rings) if len(r) == size]
        points = cut.positions[np.array([rings[k] for k in which])]
        centred = points - points.mean(axis=1, keepdims=True)
        cosine[which] = np.abs(np.linalg.svd(centred, full_matrices=True)[2][:, 2] @ normal)
    return (cosine >= FLAT).tolist()
