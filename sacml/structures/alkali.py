"""Places of an alkali atom near a centre, and structures with one on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from ase.data import chemical_symbols

from sacml.domain.candidates import check_alkali
from sacml.domain.elements import element
from sacml.structures.options import BuildOptions
from sacml.structures.rings import patch
from sacml.structures.starts import proposals
from sacml.structures.structure import FloatArray, Structure, StructureError
from sacml.structures.symmetry import fingerprint, images, same_fingerprint

CLEAR = 0.85
"""A place lies no nearer to an atom than this part of the sum of the covalent radii."""
MAX_RAISE_A = 0.8
"""A place that has to be raised farther to be clear is blocked."""
MAX_HOLLOWS = 6
MARGIN_A = 3.0
REACH_A = 5.0
KINDS = ("ring6", "ring5", "ring7", "ring4", "bridge", "top", "hollow", "neighbour")
"""Kinds of places in the order they are tried; ``ring6`` first, as the DFT protocol found."""
DEFAULTS = BuildOptions()
T = TypeVar("T")


class NoPlaceError(StructureError):
    """A structure has no place of the asked name, e.g. after the bare site has relaxed."""


@dataclass(frozen=True)
class Place:
    """A starting position of the alkali.

    Attributes
    ----------
    name
        ``KIND``, with ``_2``, ``_3`` ... for further distinct places of one kind and ``f`` where
        it lies on the other face, away from which the metal leaves the plane.
    position
        (x, y, z) in Angstrom, in the frame of the bare structure.
    face
        1 on the side of the structure's normal, -1 on the other.
    """

    name: str
    position: tuple[float, float, float]
    face: int = 1

    @property
    def kind(self) -> str:
        """The name without number and face."""
        return self.name.removesuffix("f").partition("_")[0]


def places(
    structure: Structure, alkali: str, options: BuildOptions | None = None
) -> tuple[Place, ...]:
    """Every symmetry-distinct place near the centre, in the order they are tried.

    ``top`` stands on a metal, ``ring5`` / ``ring6`` over a ring that holds it, ``bridge`` between
    two metals, ``hollow`` over a ring without a metal, over the pore of an empty site or between
    three surface atoms, ``neighbour`` on an atom of the first shell. Places on the two faces
    differ only where the structure is not symmetric about its plane. Places that an atom blocks
    are left out.
    """
    options = options or DEFAULTS
    _check(structure, alkali)
    cut, normal = patch(structure), np.array(structure.normal)
    found: list[Place] = []
    prints: list[FloatArray] = []
    counts: dict[str, int] = {}
    for face in (1, -1):
        proposed = sorted(proposals(structure, cut, normal * face, alkali, options),
                          key=lambda item: KINDS.index(item[0]))  # fmt: skip
        for kind, start in proposed:
            point = _clear(structure, start, normal * face, alkali)
            if point is None:
                continue
            mark = fingerprint(structure.atoms, point)
            if any(same_fingerprint(mark, other) for other in prints):
                continue
            prints.append(mark)
            suffix = "f" if face < 0 else ""
            counts[kind + suffix] = counts.get(kind + suffix, 0) + 1
            number = counts[kind + suffix]
            if kind == "hollow" and number > MAX_HOLLOWS:
                continue
            name = kind + (f"_{number}" if number > 1 else "") + suffix
            x, y, z = (float(v) for v in point)
            found.append(Place(name, (x, y, z), face))
    return tuple(sorted(found, key=lambda p: (KINDS.index(p.kind), -p.face)))


def add_alkali(
    structure: Structure,
    alkali: str,
    place: str | Place | None = None,
    options: BuildOptions | None = None,
) -> Structure:
    """Return the structure with an alkali atom on a place.

    Parameters
    ----------
    place
        Name of one of `places`, a `Place` of one's own, or None for the first of them.

    Raises
    ------
    StructureError
        If there is no such place (the places there are get listed), the alkali would overlap an
        atom, or there is one already.
    """
    options = options or DEFAULTS
    _check(structure, alkali)
    chosen = place if isinstance(place, Place) else _choose(structure, alkali, place, options)
    what = " ".join((structure.candidate, alkali, chosen.name))
    gap, other, limit = _tightest(structure, np.array(chosen.position), alkali)
    if gap < limit:
        raise StructureError(
            f"{what}: the alkali overlaps {other}, {gap:.2f} A away; at least {limit:.2f} A are "
            "asked"
        )
    atoms = structure.atoms.copy()
    atoms.append(alkali)
    atoms.positions[-1] = chosen.position
    shift = _margins(atoms.positions, atoms.cell.array, atoms.pbc)
    atoms.positions += shift
    x, y, z = (float(v) for v in np.array(structure.anchor) + shift)
    return replace(
        structure, atoms=atoms, alkali=alkali, place=chosen.name, alkali_index=len(atoms) - 1,
        anchor=(x, y, z),
    )  # fmt: skip


def _check(structure: Structure, alkali: str) -> None:
    check_alkali(alkali)
    if structure.alkali_index is not None:
        raise StructureError(f"{structure.candidate}: there is an alkali atom already")


def _choose(structure: Structure, alkali: str, name: str | None, options: BuildOptions) -> Place:
    """Find a place by name, or the first one, without looking at all others where possible."""
    cut, normal = patch(structure), np.array(structure.normal)
    if name is None or name in KINDS:
        given = {face: proposals(structure, cut, normal * face, alkali, options)
                 for face in ((1, -1) if name is None else (1,))}  # fmt: skip
        # what a face proposes is worked out once, and no further than needed
        seen: dict[int, list[tuple[str, FloatArray]]] = {face: [] for face in given}
        for kind in KINDS if name is None else (name,):
            for face, rest in given.items():
                for found, start in _again(seen[face], rest):
                    if found != kind:
                        continue
                    point = _clear(structure, start, normal * face, alkali)
                    if point is not None:
                        x, y, z = (float(v) for v in point)
                        return Place(kind + ("f" if face < 0 else ""), (x, y, z), face)
    there = {p.name: p for p in places(structure, alkali, options)}
    if name in there:
        return there[name]
    raise NoPlaceError(
        f"{structure.candidate}: no place {name!r} for {alkali}; places: "
        + (", ".join(there) or "none, every one is blocked")
    )


def _again(seen: list[T], rest: Iterator[T]) -> Iterator[T]:
    """What was seen already, then the rest, which is added to it."""
    yield from seen
    for item in rest:
        seen.append(item)
        yield item


def _margins(positions: FloatArray, cell: FloatArray, pbc: FloatArray) -> FloatArray:
    """Shift (3,) that keeps the atoms off the ends of a direction that is not periodic."""
    shift = np.zeros(3)
    for axis in range(3):
        height = np.linalg.norm(cell[axis])
        if pbc[axis] or height < 1e-6:
            continue
        along = cell[axis] / height
        low, high = (positions @ along).min(), (positions @ along).max()
        if high - low > height - 2 * MARGIN_A:
            shift += ((height - high - low) / 2) * along
        elif low < MARGIN_A or high > height - MARGIN_A:
            shift += (MARGIN_A - low if low < MARGIN_A else height - MARGIN_A - high) * along
    return shift


def _tightest(structure: Structure, point: FloatArray, alkali: str) -> tuple[float, str, float]:
    """Distance to the atom with the smallest distance over radii, that atom, and its limit."""
    from sacml.structures.checks import ALKALI_TOO_CLOSE

    numbers, vectors, radius = _around(structure, point, alkali)
    far = np.linalg.norm(vectors, axis=1)
    worst = int(np.argmin(far / radius))
    symbol = chemical_symbols[int(numbers[worst])]
    return float(far[worst]), symbol, float(ALKALI_TOO_CLOSE * radius[worst])


def _around(
    structure: Structure, point: FloatArray, alkali: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    numbers, vectors = images(structure.atoms, point, REACH_A)
    table = {z: element(chemical_symbols[z]).covalent_radius_A for z in set(numbers.tolist())}
    radius = np.array([table[z] for z in numbers.tolist()]) + element(alkali).covalent_radius_A
    return numbers, vectors, radius


def _clear(
    structure: Structure, start: FloatArray, up: FloatArray, alkali: str
) -> FloatArray | None:
    """Raise a start along `up` until it is clear of all atoms; None where it is blocked."""
    _, vectors, radius = _around(structure, start, alkali)
    limit = CLEAR * radius
    raised = 0.0
    for _ in range(20):
        moved = vectors - raised * up
        tight = np.linalg.norm(moved, axis=1) < limit - 1e-9
        if not tight.any():
            return start + raised * up
        along = vectors @ up
        across = (vectors**2).sum(axis=1) - along**2
        needed = along + np.sqrt(np.maximum(limit**2 - across, 0.0))
        raised = float(needed[tight].max())
        if raised > MAX_RAISE_A:
            return None
    return None
