"""A bond-spring model that moves atoms from their lattice points to sensible distances.

It is no force field: it gives a starting geometry, with the stiffness constants that the DFT
protocol starts its own relaxations from (36 eV/A^2 for bonds of the sheet, 12 eV/A^2 for bonds of
the metal, 1.5 eV/A^2 holding an atom in its place; datasets/dft).
"""

from functools import cache

import numpy as np
from scipy.linalg.lapack import dposv
from threadpoolctl import ThreadpoolController

from sacml.domain.elements import METALS, element
from sacml.structures.hosts.flat import BOND_A, IntArray, Network
from sacml.structures.structure import FloatArray, StructureError

BOND_STIFFNESS, METAL_STIFFNESS, PLANE_STIFFNESS = 36.0, 12.0, 1.5
ANGLE_STIFFNESS = 9.0
METAL_SLOPE, METAL_OFFSET_A = 0.516, 0.542
"""Distance metal-neighbour = slope * metallic radius + offset + covalent radius of the neighbour.

Least-squares line through the M-N distances of the relaxed M-N4 sites of datasets/dft (11 metals,
largest residual 0.03 Angstrom); the sum of the covalent radii misses them by up to 0.4 Angstrom.
"""
LINE_NEIGHBOURS = 4
PAULING_A = 0.600
"""Bond length against bond number, D(n) = D(1) - 0.600 A log10(n): L. Pauling, J. Am. Chem. Soc. 69
(1947) 542. A metal shares its bonds among its neighbours, and the line above is for four."""
KEEP_OFF = 0.2
STEPS = 8
DAMPING = 0.05


@cache
def _one_thread() -> ThreadpoolController:
    """Handle on the BLAS threads: matrices of this size are solved faster by one of them."""
    return ThreadpoolController()


@cache
def rest_length(a: str, b: str) -> float:
    """Rest length in Angstrom of a bond of the sheet: covalent radii, scaled to graphene's bond."""
    scale = BOND_A / (2 * element("C").covalent_radius_A)
    return scale * (element(a).covalent_radius_A + element(b).covalent_radius_A)


@cache
def metallic_radius(metal: str) -> float:
    """Metallic radius in Angstrom; where the element table has none, from the covalent radius.

    The gap (Ce) is filled with the covalent radius times the mean ratio of the two radii over the
    other metals. This shapes a starting geometry only; no feature sees it.
    """
    known = element(metal).metallic_radius_A
    if known is not None:
        return known
    ratios = [
        e.metallic_radius_A / e.covalent_radius_A
        for e in map(element, METALS)
        if e.metallic_radius_A is not None
    ]
    return element(metal).covalent_radius_A * sum(ratios) / len(ratios)


@cache
def metal_rest_length(metal: str, neighbour: str, neighbours: int = LINE_NEIGHBOURS) -> float:
    """Rest length in Angstrom of a metal-neighbour spring, of as many neighbours."""
    radius = element(neighbour).covalent_radius_A
    fewer = PAULING_A * float(np.log10(neighbours / LINE_NEIGHBOURS))
    return METAL_SLOPE * metallic_radius(metal) + METAL_OFFSET_A + radius + fewer


@cache
def second_neighbour_distance(metal: str, other: str, lifted: tuple[str, ...] = ()) -> float:
    """Distance in Angstrom that a metal keeps from atoms behind its neighbours.

    The rest length with that element and `KEEP_OFF` of the sum of the covalent radii, so that the
    atom stays recognisably outside of the first shell. The neighbours of a metal above a vacancy,
    `lifted`, keep the angles of 120 degrees that they have in the sheet: the mean distance behind
    them counts where it is longer.
    """
    radii = element(metal).covalent_radius_A + element(other).covalent_radius_A
    distances = [metal_rest_length(metal, other) + KEEP_OFF * radii]
    if lifted:
        near = np.array([metal_rest_length(metal, symbol, len(lifted)) for symbol in lifted])
        far = np.array([rest_length(symbol, other) for symbol in lifted])
        distances.append(float(np.sqrt(near**2 + far**2 + near * far).mean()))
    return max(distances)


@cache
def _pair_table(kinds: tuple[str, ...]) -> FloatArray:
    """Rest lengths (k, k) between the kinds of elements of a sheet."""
    return np.array([[rest_length(a, b) for b in kinds] for a in kinds])


def _targets(first: IntArray, last: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Where each spring adds to the gradient (3 n) and to the normal matrix (3 n x 3 n), flat.

    A spring touches four blocks of 3 x 3: writing these beats multiplying Jacobians of zeros.
    """
    axis = np.arange(3)
    ends = (np.concatenate((last, first))[:, None] * 3 + axis).ravel()
    rows = np.concatenate((last, first, last, first))[:, None, None] * 3 + axis[:, None]
    columns = np.concatenate((last, first, first, last))[:, None, None] * 3 + axis
    return ends, (rows * (3 * n) + columns).ravel()


def _scatter(targets: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sum values into a flat array of this size."""
    return np.bincount(targets, values.ravel(), size).astype(np.float64, copy=False)


def relax(
    positions: FloatArray,
    symbols: list[str],
    network: Network,
    metal_bonds: IntArray,
    metal_rest: FloatArray,
    metal_plane: FloatArray,
    apart: IntArray | None = None,
    apart_rest: FloatArray | None = None,
    degrees: FloatArray | None = None,
) -> tuple[FloatArray, float]:
    """Minimise the spring energy by damped Gauss-Newton steps, a fixed number of them.

    Parameters
    ----------
    positions
        (n, 3) starting points in Angstrom, the sheet in the plane z = 0, metals last.
    symbols
        Elements of all n atoms.
    network
        Bonds and 1-3 pairs of the sheet's atoms, shifts of two or three components.
    metal_bonds, metal_rest
        (m, 2) pairs metal-neighbour and their rest lengths (m,) in Angstrom.
    metal_plane
        (k,) stiffness in eV/A^2 that draws each metal to the plane.
    apart, apart_rest
        (p, 2) pairs that only push, and only below their rest length (p,).
    degrees
        (m,) angles that the 1-3 pairs of the network ask for; 120 degrees if not given.

    Returns
    -------
    Positions (n, 3) and the energy in eV before the last step. Deterministic: no convergence test
    decides the number of steps.
    """
    n = len(positions)
    kind = {s: k for k, s in enumerate(dict.fromkeys(symbols))}
    table = _pair_table(tuple(kind))
    number = np.array([kind[s] for s in symbols])
    bonds, angles = network.bonds, network.angles
    if apart is None or apart_rest is None:
        apart, apart_rest = np.zeros((0, 2), dtype=np.int64), np.zeros(0)
    first = np.concatenate((bonds[:, 0], angles[:, 0], metal_bonds[:, 0], apart[:, 0]))
    last = np.concatenate((bonds[:, 1], angles[:, 2], metal_bonds[:, 1], apart[:, 1]))
    shift = np.zeros((len(first), 3))
    flat = np.concatenate((network.bond_shift, network.angle_shift))
    shift[: len(flat), : flat.shape[1]] = flat
    left = table[number[angles[:, 0]], number[angles[:, 1]]]
    right = table[number[angles[:, 1]], number[angles[:, 2]]]
    cosine = -0.5 if degrees is None else np.cos(np.radians(degrees))
    rest = np.concatenate((
        table[number[bonds[:, 0]], number[bonds[:, 1]]],
        np.sqrt(left**2 + right**2 - 2 * cosine * left * right),
        metal_rest,
        apart_rest,
    ))  # fmt: skip
    root = np.sqrt(np.concatenate((
        np.full(len(bonds), BOND_STIFFNESS),
        np.full(len(angles), ANGLE_STIFFNESS),
        np.full(len(metal_bonds), METAL_STIFFNESS),
        np.full(len(apart), METAL_STIFFNESS),
    )))  # fmt: skip
    rows, always = np.arange(len(first)), len(first) - len(apart)
    x = positions.copy()
    diagonal = np.arange(3 * n)
    ends, blocks = _targets(first, last, n)
    hold = np.zeros((n, 3))
    hold[:, 2] = PLANE_STIFFNESS
    hold[n - len(metal_plane) :, 2] = metal_plane
    energy = 0.0
    with _one_thread().limit(limits=1, user_api="blas"):
        for _ in range(STEPS):
            vectors = x[last] + shift - x[first]
            lengths = np.sqrt((vectors**2).sum(axis=1))
            active = np.where((rows < always) | (lengths < rest), root, 0.0)
            slopes = vectors * (active / lengths)[:, None]
            pull = slopes * (active * (lengths - rest))[:, None]
            gradient = (hold * x).ravel() + _scatter(ends, np.concatenate((pull, -pull)), 3 * n)
            outer = slopes[:, :, None] * slopes[:, None, :]
            normal = _scatter(
                blocks, np.concatenate((outer, outer, -outer, -outer)), 9 * n * n
            ).reshape(3 * n, 3 * n)
            normal[diagonal, diagonal] += hold.ravel() + DAMPING
            # symmetric, and positive because of the damping; the transpose is in LAPACK's order
            _, step, failed = dposv(normal.T, gradient, lower=1, overwrite_a=1)
            if failed:
                raise StructureError("the bond springs of a sheet have no minimum: check its bonds")
            held, x = x, x - np.clip(step, -0.3, 0.3).reshape(n, 3)
            energy = 0.5 * float(((active * (lengths - rest)) ** 2).sum() + (hold * held**2).sum())
    return x, energy
