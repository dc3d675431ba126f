"""Structures as extxyz text, with names that no version of ASE takes for a calculator's results."""

import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ase import Atoms

START = "start_moments_muB"
FORCES = "forces_eV_A"
MOMENTS = "moments_muB"


def write_text(atoms: "Atoms") -> str:
    """Write one structure: cell, periodicity, positions, moments, forces, plain `info` values."""
    from ase.io import write

    copy = atoms.copy()
    copy.calc = None
    if copy.has("initial_magmoms"):
        copy.set_array(START, copy.get_initial_magnetic_moments())
    copy.info = {k: v for k, v in copy.info.items() if not (isinstance(v, str) and v == "")}
    columns = ["symbols", "positions", *(c for c in (START, FORCES, MOMENTS) if c in copy.arrays)]
    buffer = io.StringIO()
    write(buffer, copy, format="extxyz", columns=columns, write_results=False)
    return buffer.getvalue()


def read_text(text: str) -> "Atoms":
    """Read `write_text`, or what a worker wrote."""
    from ase.io import read

    atoms = read(io.StringIO(text), format="extxyz", index=0)
    assert not isinstance(atoms, list)
    if START in atoms.arrays:
        atoms.set_initial_magnetic_moments(atoms.arrays[START])
        del atoms.arrays[START]
    return atoms


def mark(numbers: tuple[int, ...]) -> str:
    """Write indices so that no reader takes them for a number: ``i3 i16``."""
    return " ".join(f"i{n}" for n in numbers)


def unmark(text: object) -> tuple[int, ...]:
    """Read `mark`."""
    return tuple(int(word[1:]) for word in str(text or "").split())


def vector(atoms: "Atoms", key: str) -> np.ndarray:
    """Read a vector (3,) of ``info``."""
    return np.asarray(atoms.info[key], dtype=float).reshape(3)
