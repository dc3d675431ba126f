"""The bipyridine pocket of a covalent organic framework, as a molecular fragment."""

from functools import cache

import numpy as np
from ase.build import molecule

from sacml.domain import Site
from sacml.structures.hosts.placing import Skeleton, counts_of, finish, one_centre, radii, refuse
from sacml.structures.hosts.springs import metal_rest_length
from sacml.structures.options import BuildOptions
from sacml.structures.registry import host_builder
from sacml.structures.structure import FloatArray, RawSite

SOURCE = (
    "pyridine ring: the G2 set as shipped with ASE (ase.collections.g2); Co on the bipyridine "
    "site of sp2c-COF: Li et al., Green Chem. 2024, 26, 10366, doi 10.1039/d4gc02590c"
)
FRAGMENT = (
    "A molecule stands for the framework: one 2,2'-bipyridine, cut out and saturated with H, "
    "without the lattice, the vinylene bridges and the cyano groups of the framework; the bond "
    "between its rings is the sum of the covalent radii."
)


@host_builder("cof", source=SOURCE, counted=False, note=FRAGMENT)
def build_cof(site: Site, options: BuildOptions) -> RawSite:
    """Chelate the metal by the two N of a flat cis bipyridine (N2)."""
    one_centre(site)
    symbols, positions, nitrogen = bipyridine()
    between = positions[list(nitrogen)].mean(axis=0)
    if site.shell is not None and (
        counts_of(site) != {"N": 2} or site.shell.nitrogen not in (None, "pyridinic")
    ):
        raise refuse(
            site,
            "the bipyridine pocket of the framework has two pyridinic N: the shell is N2; N4 "
            "would need two pockets, and no source shows them at one metal",
        )
    place = between.copy()
    if site.metals:
        half = abs(float(positions[nitrogen[0], 0]))
        rest = metal_rest_length(site.metals[0], "N")
        place[1] += np.sqrt(max(rest**2 - half**2, 0.0))
    metals = place[None] if site.shell is not None else np.zeros((0, 3))
    skeleton = Skeleton(symbols, positions, None, metals, nitrogen, place, 2, (), "")
    return finish(site, options, skeleton)


@cache
def bipyridine() -> tuple[tuple[str, ...], FloatArray, tuple[int, int]]:
    """Elements, places (20, 3) in Angstrom in the plane z = 0 and the two N.

    The rings lie mirrored across x = 0 with both N on the side of +y.
    """
    ring = molecule("C5H5N")
    n = int(np.flatnonzero(ring.numbers == 7)[0])
    carbon = int(np.flatnonzero((ring.numbers == 6) & (ring.get_distances(n, range(11)) < 1.5))[0])
    hydrogen = int(
        np.flatnonzero((ring.numbers == 1) & (ring.get_distances(carbon, range(11)) < 1.2))[0]
    )
    points = ring.positions - ring.positions[carbon]
    out = points[hydrogen] / np.linalg.norm(points[hydrogen])
    side = points[n] - (points[n] @ out) * out
    side /= np.linalg.norm(side)
    flat = np.column_stack((points @ out, points @ side, np.zeros(len(points))))
    keep = [k for k in range(len(ring)) if k != hydrogen]
    left = flat[keep] - [radii("C", "C") / 2, 0.0, 0.0]
    right = left * [-1.0, 1.0, 1.0]
    symbols = tuple(ring.get_chemical_symbols()[k] for k in keep)
    where = keep.index(n)
    return symbols * 2, np.vstack((left, right)), (where, where + len(keep))
