"""The holes in the graphene lattice that hold a site.

A pore is one vacancy or two that share neighbours; everything that does not depend on the
elements (positions, bonds, symmetry) is worked out once and kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from sacml.structures.hosts.flat import BOND_A, LATTICE_A, Network, find_network, nearest, sheet
from sacml.structures.structure import FloatArray, StructureError

KINDS = (
    "pristine", "single", "double",
    "single+single", "single|single", "double+double", "double|single", "double|double", "chain",
)  # fmt: skip
"""Pores: two vacancies share neighbours (``+``: two double vacancies two, two single ones one) or
lie so close beside each other that their neighbours are just not bonded (``|``); ``chain`` is
four removed neighbours in a zigzag row."""


@dataclass(frozen=True, eq=False)
class Pore:
    """A flat sheet with a hole.

    Attributes
    ----------
    cell
        (2, 2) lattice vectors in Angstrom.
    positions
        (n, 2) remaining atoms, each in the periodic image nearest to the pore.
    shell
        Indices of the dangling atoms in the order that arrangements of elements refer to. In a
        double vacancy the first two belong to one removed atom and the last two to the other;
        first and third lie on one side.
    centres
        (m, 2) middle of each vacancy.
    members
        For each centre the places in `shell` of its neighbours.
    network
        Bonds of the sheet, without the centres.
    permutations
        The pore's symmetry: how each operation permutes `shell`, followed by `centres`.
    second
        Indices of the atoms bonded to the shell.
    behind
        For each centre the indices of the atoms bonded to its neighbours.
    ring_centre
        (2,) middle of the ring nearest to the cell's middle (pristine sheets).
    """

    kind: str
    cell: FloatArray
    positions: FloatArray
    shell: tuple[int, ...]
    centres: FloatArray
    members: tuple[tuple[int, ...], ...]
    network: Network
    permutations: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    second: tuple[int, ...]
    behind: tuple[tuple[int, ...], ...]
    ring_centre: FloatArray


def _groups(kind: str, i: FloatArray, j: FloatArray) -> list[FloatArray]:
    """Removed atoms of each vacancy, from one bonded pair i, j of lattice points."""
    along = (j - i) / np.linalg.norm(j - i)
    across = np.array([along[1], -along[0]])
    a, d = LATTICE_A, BOND_A
    side = 1.5 * d * along + 0.5 * a * across  # the lattice vector 30 degrees off the bond
    pair = np.array([i, j])
    alone = np.array([i])
    chosen = {
        "pristine": [],
        "single": [alone],
        "double": [pair],
        "single+single": [alone, alone + a * across],
        "single|single": [alone, alone + 2 * a * across],
        "double+double": [pair, pair + a * across],
        "double|single": [pair, alone + 2 * a * across],
        "double|double": [pair, pair + 2 * a * across],
        "chain": [pair, pair + side],
    }
    return chosen[kind]


@cache
def pore(kind: str, repeat: tuple[int, int]) -> Pore:
    """Work out one pore in a supercell of graphene.

    Raises
    ------
    StructureError
        If the cell is too small for the pore: a neighbour would be shared with an image.
    """
    cell, lattice = sheet(repeat)
    return cut(kind, cell, lattice, f"a {repeat[0]}x{repeat[1]} cell")


def cut(
    kind: str,
    cell: FloatArray,
    lattice: FloatArray,
    what: str,
    axis: FloatArray | None = None,
    achiral: bool = True,
) -> Pore:
    """Cut a pore into a flat piece of the graphene lattice.

    Parameters
    ----------
    kind
        One of `KINDS`.
    cell, lattice
        (2, 2) periods and (n, 2) atoms.
    what
        The cell in words, for messages.
    axis
        Unit vector (2,) of the tube the piece is rolled to, if it is: the removed bond then is
        the one nearest to the axis, and only operations that keep the axis count as symmetry.
    achiral
        Whether the tube has mirror planes.

    Raises
    ------
    StructureError
        If the cell is too small for the pore: a neighbour would be shared with an image.
    """
    if np.min(np.abs(np.linalg.det(cell)) / np.linalg.norm(cell, axis=1)) < 2 * LATTICE_A * 0.86:
        raise StructureError(
            f"{what} is too small for any site: two repeats in each direction are the least"
        )
    middle = cell.sum(axis=0) / 2
    i = lattice[_first(np.linalg.norm(lattice - middle, axis=1))]
    bonded = i + nearest(lattice - i, cell)
    bonded = bonded[np.abs(np.linalg.norm(bonded - i, axis=1) - BOND_A) < 0.1]
    j = bonded[_first(
        np.linalg.norm(bonded - middle, axis=1) if axis is None else -np.abs((bonded - i) @ axis)
    )]  # fmt: skip
    others = [p for p in bonded if np.linalg.norm(p - j) > 0.1]
    ring = i + (j - i) + (others[0] - i)
    groups = _groups(kind, i, j)
    removed = [_index(p, lattice, cell) for group in groups for p in group]
    keep = np.setdiff1d(np.arange(len(lattice)), removed)
    centres = np.array([g.mean(axis=0) for g in groups]).reshape(-1, 2)
    dangling = [_dangling(group, groups, lattice, cell) for group in groups]
    points: list[FloatArray] = []
    members: list[tuple[int, ...]] = []
    for around in dangling:
        places = []
        for p in around:
            same = [k for k, q in enumerate(points) if np.linalg.norm(p - q) < 0.1]
            if not same:
                points.append(p)
            places.append(same[0] if same else len(points) - 1)
        members.append(tuple(places))
    shell = [_index(p, lattice, cell) for p in points]
    if len({*shell, *removed}) != len(shell) + len(removed) or len(set(removed)) != len(removed):
        raise StructureError(
            f"{what} is too small for the pore {kind!r} with "
            f"{len(points)} neighbours: it would meet its own periodic image; take more repeats"
        )
    kept = {int(old): new for new, old in enumerate(keep)}
    origin = np.concatenate(groups).mean(axis=0) if groups else middle
    positions = origin + nearest(lattice[keep] - origin, cell)  # the pore lies in one piece
    network = find_network(positions, cell, 1.1 * BOND_A)
    shell_new = tuple(kept[s] for s in shell)
    second = _bonded(network, shell_new)
    behind = tuple(
        tuple(sorted(_bonded(network, [shell_new[k] for k in around]) - set(shell_new)))
        for around in members
    )
    symmetry = _symmetry(np.array(points).reshape(-1, 2), centres, j - i, axis, achiral)
    return Pore(kind, cell, positions, shell_new, centres, tuple(members), network, symmetry,
                tuple(sorted(second - set(shell_new))), behind, ring)  # fmt: skip


def _bonded(network: Network, atoms: Iterable[int]) -> set[int]:
    """Indices bonded to any of the atoms."""
    chosen = set(atoms)
    return {int(q) for b in network.bonds for p, q in (b, b[::-1]) if int(p) in chosen}


def _first(values: FloatArray) -> int:
    """Index of the smallest value; rounded, so that ties go to the first on every machine."""
    return int(np.argmin(np.round(values, 6)))


def _index(point: FloatArray, lattice: FloatArray, cell: FloatArray) -> int:
    return int(np.argmin(np.linalg.norm(nearest(lattice - point, cell), axis=1)))


def _dangling(
    group: FloatArray, groups: list[FloatArray], lattice: FloatArray, cell: FloatArray
) -> list[FloatArray]:
    """Remaining neighbours of the removed atoms of one vacancy, in a fixed order of sides."""
    gone = np.concatenate(groups)
    axis = group[-1] - group[0] if len(group) > 1 else np.array([0.0, 1.0])
    across = np.array([axis[1], -axis[0]])
    found: list[FloatArray] = []
    for atom in group:
        vectors = nearest(lattice - atom, cell)
        lengths = np.linalg.norm(vectors, axis=1)
        around = atom + vectors[(lengths > 0.1) & (lengths < 1.1 * BOND_A)]
        left = [p for p in around if np.min(np.linalg.norm(gone - p, axis=1)) > 0.1]
        found += sorted(left, key=lambda p: round(float((p - atom) @ across), 6))
    return found


def _symmetry(
    points: FloatArray,
    centres: FloatArray,
    bond: FloatArray,
    axis: FloatArray | None,
    achiral: bool,
) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Permutations of shell and centres under the twelve in-plane operations of graphene."""
    if len(centres) == 0:
        return ()
    middle = centres.mean(axis=0)
    u = bond / np.linalg.norm(bond)
    frame = np.array([u, [-u[1], u[0]]])
    found = []
    for step in range(6):
        c, s = np.cos(step * np.pi / 3), np.sin(step * np.pi / 3)
        for mirror in (1.0, -1.0):
            turned = np.array([[c, -s], [s, c]]) @ np.diag([1.0, mirror])
            operation = frame.T @ turned @ frame
            if axis is not None and abs(abs(axis @ operation @ axis) - 1) > 1e-6:
                continue
            if mirror < 0 and not achiral:
                continue
            shell = _match((points - middle) @ operation.T, points - middle)
            metals = _match((centres - middle) @ operation.T, centres - middle)
            if shell is not None and metals is not None:
                found.append((shell, metals))
    return tuple(dict.fromkeys(found))


def _match(moved: FloatArray, fixed: FloatArray) -> tuple[int, ...] | None:
    distances = np.linalg.norm(moved[:, None] - fixed[None], axis=-1)
    targets = distances.argmin(axis=1)
    if distances.min(axis=1).max() > 0.05 or len(set(targets.tolist())) != len(targets):
        return None
    return tuple(int(t) for t in targets)
