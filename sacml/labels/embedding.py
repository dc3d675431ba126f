"""A relaxed site and its alkali put into a larger sheet of the same host."""

from itertools import product

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from sacml.domain.elements import ALKALI
from sacml.labels.task import LabelError

FAR_A = 3.5
"""Beyond this lateral distance from the centre an atom tells the height of the sheet."""
FULL = 0.5
"""Part of the radius of the circle within which atoms lie as they were relaxed."""
APART_A = 0.8
"""Farthest that a relaxed atom may lie from the builder's atom that it takes the place of."""

Vectors = NDArray[np.float64]


def embed(relaxed: Atoms, centre: int, larger: Atoms, its_centre: int) -> Atoms:
    """Return the larger sheet with the surroundings of its centre as they were relaxed.

    The circle around the centre that fits into the relaxed cell is laid over the larger sheet,
    turned and mirrored in the plane so that it fits best. From `FULL` of its radius outwards less
    and less of the displacement is taken over, so that no bond is strained at its edge; atoms
    outside keep their places. The height of the relaxed sheet is that of its atoms far from the
    centre.

    Parameters
    ----------
    relaxed, centre
        Finished structure whose normal is z, with or without one alkali atom, and the index of
        its centre.
    larger, its_centre
        The same site in a larger cell, without alkali.

    Returns
    -------
    Atoms in the order of `larger`, the alkali last, with the array ``m`` of final moments in Bohr
    magnetons (0 outside the circle).

    Raises
    ------
    LabelError
        If the circle does not fit onto the larger sheet, atom by atom.
    """
    around = _around(relaxed, centre)
    target = _around(larger, its_centre)
    alkali = np.array([s in ALKALI for s in relaxed.symbols])
    lateral, reach = np.hypot(around[:, 0], around[:, 1]), _reach(relaxed)
    kept = np.flatnonzero((lateral < reach) & ~alkali)
    orientations = [around @ turn for turn in _turns()]
    fits = [_fit(relaxed, turned, kept, larger, target) for turned in orientations]
    best = min(range(len(fits)), key=lambda k: fits[k][0])
    turned, (worst, places) = orientations[best], fits[best]
    if worst > APART_A:
        raise LabelError(
            f"the relaxed structure {relaxed.get_chemical_formula()} does not lie on "
            f"{larger.get_chemical_formula()}: an atom is {worst:.2f} A from the nearest place of "
            f"its element ({APART_A} A are allowed); begin this one from the builder"
        )
    lift = _height(larger, target) - _height(relaxed, around)
    origin = larger.positions[its_centre] + [0.0, 0.0, lift]
    result = Atoms(larger.symbols, larger.positions, cell=larger.cell, pbc=larger.pbc)
    found = np.array(relaxed.arrays.get("m", np.zeros(len(relaxed))), dtype=float)
    moments = np.zeros(len(result))
    part = np.clip((1 - lateral[kept] / reach) / (1 - FULL), 0, 1)[:, None]
    result.positions[places] += part * (origin + turned[kept] - result.positions[places])
    moments[places] = found[kept]
    for k in np.flatnonzero(alkali):
        result += Atoms([relaxed.symbols[k]], [origin + turned[k]])
        moments = np.append(moments, found[k])
    result.set_array("m", moments)
    return result


def _around(atoms: Atoms, centre: int) -> Vectors:
    """Vectors (n, 3) from the centre to the nearest image of each atom, in Angstrom."""
    return np.asarray(atoms.get_distances(centre, range(len(atoms)), mic=True, vector=True))


def _reach(atoms: Atoms) -> float:
    """Radius of the circle that fits into the cell, in Angstrom, short of atoms on its edge."""
    a, b = atoms.cell.array[:2, :2]
    heights = abs(a[0] * b[1] - a[1] * b[0]) / np.array([np.hypot(*a), np.hypot(*b)])
    return float(heights.min()) / 2 - 0.1


def _turns() -> list[Vectors]:
    """Rotations by 60 degrees about z with and without a mirror, to multiply from the right."""
    found = []
    for k, mirror in product(range(6), (1.0, -1.0)):
        c, s = np.cos(k * np.pi / 3), np.sin(k * np.pi / 3)
        found.append(np.array([[c, s, 0.0], [-s * mirror, c * mirror, 0.0], [0.0, 0.0, 1.0]]))
    return found


def _fit(
    relaxed: Atoms, turned: Vectors, kept: NDArray[np.intp], larger: Atoms, target: Vectors
) -> tuple[float, list[int]]:
    """(worst lateral distance in Angstrom, index in the larger sheet of each kept atom)."""
    worst, places = 0.0, []
    for k in kept:
        same = np.flatnonzero(larger.symbols == relaxed.symbols[k])
        if not len(same):
            return np.inf, []
        apart = np.hypot(*(target[same, :2] - turned[k, :2]).T)
        worst = max(worst, float(apart.min()))
        places.append(int(same[apart.argmin()]))
    return (worst, places) if len(set(places)) == len(places) else (np.inf, [])


def _height(atoms: Atoms, around: Vectors) -> float:
    """Height of the sheet far from the centre, above the centre."""
    far = np.hypot(around[:, 0], around[:, 1]) > FAR_A
    sheet = far & np.array([s not in ALKALI for s in atoms.symbols])
    return float(around[sheet, 2].mean())
