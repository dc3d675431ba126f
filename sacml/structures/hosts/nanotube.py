"""Sites in the wall of a carbon nanotube: a flat piece of graphene with the site, rolled up."""

from functools import cache
from math import gcd

import numpy as np
from ase import Atoms

from sacml.domain import Site
from sacml.structures.hosts.axial import attach
from sacml.structures.hosts.flat import LATTICE_A, sheet
from sacml.structures.hosts.graphene import check_nitrogen, dual_notes, place_atoms, pore_kind
from sacml.structures.hosts.pores import Pore, cut
from sacml.structures.hosts.second_shell import dope
from sacml.structures.hosts.shells import choose
from sacml.structures.options import PROTOCOL, BuildOptions
from sacml.structures.registry import host_builder
from sacml.structures.structure import FloatArray, RawSite, StructureError

CHIRALITY = (8, 0)
"""Chirality built where the site states none: semiconducting, 0.63 nm wide, 64 C in the cell."""
SOURCE = (
    f"graphene lattice a = 2.467 A: {PROTOCOL}; rolled up as in ase.build.nanotube (construction "
    "of the (n,m) tube: R. Saito, G. Dresselhaus, M. S. Dresselhaus, Physical Properties of "
    "Carbon Nanotubes, Imperial College Press, 1998)"
)
MIN_LENGTH_A, MIN_LENGTH_DUAL_A = 8.0, 12.0
ROOM_A = 9.0
"""Empty space around the tube in the two directions that are not periodic, in Angstrom."""


def wall_cell(n: int, m: int, copies: int) -> FloatArray:
    """Periods (2, 2) of the wall in the frame of the graphene lattice: around, then along."""
    unit = sheet((1, 1))[0]
    a1, a2 = unit[0], unit[0] + unit[1]  # 60 degrees apart, as chiral indices are counted
    d = gcd(2 * n + m, 2 * m + n)
    along = (2 * m + n) // d * a1 - (2 * n + m) // d * a2
    return np.array([n * a1 + m * a2, copies * along])


@cache
def wall(n: int, m: int, copies: int) -> tuple[FloatArray, FloatArray]:
    """Unrolled wall: periods (2, 2), around the tube first, and atoms (k, 2) in Angstrom."""
    unit, basis = sheet((1, 1))
    periods = wall_cell(n, m, copies)
    reach = int(np.ceil(np.abs(periods @ np.linalg.inv(unit)).sum())) + 2
    grid = np.array([[i, j] for i in range(-reach, reach) for j in range(-reach, reach)], float)
    points = (grid @ unit)[:, None] + basis
    fractional = points.reshape(-1, 2) @ np.linalg.inv(periods)
    inside = np.all((fractional > -1e-6) & (fractional < 1 - 1e-6), axis=1)
    lengths = np.linalg.norm(periods, axis=1)
    return np.diag(lengths), fractional[inside] * lengths


@cache
def tube_pore(kind: str, n: int, m: int, copies: int) -> Pore:
    """Pore in the unrolled wall; its symmetry keeps the axis of the tube."""
    cell, lattice = wall(n, m, copies)
    what = f"{copies} cells of a ({n},{m}) nanotube"
    return cut(kind, cell, lattice, what, axis=np.array([0.0, 1.0]), achiral=m in (0, n))


def roll(points: FloatArray, circumference: float, top: float) -> FloatArray:
    """Bend (n, 3) points of a flat wall to a tube along x; the wall's `top` comes to lie on +z."""
    radius = circumference / (2 * np.pi)
    angle = (points[:, 0] - top) / radius
    out = radius + points[:, 2]
    return np.column_stack((points[:, 1], out * np.sin(angle), out * np.cos(angle)))


@host_builder("cnt", source=SOURCE)
def build_nanotube(site: Site, options: BuildOptions) -> RawSite:
    """Build a site in the wall of a tube along x, the site on top."""
    stated = site.host.parts[0].chirality
    n, m = stated or CHIRALITY
    dual = len(site.metals) == 2
    period = float(np.linalg.norm(wall_cell(n, m, 1)[1]))
    shortest = MIN_LENGTH_DUAL_A if dual else MIN_LENGTH_A
    copies = options.repeat[0] if options.repeat else int(np.ceil(shortest / period))
    notes: tuple[str, ...] = (
        () if stated else (f"The chirality is not stated: ({n},{m}) is built.",)
    )
    check_nitrogen(site, ("pyridinic",))
    count = round(abs(np.linalg.det(wall_cell(n, m, copies))) / AREA_A2)
    if count > MAX_ATOMS:
        raise StructureError(
            f"{site}: {copies} cells of a ({n},{m}) tube hold {count} atoms, the limit is "
            f"{MAX_ATOMS}; take a chirality (n,0) or (n,n), whose cells are short"
        )
    hole = tube_pore(pore_kind(site, options), n, m, copies)
    symbols = ["C"] * len(hole.positions)
    if site.shell is not None:
        laid, more = choose(site.shell, hole, site.metals, options.arrangement, str(site))
        notes += more
        for index, symbol in zip(hole.shell, laid, strict=True):
            symbols[index] = symbol
    notes += dual_notes(site, hole) + dope(site, hole, symbols)
    flat = place_atoms(hole, symbols, site.metals, options)
    circumference = float(hole.cell[0, 0])
    radius = circumference / (2 * np.pi)
    if radius < MIN_RADIUS_A:
        raise StructureError(
            f"{site}: a ({n},{m}) tube has a radius of {radius:.2f} A; the wall is too bent for a "
            f"site below {MIN_RADIUS_A} A"
        )
    k, metals = len(hole.positions), site.metals
    middle = hole.centres.mean(axis=0) if len(hole.centres) else hole.ring_centre
    names, ligands = attach(list(zip(metals, flat[k:], strict=True)), site.axial)
    positions = roll(np.vstack((flat, ligands)), circumference, float(middle[0]))
    box = 2 * radius + ROOM_A + MARGIN_A
    positions += [0.0, box / 2, ROOM_A / 2 + radius]
    atoms = Atoms(
        symbols + list(metals) + names,
        positions=positions,
        cell=[float(hole.cell[1, 1]), box, box],
        pbc=(True, False, False),
    )
    centre = tuple(range(k, k + len(metals)))
    point = positions[list(centre)].mean(axis=0) if centre else np.array(
        [middle[1], box / 2, ROOM_A / 2 + 2 * radius]
    )  # fmt: skip
    atoms.wrap()
    x, y, z = (float(v) for v in point)
    notes += (f"One wall of {2 * radius:.1f} A diameter stands for the tubes of the experiment.",)
    return RawSite(atoms, centre, hole.shell, (x, y, z), idealisation=notes)


MIN_RADIUS_A, MARGIN_A, MAX_ATOMS = 1.9, 3.0, 400
AREA_A2 = LATTICE_A**2 * 3**0.5 / 4
