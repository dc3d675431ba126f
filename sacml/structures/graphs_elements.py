"""Element descriptors of graph nodes: physical properties, so that an unseen metal means something.

Columns of the element table, standardised over the elements of that table (never over training
data). A gap of the table is 0 and its mask is 0; an element that is not in the table is an error.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sacml.domain.elements import elements

PROPERTIES: tuple[str, ...] = (
    "group", "period", "covalent_radius_A", "metallic_radius_A", "electronegativity_pauling",
    "first_ionization_energy_eV", "second_ionization_energy_eV", "electron_affinity_eV",
    "dipole_polarizability_au", "valence_electrons", "s_electrons", "p_electrons", "d_electrons",
    "f_electrons", "unpaired_electrons", "cohesive_energy_eV", "melting_point_K",
)  # fmt: skip
"""Columns of the element table that a node carries, in their order."""


@cache
def element_table() -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Descriptors and masks by atomic number.

    Returns
    -------
    values, known
        Shapes (largest atomic number + 1, len(PROPERTIES)), float32 and bool: standardised values,
        0 where `known` is false. Rows of elements that are not in the table are all unknown.
    """
    rows = list(elements().values())
    size = max(e.atomic_number for e in rows) + 1
    raw = np.full((size, len(PROPERTIES)), np.nan)
    for e in rows:
        given = [getattr(e, p) for p in PROPERTIES]
        raw[e.atomic_number] = [np.nan if v is None else float(v) for v in given]
    known = np.isfinite(raw)
    spread = np.nanstd(raw, axis=0)
    scaled = (raw - np.nanmean(raw, axis=0)) / np.where(spread > 0, spread, 1.0)
    values = np.where(known, scaled, 0.0).astype(np.float32)
    for array in (values, known):
        array.flags.writeable = False
    return values, known


@cache
def covalent_radii() -> NDArray[np.float64]:
    """Covalent radii in Angstrom by atomic number; NaN for elements that are not in the table."""
    radii = np.full(len(element_table()[0]), np.nan)
    for e in elements().values():
        radii[e.atomic_number] = e.covalent_radius_A
    radii.flags.writeable = False
    return radii


def without_descriptors(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Atomic numbers among those given that the element table does not hold, sorted."""
    given = np.unique(numbers)
    radii = covalent_radii()
    inside = given[(given >= 0) & (given < len(radii))]
    return np.setdiff1d(given, inside[np.isfinite(radii[inside])])
