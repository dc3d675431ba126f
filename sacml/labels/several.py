"""Starting places of several alkali atoms on one site."""

from dataclasses import replace

import numpy as np
from ase import Atoms
from ase.geometry import get_distances

from sacml.domain.elements import element
from sacml.labels.metals import ALKALI_LATTICE_A
from sacml.labels.textual import LabelError
from sacml.structures import BuildOptions, Structure
from sacml.structures.alkali import CLEAR, KINDS, MARGIN_A, MAX_RAISE_A
from sacml.structures.rings import patch
from sacml.structures.starts import proposals
from sacml.structures.structure import FloatArray

FACES = ("one", "both")
"""All atoms on the side of the structure's normal, or on both sides in turn."""
APART = 0.9
"""Two alkali atoms start no nearer than this part of the nearest distance in their bulk metal."""


def add_several(
    structure: Structure, alkali: str, count: int, faces: str, options: BuildOptions
) -> Structure:
    """Put `count` alkali atoms on the places of a bare structure, nearest to its centre first.

    Every place is taken, not only those that symmetry tells apart, in the order in which single
    atoms try them.

    Raises
    ------
    LabelError
        If the face or faces have no room for so many.
    """
    cut, normal = patch(structure), np.array(structure.normal)
    apart = APART * ALKALI_LATTICE_A[alkali] * np.sqrt(3) / 2  # bcc
    sides = [normal] if faces == "one" else [normal, -normal]
    free = [
        [p for _, start in sorted(proposals(structure, cut, up, alkali, options),
                                  key=lambda item: KINDS.index(item[0]))
         if (p := _raised(structure, start, up, alkali)) is not None]
        for up in sides
    ]  # fmt: skip
    atoms = structure.atoms.copy()
    bare = len(atoms)
    for number in range(count):
        for point in free[number % len(free)]:
            distances = _distances(atoms[bare:], point)
            if not len(distances) or distances.min() >= apart:
                atoms.append(alkali)
                atoms.positions[-1] = point
                break
        else:
            raise LabelError(
                f"{structure.candidate}: there is no room for {count} {alkali} atoms {apart:.1f} A "
                f"apart on {faces} face{'s' * (faces == 'both')}; {number} fit"
            )
    if not atoms.pbc[2]:  # as single atoms are kept off the end of the cell
        atoms.positions[:, 2] += max(0.0, MARGIN_A - atoms.positions[:, 2].min())
    return replace(structure, atoms=atoms, alkali=alkali, place=faces, alkali_index=bare)


def _distances(atoms: Atoms, point: FloatArray) -> FloatArray:
    """Distances (n,) of atoms from a point, in Angstrom, by the nearest image."""
    if not len(atoms):
        return np.zeros(0)
    return np.asarray(
        get_distances(point[None], atoms.positions, cell=atoms.cell, pbc=atoms.pbc)[1][0]
    )


def _raised(
    structure: Structure, start: FloatArray, up: FloatArray, alkali: str
) -> FloatArray | None:
    """Raise a start until it is clear of all atoms; None where it is blocked."""
    radii = np.array([element(s).covalent_radius_A for s in structure.atoms.symbols])
    limit = CLEAR * (radii + element(alkali).covalent_radius_A)
    for raised in np.arange(0.0, MAX_RAISE_A + 1e-9, 0.05):
        point: FloatArray = start + raised * up
        if (_distances(structure.atoms, point) >= limit).all():
            return point
    return None
