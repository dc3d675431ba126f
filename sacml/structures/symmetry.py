"""Equal up to symmetry: places around a centre, and whole structures. No library is needed.

Places are compared by distance fingerprints. Structures are compared by looking for a rigid motion
that maps one onto the other; `equivalent` can hand this to pymatgen's StructureMatcher instead.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from ase import Atoms
from ase.geometry.cell import complete_cell

from sacml.structures.structure import FloatArray, Structure, StructureError

FINGERPRINT_RADIUS_A = 6.0
TOLERANCE_A = 0.05


@lru_cache(maxsize=256)
def _shifts(
    cell_bytes: bytes, pbc: tuple[bool, ...], radius: float
) -> tuple[FloatArray, FloatArray]:
    """Lattice vectors (n, 3) that may bring an image within the radius, and the inverse cell."""
    cell, ranges = np.frombuffer(cell_bytes).reshape(3, 3), []
    for axis in range(3):
        if not pbc[axis]:
            ranges.append(np.zeros(1))
            continue
        others = np.cross(cell[axis - 2], cell[axis - 1])
        length = np.linalg.norm(others)
        # the other two vectors may be zero where they are not periodic
        height = abs(cell[axis] @ others) / length if length > 0 else np.linalg.norm(cell[axis])
        reach = int(np.ceil(radius / height))
        ranges.append(np.arange(-reach - 1, reach + 1, dtype=float))
    shifts = np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, 3) @ cell
    return shifts, np.linalg.inv(complete_cell(cell))


def images(atoms: Atoms, point: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
    """Atomic numbers (n,) and vectors (n, 3) from a point to all atoms and images in a radius."""
    cell, pbc = atoms.cell.array, tuple(bool(p) for p in atoms.pbc)
    shifts, inverse = _shifts(cell.tobytes(), pbc, radius)
    vectors = atoms.positions - point
    if any(pbc):
        vectors = vectors - np.floor((vectors @ inverse) * atoms.pbc) @ cell
    every = (vectors[:, None] + shifts).reshape(-1, 3)
    numbers = np.repeat(atoms.numbers, len(shifts))
    near = (every**2).sum(axis=1) <= radius**2
    return numbers[near], every[near]


def fingerprint(
    atoms: Atoms, point: FloatArray, radius: float = FINGERPRINT_RADIUS_A
) -> FloatArray:
    """Rows (element, distance in Angstrom) of all atoms around a point, sorted; (n, 2)."""
    numbers, vectors = images(atoms, point, radius)
    distances = np.linalg.norm(vectors, axis=1)
    order = np.lexsort((distances, numbers))
    return np.column_stack((numbers, distances))[order]


def same_fingerprint(a: FloatArray, b: FloatArray, radius: float = FINGERPRINT_RADIUS_A) -> bool:
    """Whether two fingerprints agree; atoms within the tolerance of the radius may miss."""
    if a.shape == b.shape and np.abs(a - b).max(initial=0.0) < TOLERANCE_A:
        return True
    inner = radius - 2 * TOLERANCE_A
    a, b = a[a[:, 1] < inner], b[b[:, 1] < inner + TOLERANCE_A]
    for z in {*a[:, 0].tolist(), *b[:, 0].tolist()}:
        da, db = a[a[:, 0] == z, 1], b[b[:, 0] == z, 1]
        if len(db) < len(da) or np.any(np.abs(db[: len(da)] - da) > TOLERANCE_A):
            return False
        if np.any(db[len(da) :] < inner - TOLERANCE_A):
            return False
    return True


def distinct(atoms: Atoms, points: FloatArray) -> list[int]:
    """Indices of the points (n, 3) that differ in their fingerprint; the first of each kind."""
    kept: list[int] = []
    prints: list[FloatArray] = []
    for number, point in enumerate(points):
        mark = fingerprint(atoms, point)
        if not any(same_fingerprint(mark, other) for other in prints):
            kept.append(number)
            prints.append(mark)
    return kept


def mapping(a: Atoms, b: Atoms, tolerance: float = TOLERANCE_A) -> tuple[int, ...] | None:
    """Find a rigid motion, mirrors included, that lays a on b; give the atom of b for each of a.

    Handles any periodicity; a and b must have the same kind of cell (no reduction to a primitive
    cell is made). None where there is no such motion within the tolerance in Angstrom.
    """
    if len(a) != len(b) or sorted(a.numbers) != sorted(b.numbers) or np.any(a.pbc != b.pbc):
        return None
    for rotation, origin_a, origin_b in _motions(a, b, tolerance):
        if not _lattice_fits(a, b, rotation, tolerance):
            continue
        moved = (a.positions - origin_a) @ rotation.T + origin_b
        vectors = moved[:, None] - b.positions[None]
        if b.pbc.any():
            inverse = np.linalg.inv(b.cell.complete().array)
            vectors = vectors - (np.round(vectors @ inverse) * b.pbc) @ b.cell.array
        far = np.linalg.norm(vectors, axis=-1)
        far[a.numbers[:, None] != b.numbers[None]] = np.inf
        target = far.argmin(axis=1)
        if far.min(axis=1).max() <= tolerance and len(set(target.tolist())) == len(a):
            return tuple(int(t) for t in target)
    return None


def _frame(u: FloatArray, v: FloatArray) -> FloatArray | None:
    """Orthonormal rows built from two vectors; None where they are parallel."""
    normal = np.cross(u, v)
    length = np.linalg.norm(normal)
    if length < 0.3:
        return None
    first, third = u / np.linalg.norm(u), normal / length
    return np.array([first, np.cross(third, first), third])


def _motions(
    a: Atoms, b: Atoms, tolerance: float
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Rigid motions that lay one triangle of atoms of a on an equal triangle of b."""
    species, counts = np.unique(a.numbers, return_counts=True)
    rarest = species[np.argmin(counts)]
    origin_a = a.positions[np.flatnonzero(a.numbers == rarest)[0]]
    if len(a) == 1 and not a.pbc.any():
        yield np.eye(3), origin_a, b.positions[0]
        return
    radius = 3.2
    while True:
        numbers, vectors = images(a, origin_a, radius)
        lengths = np.linalg.norm(vectors, axis=1)
        order = [k for k in np.argsort(np.round(lengths, 6), kind="stable") if lengths[k] > 0.1]
        pair = next(
            ((p, q) for x, p in enumerate(order) for q in order[x + 1 :]
             if _frame(vectors[p], vectors[q]) is not None), None)  # fmt: skip
        if pair is not None or radius > 25.0:
            break
        radius *= 2.0
    if pair is None:
        yield from _linear(a, b, origin_a, rarest)
        return
    p, q = pair
    frame_a = _frame(vectors[p], vectors[q])
    assert frame_a is not None
    apart = np.linalg.norm(vectors[p] - vectors[q])
    for index in np.flatnonzero(b.numbers == rarest):
        origin_b = b.positions[index]
        found, around = images(b, origin_b, max(lengths[p], lengths[q]) + tolerance)
        far = np.linalg.norm(around, axis=1)
        first = np.flatnonzero((found == numbers[p]) & (np.abs(far - lengths[p]) < tolerance))
        second = np.flatnonzero((found == numbers[q]) & (np.abs(far - lengths[q]) < tolerance))
        for k in first:
            for m in second:
                gap = np.linalg.norm(around[k] - around[m])
                frame_b = _frame(around[k], around[m])
                if frame_b is None or abs(gap - apart) > 2 * tolerance:
                    continue
                for mirror in (1.0, -1.0):
                    flip = np.diag([1.0, 1.0, mirror])
                    yield frame_b.T @ flip @ frame_a, origin_a, origin_b


def _linear(
    a: Atoms, b: Atoms, origin_a: FloatArray, rarest: int
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Motions of atoms on one line, which fix no rotation about it: only translations."""
    for index in np.flatnonzero(b.numbers == rarest):
        for sign in (1.0, -1.0):
            yield sign * np.eye(3), origin_a, b.positions[index]


def _lattice_fits(a: Atoms, b: Atoms, rotation: FloatArray, tolerance: float) -> bool:
    """Whether the rotated lattice vectors of a generate the periodic directions of b's lattice."""
    axes = np.flatnonzero(a.pbc)
    if len(axes) == 0:
        return True
    turned = a.cell.array[axes] @ rotation.T
    steps = np.linalg.lstsq(b.cell.array[axes].T, turned.T, rcond=None)[0].T
    whole = np.round(steps)
    if np.any(np.linalg.norm(whole @ b.cell.array[axes] - turned, axis=1) > 3 * tolerance):
        return False
    return bool(abs(abs(np.linalg.det(whole)) - 1) < 1e-6)


def equivalent(
    a: Structure | Atoms, b: Structure | Atoms, method: str = "own", tolerance: float = TOLERANCE_A
) -> bool:
    """Whether two structures are the same up to rotation, mirror, translation and atom order.

    Parameters
    ----------
    method
        ``own`` (a rigid motion is sought; both need the same supercell) or ``pymatgen`` (the
        optional extra; its StructureMatcher also reduces supercells; periodic in all directions).
    tolerance
        Largest displacement in Angstrom of the own comparison.

    Raises
    ------
    StructureError
        If pymatgen is asked for and not installed, or the method is unknown.
    """
    first = a.atoms if isinstance(a, Structure) else a
    second = b.atoms if isinstance(b, Structure) else b
    if method == "own":
        return mapping(first, second, tolerance) is not None
    if method != "pymatgen":
        raise StructureError(f"unknown method {method!r}; allowed: own, pymatgen")
    try:
        from pymatgen.analysis.structure_matcher import StructureMatcher
        from pymatgen.io.ase import AseAtomsAdaptor
    except ImportError as error:
        raise StructureError(
            "pymatgen is not installed: pip install 'sacml[structures]', or use method='own'"
        ) from error
    pair = []
    for atoms in (first, second):
        full = atoms.copy()
        full.pbc = True
        pair.append(AseAtomsAdaptor.get_structure(full))
    one, other = pair
    return bool(StructureMatcher(scale=False).fit(one, other))
