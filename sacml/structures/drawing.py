"""What a picture of a structure shows: atoms around the site, turned so that the sheet lies flat.

Shared by the PNG (`render`) and the 3D view (`view3d`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.domain.elements import ALKALI, METALS, element
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from ase import Atoms

DRAWN_BOND = 1.2
"""Drawn as bonded: closer than this times the sum of the covalent radii (element table)."""
BEHIND = 1.2
"""A neighbour of a neighbour of the metal that is this much farther away is not drawn as bonded."""

Floats = NDArray[np.float64]
_METALS = frozenset(METALS)


class PictureError(SacmlError, ValueError):
    """A structure cannot be drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Bond:
    """A drawn bond from one atom; `whole` is False where it leaves the cell and only half shows."""

    first: int
    second: int
    vector: Floats
    whole: bool


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Atoms as drawn.

    Attributes
    ----------
    positions
        Angstrom, shape (n, 3), the site at the origin, z out of the sheet toward the viewer of the
        top view.
    radii
        Covalent radii, angstrom, shape (n,).
    colours
        Red, green, blue from 0 to 1 as in Jmol (ASE's table), shape (n, 3).
    edges
        Edges of the cell, shape (m, 2, 3); none where the structure is not periodic.
    """

    symbols: tuple[str, ...]
    positions: Floats
    radii: Floats
    colours: Floats
    centre: tuple[int, ...]
    alkali: tuple[int, ...]
    bonds: tuple[Bond, ...]
    edges: Floats
    title: str
    note: str

    @classmethod
    def of(cls, structure: Any) -> "Scene":
        """Prepare a `Structure`, or Atoms with or without sacml's ``info``."""
        from ase import Atoms
        from ase.data.colors import jmol_colors

        given = structure if isinstance(structure, Atoms) else structure.to_atoms()
        if len(given) == 0:
            raise PictureError("a structure without atoms cannot be drawn")
        if not np.isfinite(given.positions).all():
            raise PictureError(f"{given.get_chemical_formula()}: positions that are no numbers")
        symbols = tuple(given.get_chemical_symbols())
        centre = _centre(given, symbols)
        alkali = _alkali(given, symbols, centre)
        normal = getattr(structure, "normal", None)
        anchor = getattr(structure, "anchor", None)
        middle = _middle(given, centre, anchor)
        axes = _axes(given, middle, normal)
        moved = _gathered(given, middle)
        radii = np.array([element(s).covalent_radius_A for s in symbols])
        return cls(
            symbols,
            (moved.positions - middle) @ axes.T,
            radii,
            np.array([jmol_colors[z] for z in moved.numbers], dtype=float),
            centre,
            alkali,
            tuple(_bonds(moved, symbols, radii, centre, alkali, axes)),
            _edges(moved, middle, axes),
            *_words(given, symbols),
        )


def _alkali(atoms: "Atoms", symbols: tuple[str, ...], centre: tuple[int, ...]) -> tuple[int, ...]:
    """The marked alkali atom; all of them where none is marked, but not those of a metal."""
    if "alkali_index" in atoms.info:
        marked = int(atoms.info["alkali_index"])
        return (marked,) if 0 <= marked < len(symbols) else ()
    return tuple(i for i, s in enumerate(symbols) if s in ALKALI and i not in centre)


def _marked(atoms: "Atoms", key: str) -> tuple[int, ...]:
    """Atom numbers that ``info`` names, as a text or as numbers; none where it does not."""
    marked = atoms.info.get(key, "")
    words = marked.split() if isinstance(marked, str) else np.atleast_1d(marked).tolist()
    return tuple(int(w) for w in words)


def _centre(atoms: "Atoms", symbols: Sequence[str]) -> tuple[int, ...]:
    if "centre" in atoms.info:
        return _marked(atoms, "centre")
    counts = [s for s in symbols if s in _METALS]
    lone = [i for i, s in enumerate(symbols) if s in _METALS and counts.count(s) == 1]
    return tuple(lone) if len(lone) == 1 else ()


def _middle(atoms: "Atoms", centre: tuple[int, ...], anchor: Any) -> Floats:
    if anchor is not None:
        return np.asarray(anchor, dtype=float)
    if centre:
        return np.asarray(atoms.positions[list(centre)].mean(axis=0), dtype=float)
    return np.asarray(atoms.positions.mean(axis=0), dtype=float)


def _axes(atoms: "Atoms", middle: Floats, normal: Any) -> Floats:
    """Rows: right, up in the top view, and toward its viewer."""
    cell = np.asarray(atoms.cell)
    periodic = np.flatnonzero(atoms.pbc)
    if normal is None:
        normal = np.array([0.0, 0.0, 1.0])
        if len(periodic) == 1:
            # a tube: outward from its axis
            along = cell[periodic[0]] / np.linalg.norm(cell[periodic[0]])
            out = middle - atoms.positions.mean(axis=0)
            out = out - (out @ along) * along
            normal = out if np.linalg.norm(out) > 0.5 else normal
    toward = np.asarray(normal, dtype=float) / np.linalg.norm(normal)
    guides = [cell[k] for k in periodic] + [np.eye(3)[k] for k in range(3)]
    flat = [g - (g @ toward) * toward for g in guides]
    size = max(float(np.linalg.norm(cell)), 1.0)
    right = next(g for g in flat if float(np.linalg.norm(g)) > 1e-3 * size)
    right = right / np.linalg.norm(right)
    return np.array([right, np.cross(toward, right), toward])


def _gathered(atoms: "Atoms", middle: Floats) -> "Atoms":
    """Shift atoms by whole cells so that the site stands in the middle of the cell."""
    moved = atoms.copy()
    if moved.pbc.any() and moved.cell.rank == 3:
        fraction = moved.cell.scaled_positions(moved.positions - middle)
        # a hair more than a half, so that atoms on the border stay together
        shift = np.floor(fraction + 0.5 + 1e-6) * moved.pbc
        moved.positions -= shift @ np.asarray(moved.cell)
    return moved


def _bonds(
    atoms: "Atoms",
    symbols: Sequence[str],
    radii: Floats,
    centre: tuple[int, ...],
    alkali: tuple[int, ...],
    axes: Floats,
) -> list[Bond]:
    from ase.neighborlist import primitive_neighbor_list

    first, second, vectors, images = primitive_neighbor_list(
        "ijDS", atoms.pbc, atoms.cell, atoms.positions, DRAWN_BOND * radii
    )
    found, guests, own = [], set(alkali), set(centre)
    metals = {k for k, s in enumerate(symbols) if s in _METALS or s in ALKALI}
    # metals of the host are neighbours of a centre where the shell names them or nothing else is
    touched = {int(j) for i, j in zip(first, second, strict=True) if i in own} - own - guests
    ligands = own | (metals & set(_marked(atoms, "shell")))
    if touched and touched <= metals:
        ligands = metals
    for i, j, vector, image in zip(first, second, vectors, images, strict=True):
        pair = (int(i), int(j))
        # an alkali atom is not drawn as bonded, nor are two metals of a host
        if not guests.isdisjoint(pair):
            continue
        if metals.issuperset(pair) and (own.isdisjoint(pair) or not ligands.issuperset(pair)):
            continue
        whole = not image.any()
        if whole and pair[0] > pair[1]:
            continue
        found.append(Bond(*pair, vector @ axes.T, whole))
    return [b for b in found if not _behind(b, found, radii, centre)]


def _behind(bond: Bond, bonds: Sequence[Bond], radii: Floats, centre: tuple[int, ...]) -> bool:
    """Whether a bond of a centre leads past a nearer neighbour to an atom bonded to that one."""
    ends = [(bond.first, bond.second, bond.vector), (bond.second, bond.first, -bond.vector)]
    for metal, other, vector in ends:
        if metal not in centre:
            continue
        for near in bonds:
            for a, b, v in ((near.first, near.second, near.vector),
                            (near.second, near.first, -near.vector)):  # fmt: skip
                if a != metal or np.linalg.norm(vector) <= BEHIND * np.linalg.norm(v):
                    continue
                if np.linalg.norm(vector - v) < DRAWN_BOND * (radii[b] + radii[other]):
                    return True
    return False


def _edges(atoms: "Atoms", middle: Floats, axes: Floats) -> Floats:
    """Edges of the cell around the site; along directions that are not periodic it is flat."""
    periodic = np.flatnonzero(atoms.pbc)
    if not len(periodic) or atoms.cell.rank != 3:
        return np.zeros((0, 2, 3))
    cell = np.asarray(atoms.cell)[periodic]
    corner = -cell.sum(axis=0) / 2.0
    edges = []
    for k, vector in enumerate(cell):
        rest = [v for m, v in enumerate(cell) if m != k]
        for on in product((0.0, 1.0), repeat=len(rest)):
            start = corner + sum((o * v for o, v in zip(on, rest, strict=True)), np.zeros(3))
            edges.append([start @ axes.T, (start + vector) @ axes.T])
    return np.array(edges)


def _words(atoms: "Atoms", symbols: Sequence[str]) -> tuple[str, str]:
    info = atoms.info
    title = str(info.get("site") or atoms.get_chemical_formula())
    if info.get("alkali"):
        title += f" + {info['alkali']}"
        title += f" ({info['place']})" if info.get("place") else ""
    note = f"{len(symbols)} atoms"
    if info.get("structure_id"):
        note += f", id {info['structure_id']}"
    return title, note
