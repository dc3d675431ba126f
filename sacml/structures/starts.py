"""Where an alkali atom may start: one rule for each kind of place."""

from collections.abc import Iterator

import numpy as np
from ase.data import chemical_symbols

from sacml.domain.elements import element
from sacml.structures.options import BuildOptions
from sacml.structures.rings import Patch, find_rings
from sacml.structures.structure import FloatArray, Structure

RING_STEP_A, RING_STEP_HIGH_A = 1.75, 0.5
"""Distance along the surface from the metal to a place over one of its rings, and what is added
where the metal stands more than 0.5 Angstrom out (the start rule of the DFT protocol)."""
HOLLOW_RADIUS_A, HOLLOW_DEPTH_A = 4.6, 3.0
"""How far from the centre, along and across the surface, a hollow may lie in Angstrom; the far
wall of a tube and the far face of a slab are left out."""


def proposals(
    structure: Structure, cut: Patch, up: FloatArray, alkali: str, options: BuildOptions
) -> Iterator[tuple[str, FloatArray]]:
    """Kinds and starts on one face, `up` pointing away from the surface."""
    anchor, points = np.array(structure.anchor), cut.positions
    top, height = options.top_distance_A[alkali], options.ring_height_A[alkali]
    metals = [k for k, c in enumerate(cut.centre) if c >= 0]
    metals = [min((k for k in metals if cut.centre[k] == c),
                  key=lambda k: np.linalg.norm(points[k] - anchor))
              for c in range(len(structure.centre))]  # fmt: skip
    for m in metals:
        yield "top", points[m] + top * up
    if len(metals) == 2:
        half = float(np.linalg.norm(points[metals[1]] - points[metals[0]])) / 2
        if half < 0.8 * top:
            yield "bridge", points[metals].mean(axis=0) + (top**2 - half**2) ** 0.5 * up
    normal = np.array(structure.normal)
    for ring in find_rings(cut, normal, metals):
        inside = [k for k in ring if cut.centre[k] >= 0]
        if len(inside) == 1 and len(ring) >= 4:
            yield f"ring{len(ring)}", _over_ring(cut, ring, inside[0], up, height)
    rings = find_rings(cut, normal, range(len(points)))
    others = [
        points[list(ring)].mean(axis=0) for ring in rings if all(cut.centre[k] < 0 for k in ring)
    ]
    if structure.site.is_empty:
        level = points[_shell_of(structure, cut)].mean(axis=0) @ up
        yield "hollow", anchor + (level - anchor @ up + height) * up
    if not others:
        others = _triangles(cut, up)
    here = points[metals].mean(axis=0) if metals else anchor
    flat = [(float(np.linalg.norm(_across(p - here, up))), p) for p in others]
    for distance, p in sorted(flat, key=lambda item: round(item[0], 3)):
        if distance < HOLLOW_RADIUS_A and abs((p - here) @ up) < HOLLOW_DEPTH_A:
            yield "hollow", p + height * up
    for k in _shell_of(structure, cut):
        reach = element(_symbol(cut, k)).covalent_radius_A + element(alkali).covalent_radius_A
        yield "neighbour", points[k] + reach * up


def _symbol(cut: Patch, k: int) -> str:
    return chemical_symbols[int(cut.numbers[k])]


def _shell_of(structure: Structure, cut: Patch) -> list[int]:
    """Atoms of the first shell in the patch, the image nearest to the anchor of each."""
    wanted = structure.atoms.positions[list(structure.shell)]
    inverse = np.linalg.inv(structure.atoms.cell.complete().array)
    chosen = []
    for point in wanted:
        steps = (cut.positions - point) @ inverse
        steps = steps - np.round(steps) * structure.atoms.pbc
        same = np.flatnonzero(np.linalg.norm(steps @ structure.atoms.cell.array, axis=1) < 0.01)
        if len(same):
            chosen.append(int(same[0]))  # the patch is sorted by distance from the anchor
    return chosen


def _across(vector: FloatArray, up: FloatArray) -> FloatArray:
    return vector - (vector @ up) * up


def _over_ring(
    cut: Patch, ring: tuple[int, ...], metal: int, up: FloatArray, height: float
) -> FloatArray:
    """Start rule of the DFT protocol: a step from the metal towards the middle of the ring."""
    points = cut.positions
    rest = [k for k in ring if k != metal]
    beside = [k for k in rest if k in cut.neighbours[metal]]
    towards = sum((_across(points[k] - points[metal], up) for k in beside), np.zeros(3))
    towards = towards / np.linalg.norm(towards)
    level = float(np.mean(points[rest] @ up))
    out = float(points[metal] @ up) - level
    step = RING_STEP_A + (RING_STEP_HIGH_A if out > 0.5 else 0.0)
    return _across(points[metal], up) + step * towards + (level + height) * up


def _triangles(cut: Patch, up: FloatArray) -> list[FloatArray]:
    """Middles of the triangles of surface atoms, where a surface has no flat rings."""
    from scipy.spatial import Delaunay

    level = cut.positions @ up
    surface = np.flatnonzero((level > level.max() - 1.0) & (np.array(cut.centre) < 0))
    if len(surface) < 3:
        return []
    side = np.linalg.svd(np.eye(3) - np.outer(up, up))[0][:, :2]
    corners = Delaunay(cut.positions[surface] @ side, qhull_options="QJ Qbb").simplices
    middles = []
    for corner in corners:
        points = cut.positions[surface[corner]]
        edges = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
        if edges.max() < 4.5:
            middles.append(points.mean(axis=0))
    return middles
