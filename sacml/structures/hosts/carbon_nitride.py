"""Carbon nitrides with a six-fold nitrogen pore: g-C3N4 of heptazine units, and C2N."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from sacml.domain import Site
from sacml.structures.hosts.lattices import lattice
from sacml.structures.hosts.placing import (
    BONDED,
    CLOSEST,
    Skeleton,
    counts_of,
    finish,
    images,
    nearest,
    one_centre,
    radii,
    refuse,
)
from sacml.structures.hosts.springs import metal_rest_length
from sacml.structures.options import BuildOptions
from sacml.structures.registry import host_builder
from sacml.structures.structure import FloatArray, RawSite

ANCHORS = {
    "g_c3n4": "single atoms in the six-fold cavity of heptazine g-C3N4: Yang et al., RSC Adv. "
    "2021, 11, doi 10.1039/d0ra09815a",
    "c2n": "single metal ions on C2N: J. Mater. Chem. A 2018, doi 10.1039/c8ta02299b; metals in "
    "the pore: Li et al., J. Phys. Chem. Lett. 2016, doi 10.1021/acs.jpclett.6b00096",
}
_PORE = {"g_c3n4": (2 / 3, 1 / 3), "c2n": (0.0, 0.0)}
_REPEAT = {"g_c3n4": (2, 2), "c2n": (1, 1)}
_NOTES = {
    "g_c3n4": "The sheet is the flat heptazine one; real g-C3N4 is corrugated.",
    "c2n": "The layer is flat and free.",
}
UNRELAXED = "The pore keeps its lattice points: it has not answered to the metal."
_SIZES = (2, 3, 4, 6)


@dataclass(frozen=True, eq=False)
class PoreSheet:
    """A flat sheet, the middle of one of its pores and the N atoms of the rim in order."""

    symbols: tuple[str, ...]
    positions: FloatArray
    cell: FloatArray
    middle: FloatArray
    rim: tuple[int, ...]


@cache
def pore_sheet(name: str, repeat: tuple[int, int]) -> PoreSheet:
    """Sheet of a carbon nitride with the pore next to the middle of the cell."""
    atoms = lattice(name).atoms((*repeat, 1))
    cell = atoms.cell.array[:2, :2]
    positions = atoms.positions.copy()
    positions[:, 2] = 0.0
    first = np.array(_PORE[name]) @ (cell / np.array(repeat)[:, None])
    steps = np.array([[i, j] for i in range(repeat[0]) for j in range(repeat[1])])
    pores = first + steps @ (cell / np.array(repeat)[:, None])
    middle2 = pores[np.argmin(np.linalg.norm(pores - cell.sum(axis=0) / 2, axis=1).round(6))]
    middle = np.array([*middle2, 0.0])
    distances = nearest(positions, cell, middle)
    rim = np.argsort(distances.round(6), kind="stable")[:6]
    vectors = images(positions, cell, middle)[rim] - middle
    order = np.argsort(np.arctan2(vectors[:, 1], vectors[:, 0]).round(6), kind="stable")
    symbols = tuple(atoms.get_chemical_symbols())
    return PoreSheet(symbols, positions, cell, middle, tuple(int(i) for i in rim[order]))


@host_builder("g_c3n4", source=f"{lattice('g_c3n4').citation}. Anchoring: {ANCHORS['g_c3n4']}")
@host_builder("c2n", source=f"{lattice('c2n').citation}. Anchoring: {ANCHORS['c2n']}")
def build_carbon_nitride(site: Site, options: BuildOptions) -> RawSite:
    """Put a metal into the N6 pore, where it has the neighbours that the shell asks for.

    Six neighbours: the middle of the pore. Two, three or four neighbours that stand side by side:
    in the plane, nearer to them, such that their mean distance is the rest length of the metal-N
    bond of the graphene sites; a metal too large for that rises out of the plane.
    """
    one_centre(site)
    name = site.host.parts[0].name
    sheet = pore_sheet(name, options.repeat or _REPEAT[name])
    rim, metals = sheet.rim, np.zeros((0, 3))
    notes: tuple[str, ...] = (_NOTES[name],)
    if site.shell is not None:
        counts = counts_of(site)
        size = counts.get("N", 0)
        if set(counts) != {"N"} or size not in _SIZES or site.shell.nitrogen not in _TYPES:
            raise refuse(
                site,
                f"the rim of the pore of {name} is six pyridinic N, so the shell can be N2, N3, "
                "N4 or N6",
            )
        if site.metals:
            place, chosen = _seat(site, sheet, site.metals[0], size)
            metals, rim = place[None], tuple(rim[k] for k in chosen)
            notes += (UNRELAXED,)
        else:
            rim = rim[:size]
    skeleton = Skeleton(
        sheet.symbols, sheet.positions, sheet.cell, metals, rim, sheet.middle, 2, notes, "",
    )  # fmt: skip
    return finish(site, options, skeleton)


_TYPES = (None, "pyridinic")
_ASIDE = np.linspace(0.0, 2.4, 61)
_RISE = np.linspace(0.0, 2.4, 31)
_REACH_A = 6.5
_LIFT_COST = 0.01
"""Weight of the height squared: of two places with like bonds, the one in the plane."""


def _seat(
    site: Site, sheet: PoreSheet, metal: str, size: int
) -> tuple[FloatArray, tuple[int, ...]]:
    """Best place (3,) for this many neighbours and which atoms of the rim they are.

    Raises
    ------
    StructureError
        If no place in or above the pore has exactly these neighbours; gives the distances.
    """
    best = _search(sheet, metal, size)
    if best is None:
        radius = float(nearest(sheet.positions, sheet.cell, sheet.middle)[list(sheet.rim)].mean())
        raise refuse(
            site,
            f"no place in or above the pore gives {metal} exactly {size} N neighbours: the six N "
            f"stand {radius:.2f} A from its middle, and a {metal}-N bond is at most {BONDED} "
            f"times the sum of the covalent radii, {BONDED * radii(metal, 'N'):.2f} A; take "
            "another number of neighbours",
        )
    return best


@cache
def _search(sheet: PoreSheet, metal: str, size: int) -> tuple[FloatArray, tuple[int, ...]] | None:
    """Scan the pore for the place whose bonds come nearest to the rest length."""
    around = images(sheet.positions, sheet.cell, sheet.middle) - sheet.middle
    close = np.flatnonzero(np.linalg.norm(around, axis=1) < _REACH_A)
    near, sums = around[close], np.array([radii(metal, sheet.symbols[k]) for k in close])
    ring = around[list(sheet.rim)]
    rest, reach = metal_rest_length(metal, "N"), BONDED * radii(metal, "N")
    best: tuple[float, FloatArray, tuple[int, ...]] | None = None
    for start in range(6 if size < 6 else 1):
        chosen = tuple((start + k) % 6 for k in range(size))
        side = ring[list(chosen)]
        toward = (side / np.linalg.norm(side, axis=1)[:, None]).sum(axis=0)
        aside = _ASIDE if size < 6 else _ASIDE[:1]
        toward = toward / np.linalg.norm(toward) if size < 6 else np.array([1.0, 0.0, 0.0])
        grid = aside[:, None, None] * toward + _RISE[None, :, None] * np.array([0.0, 0.0, 1.0])
        points = grid.reshape(-1, 3)
        apart = np.linalg.norm(points[:, None] - near[None], axis=2) / sums
        bonds = np.linalg.norm(points[:, None] - side[None], axis=2)
        allowed = (bonds < reach).all(axis=1) & (apart.min(axis=1) > CLOSEST)
        allowed &= (apart < BONDED).sum(axis=1) == size
        cost = ((bonds - rest) ** 2).mean(axis=1) + _LIFT_COST * points[:, 2] ** 2
        cost = np.where(allowed, cost, np.inf).round(9)
        k = int(np.argmin(cost))
        if np.isfinite(cost[k]) and (best is None or cost[k] < best[0]):
            best = (float(cost[k]), points[k] + sheet.middle, chosen)
    return None if best is None else best[1:]
