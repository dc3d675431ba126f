"""Starting magnetic moments."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sacml.structures.structure import FloatArray, Structure

START_MOMENTS_MU_B = {
    "Sc": 0.0, "Ti": 1.5, "V": 3.0, "Cr": 4.0, "Mn": 3.5, "Fe": 2.2, "Co": 1.0, "Ni": 0.0,
    "Cu": 1.0, "Zn": 0.0, "Y": 0.0, "Zr": 0.0, "Nb": 1.5, "Mo": 2.0, "Ru": 1.0, "Rh": 0.8,
    "Pd": 0.0, "Ag": 0.8, "Cd": 0.0, "Hf": 0.0, "Ta": 1.5, "W": 2.0, "Re": 2.0, "Os": 1.0,
    "Ir": 0.8, "Pt": 0.0, "Au": 0.8,
}  # fmt: skip
"""Starting moment of a metal in a site, in Bohr magnetons.

Source: the table of the bundled DFT protocol (datasets/dft). Metals that are not in it start at
0, as the protocol starts them; `has_start_moment` tells the two apart.
"""


def has_start_moment(metal: str) -> bool:
    """Whether the protocol's table lists the metal."""
    return metal in START_MOMENTS_MU_B


def starting_moments(structure: "Structure") -> "FloatArray":
    """Moments (n_atoms,) in Bohr magnetons: the table's value on each centre, 0 elsewhere.

    Moments that were asked for (``BuildOptions.start_moments_mu_B``) stand on every atom of their
    element instead, so that the magnetic metals of a host can start with one too.
    """
    moments = np.zeros(len(structure.atoms))
    symbols = structure.atoms.get_chemical_symbols()
    for index in structure.centre:
        moments[index] = START_MOMENTS_MU_B.get(symbols[index], 0.0)
    for symbol, moment in structure.start_moments_mu_B:
        moments[np.array(symbols) == symbol] = moment
    return moments
