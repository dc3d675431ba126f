"""MoS2 monolayer: a metal in an S vacancy, in a Mo vacancy, or on the S face."""

import numpy as np

from sacml.domain import Site
from sacml.structures.hosts.lattices import lattice
from sacml.structures.hosts.placing import (
    Skeleton,
    above,
    counts_of,
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

REPEAT = (4, 4)
"""48 atoms; ``repeat=(3, 3)`` gives a small cell of 27."""
VACANCIES = (
    "vacancies of MX2 monolayers: Kazemi et al., RSC Adv. 2023, doi 10.1039/d3ra00205e; 2H layer "
    "with Mo in trigonal prisms: Calandra, arXiv 1312.1702"
)
_CHOICES = {
    ("Mo3", None): "S", ("Mo3", "S"): "S", ("S3", None): "face", ("S6", None): "Mo",
    ("S6", "Mo"): "Mo",
}  # fmt: skip
_NOTES = {
    "S": "The metal takes the place of one S and stands above its three Mo; the layer is not "
    "relaxed.",
    "Mo": "The metal takes the place of one Mo without a relaxation of the layer.",
    "face": "The metal stands on three S above a Mo; the place above the empty hexagon is the "
    "other choice.",
}


@host_builder("mos2", source=f"{lattice('mos2').citation}. Anchoring: {VACANCIES}")
def build_mos2(site: Site, options: BuildOptions) -> RawSite:
    """Build a site on a 2H layer of the experimental crystal.

    Mo3 is a metal in an S vacancy, S6 a metal in a Mo vacancy, S3 a metal on three S of the face.
    """
    one_centre(site)
    atoms = lattice("mos2").atoms((*(options.repeat or REPEAT), 1))
    cell = atoms.cell.array[:2, :2]
    symbols = np.array(atoms.get_chemical_symbols())
    positions = atoms.positions - [0.0, 0.0, atoms.positions[symbols == "Mo", 2].mean()]
    notes: tuple[str, ...] = ("The layer is free; its lattice is that of the crystal.",)
    mo = central(positions, symbols == "Mo", cell)
    top = central(positions, (symbols == "S") & (positions[:, 2] > 0), cell)
    if site.shell is None:
        hollow = above(positions[mo], positions[:, 2].max())
        empty = np.zeros((0, 3))
        skeleton = Skeleton(tuple(symbols), positions, cell, empty, (), hollow, 1, notes, "")
        return finish(site, options, skeleton)
    composition, vacancy = site.shell.composition, site.host.parts[0].vacancy
    kind = _CHOICES.get((composition, vacancy))
    if kind is None:
        raise refuse(
            site,
            "MoS2 holds a metal in an S vacancy (Mo3, v=S), on the S face (S3, no vacancy) or in "
            "a Mo vacancy (S6, v=Mo)",
        )
    removed = {"S": [top], "Mo": [mo], "face": []}[kind]
    start = positions[top] if kind == "S" else positions[mo]
    neighbours = _around(positions, symbols, cell, start, kind)
    anchors = images(positions, cell, start)[neighbours]
    place = start
    if site.metals and kind != "Mo":
        place = perch(anchors, site.metals[0], list(symbols[neighbours]))
    elif kind == "face":
        place = anchors.mean(axis=0)
    kept = np.delete(np.arange(len(positions)), removed)
    shell = tuple(int(np.flatnonzero(kept == k)[0]) for k in neighbours)
    anchor = start if kind != "Mo" else above(start, positions[:, 2].max())
    notes += (_NOTES[kind],) if site.metals else ()
    skeleton = Skeleton(
        tuple(symbols[kept]), positions[kept], cell, place[None], shell, anchor,
        0 if kind == "Mo" else 1, notes, "",
    )  # fmt: skip
    assert sum(counts_of(site).values()) == len(shell)
    return finish(site, options, skeleton)


def central(positions: FloatArray, mask: np.ndarray, cell: FloatArray) -> int:
    """Index of the atom under the mask that lies nearest to the middle of the cell."""
    middle = cell.sum(axis=0) / 2
    apart = np.linalg.norm(positions[:, :2] - middle, axis=1).round(6)
    return int(np.argmin(np.where(mask, apart, np.inf)))


def _around(
    positions: FloatArray, symbols: np.ndarray, cell: FloatArray, start: FloatArray, kind: str
) -> list[int]:
    """Indices of the three or six neighbours of a lattice point."""
    mask = symbols == "Mo" if kind == "S" else symbols == "S"
    if kind == "face":
        mask = mask & (positions[:, 2] > 0)
    distances = np.where(mask, nearest(positions, cell, start), np.inf).round(6)
    number = 6 if kind == "Mo" else 3
    return sorted(int(k) for k in np.argsort(distances, kind="stable")[:number])
