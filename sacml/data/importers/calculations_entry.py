"""One finished calculation as it was read, whatever code made it."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ase import Atoms

from sacml.data.importers.calculations_level import Level


@dataclass(frozen=True, eq=False)
class Entry:
    """One calculation.

    Attributes
    ----------
    entry_id
        Path below what was given, and the frame or its id where a file holds several.
    atoms
        Last structure, Angstrom.
    energy_eV
        Total energy of the cell in eV, or None.
    level
        Level of theory as far as it is written.
    problems
        Why the energy cannot be used (not converged, cut short ...); empty where it can.
    site
        Line notation that the file itself states, or an empty text.
    facts
        ``((name, text), ...)`` to keep with a record.
    """

    entry_id: str
    atoms: Atoms
    energy_eV: float | None
    level: Level
    problems: tuple[str, ...] = ()
    site: str = ""
    facts: tuple[tuple[str, str], ...] = field(default=())

    @cached_property
    def composition(self) -> Counter[str]:
        """Number of atoms by element."""
        return Counter(self.atoms.get_chemical_symbols())

    @cached_property
    def formula(self) -> str:
        """Composition in words, metal-Hill order."""
        return str(self.atoms.symbols.formula.format("hill"))


@dataclass(frozen=True, slots=True)
class Left:
    """An entry that gave no value, and why."""

    entry_id: str
    reason: str


def read_atoms(path: Path, file_format: str) -> Atoms:
    """Read the last structure of a file with ASE.

    Raises
    ------
    Exception
        Whatever ASE passes on: a damaged file may give rise to nearly any error.
    """
    from ase.io import read

    atoms = read(path, index=-1, format=file_format)
    assert isinstance(atoms, Atoms)
    return atoms
