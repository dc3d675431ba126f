"""The cited lattices of the hosts that are not graphene (datasets/lattices)."""

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np
from ase import Atoms
from ase.geometry import cellpar_to_cell

from sacml._resources import dataset_path
from sacml.structures.structure import FloatArray, StructureError

TABLE, POSITIONS = "lattices.csv", "positions.csv"


@dataclass(frozen=True, eq=False)
class Lattice:
    """One lattice as it stands in the table.

    Attributes
    ----------
    name
        Key of the row.
    formula, space_group, kind
        Composition of the cell or formula unit, Hermann-Mauguin symbol, and ``sheet`` (one layer,
        c is free), ``layer`` (a layered crystal) or ``bulk``.
    cell
        (3, 3) lattice vectors in Angstrom.
    symbols
        Elements of the n atoms of the cell.
    fractional
        (n, 3) positions in units of the lattice vectors.
    source, doi, locator, obtained
        Citation, where in it the numbers stand, and what was done with them.
    """

    name: str
    formula: str
    space_group: str
    kind: str
    cell: FloatArray
    symbols: tuple[str, ...]
    fractional: FloatArray
    source: str
    doi: str
    locator: str
    obtained: str

    @property
    def citation(self) -> str:
        """Source, DOI and locator in one sentence."""
        return "; ".join(t for t in (self.source, self.doi, self.locator) if t)

    def atoms(self, repeat: tuple[int, int, int] = (1, 1, 1)) -> Atoms:
        """Periodic crystal or sheet, repeated along the lattice vectors."""
        cell = Atoms(
            self.symbols, scaled_positions=self.fractional, cell=self.cell, pbc=(True, True, True)
        )
        return cell.repeat(repeat)


@cache
def lattices() -> dict[str, Lattice]:
    """All lattices by name, in the order of the table."""
    atoms: dict[str, list[tuple[str, list[float]]]] = {}
    with dataset_path("lattices", POSITIONS).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            point = [float(row[axis]) for axis in "xyz"]
            atoms.setdefault(row["lattice"], []).append((row["symbol"], point))
    table = {}
    with dataset_path("lattices", TABLE).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = row["lattice"]
            lengths = [float(row[f"{axis}_A"]) for axis in "abc"]
            angles = [float(row[f"{axis}_deg"]) for axis in ("alpha", "beta", "gamma")]
            table[name] = Lattice(
                name, row["formula"], row["space_group"], row["kind"],
                cellpar_to_cell([*lengths, *angles]), tuple(s for s, _ in atoms[name]),
                np.array([p for _, p in atoms[name]]), row["source"], row["doi"], row["locator"],
                row["obtained"],
            )  # fmt: skip
    return table


def lattice(name: str) -> Lattice:
    """One lattice.

    Raises
    ------
    StructureError
        If the table has no such row.
    """
    table = lattices()
    if name not in table:
        raise StructureError(f"no lattice {name!r} in datasets/lattices; there are {list(table)}")
    return table[name]
