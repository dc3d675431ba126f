"""Content ids: the same atoms have the same id on every machine."""

import hashlib

import numpy as np
from ase import Atoms

GRID = 12288
"""Steps per lattice vector that fractional positions are rounded to (about 0.001 Angstrom).

2^12 * 3: the halves between two steps, where a last bit would decide, are then no fractions that
atoms on lattice points have.
"""
CELL_STEP_A = 1e-3
VERSION = "s1"


def canonical_form(atoms: Atoms) -> bytes:
    """Write species, cell and positions so that order, translation and origin do not matter.

    The origin is put on each atom of the rarest element in turn; the lexicographically smallest
    list of rounded, wrapped and sorted positions is taken.
    """
    numbers = atoms.numbers
    cell = np.round(atoms.cell.cellpar() / CELL_STEP_A).astype(np.int64)
    species, counts = np.unique(numbers, return_counts=True)
    rarest = species[np.argmin(counts)]
    fractional = atoms.cell.scaled_positions(atoms.positions)
    best: np.ndarray | None = None
    for origin in np.flatnonzero(numbers == rarest):
        steps = np.rint((fractional - fractional[origin]) * GRID).astype(np.int64)
        rows = np.column_stack((numbers, steps % GRID))
        rows = rows[np.lexsort(rows.T[::-1])]
        if best is None or _less(rows, best):
            best = rows
    assert best is not None
    head = f"{VERSION} {list(map(int, cell))} {list(map(int, atoms.pbc))} {len(atoms)} "
    return head.encode() + best.astype("<i8").tobytes()


def _less(a: np.ndarray, b: np.ndarray) -> bool:
    differs = np.flatnonzero(a.ravel() != b.ravel())
    return differs.size > 0 and bool(a.ravel()[differs[0]] < b.ravel()[differs[0]])


def content_id(atoms: Atoms) -> str:
    """16 hexadecimal digits of the sha256 over the canonical form."""
    if len(atoms) == 0:
        raise ValueError("a structure without atoms has no id")
    return hashlib.sha256(canonical_form(atoms)).hexdigest()[:16]
