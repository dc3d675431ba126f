"""M-N4 of pyrrolic N in graphene: a porphine core in place of a coronene patch.

Coronene (C24) and metal porphine (MN4C20) both are patches of 24 light atoms with twelve bonds to
their surroundings. The builder cuts coronene out of graphene and puts the porphine core in, bond by
bond around the rim; no atom is left unsaturated. Where the rims differ (coronene has six pairs of
adjacent rim atoms, porphine four) the seam closes with two five- and four seven-membered rings.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from ase import Atoms

from sacml.domain import Site
from sacml.structures.hosts.axial import attach
from sacml.structures.hosts.embedding import Net, best_scale, draw, make_net, settle
from sacml.structures.hosts.flat import BOND_A, find_network, nearest, sheet
from sacml.structures.hosts.springs import metal_rest_length, relax
from sacml.structures.options import BuildOptions
from sacml.structures.structure import FloatArray, RawSite, StructureError

REPEAT = (5, 5)
NOTE = (
    "Pyrrolic M-N4 is built as a porphine core that replaces a coronene patch of graphene, with "
    "two five- and four seven-membered rings in the seam: an own construction, not a lattice found "
    "by experiment."
)
OPENING_A, PLANE = 2.05, 0.5
SCALES = np.linspace(0.98, 1.06, 5)
TYPICAL_METAL = "Fe"


@dataclass(frozen=True, eq=False)
class Core:
    """The empty core: net, cell (2, 2), positions (n, 2), N atoms, strain of the cell."""

    net: Net
    cell: FloatArray
    positions: FloatArray
    nitrogens: tuple[int, ...]
    strain: float


@cache
def core(repeat: tuple[int, int]) -> Core:
    """Build the net, draw it, and find the cell in which its springs are least strained.

    Raises
    ------
    StructureError
        If the coronene patch and its rim do not fit into the cell.
    """
    cell, lattice = sheet(repeat)
    middle = cell.sum(axis=0) / 2
    ring = _ring_middle(lattice, cell, middle)
    vectors = nearest(lattice - ring, cell)
    distance = np.linalg.norm(vectors, axis=1)
    inside = distance < 2.8 * BOND_A
    rim = np.flatnonzero((distance < 3.75 * BOND_A) & ~inside)
    if inside.sum() != 24 or len(rim) != 12 or min(repeat) < 5:
        raise StructureError(
            f"a {repeat[0]}x{repeat[1]} cell is too small for a pyrrolic core; take 5x5 or larger"
        )
    outer = np.flatnonzero(~inside)
    index = {int(old): new for new, old in enumerate(outer)}
    network = find_network(vectors[outer], cell, 1.1 * BOND_A)
    steps = np.rint(network.bond_shift @ np.linalg.inv(cell)).astype(int)
    bonds = [(int(i), int(j), int(a), int(b))
             for (i, j), (a, b) in zip(network.bonds, steps, strict=True)]  # fmt: skip
    order = sorted(rim, key=lambda k: np.arctan2(vectors[k][1], vectors[k][0]))
    rim_atoms = _pair_first([index[int(k)] for k in order], vectors[outer])
    inner, symbols = _porphine(len(outer))
    bonds += inner + [(len(outer) + k, rim_atoms[place], 0, 0) for place, k in enumerate(_RIM)]
    metal = len(outer) + len(symbols)
    net = make_net(("C",) * len(outer) + symbols + (TYPICAL_METAL,), bonds)
    nitrogens = tuple(len(outer) + k for k in range(4))
    held = {k: vectors[old] for k, old in enumerate(outer)}
    metal_bonds = np.array([(metal, k) for k in nitrogens])
    rest = np.full(4, metal_rest_length(TYPICAL_METAL, "N"))
    start = draw(net, cell, [(metal, k) for k in nitrogens], held)
    energies: list[float] = []
    points: list[FloatArray] = []
    for scale in (*SCALES, None):
        scale = best_scale(np.array(energies), SCALES) if scale is None else scale
        found, energy = settle(net, scale * cell, scale * start, metal_bonds, rest)
        energies.append(energy)
        points.append(found)
    empty = replace(net, symbols=net.symbols[:-1])
    return Core(empty, scale * cell, points[-1][:-1], nitrogens, abs(scale - 1))


def _ring_middle(lattice: FloatArray, cell: FloatArray, near: FloatArray) -> FloatArray:
    i = lattice[np.argmin(np.round(np.linalg.norm(lattice - near, axis=1), 6))]
    around = nearest(lattice - i, cell)
    bonded = around[np.abs(np.linalg.norm(around, axis=1) - BOND_A) < 0.1]
    return i + bonded[0] + bonded[1]


def _pair_first(rim: list[int], points: FloatArray) -> list[int]:
    """Turn the rim so that it starts with two atoms that lie close to each other."""
    gaps = [np.linalg.norm(points[rim[k]] - points[rim[k - 1]]) for k in range(12)]
    first = int(np.argmax(np.round(gaps, 3)))
    return rim[first:] + rim[:first]


# order of atoms in the core: 4 N, then for each pyrrole alpha, alpha', beta, beta', then the meso
# carbon behind it; _RIM lists the atoms with a bond to the outside in the order around the core
_RIM = [k for p in range(4) for k in (4 + 5 * p + 2, 4 + 5 * p + 3, 4 + 5 * p + 4)]


def _porphine(first: int) -> tuple[list[tuple[int, int, int, int]], tuple[str, ...]]:
    """Bonds inside the porphine core, counted from `first`, and its elements without the metal."""
    pairs = []
    for p in range(4):
        alpha, alpha2, beta, beta2, meso = range(4 + 5 * p, 9 + 5 * p)
        following = 4 + 5 * ((p + 1) % 4)
        pairs += [(p, alpha), (p, alpha2), (alpha, beta), (alpha2, beta2), (beta, beta2),
                  (alpha2, meso), (meso, following)]  # fmt: skip
    return [(first + i, first + j, 0, 0) for i, j in pairs], ("N",) * 4 + ("C",) * 20


def build_pyrrolic(site: Site, options: BuildOptions) -> RawSite:
    """Build M-N4(pyrrolic), empty or with one centre.

    Raises
    ------
    StructureError
        For any other shell, two centres, second-shell dopants or a stated vacancy.
    """
    assert site.shell is not None
    if site.shell.composition != "N4" or len(site.metals) > 1:
        raise StructureError(
            f"{site}: pyrrolic N is built as M-N4 with one centre; other pyrrolic shells have no "
            "construction here"
        )
    if site.second_shell or site.host.parts[0].vacancy:
        raise StructureError(
            f"{site}: the pyrrolic core takes no second-shell dopants and no stated vacancy"
        )
    empty = core(options.repeat or REPEAT)
    n, metals = len(empty.positions), len(site.metals)
    points = np.zeros((n + metals, 3))
    points[:n, :2] = empty.positions
    middle = empty.positions[list(empty.nitrogens)].mean(axis=0)
    symbols = [*empty.net.symbols, *site.metals]
    if metals:
        rest = metal_rest_length(site.metals[0], "N")
        points[n] = [*middle, max(rest**2 - OPENING_A**2, 0.0) ** 0.5]
        bonds = np.array([(n, k) for k in empty.nitrogens])
        if options.prerelax:
            points, _ = relax(points, symbols, empty.net.network(empty.cell), bonds,
                              np.full(4, rest), np.array([PLANE]),
                              degrees=empty.net.degrees)  # fmt: skip
    names, ligands = attach([(site.metals[0], points[n])] if metals else [], site.axial)
    positions = np.vstack((points, ligands))
    positions[:, 2] += options.sheet_height_A - np.median(points[:n, 2])
    cell = np.zeros((3, 3))
    cell[:2, :2], cell[2, 2] = empty.cell, options.vacuum_A
    positions[:, :2] += empty.cell.sum(axis=0) / 2 - middle
    atoms = Atoms(symbols + names, positions=positions, cell=cell, pbc=(True, True, False))
    anchor = positions[n] if metals else np.array(
        [*empty.cell.sum(axis=0) / 2, options.sheet_height_A]
    )  # fmt: skip
    atoms.wrap()
    x, y, z = (float(v) for v in anchor)
    note = f"The cell is strained by {empty.strain:.1%} against graphene to fit the core."
    return RawSite(
        atoms, (n,) if metals else (), empty.nitrogens, (x, y, z), idealisation=(NOTE, note),
        strain=empty.strain,
    )  # fmt: skip
