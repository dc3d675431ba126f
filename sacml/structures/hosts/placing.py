"""What the builders of all hosts but graphene share: where a metal goes, and the finished site."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.geometry import get_distances

from sacml.domain import Site
from sacml.domain.elements import element
from sacml.domain.neighbours import BONDED
from sacml.structures.hosts.axial import attach
from sacml.structures.options import BuildOptions
from sacml.structures.structure import FloatArray, RawSite, StructureError

__all__ = [
    "BONDED", "CLOSEST", "Skeleton", "above", "counts_of", "finish", "images", "nearest",
    "one_centre", "perch", "radii", "refuse",
]  # fmt: skip
CLOSEST = 0.75
"""No metal is put closer to an atom than this multiple of the sum of their covalent radii."""


def radii(metal: str, other: str) -> float:
    """Sum of the covalent radii in Angstrom."""
    return element(metal).covalent_radius_A + element(other).covalent_radius_A


def perch(anchors: FloatArray, metal: str, symbols: Sequence[str], up: float = 1.0) -> FloatArray:
    """Point (3,) above the middle of its anchors at which the bonds are sums of covalent radii.

    Parameters
    ----------
    anchors
        (k, 3) positions of the neighbours, all on one side.
    metal, symbols
        Elements of the metal and of the k neighbours.
    up
        1 puts the metal above the anchors, -1 below.
    """
    middle = anchors.mean(axis=0)
    across = np.linalg.norm((anchors - middle)[:, :2], axis=1).mean()
    bond = float(np.mean([radii(metal, s) for s in symbols]))
    rise = np.sqrt(max(bond**2 - across**2, 0.0))
    return middle + np.array([0.0, 0.0, up * rise])


def above(point: FloatArray, height: float) -> FloatArray:
    """Return the point (3,) of the same x and y at a height in Angstrom."""
    return np.array([point[0], point[1], height])


def counts_of(site: Site) -> dict[str, int]:
    """Elements and numbers of a known shell."""
    assert site.shell is not None
    return {symbol: number or 0 for symbol, number in site.shell.counts}


def refuse(site: Site, reason: str) -> StructureError:
    """Error that names the site, what its host cannot do, and what it can."""
    return StructureError(f"{site}: {reason}")


def one_centre(site: Site) -> None:
    """Refuse what only the graphene family builds: two centres and dopants further out."""
    if len(site.metals) > 1:
        raise refuse(site, f"two centres cannot be built in {site.host.name}; take one")
    if site.second_shell:
        raise refuse(
            site,
            f"dopants in the second shell cannot be built in {site.host.name}; the graphene "
            "family holds them",
        )
    if site.shell is not None and site.shell.isomer is not None:
        raise refuse(site, f"isomers cannot be told apart in {site.host.name}; leave it out")


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A host around its site, before the metal is put in.

    Attributes
    ----------
    symbols, positions
        The n atoms and their places (n, 3) in Angstrom, z out of the surface.
    cell
        (2, 2) lattice vectors in the plane; None for a molecule.
    metals
        (m, 3) places of the centres; empty for an empty site or a bare host.
    shell
        Indices of the first-shell atoms.
    anchor
        (3,) where the places of an alkali are sought when there is no metal.
    faces
        On how many sides a centre is open to ligands: 0, 1 or 2.
    notes
        Sentences of idealisation.
    source
        Citation of lattice and anchoring.
    strain
        Largest principal strain of the lattice.
    """

    symbols: tuple[str, ...]
    positions: FloatArray
    cell: FloatArray | None
    metals: FloatArray
    shell: tuple[int, ...]
    anchor: FloatArray
    faces: int
    notes: tuple[str, ...]
    source: str
    strain: float = 0.0


def finish(site: Site, options: BuildOptions, skeleton: Skeleton) -> RawSite:
    """Put metals and ligands in, stand the host in its cell and wrap it up.

    The site stands over the middle of the cell. The lowest atom of the host stands at
    ``sheet_height_A``; the cell is ``vacuum_A`` plus the thickness of the host high, so that a
    thick host has as much room above it as a flat one.
    """
    n, points = len(skeleton.positions), skeleton.metals if site.metals else np.zeros((0, 3))
    if len(site.axial) > skeleton.faces * len(points):
        raise refuse(
            site,
            f"{len(site.axial)} axial ligands, but the centre of this site is open on "
            f"{skeleton.faces} side" + "s" * (skeleton.faces != 1),
        )
    names, ligands = attach(list(zip(site.metals, points, strict=True)), site.axial)
    bottom = float(skeleton.positions[:, 2].min())
    thickness = float(np.ptp(skeleton.positions[:, 2]))
    lift = np.array([0.0, 0.0, options.sheet_height_A - bottom])
    positions = np.vstack((skeleton.positions, points, ligands)) + lift
    cell = np.zeros((3, 3))
    if skeleton.cell is None:
        room = options.vacuum_A - options.sheet_height_A
        cell[0, 0], cell[1, 1] = np.ptp(positions[:, :2], axis=0) + room
        shift = cell.diagonal()[:2] / 2 - (positions[:, :2].max(0) + positions[:, :2].min(0)) / 2
        positions[:, :2] += shift
        lift = lift + np.array([*shift, 0.0])
    else:
        cell[:2, :2] = skeleton.cell
        focus = points.mean(axis=0) if len(points) else skeleton.anchor
        shift = skeleton.cell.sum(axis=0) / 2 - focus[:2]
        lift = lift + np.array([*shift, 0.0])
        positions[:, :2] = wrapped(positions[:, :2] + shift, skeleton.cell)
    cell[2, 2] = options.vacuum_A + thickness
    periodic = skeleton.cell is not None
    atoms = Atoms(
        [*skeleton.symbols, *site.metals, *names], positions=positions, cell=cell,
        pbc=(periodic, periodic, False),
    )  # fmt: skip
    centre = tuple(range(n, n + len(points)))
    anchor = positions[list(centre)].mean(axis=0) if centre else skeleton.anchor + lift
    x, y, z = (float(v) for v in anchor)
    shell = skeleton.shell if site.shell is not None else ()
    return RawSite(
        atoms, centre, shell, (x, y, z), source=skeleton.source,
        idealisation=skeleton.notes, strain=skeleton.strain,
    )  # fmt: skip


def wrapped(points: FloatArray, cell: FloatArray) -> FloatArray:
    """Points (n, 2) moved into the cell (2, 2) by whole lattice vectors."""
    fractional = points @ np.linalg.inv(cell)
    return (fractional - np.floor(fractional + 1e-6)) @ cell


def nearest(positions: FloatArray, cell: FloatArray | None, point: FloatArray) -> FloatArray:
    """Distances (n,) in Angstrom of all atoms from a point, through the nearest image."""
    if cell is None:
        return np.linalg.norm(positions - point, axis=1)
    full = np.zeros((3, 3))
    full[:2, :2] = cell
    full[2, 2] = 1e3
    _, distances = get_distances(point[None], positions, cell=full, pbc=(True, True, False))
    return np.asarray(distances)[0]


def images(positions: FloatArray, cell: FloatArray, point: FloatArray) -> FloatArray:
    """Positions (n, 3) of the images of the atoms that lie nearest to a point."""
    full = np.zeros((3, 3))
    full[:2, :2] = cell
    full[2, 2] = 1e3
    vectors, _ = get_distances(point[None], positions, cell=full, pbc=(True, True, False))
    return point + np.asarray(vectors)[0]
