"""Which atoms of a structure a graph is about: centre, first shell, and what is bound."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from sacml.domain.elements import METALS
from sacml.errors import SacmlError
from sacml.structures.graphs_edges import BOND_FACTOR, Edges
from sacml.structures.graphs_elements import covalent_radii
from sacml.structures.structure import Structure

ROLES = ("centre", "shell", "guest")
"""Columns of the marks of a node; the guest is the alkali, or another adsorbate."""
NEAREST = 1.05
"""Without centre and shell, the atoms within this part of the smallest distance to the anchor
stand for the shell."""
SHIELDED = 1.2
"""An atom this much farther from the centre than a neighbour it is bonded to is second shell."""


class MarkError(SacmlError, ValueError):
    """It cannot be told which atoms a structure is about."""


@dataclass(frozen=True)
class Marks:
    """Atom numbers of centre, first shell and guest; each may be empty, not all three.

    ``shell=None`` finds the first shell of the centre by covalent bonds.
    """

    centre: tuple[int, ...] = ()
    shell: tuple[int, ...] | None = None
    guest: tuple[int, ...] = ()

    @classmethod
    def of(cls, item: Structure | Atoms) -> "Marks":
        """Take the marks of a structure.

        Atoms carry them in ``info`` as this package writes them: ``centre`` (or ``metal_index``),
        ``shell``, ``alkali_index``. A centre that is not marked is the one atom of a metal that
        occurs once.
        """
        if isinstance(item, Structure):
            return cls._of_structure(item)
        info = item.info
        guest = _numbers(info, "alkali_index") if "alkali_index" in info else ()
        guest = tuple(k for k in guest if k >= 0)
        shell = _numbers(info, "shell") if "shell" in info else None
        for key in ("centre", "metal_index"):
            if key in info:
                return cls(tuple(k for k in _numbers(info, key) if k >= 0), shell, guest)
        return cls((_lone_metal(item, guest),), shell, guest)

    @classmethod
    def _of_structure(cls, structure: Structure) -> "Marks":
        guest = () if structure.alkali_index is None else (structure.alkali_index,)
        if structure.centre or structure.shell:
            return cls(structure.centre, structure.shell, guest)
        away = np.linalg.norm(structure.atoms.positions - np.array(structure.anchor), axis=1)
        away[list(guest)] = np.inf
        return cls((), tuple(np.flatnonzero(away <= NEAREST * away.min()).tolist()), guest)

    def columns(self, atoms: Atoms, edges: Edges) -> NDArray[np.float32]:
        """Marks of the nodes, shape (n, 3), one column for each of `ROLES`."""
        shell = _first_shell(self, atoms, edges) if self.shell is None else self.shell
        out = np.zeros((len(atoms), len(ROLES)), dtype=np.float32)
        for column, marked in enumerate((self.centre, shell, self.guest)):
            wrong = [k for k in marked if not 0 <= k < len(atoms)]
            if wrong:
                raise MarkError(
                    f"atom {wrong[0]} is marked as {ROLES[column]}, but the structure has atoms 0 "
                    f"to {len(atoms) - 1}"
                )
            out[list(marked), column] = 1.0
        if not out.any():
            raise MarkError(
                "no centre, shell or alkali is marked: set atoms.info['centre'], or give marks"
            )
        return out


def _numbers(info: dict[str, Any], key: str) -> tuple[int, ...]:
    given = info[key]
    try:
        words = given.split() if isinstance(given, str) else np.atleast_1d(given).tolist()
        return tuple(int(w) for w in words)
    except (TypeError, ValueError):
        raise MarkError(f"cannot read the mark {key} = {given!r}: write atom numbers") from None


def _lone_metal(atoms: Atoms, guest: tuple[int, ...]) -> int:
    symbols = atoms.get_chemical_symbols()
    metals = [k for k, s in enumerate(symbols) if s in METALS and k not in guest]
    lone = [k for k in metals if symbols.count(symbols[k]) == 1]
    if len(lone) == 1:
        return lone[0]
    raise MarkError(
        f"{len(metals)} metal atoms may be the centre and none is marked: set "
        "atoms.info['centre'] to the number of the centre, or to two for a dual site"
    )


def _first_shell(marks: Marks, atoms: Atoms, edges: Edges) -> tuple[int, ...]:
    """Bonded neighbours of the centre that do not stand behind a nearer one they are bonded to."""
    found: set[int] = set()
    barred = [*marks.centre, *marks.guest]
    radii = covalent_radii()[atoms.numbers]
    for centre in marks.centre:
        near = (edges.target == centre) & edges.bonded & ~np.isin(edges.source, barred)
        source, d, v = edges.source[near], edges.distance[near], edges.vector[near]
        apart = np.linalg.norm(v[:, None] - v[None], axis=-1)
        joined = apart < BOND_FACTOR * (radii[source][:, None] + radii[source])
        behind = (d[:, None] > SHIELDED * d[None]) & joined
        found.update(source[~behind.any(axis=1)].tolist())
    return tuple(sorted(found))
