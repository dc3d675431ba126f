"""Spheres and sticks as meshes of triangles: points (n, 3) and faces (m, 3) of point numbers."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

BOND_RADIUS_A = 0.09
_SIDES = 10

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def merged(parts: list[tuple[Floats, Ints]]) -> tuple[Floats, Ints]:
    """Join meshes into one."""
    starts = np.cumsum([0, *(len(points) for points, _ in parts[:-1])])
    faces = [f + start for (_, f), start in zip(parts, starts, strict=True)]
    return np.concatenate([points for points, _ in parts]), np.concatenate(faces)


def ball(middle: Floats, radius: float) -> tuple[Floats, Ints]:
    """Sphere around a point."""
    points, faces = unit_ball()
    return middle + radius * points, faces


@lru_cache(maxsize=1)
def unit_ball() -> tuple[Floats, Ints]:
    """Unit sphere of 162 points: an icosahedron whose triangles are parted in four, twice."""
    golden = (1.0 + np.sqrt(5.0)) / 2.0
    base = [(s, t * golden, 0.0) for s in (-1, 1) for t in (-1, 1)]
    corners = [np.roll(p, k) for k in range(3) for p in base]
    points = [np.asarray(p) / np.linalg.norm(p) for p in corners]
    edge = min(np.linalg.norm(points[0] - p) for p in points[1:]) * 1.01
    n = len(points)
    faces = [
        (i, j, k)
        for i in range(n)
        for j in range(i + 1, n)
        for k in range(j + 1, n)
        if max(
            np.linalg.norm(points[a] - points[b]) for a, b in ((i, j), (j, k), (i, k))
        ) <= edge
    ]  # fmt: skip
    for _ in range(2):
        known: dict[tuple[int, int], int] = {}
        finer = []
        for i, j, k in faces:
            ij, jk, ik = (_between(points, known, a, b) for a, b in ((i, j), (j, k), (i, k)))
            finer += [(i, ij, ik), (j, jk, ij), (k, ik, jk), (ij, jk, ik)]
        faces = finer
    return np.array(points), _outward(np.array(points), np.array(faces))


def _outward(points: Floats, faces: Ints) -> Ints:
    """Turn faces around the origin so that all run alike; the shading needs it."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    inward = np.einsum("fx,fx->f", np.cross(b - a, c - a), a) < 0
    return np.where(inward[:, None], faces[:, ::-1], faces)


def _between(points: list[Any], known: dict[tuple[int, int], int], a: int, b: int) -> int:
    """Number of the point in the middle of an edge, pushed out onto the sphere."""
    key = (min(a, b), max(a, b))
    if key not in known:
        middle = points[a] + points[b]
        points.append(middle / np.linalg.norm(middle))
        known[key] = len(points) - 1
    return known[key]


def stick(start: Floats, vector: Floats) -> tuple[Floats, Ints]:
    """Open tube from a point along a vector."""
    along = vector / np.linalg.norm(vector)
    helper = np.eye(3)[int(np.argmin(np.abs(along)))]
    u = np.cross(along, helper)
    u /= np.linalg.norm(u)
    angles = 2.0 * np.pi * np.arange(_SIDES) / _SIDES
    ring = BOND_RADIUS_A * (np.outer(np.cos(angles), u) + np.outer(np.sin(angles),
                            np.cross(along, u)))  # fmt: skip
    points = np.concatenate([start + ring, start + vector + ring])
    a = np.arange(_SIDES)
    b = (a + 1) % _SIDES
    faces = np.concatenate(
        [np.column_stack([a, b, a + _SIDES]), np.column_stack([b, b + _SIDES, a + _SIDES])]
    )
    return points, faces
