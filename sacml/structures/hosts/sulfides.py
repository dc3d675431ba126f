"""Sulfides with a cation vacancy: iron and cobalt sulfide and In2S3, as thin slabs."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from sacml.domain import Site
from sacml.structures.hosts.lattices import lattice
from sacml.structures.hosts.mos2 import central
from sacml.structures.hosts.placing import (
    Skeleton,
    above,
    finish,
    images,
    nearest,
    one_centre,
    perch,
    refuse,
)
from sacml.structures.options import BuildOptions
from sacml.structures.registry import host_builder
from sacml.structures.structure import FloatArray, RawSite

REVIEW = (
    "single atoms in the cation vacancies of sulfides (Co in defective iron sulfide, Fe in cobalt "
    "sulfide, Pt in In2S3 on Ti3C2): Li et al., Green Chem. 2024, 26, 10366, doi 10.1039/d4gc02590c"
)
THIN = "A slab of the crystal's lattice stands for the particle; its faces have not relaxed."


@dataclass(frozen=True)
class Cut:
    """How a slab is cut and which cation gives way.

    Attributes
    ----------
    lattice
        Name in datasets/lattices.
    window
        Lowest and highest height in units of c; atoms between them are kept.
    repeat
        Default repeats in the plane.
    cation
        Height of the cation that is replaced, in units of c.
    neighbours
        Number of S around it.
    flip
        Whether the slab is turned upside down first.
    s_vacancy
        Whether the outermost S of the cation is missing too.
    note
        What this slab is.
    """

    lattice: str
    window: tuple[float, float]
    repeat: tuple[int, int]
    cation: float
    neighbours: int
    flip: bool = False
    s_vacancy: bool = False
    note: str = ""


_NIAS = "Slab of the NiAs type, (001): cation, S, cation, S."
_CUTS: dict[tuple[str, int], Cut] = {
    ("fes", 4): Cut("mackinawite", (-0.3, 0.3), (3, 3), 0.0, 4, note="One layer of mackinawite."),
    ("fes", 6): Cut("pyrrhotite", (-0.1, 0.9), (3, 3), 0.5, 6, note=f"Pyrrhotite. {_NIAS}"),
    ("fes", 3): Cut(
        "pyrrhotite", (-0.1, 0.9), (3, 3), 0.0, 3, flip=True,
        note=f"Pyrrhotite. {_NIAS} The site lies in the outermost cation layer.",
    ),
    ("cos", 4): Cut(
        "co9s8", (-0.05, 0.55), (1, 1), 0.374, 4,
        note="Cobalt pentlandite, Co9S8, (001), cut through two planes of S: in CoS itself every "
        "Co has six S.",
    ),
    ("cos", 6): Cut("jaipurite", (-0.1, 0.9), (3, 3), 0.5, 6, note=f"Jaipurite. {_NIAS}"),
    ("cos", 3): Cut(
        "jaipurite", (-0.1, 0.9), (3, 3), 0.0, 3, flip=True,
        note=f"Jaipurite. {_NIAS} The site lies in the outermost cation layer.",
    ),
    ("in2s3", 4): Cut("in2s3", (0.15, 0.35), (1, 1), 0.296, 4, note="The site is tetrahedral."),
    ("in2s3", 6): Cut("in2s3", (0.15, 0.35), (1, 1), 0.25, 6, note="The site is octahedral."),
    ("in2s3", 3): Cut(
        "in2s3", (0.15, 0.35), (1, 1), 0.296, 3, s_vacancy=True,
        note="The site is tetrahedral and has lost one S of the face (v=S).",
    ),
}  # fmt: skip
_IN2S3 = "beta-In2S3, (001), three planes of S between two layers of ordered vacancies."
_PRISTINE = {"fes": 6, "cos": 6, "in2s3": 4}
_METAL = {"fes": "Fe", "cos": "Co", "in2s3": "In"}


@dataclass(frozen=True, eq=False)
class Slab:
    """A slab cut from a crystal.

    Elements, places (n, 3), cell (2, 2), the cation that gives way and its S, the outermost first.
    """

    symbols: np.ndarray
    positions: FloatArray
    cell: FloatArray
    cation: int
    sulfur: tuple[int, ...]


Supercell = tuple[tuple[int, int], tuple[int, int]]
"""Lattice vectors of a larger cell as whole numbers of those of the small one."""


def supercell(repeat: tuple[int, int]) -> Supercell:
    """Plain repeats as a `Supercell`."""
    return ((repeat[0], 0), (0, repeat[1]))


@cache
def slab(cut: Cut, larger: Supercell) -> Slab:
    """Cut a slab; the cation nearest to the middle of the cell is the one that gives way."""
    crystal = lattice(cut.lattice)
    fractional = crystal.fractional.copy()
    fractional[:, 2] -= np.floor(fractional[:, 2] - cut.window[0])
    low = np.flatnonzero(fractional[:, 2] < cut.window[1])
    symbols = [crystal.symbols[k] for k in low]
    steps = _steps(larger)
    positions = ((steps[:, None] + fractional[low][None]) @ crystal.cell).reshape(-1, 3)
    height = cut.cation * crystal.cell[2, 2]
    names = np.array(symbols * len(steps))
    if cut.flip:
        positions[:, 2] *= -1
        height = -height
    cell = np.array(larger) @ crystal.cell[:2, :2]
    mask = (names != "S") & (abs(positions[:, 2] - height) < 0.35)
    cation = central(positions, mask, cell)
    apart = np.where(names == "S", nearest(positions, cell, positions[cation]), np.inf)
    number = 4 if cut.s_vacancy else cut.neighbours
    around = np.argsort(apart.round(6), kind="stable")[:number]
    order = sorted(around, key=lambda k: (-round(positions[k, 2], 3), int(k)))
    return Slab(names, positions, cell, cation, tuple(int(k) for k in order))


def _steps(larger: Supercell) -> FloatArray:
    """Translations (k, 3) of the small cell inside the larger one."""
    reach = int(np.abs(larger).sum())
    grid = np.arange(-reach, reach + 1)
    pairs = np.array([(i, j) for i in grid for j in grid])
    inside = pairs @ np.linalg.inv(np.array(larger, dtype=float)) + 1e-9
    pairs = pairs[((inside >= 0) & (inside < 1)).all(axis=1)]
    return np.column_stack((pairs, np.zeros(len(pairs))))


def _source(*names: str) -> str:
    return "; ".join(lattice(n).citation for n in names) + f". Anchoring: {REVIEW}"


@host_builder("fes", source=_source("mackinawite", "pyrrhotite"))
@host_builder("cos", source=_source("co9s8", "jaipurite"))
@host_builder("in2s3", source=_source("in2s3"))
def build_sulfide(site: Site, options: BuildOptions) -> RawSite:
    """Build a site in the cation vacancy of a thin slab.

    Iron sulfide: S4 in a layer of mackinawite, S6 and S3 in pyrrhotite. Cobalt sulfide: S6 and S3
    in CoS of the NiAs type, S4 in Co9S8. In2S3: S4 and S6 are its tetrahedral and octahedral
    sites, S3 the tetrahedral one beside an S vacancy.
    """
    one_centre(site)
    larger = supercell(options.repeat) if options.repeat else None
    return finish(site, options, sulfide_skeleton(site, larger))


def sulfide_skeleton(site: Site, larger: Supercell | None) -> Skeleton:
    """Slab around the site, before the metal is put in."""
    part = site.host.parts[0]
    cut = _CUTS[part.name, _size(site)]
    found = slab(cut, larger or supercell(cut.repeat))
    symbols, positions = found.symbols, found.positions
    notes = (THIN, _IN2S3 if part.name == "in2s3" else "", cut.note if site.shell else "")
    source = f"{lattice(cut.lattice).citation}. Anchoring: {REVIEW}"
    top = float(positions[:, 2].max())
    over = above(positions[found.cation], top)
    if site.shell is None:
        empty = np.zeros((0, 3))
        kept = tuple(n for n in notes if n)
        return Skeleton(tuple(symbols), positions, found.cell, empty, (), over, 1, kept, source)
    removed = [found.cation]
    shell = list(found.sulfur)
    if cut.s_vacancy:
        removed.append(shell.pop(0))
    place, faces = positions[found.cation], 0
    if cut.neighbours == 3 and site.metals:
        anchors = images(positions, found.cell, place)[shell]
        faces = 1
        place = perch(anchors, site.metals[0], ["S"] * 3) if cut.flip else place
    rest = np.setdiff1d(np.arange(len(positions)), removed)
    number = {int(k): n for n, k in enumerate(rest)}
    return Skeleton(
        tuple(symbols[rest]), positions[rest], found.cell, place[None],
        tuple(number[k] for k in sorted(shell)), over, faces, tuple(n for n in notes if n), source,
    )  # fmt: skip


def _size(site: Site) -> int:
    """Number of S asked for, checked against the vacancy that is stated."""
    part = site.host.parts[0]
    if site.shell is None:
        return _PRISTINE[part.name]
    size = site.shell.size or 0
    metal = _METAL[part.name]
    wanted = {4: (None, metal), 6: (None, metal), 3: (None, metal)}
    if part.name == "in2s3":
        wanted[3] = (None, "S")
    if (part.name, size) not in _CUTS or part.vacancy not in wanted[size]:
        raise refuse(
            site,
            f"{part.name} holds a metal in a {metal} vacancy with S3, S4 or S6"
            + ("; S3 is the one beside an S vacancy, v=S" if part.name == "in2s3" else ""),
        )
    return size
