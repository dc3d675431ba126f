"""The bond-spring Hessian that a relaxation starts from."""

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from sacml.domain.elements import ALKALI

DIAGONAL_eV_A2 = 1.5
"""Stiffness that holds every atom, so that no direction is free."""
SHEET = (36.0, 6.0, 1.75)
"""Bonds between light atoms: along and across the bond in eV/A^2, up to a length in Angstrom."""
CENTRE = (12.0, 1.5, 2.6)
"""The same for bonds of atoms heavier than neon: centres, S, P, Cl."""
SOFT = (1.2, 0.2, 3.4)
"""The same for the alkali atom and its neighbours."""
LIGHT = 10
"""Largest atomic number of a light atom."""


def bond_springs(atoms: Atoms) -> NDArray[np.float64]:
    """Model Hessian (3n, 3n) in eV/A^2: stiff bonds in the sheet, soft ones around the alkali.

    The constants are those of the bundled protocol (datasets/dft), where relaxations from this
    Hessian took 3 to 9 steps and from a machine-learned one failed.
    """
    n = len(atoms)
    alkali = np.array([s in ALKALI for s in atoms.get_chemical_symbols()])
    heavy = atoms.numbers > LIGHT
    hessian = np.eye(3 * n) * DIAGONAL_eV_A2
    vectors = atoms.get_all_distances(mic=True, vector=True)
    for i in range(n):
        for j in range(i):
            d = vectors[i, j]
            length = float(np.linalg.norm(d))
            along, across, reach = (
                SOFT if alkali[i] or alkali[j] else CENTRE if heavy[i] or heavy[j] else SHEET
            )
            if not 1e-6 < length < reach:
                continue
            unit = np.outer(d, d) / length**2
            block = along * unit + across * (np.eye(3) - unit)
            a, b = slice(3 * i, 3 * i + 3), slice(3 * j, 3 * j + 3)
            hessian[a, a] += block
            hessian[b, b] += block
            hessian[a, b] -= block
            hessian[b, a] -= block
    return hessian
