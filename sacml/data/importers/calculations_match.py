"""Whether one structure is another one plus an adsorbate: same cell, same remaining atoms."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from sacml.domain.elements import METALS, element
from sacml.domain.neighbours import BONDED

FRAMEWORK_A = 0.7
"""A remaining atom moved by more than half of a C-C bond may stand for its neighbour."""
METAL_A = 2.0
"""A metal centre may follow the adsorbate out of the plane."""
CELL_LENGTH, CELL_ANGLE_DEG = 0.03, 8.0
"""Cells differ where their shape was relaxed too (the vector across the vacuum tilts freely); more
than this is another lattice. Within it the displacements of the atoms decide."""
_MAX_SHIFTS = 16


@dataclass(frozen=True, slots=True)
class Match:
    """How two structures agree.

    Attributes
    ----------
    extra
        Indices of the adsorbate's atoms in the larger structure.
    largest_move_A
        Largest displacement of a remaining atom, after a common shift.
    cell_change
        Largest relative change of a cell length.
    nearest_A
        Shortest distance of the adsorbate to a remaining atom.
    """

    extra: tuple[int, ...]
    largest_move_A: float
    cell_change: float
    nearest_A: float


def radii(symbols: list[str]) -> NDArray[np.float64]:
    """Covalent radii (n,) in Angstrom, from the element table."""
    table = {s: element(s).covalent_radius_A for s in set(symbols)}
    return np.array([table[s] for s in symbols])


def vectors(atoms: Atoms, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shortest vectors (n_i, n_j, 3) in Angstrom from atoms i to atoms j over the images."""
    return _shortest(atoms.positions[j][None] - atoms.positions[i][:, None], atoms)


def _shortest(difference: NDArray[np.float64], atoms: Atoms) -> NDArray[np.float64]:
    if not atoms.pbc.any():
        return difference
    cell = atoms.cell.complete().array
    steps = np.round(difference @ np.linalg.inv(cell)) * atoms.pbc
    result: NDArray[np.float64] = difference - steps @ cell
    return result


def match(bare: Atoms, full: Atoms) -> Match | str:
    """Find the atoms of `full` that `bare` lacks, or say what keeps the two apart."""
    change = _cell_change(bare, full)
    if isinstance(change, str):
        return change
    moved = _in_cell_of(bare, full)
    best: tuple[float, dict[int, int], NDArray[np.float64]] | None = None
    for shift in _shifts(bare, full, moved):
        cost, pairs = _assign(bare, full, moved + shift)
        if best is None or cost < best[0]:
            best = cost, pairs, moved + shift
        if best[0] / max(len(bare), 1) < (FRAMEWORK_A / 2) ** 2:
            break
    assert best is not None
    _, pairs, moved = best
    ours, theirs = np.array(list(pairs)), np.array(list(pairs.values()))
    difference = _shortest(moved[theirs] - bare.positions[ours], bare)
    difference -= np.median(difference, axis=0)  # a drift of the whole sheet is no change
    lengths = np.linalg.norm(difference, axis=1)
    symbols = np.array(bare.get_chemical_symbols())[ours]
    limit = np.where(np.isin(symbols, METALS), METAL_A, FRAMEWORK_A)
    if (lengths > limit).any():
        k = int(np.argmax(lengths / limit))
        return f"{symbols[k]}{ours[k]} lies {lengths[k]:.2f} A away (allowed {limit[k]:g} A)"
    extra = sorted(set(range(len(full))) - set(theirs.tolist()))
    apart = np.linalg.norm(vectors(full, np.array(extra), theirs), axis=2)
    return Match(tuple(extra), float(lengths.max()), change, float(apart.min()))


def intact(atoms: Atoms, extra: tuple[int, ...]) -> bool:
    """Whether the atoms of an adsorbate hang together."""
    if len(extra) < 2:
        return True
    index = np.array(extra)
    radius = radii([atoms.symbols[k] for k in extra])
    near = np.linalg.norm(vectors(atoms, index, index), axis=2) < BONDED * np.add.outer(
        radius, radius
    )
    reached = np.zeros(len(extra), dtype=bool)
    reached[0] = True
    for _ in extra:
        reached |= near[reached].any(axis=0)
    return bool(reached.all())


def _cell_change(bare: Atoms, full: Atoms) -> float | str:
    if (bare.pbc != full.pbc).any():
        return "periodic in other directions"
    periodic = np.flatnonzero(bare.pbc)
    if not len(periodic):
        return 0.0
    a, b = bare.cell.cellpar(), full.cell.cellpar()
    lengths = np.abs(b[:3] / np.where(a[:3] > 0, a[:3], 1.0) - 1.0)[periodic]
    # the angle of two vectors bears the number of the third
    angles = [k for k in range(3) if all(bare.pbc[j] for j in range(3) if j != k)]
    turned = float(np.abs(b[3:] - a[3:])[angles].max()) if angles else 0.0
    if lengths.max() > CELL_LENGTH or turned > CELL_ANGLE_DEG:
        return (
            f"another cell: lengths differ by up to {lengths.max():.1%}, angles by {turned:.1f} deg"
        )
    return float(lengths.max())


def _in_cell_of(bare: Atoms, full: Atoms) -> NDArray[np.float64]:
    """Positions of `full` with its periodic vectors replaced by those of `bare`."""
    if not bare.pbc.any():
        return full.positions.copy()
    own = full.cell.complete().array
    target = np.where(bare.pbc[:, None], bare.cell.complete().array, own)
    moved: NDArray[np.float64] = full.positions @ np.linalg.inv(own) @ target
    return moved


def _shifts(
    bare: Atoms, full: Atoms, moved: NDArray[np.float64]
) -> Iterator[NDArray[np.float64]]:  # fmt: skip
    """No shift first; then those that lay an atom of the rarest element on one of its kind."""
    yield np.zeros(3)
    symbols = bare.get_chemical_symbols()
    counts = Counter(symbols)
    rare = min(counts, key=lambda s: (counts[s], s))
    start = bare.positions[symbols.index(rare)]
    others = [k for k, s in enumerate(full.get_chemical_symbols()) if s == rare]
    for k in others[:_MAX_SHIFTS]:
        yield start - moved[k]


def _assign(
    bare: Atoms, full: Atoms, moved: NDArray[np.float64]
) -> tuple[float, dict[int, int]]:  # fmt: skip
    """Assign each atom of `bare` to one of its element in `full`; sum of squares in A^2."""
    pairs: dict[int, int] = {}
    total = 0.0
    for number in set(bare.numbers.tolist()):
        i, j = np.flatnonzero(bare.numbers == number), np.flatnonzero(full.numbers == number)
        if len(i) == len(j):
            # most runs keep the order of the atoms: then there is nothing to search
            squares = (_shortest(moved[j] - bare.positions[i], bare) ** 2).sum(axis=1)
            if squares.max() < (FRAMEWORK_A / 2) ** 2:
                total += float(squares.sum())
                pairs.update(zip(i.tolist(), j.tolist(), strict=True))
                continue
        apart = _shortest(moved[j][None] - bare.positions[i][:, None], bare)
        # beyond a few Angstrom it does not matter how far: a stray atom must not rule the sum
        cost = np.minimum(np.einsum("ijk,ijk->ij", apart, apart), 25.0)
        nearest = cost.argmin(axis=1)
        if len(set(nearest.tolist())) == len(i):
            rows, columns = np.arange(len(i)), nearest
        else:
            rows, columns = linear_sum_assignment(cost)
        total += float(cost[rows, columns].sum())
        pairs.update(zip(i[rows].tolist(), j[columns].tolist(), strict=True))
    return total, pairs
