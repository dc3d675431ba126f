"""Axial ligands: small molecules and atoms on a centre, out of the plane."""

from functools import cache

import numpy as np
from ase.build import molecule

from sacml.structures.hosts.springs import metal_rest_length
from sacml.structures.structure import FloatArray

SOURCE = "internal geometry of the ligands: the G2 set as shipped with ASE (ase.collections.g2)"
# ligand -> (molecule of the G2 set, donor, kept atoms in its order with the donor first, angle of
# the second atom at the donor in degrees; 180 = straight up)
_LIGANDS: dict[str, tuple[str, tuple[int, ...], float]] = {
    "OH": ("OH", (0, 1), 109.47),
    "O2": ("O2", (0, 1), 120.0),
    "CN": ("CN", (0, 1), 180.0),
    "CO": ("CO", (1, 0), 180.0),
}
_FANS = {"H2O": "H2O", "NH3": "NH3", "SH2": "SH2", "PH3": "PH3"}


@cache
def ligand(name: str) -> tuple[tuple[str, ...], FloatArray]:
    """Elements and positions (n, 3) of a ligand, donor at the origin and first, pointing up.

    Distances inside the ligand are those of `SOURCE`; diatomic OH and O2 lean by the tetrahedral
    and the trigonal angle, CN and CO stand upright (bound by C), H2O, NH3, SH2 and PH3 open up.
    """
    if name in _LIGANDS:
        source, order, angle = _LIGANDS[name]
        atoms = molecule(source)
        length = atoms.get_distance(0, 1)
        lean = np.radians(180.0 - angle)
        second = length * np.array([np.sin(lean), 0.0, np.cos(lean)])
        symbols = tuple(atoms.get_chemical_symbols()[k] for k in order)
        return symbols, np.array([np.zeros(3), second])
    if name in _FANS:
        atoms = molecule(_FANS[name])
        heavy = int(np.argmax(atoms.numbers))
        vectors = np.delete(atoms.positions - atoms.positions[heavy], heavy, axis=0)
        up = vectors.mean(axis=0) / np.linalg.norm(vectors.mean(axis=0))
        side = np.linalg.svd(np.eye(3) - np.outer(up, up))[0][:, 0]
        first = vectors[0] - (vectors[0] @ up) * up
        side = first / np.linalg.norm(first)
        frame = np.array([side, np.cross(up, side), up])
        symbols = (atoms.get_chemical_symbols()[heavy], *("H",) * len(vectors))
        return symbols, np.vstack((np.zeros(3), vectors @ frame.T))
    return (name,), np.zeros((1, 3))


def attach(
    metals: list[tuple[str, FloatArray]], ligands: tuple[str, ...]
) -> tuple[list[str], FloatArray]:
    """Atoms of the ligands, above the first metal, above the second, then below in that order.

    Parameters
    ----------
    metals
        Element and position (3,) of each centre, the sheet's normal along z.
    """
    symbols: list[str] = []
    positions = [np.zeros((0, 3))]
    for number, name in enumerate(ligands):
        metal, point = metals[number % len(metals)]
        side = 1.0 if number < len(metals) else -1.0
        names, shape = ligand(name)
        lift = np.array([0.0, 0.0, side * metal_rest_length(metal, names[0])])
        symbols += names
        positions.append(point + lift + shape * np.array([1.0, 1.0, side]))
    return symbols, np.vstack(positions)
