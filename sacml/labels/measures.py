"""Distances, heights and bond changes of relaxed structures, in Angstrom."""

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from sacml.labels.extxyz import unmark, vector

LIGHT_A, P_S_A, OTHER_A = 1.75, 2.0, 2.6
"""Longest bonds of the protocol: between atoms lighter than neon, with P or S, and all others."""
FLAT_A = 3.0
"""Heights are measured where nine tenths of the atoms lie in a layer this thick."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What the geometry of site + alkali says; None where it has no meaning.

    Attributes
    ----------
    metal_alkali_distance_A, metal_alkali_lateral_A
        From the nearest centre, and its part across the normal.
    alkali_height_A, metal_height_A
        Above the median plane of the sheet, along the normal.
    metal_height_change_A
        Height with the alkali minus height without it.
    largest_bond_change_A, largest_metal_bond_change_A
        Over all bonds of the bare site, and over those of its centres.
    metal_ligand_distances_A
        Of the first shell, with the alkali on.
    """

    metal_alkali_distance_A: float | None
    metal_alkali_lateral_A: float | None
    alkali_height_A: float | None
    metal_height_A: float | None
    metal_height_change_A: float | None
    largest_bond_change_A: float
    largest_metal_bond_change_A: float | None
    metal_ligand_distances_A: tuple[float, ...]


def measure(with_alkali: Atoms, bare: Atoms) -> Measures:
    """Measure site + alkali (its alkali the last atom) against the relaxed bare site.

    Both hold ``centre``, ``shell`` and ``normal`` in ``info``, as `sacml.labels.prepare` writes.
    """
    n = len(bare)
    if len(with_alkali) != n + 1 or list(with_alkali.symbols[:n]) != list(bare.symbols):
        raise ValueError("the structures are not the same site with and without one alkali atom")
    centre, shell = unmark(with_alkali.info.get("centre")), unmark(with_alkali.info.get("shell"))
    normal = vector(with_alkali, "normal")
    changes = bond_changes(with_alkali[:n], bare)
    of_metal = [c for pair, c in changes.items() if set(pair) & set(centre)]
    distance = lateral = height = before = None
    if centre:
        steps = with_alkali.get_distances(n, list(centre), mic=True, vector=True)
        nearest = int(np.argmin(np.linalg.norm(steps, axis=1)))
        step, metal = steps[nearest], centre[nearest]
        distance = float(np.linalg.norm(step))
        lateral = float(np.linalg.norm(step - (step @ normal) * normal))
        height, before = _height(with_alkali, metal, normal), _height(bare, metal, normal)
    ligands = sorted(
        float(min(with_alkali.get_distances(s, list(centre), mic=True))) for s in shell if centre
    )
    return Measures(
        distance, lateral, _height(with_alkali, n, normal), height,
        None if height is None or before is None else height - before,
        max(changes.values(), default=0.0), max(of_metal) if of_metal else None, tuple(ligands),
    )  # fmt: skip


def bond_changes(now: Atoms, before: Atoms) -> dict[tuple[int, int], float]:
    """Absolute change of the length of every bond that `before` has."""
    lengths, changed = before.get_all_distances(mic=True), now.get_all_distances(mic=True)
    numbers, found = before.numbers, {}
    for i in range(len(before)):
        for j in range(i):
            if lengths[i, j] < _longest(int(numbers[i]), int(numbers[j])):
                found[(j, i)] = abs(float(changed[i, j] - lengths[i, j]))
    return found


def _longest(one: int, other: int) -> float:
    """Length below which two elements, by atomic number, count as bonded."""
    heavy, light = max(one, other), min(one, other)
    if heavy < 10:
        return LIGHT_A
    return P_S_A if heavy in (15, 16) and light > 4 else OTHER_A


def _height(atoms: Atoms, index: int, normal: np.ndarray) -> float | None:
    """Height of an atom above the median of all atoms; None where they are no flat sheet."""
    along = atoms.positions @ normal
    if np.quantile(along, 0.9) - np.quantile(along, 0.1) > FLAT_A:
        return None
    return float(along[index] - np.median(along))
