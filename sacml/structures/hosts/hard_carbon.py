"""Hard carbon as a buckled, defective ribbon with edges that carry H."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import brentq

from sacml.domain import Site
from sacml.structures.hosts.placing import (
    Skeleton,
    counts_of,
    finish,
    images,
    nearest,
    one_centre,
    radii,
    refuse,
)
from sacml.structures.hosts.pores import BOND_A, LATTICE_A
from sacml.structures.hosts.springs import metal_rest_length
from sacml.structures.options import PROTOCOL, BuildOptions
from sacml.structures.registry import host_builder
from sacml.structures.structure import FloatArray, RawSite

SOURCE = (
    f"C-C bond: {PROTOCOL}. Defective sheets as proxies of hard carbon: Olsson et al., Nanoscale "
    "2019, doi 10.1039/c8nr10383f; curved graphene sheets and domains: npj Comput. Mater. 2021, "
    "doi 10.1038/s41524-021-00515-7"
)
NOTE = (
    "A model that borrows graphene's bond length stands for hard carbon: a rippled zigzag ribbon, "
    "its edges carrying H and one edge atom missing; hard carbon itself is disordered."
)
REPEAT = (5, 3)
AMPLITUDE_A = 0.6
"""Height of the ripple along the ribbon in Angstrom; the site lies on its crest."""
_VACANCY = {3: "single", 4: "double"}


@dataclass(frozen=True, eq=False)
class Ribbon:
    """A ribbon with a hole.

    Elements, places (n, 3), period (2, 2), the atoms around the hole in order and its middle.
    """

    symbols: tuple[str, ...]
    positions: FloatArray
    cell: FloatArray
    rim: tuple[int, ...]
    middle: FloatArray


@host_builder("hard_carbon", source=SOURCE, counted=False, note=NOTE)
def build_hard_carbon(site: Site, options: BuildOptions) -> RawSite:
    """Build a site in a single or a double vacancy on the crest of the ripple.

    The construction has no random numbers: the same site gives the same atoms. Like neighbours
    of a double vacancy stand at one end of it.
    """
    one_centre(site)
    size = site.shell.size if site.shell is not None else None
    if size is not None and size not in _VACANCY:
        raise refuse(site, f"one centre in hard carbon has 3 or 4 neighbours, not {size}")
    if site.shell is not None and site.shell.nitrogen not in (None, "pyridinic"):
        raise refuse(site, "the N around a vacancy of hard carbon is pyridinic")
    found = ribbon(_VACANCY.get(size or 0, "none"), options.repeat or REPEAT)
    symbols, place = list(found.symbols), found.middle.copy()
    if site.shell is not None:
        letters = [s for s, n in counts_of(site).items() for _ in range(n)]
        for index, letter in zip(found.rim, letters, strict=True):
            symbols[index] = letter
        if site.metals:
            place = _rise(site.metals[0], symbols, found)
    metals = place[None] if site.shell is not None else np.zeros((0, 3))
    skeleton = Skeleton(
        tuple(symbols), found.positions, found.cell, metals, found.rim, place, 2,
        ("The ribbon has not relaxed around the metal.",) if site.metals else (), "",
    )  # fmt: skip
    return finish(site, options, skeleton)


def _rise(metal: str, symbols: list[str], found: Ribbon) -> FloatArray:
    """Place (3,) above the hole at which the mean bond is the rest length."""
    rim = images(found.positions, found.cell, found.middle)[list(found.rim)]
    rest = float(np.mean([metal_rest_length(metal, symbols[k]) for k in found.rim]))

    def excess(height: float) -> float:
        point = found.middle + np.array([0.0, 0.0, height])
        return float(np.linalg.norm(rim - point, axis=1).mean()) - rest

    height = 0.0 if excess(0.0) >= 0 else float(brentq(excess, 0.0, 5.0, xtol=1e-10))
    return found.middle + np.array([0.0, 0.0, height])


@cache
def ribbon(vacancy: str, repeat: tuple[int, int]) -> Ribbon:
    """Rippled zigzag ribbon, periodic along x.

    Parameters
    ----------
    vacancy
        ``single``, ``double`` or ``none``.
    repeat
        Periods of 2.467 A along x and of twice 2.136 A across.
    """
    n, m = repeat
    unit = np.array([[0, BOND_A / 2], [LATTICE_A / 2, BOND_A], [LATTICE_A / 2, 2 * BOND_A],
                     [0, 2.5 * BOND_A]])  # fmt: skip
    period = np.array([LATTICE_A, 3 * BOND_A])
    steps = np.array([[i, j] for i in range(n) for j in range(m)])
    flat = ((steps * period)[:, None] + unit[None]).reshape(-1, 2)
    length = n * LATTICE_A
    width = 3.0 * LATTICE_A * m * n * 10  # no image across the ribbon
    cell = np.array([[length, 0.0], [0.0, width]])
    points = np.column_stack((flat, np.zeros(len(flat))))
    middle = np.array([length / 2, np.ptp(flat[:, 1]) / 2 + flat[:, 1].min(), 0.0])
    upper = np.argsort(nearest(points, cell, middle).round(6), kind="stable")
    first = int(upper[0])
    bonded = np.flatnonzero(abs(nearest(points, cell, points[first]) - BOND_A) < 0.1)
    second = int(min(bonded, key=lambda k: (round(float(nearest(points, cell, middle)[k]), 6), k)))
    holes = {"single": [first], "double": [first, second], "none": []}[vacancy]
    rim = []
    for hole in holes:
        around = np.flatnonzero(abs(nearest(points, cell, points[hole]) - BOND_A) < 0.1)
        rim += [int(k) for k in around if k not in holes]
    centre = images(points, cell, middle)[holes].mean(axis=0) if holes else middle
    missing = [*holes, int(np.argmax(flat[:, 1].round(6)))]
    kept = np.setdiff1d(np.arange(len(points)), missing)
    number = {int(k): i for i, k in enumerate(kept)}
    carbons, rim = points[kept], [number[k] for k in rim]
    hydrogens = _saturate(carbons, cell, set(rim))
    flat_all = np.vstack((carbons, hydrogens))
    bent, bent_length = _ripple(flat_all, length, centre[0])
    top, _ = _ripple(centre[None], length, centre[0])
    return Ribbon(
        ("C",) * len(carbons) + ("H",) * len(hydrogens), bent,
        np.array([[bent_length, 0.0], [0.0, float(np.ptp(bent[:, 1])) + 10.0]]), tuple(rim),
        top[0],
    )  # fmt: skip


def _saturate(points: FloatArray, cell: FloatArray, spared: set[int]) -> FloatArray:
    """Places of the H on every C with two neighbours, opposite to their sum."""
    added = []
    for k, point in enumerate(points):
        vectors = images(points, cell, point) - point
        apart = np.linalg.norm(vectors, axis=1)
        near = vectors[(apart > 0.1) & (apart < 1.2 * BOND_A)]
        if len(near) == 2 and k not in spared:
            out = -near.sum(axis=0)
            added.append(point + out / np.linalg.norm(out) * radii("C", "H"))
    return np.array(added).reshape(-1, 3)


def _ripple(points: FloatArray, length: float, crest: float) -> tuple[FloatArray, float]:
    """Bend a flat sheet along x into a cosine, keeping lengths along the sheet.

    Returns the points and the shortened period in Angstrom.
    """
    fine = np.linspace(0.0, 1.0, 20001)

    def arc(period: float) -> FloatArray:
        slope = AMPLITUDE_A * 2 * np.pi / period * np.sin(2 * np.pi * fine)
        pieces = np.sqrt(1 + slope**2) * period
        steps = (pieces[1:] + pieces[:-1]) / 2 * np.diff(fine)
        return np.concatenate(([0.0], np.cumsum(steps)))

    period = float(brentq(lambda p: arc(p)[-1] - length, length * 0.5, length, xtol=1e-12))
    along = arc(period)
    turns, rest = np.divmod(points[:, 0] - crest, length)
    phase = np.interp(rest, along, fine) + turns
    bent = points.copy()
    bent[:, 0] = crest * period / length + phase * period
    bent[:, 2] += AMPLITUDE_A * np.cos(2 * np.pi * phase)
    return bent, period
