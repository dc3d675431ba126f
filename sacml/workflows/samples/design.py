"""The matrix that models of structures read, and which of its columns belong together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sacml.features.samples import SampleTable

CENTRE = (
    ("period", "covalent_radius", "polarizability"),
    ("group", "valence_electrons", "d_electrons"),
    ("unpaired_electrons",),
    ("electronegativity", "first_ionization_energy", "second_ionization_energy"),
    ("cohesive_energy", "melting_point"),
)
"""Properties of the centre that say one thing: size, filling, spin, levels, cohesion."""
_BONDS = ("geom_bond_", "geom_metal_metal_")
_COUNTS = ("_count", "geom_coordination_number", "geom_shell_size")


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns that belong together.

    Attributes
    ----------
    blocks
        Columns that share a length scale in a Gaussian process: what the centre's element is (five
        blocks), what surrounds it, how long its bonds are, what shape the site has, and where an
        adsorbate stands.
    same
        Columns that are equal for the same structure, and for the same centre.
    """

    blocks: list[list[int]]
    same: list[list[int]]


def columns() -> Columns:
    """Sort the columns of `sacml.features.samples.NAMES`."""
    from sacml.features.samples import NAMES, centre_columns, surroundings_columns

    centre = [[NAMES.index(f"centre_{n}") for n in names] for names in CENTRE]
    given = {c for block in centre for c in block}
    shell, bonds, shape, place = [], [], [], []
    for c in [c for c in (*centre_columns(), *surroundings_columns()) if c not in given]:
        name = NAMES[c]
        if name.startswith("ads_"):
            place.append(c)
        elif name.startswith(_BONDS):
            bonds.append(c)
        elif name.startswith("shell_") or any(word in name for word in _COUNTS):
            shell.append(c)
        else:
            shape.append(c)
    blocks = [*centre, shell, bonds, shape, place]
    return Columns(blocks, [[c for block in blocks for c in block], centre_columns()])


def design(
    table: "SampleTable", known: "tuple[str, ...] | None" = None
) -> "tuple[tuple[str, ...], NDArray[np.float64], Columns]":
    """Descriptors with the number of the adsorbate as last column, and which belong together."""
    names = known if known is not None else tuple(sorted(set(table.adsorbates)))
    code = {a: float(i) for i, a in enumerate(names)}
    codes = np.array([code.get(a, -1.0) for a in table.adsorbates])
    return names, np.column_stack([table.X, codes]), columns()
