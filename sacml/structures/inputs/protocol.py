"""The settings of our DFT protocol, and what of them depends on the structure.

Source of every number: the protocol of the own DFT data (datasets/dft).
"""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.domain.elements import element
from sacml.errors import SacmlError
from sacml.structures.file_formats import by_element

if TYPE_CHECKING:
    from ase import Atoms

CITATION = (
    "sacml DFT protocol (datasets/dft): GPAW 22.8.0, plane waves 340 eV, PAW setups 0.9.20000, "
    "PBE without dispersion, 4x4 graphene of a = 2.467 A in a cell of 13 A height"
)
GRID_CELL_A = 4 * 2.467
"""Lattice vector of the cell for which the protocol takes two k-points along each direction."""


class InputError(SacmlError, ValueError):
    """No input can be written for a structure with these settings."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may change; the defaults are the protocol's.

    Attributes
    ----------
    cutoff_eV
        Plane-wave cutoff of GPAW and VASP.
    cutoff_Ry, density_cutoff_Ry
        Cutoffs of Quantum ESPRESSO. The protocol's 340 eV are 25 Ry and belong to GPAW's PAW
        setups, so that these are no numbers of the protocol: check them against the files used.
    cp2k_cutoff_Ry
        Grid cutoff of CP2K, as in the protocol's comparison of codes.
    kpts
        Grid of the single point; None takes two points for the protocol's 9.868 A and as dense a
        grid for other cells, one along a direction that is not periodic.
    smearing_eV
        Width of the Fermi-Dirac occupations.
    fmax_eV_A, max_steps
        End of the relaxation at the Gamma point.
    pseudopotentials
        Element -> file name for Quantum ESPRESSO; the placeholder ``{symbol}.UPF`` by default.
    """

    cutoff_eV: float = 340.0
    cutoff_Ry: float = 50.0
    density_cutoff_Ry: float = 400.0
    cp2k_cutoff_Ry: float = 400.0
    kpts: tuple[int, int, int] | None = None
    smearing_eV: float = 0.1
    fmax_eV_A: float = 0.15
    max_steps: int = 16
    pseudopotentials: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = {n: getattr(self, n) for n in self.__slots__ if n.endswith(("_eV", "_Ry", "_A"))}
        for name, value in {**numbers, "max_steps": self.max_steps}.items():
            if not (np.isfinite(value) and value > 0):
                raise InputError(f"{name} = {value!r}: give a number above 0")
        if self.kpts is not None and (
            len(self.kpts) != 3 or not all(isinstance(k, int) and k >= 1 for k in self.kpts)
        ):
            raise InputError(f"kpts = {self.kpts!r}: give three whole numbers above 0, (2, 2, 1)")


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A structure as the codes take it.

    Attributes
    ----------
    atoms
        Sorted by element, with starting moments.
    kpts
        Monkhorst-Pack grid of the single point.
    spin
        Whether any starting moment differs from 0, as the protocol decides it.
    dipole_axis
        Axis 0, 1 or 2 of the dipole correction; None where there is no sheet.
    title
        Candidate, place and id.
    """

    atoms: "Atoms"
    kpts: tuple[int, int, int]
    spin: bool
    dipole_axis: int | None
    title: str

    @classmethod
    def of(cls, structure: Any, settings: Settings) -> "Job":
        """Prepare a `Structure` or Atoms (moments and ``info`` are taken as they are)."""
        from ase import Atoms

        given = structure.copy() if isinstance(structure, Atoms) else structure.to_atoms()
        if len(given) == 0:
            raise InputError("a structure without atoms has no input")
        if given.cell.rank != 3:
            raise InputError(
                f"{given.get_chemical_formula()}: the cell has {given.cell.rank} vectors, plane "
                "waves need three; put the molecule in a box (atoms.center(vacuum=6))"
            )
        atoms = by_element(given)
        words = [str(atoms.info.get(k, "")) for k in ("site", "alkali", "place", "structure_id")]
        title = " ".join(filter(None, words)) or atoms.get_chemical_formula()
        return cls(
            atoms,
            settings.kpts or grid(atoms),
            bool(np.abs(atoms.get_initial_magnetic_moments()).max() > 0),
            _dipole_axis(atoms),
            title,
        )

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements in the order of the atoms."""
        return tuple(dict.fromkeys(self.atoms.get_chemical_symbols()))

    def moment_of(self, symbol: str) -> float:
        """Largest starting moment among the atoms of an element, Bohr magnetons."""
        symbols = np.array(self.atoms.get_chemical_symbols())
        return float(self.atoms.get_initial_magnetic_moments()[symbols == symbol].max())

    @property
    def multiplicity(self) -> int:
        """Spin multiplicity nearest to the starting moments that the electron count allows."""
        moment = float(self.atoms.get_initial_magnetic_moments().sum())
        electrons = int(self.atoms.numbers.sum())
        pairs = np.floor((moment - electrons % 2) / 2 + 0.5)
        return int(2 * max(pairs, 0) + electrons % 2) + 1

    def valence(self, symbol: str) -> int:
        """Valence electrons of an element by the element table."""
        return element(symbol).valence_electrons


def remarks(mark: str, sentences: Iterable[str]) -> list[str]:
    """Comment lines of at most 96 characters, each beginning with the code's mark of a comment."""
    lines = []
    for sentence in sentences:
        wrapped = textwrap.wrap(sentence, 92 - len(mark), subsequent_indent="  ")
        lines += [f"{mark} {line}" for line in wrapped]
    return lines


def grid(atoms: "Atoms") -> tuple[int, int, int]:
    """Monkhorst-Pack grid at least as dense as the protocol's (2, 2, 1) on its own cell."""
    reciprocal = np.linalg.norm(np.asarray(atoms.cell.reciprocal()), axis=1)
    # spacing of the protocol: its hexagonal cell has |b| = 1 / (a sin 60)
    spacing = 1.0 / (GRID_CELL_A * np.sin(np.pi / 3.0)) / 2.0
    counts = np.where(atoms.pbc, np.ceil(reciprocal / spacing - 0.1), 1)
    return (max(1, int(counts[0])), max(1, int(counts[1])), max(1, int(counts[2])))


def _dipole_axis(atoms: "Atoms") -> int | None:
    """Axis that is not periodic where the two others are and it stands normal to them."""
    free = np.flatnonzero(~np.asarray(atoms.pbc))
    if len(free) != 1:
        return None
    axis = int(free[0])
    cell = np.asarray(atoms.cell)
    rest = [k for k in range(3) if k != axis]
    tilt = np.abs(cell[rest] @ cell[axis]).max()
    aligned = abs(cell[axis][axis]) > 0.999 * np.linalg.norm(cell[axis])
    return axis if tilt < 1e-6 and aligned else None
