"""The fused phthalocyanine sheet: M-N4 in C20H4N8, neighbours sharing their benzene rings."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from ase import Atoms
from ase.build import molecule

from sacml.domain import Site
from sacml.structures.hosts.axial import attach
from sacml.structures.hosts.embedding import Net, draw, make_net, settle
from sacml.structures.hosts.springs import metal_rest_length, relax
from sacml.structures.options import BuildOptions
from sacml.structures.registry import host_builder
from sacml.structures.structure import FloatArray, RawSite, StructureError

LATTICE_A = 10.7
"""Side of the square cell in Angstrom: PBE-D3, "all about 10.7" for ten metals (`SOURCE`)."""
SOURCE = (
    "lattice constant 10.7 A (PBE-D3; 10.8 A measured), composition C20H4N8 with one metal in one "
    "plane, metal on the four inner N: Y. Zhou, G. Gao, W. Chu, L.-W. Wang, Nanoscale Adv. 2020, "
    "2, 710, doi 10.1039/c9na00648f; positions in the cell: bond springs on covalent radii "
    "(sacml.structures.hosts.springs); C-H: the G2 set in ASE"
)
NOTE = (
    "The fused sheet has its cited lattice constant; the positions in the cell come from a "
    "bond-spring model, not from a relaxation by electronic structure."
)
OPENING_A, PLANE = 2.05, 0.5
TYPICAL_METAL = "Fe"


@dataclass(frozen=True, eq=False)
class Unit:
    """The empty square unit: net without H, side in Angstrom, heavy atoms (n, 2), CH indices."""

    net: Net
    side: float
    positions: FloatArray
    ch: tuple[int, ...]


def _bonds() -> tuple[list[tuple[int, int, int, int]], tuple[str, ...], tuple[int, ...]]:
    """Bonds of one unit: 4 N, then per pyrrole alpha, alpha', beta, beta', aza N; then 4 CH."""
    bonds = []
    for p in range(4):
        alpha, alpha2, beta, beta2, aza = range(4 + 5 * p, 9 + 5 * p)
        following = 4 + 5 * ((p + 1) % 4)
        pairs = [(p, alpha), (p, alpha2), (alpha, beta), (alpha2, beta2), (beta, beta2),
                 (alpha2, aza), (aza, following)]  # fmt: skip
        bonds += [(i, j, 0, 0) for i, j in pairs]
    symbols = ("N",) * 4 + ("C", "C", "C", "C", "N") * 4 + ("C",) * 4
    left, right = [4 + 5 * p + 2 for p in range(4)], [4 + 5 * p + 3 for p in range(4)]
    # each CH bridges a beta carbon of this unit and one of the next along x (0, 1) or y (2, 3)
    for ch, here, there, step in (
        (24, right[0], left[2], (1, 0)), (25, left[0], right[2], (1, 0)),
        (26, right[1], left[3], (0, 1)), (27, left[1], right[3], (0, 1)),
    ):  # fmt: skip
        bonds += [(ch, here, 0, 0), (ch, there, *step)]
    return bonds, symbols, (24, 25, 26, 27)


@cache
def unit() -> Unit:
    """Draw the unit in its cell and let its springs settle around a metal of typical size."""
    bonds, symbols, ch = _bonds()
    metal = len(symbols)
    net = make_net((*symbols, TYPICAL_METAL), bonds)
    pairs = np.array([(metal, k) for k in range(4)])
    rest = np.full(4, metal_rest_length(TYPICAL_METAL, "N"))
    cell = np.eye(2) * LATTICE_A
    start = draw(net, cell, [(metal, k) for k in range(4)], {metal: np.zeros(2)})
    points, _ = settle(net, cell, start, pairs, rest, rounds=6)
    points = points - points[metal]
    return Unit(make_net(symbols, bonds), LATTICE_A, points[:-1], ch)


@host_builder("phthalocyanine", source=SOURCE)
def build_phthalocyanine(site: Site, options: BuildOptions) -> RawSite:
    """Build one unit of the sheet: with its metal, empty, or, bare, with an empty pore as well.

    Raises
    ------
    StructureError
        For second-shell dopants, another repeat than 1x1 or a shell other than N4.
    """
    if site.second_shell:
        raise StructureError(f"{site}: the phthalocyanine sheet takes no second-shell dopants")
    if site.shell is not None and site.shell.composition != "N4":
        raise StructureError(f"{site}: the pore of phthalocyanine is N4")
    if site.shell is not None and site.shell.nitrogen not in (None, "pyrrolic"):
        raise StructureError(f"{site}: the N around the pore of phthalocyanine are pyrrolic")
    if options.repeat not in (None, (1, 1)):
        raise StructureError(
            f"{site}: repeat {options.repeat}: only one unit (1, 1) of the sheet is built, a "
            "larger cell would hold more than one pore"
        )
    empty = unit()
    n, metals = len(empty.positions), site.metals
    cell = np.eye(2) * empty.side
    points = np.zeros((n + len(metals), 3))
    points[:n, :2] = empty.positions
    symbols = [*empty.net.symbols, *metals]
    if metals:
        rest = metal_rest_length(metals[0], "N")
        points[n, 2] = max(rest**2 - OPENING_A**2, 0.0) ** 0.5
        bonds = np.array([(n, k) for k in range(4)])
        if options.prerelax:
            points, _ = relax(points, symbols, empty.net.network(cell), bonds, np.full(4, rest),
                              np.array([PLANE]), degrees=empty.net.degrees)  # fmt: skip
    hydrogens = _hydrogens(empty, points[:n], cell)
    names, ligands = attach([(metals[0], points[n])] if metals else [], site.axial)
    level = np.median(points[:n, 2])
    positions = np.vstack((points[:n], hydrogens, points[n:], ligands))
    positions += [empty.side / 2, empty.side / 2, options.sheet_height_A - level]
    atoms = Atoms(
        symbols[:n] + ["H"] * len(hydrogens) + list(metals) + names,
        positions=positions,
        cell=[empty.side, empty.side, options.vacuum_A],
        pbc=(True, True, False),
    )
    centre = tuple(range(n + 4, n + 4 + len(metals)))
    anchor = positions[centre[0]] if centre else np.array(
        [empty.side / 2, empty.side / 2, options.sheet_height_A]
    )  # fmt: skip
    atoms.wrap()
    x, y, z = (float(v) for v in anchor)
    shell = (0, 1, 2, 3) if site.shell is not None else ()
    return RawSite(atoms, centre, shell, (x, y, z), idealisation=(NOTE,))


def _hydrogens(empty: Unit, points: FloatArray, cell: FloatArray) -> FloatArray:
    """H (4, 3) on the CH carbons, away from their two neighbours."""
    benzene = molecule("C6H6")
    length = benzene.get_distances(0, range(6, 12)).min()
    network = empty.net.network(cell)
    placed = []
    for ch in empty.ch:
        away = np.zeros(3)
        for (i, j), shift in zip(network.bonds, network.bond_shift, strict=True):
            step = points[j] - points[i] + np.append(shift, 0.0)
            if i == ch:
                away -= step / np.linalg.norm(step)
            elif j == ch:
                away += step / np.linalg.norm(step)
        placed.append(points[ch] + length * away / np.linalg.norm(away))
    return np.array(placed)
