"""Flat structures from their bonds alone: a drawing without crossings, then bond springs.

No coordinate is typed in. The bonds of a three-connected net fix a planar drawing in which every
atom stands in the middle of its neighbours (the spring drawing named after Tutte); the spring
model gives it lengths, and ring sizes give it angles.
"""

from dataclasses import dataclass

import numpy as np

from sacml.structures.hosts.flat import IntArray, Network
from sacml.structures.hosts.springs import relax
from sacml.structures.structure import FloatArray

LARGEST_RING = 7


@dataclass(frozen=True, eq=False)
class Net:
    """Bonds of a sheet without coordinates.

    Attributes
    ----------
    symbols
        Elements (n,).
    bonds, steps
        (b, 2) pairs and (b, 2) whole lattice steps added to the second atom.
    angles, angle_steps, degrees
        (m, 3) triples with the shared atom in the middle, (m, 2) steps from the first to the last
        atom, (m,) the angle that the rings ask for.
    """

    symbols: tuple[str, ...]
    bonds: IntArray
    steps: IntArray
    angles: IntArray
    angle_steps: IntArray
    degrees: FloatArray

    def network(self, cell: FloatArray) -> Network:
        """The net with its steps in Angstrom."""
        return Network(self.bonds, self.steps @ cell, self.angles, self.angle_steps @ cell)


def make_net(symbols: tuple[str, ...], bonds: list[tuple[int, int, int, int]]) -> Net:
    """Complete a net from bonds ``(i, j, step along a, step along b)``."""
    around: dict[int, list[tuple[int, tuple[int, int]]]] = {k: [] for k in range(len(symbols))}
    for i, j, a, b in bonds:
        around[i].append((j, (a, b)))
        around[j].append((i, (-a, -b)))
    angles, steps, degrees = [], [], []
    for middle, others in around.items():
        sizes = {}
        for x, (first, s1) in enumerate(others):
            for y in range(x + 1, len(others)):
                last, s2 = others[y]
                step = (s2[0] - s1[0], s2[1] - s1[1])
                sizes[x, y] = _ring(around, (first, s1), (last, s2), middle)
                angles.append((first, middle, last))
                steps.append(step)
        degrees += _degrees(list(sizes.values()), len(others))
    pairs = np.array(bonds, dtype=np.int64)
    return Net(
        symbols, pairs[:, :2], pairs[:, 2:], np.array(angles, dtype=np.int64),
        np.array(steps, dtype=np.int64), np.array(degrees),
    )  # fmt: skip


def _ring(
    around: dict[int, list[tuple[int, tuple[int, int]]]],
    first: tuple[int, tuple[int, int]],
    last: tuple[int, tuple[int, int]],
    middle: int,
) -> int | None:
    """Size of the smallest ring through two bonds of an atom, None above `LARGEST_RING`."""
    seen, edge = {first, (middle, (0, 0))}, [first]
    for size in range(4, LARGEST_RING + 2):
        grown = []
        for atom, (a, b) in edge:
            for other, (da, db) in around[atom]:
                node = (other, (a + da, b + db))
                if node == last:
                    return size - 1
                if node not in seen:
                    seen.add(node)
                    grown.append(node)
        edge = grown
    return None


def _degrees(sizes: list[int | None], neighbours: int) -> list[float]:
    """Angles at one atom: regular polygons for its rings, what is left to 360 for the rest."""
    known = [180.0 * (n - 2) / n if n else None for n in sizes]
    fixed, free = sum(a for a in known if a), sum(a is None for a in known)
    if neighbours == 3 and free:
        left = (360.0 - fixed) / free
        return [left if a is None else a for a in known]
    if neighbours == 3:
        return [a * 360.0 / fixed for a in known if a]
    return [120.0 if a is None else a for a in known]


def draw(
    net: Net, cell: FloatArray, extra: list[tuple[int, int]], held: dict[int, FloatArray]
) -> FloatArray:
    """Put every atom (n, 2) in the middle of its neighbours; `held` atoms stay.

    extra are further bonds within the cell (metal to shell).
    """
    n = len(net.symbols)
    matrix, right = np.zeros((n, n)), np.zeros((n, 2))
    shifts = net.steps @ cell
    for (i, j), shift in [
        *zip(net.bonds.tolist(), shifts, strict=True), *((pair, np.zeros(2)) for pair in extra)
    ]:  # fmt: skip
        for here, there, s in ((i, j, shift), (j, i, -shift)):
            matrix[here, here] += 1.0
            matrix[here, there] -= 1.0
            right[here] += s
    for k, point in held.items():
        matrix[k], right[k] = 0.0, point
        matrix[k, k] = 1.0
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)


def settle(
    net: Net,
    cell: FloatArray,
    start: FloatArray,
    metal_bonds: IntArray,
    metal_rest: FloatArray,
    rounds: int = 3,
) -> tuple[FloatArray, float]:
    """Relax a flat net, metals last, in a fixed cell; positions (n, 2) and energy in eV."""
    points = np.column_stack((start, np.zeros(len(start))))
    metals = len({*metal_bonds[:, 0].tolist()})
    energy = 0.0
    for _ in range(rounds):
        points, energy = relax(
            points, list(net.symbols), net.network(cell), metal_bonds, metal_rest,
            np.zeros(metals), degrees=net.degrees,
        )  # fmt: skip
    return points[:, :2], energy


def best_scale(energies: FloatArray, scales: FloatArray) -> float:
    """Scale of the smallest energy, from a parabola through the three lowest points."""
    k = int(np.clip(np.argmin(energies), 1, len(scales) - 2))
    a, b, _ = np.polyfit(scales[k - 1 : k + 2], energies[k - 1 : k + 2], 2)
    return float(-b / (2 * a))
