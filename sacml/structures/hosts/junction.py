"""The junction of In2S3 with Ti3C2: a coincidence cell, with the strain it costs."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from ase.build import make_supercell
from ase.data import atomic_numbers
from ase.data.vdw_alvarez import vdw_radii

from sacml.domain import Site
from sacml.structures.hosts.lattices import lattice
from sacml.structures.hosts.placing import finish, one_centre, radii, refuse
from sacml.structures.hosts.sulfides import REVIEW, Supercell, sulfide_skeleton, supercell
from sacml.structures.options import BuildOptions
from sacml.structures.registry import host_builder
from sacml.structures.structure import FloatArray, RawSite

CELLS: tuple[Supercell, ...] = (
    ((1, 0), (0, 1)), ((1, 1), (-1, 1)), ((2, 0), (0, 1)), ((1, 1), (-1, 2)), ((3, 0), (0, 1)),
    ((2, 0), (0, 2)),
)  # fmt: skip
"""Cells of In2S3 that are tried, the smallest first."""
MISFIT = 0.15
"""Lattice vectors of Ti3C2 are looked at whose lengths miss those of In2S3 by less than this."""
GAP_SOURCE = "van der Waals radii: Alvarez, Dalton Trans. 2013, 42, 8617, as shipped with ASE"


@dataclass(frozen=True, eq=False)
class Match:
    """A common cell.

    Attributes
    ----------
    cell
        The common cell in lattice vectors of In2S3.
    matrix
        The same in lattice vectors of Ti3C2.
    strain
        Largest principal strain of Ti3C2, as a fraction; In2S3 keeps its lattice.
    n_atoms
        Atoms of both layers.
    """

    cell: Supercell
    matrix: Supercell
    strain: float
    n_atoms: int

    @property
    def cells(self) -> int:
        """Number of In2S3 cells."""
        (a, b), (c, d) = self.cell
        return abs(a * d - b * c)


@cache
def best_match(common: Supercell, layer: str) -> Match | None:
    """Least strained supercell of a Ti3C2 layer on a supercell of In2S3."""
    target = np.array(common) @ lattice("in2s3").cell[:2, :2]
    cells = round(float(np.linalg.det(np.array(common))))
    sheet = lattice(layer)
    unit = sheet.cell[:2, :2]
    lengths = np.linalg.norm(target, axis=1)
    reach = int(np.ceil(lengths.max() * (1 + MISFIT) / np.linalg.norm(unit[0]) * 1.2))
    steps = np.arange(-reach, reach + 1)
    numbers = np.array([(i, j) for i in steps for j in steps])
    spans = np.linalg.norm(numbers @ unit, axis=1)
    first, second = (
        numbers[abs(spans / length - 1) < MISFIT] for length in lengths
    )  # fmt: skip
    best: Match | None = None
    for one in first:
        for two in second:
            area = int(one[0] * two[1] - one[1] * two[0])
            if area <= 0:
                continue
            map_ = np.linalg.inv(np.array([one, two]) @ unit) @ target
            strain = round(float(abs(np.linalg.svd(map_)[1] - 1).max()), 6)
            if best is None or strain < best.strain - 1e-6:
                matrix = ((int(one[0]), int(one[1])), (int(two[0]), int(two[1])))
                best = Match(common, matrix, strain, 20 * cells + len(sheet.symbols) * area)
    return best


def choose_match(site: Site, layer: str, options: BuildOptions) -> Match:
    """Smallest common cell within the strain limit.

    Raises
    ------
    StructureError
        If none is; names the least strain and the cell that has it.
    """
    tried = CELLS if options.repeat is None else (supercell(options.repeat),)
    found = [m for m in (best_match(c, layer) for c in tried) if m is not None]
    for match in sorted(found, key=lambda m: (m.n_atoms, m.strain)):
        if match.strain <= options.max_strain:
            return match
    if not found:
        raise refuse(site, f"no common cell of In2S3 and {layer} with {tried} of In2S3")
    least = min(found, key=lambda m: m.strain)
    raise refuse(
        site,
        f"the layers do not fit: the least strain of {layer} is {least.strain:.1%} (on "
        f"{least.cells} cells of In2S3, {least.n_atoms} atoms), and the "
        f"limit is {options.max_strain:.1%}; allow more strain or take another repeat",
    )


@host_builder(
    "in2s3|ti3c2",
    source=f"{lattice('in2s3').citation}; {lattice('ti3c2').citation}. Anchoring: {REVIEW}",
)
def build_junction(site: Site, options: BuildOptions) -> RawSite:
    """Build a site in In2S3 that lies on a sheet of Ti3C2; the sheet takes all the strain."""
    one_centre(site)
    termination = site.host.parts[1].termination
    layer = f"ti3c2_{termination}" if termination else "ti3c2"
    match = choose_match(site, layer, options)
    upper = sulfide_skeleton(site, match.cell)
    assert upper.cell is not None
    names, below = _sheet(layer, match, upper.cell)
    top = names[int(np.argmax(below[:, 2]))]
    gap = _gap(top)
    below[:, 2] += upper.positions[:, 2].min() - gap - below[:, 2].max()
    n = len(upper.positions)
    skeleton = replace(
        upper,
        symbols=(*upper.symbols, *names),
        positions=np.vstack((upper.positions, below)),
        strain=match.strain,
        source=f"{lattice('in2s3').citation}; {lattice(layer).citation}. Anchoring: {REVIEW}",
        notes=(
            *upper.notes,
            f"Ti3C2 ({termination or 'bare'}) is strained by {match.strain:.1%} to fit "
            f"{match.cells} cells of In2S3, which keeps its lattice.",
            f"The layers stand {gap:.2f} A apart, {top} to S ("
            + (GAP_SOURCE if termination else "sum of covalent radii")
            + "); the interface has not relaxed and other registries are possible.",
        ),
    )
    assert max(skeleton.shell, default=0) < n
    return finish(site, options, skeleton)


def _gap(top: str) -> float:
    """Distance in Angstrom between the lowest S and the highest atom of the sheet."""
    if top == "Ti":
        return radii("Ti", "S")
    return float(vdw_radii[atomic_numbers[top]] + vdw_radii[atomic_numbers["S"]])


def _sheet(layer: str, match: Match, cell: FloatArray) -> tuple[tuple[str, ...], FloatArray]:
    """Elements and places (n, 3) of the strained sheet in the common cell."""
    matrix = np.eye(3, dtype=int)
    matrix[:2, :2] = match.matrix
    atoms = make_supercell(lattice(layer).atoms(), matrix)
    full = atoms.cell.array.copy()
    full[:2, :2] = cell
    atoms.set_cell(full, scale_atoms=True)
    order = np.lexsort(np.round(atoms.get_scaled_positions() % 1 % 1, 5).T)
    symbols = np.array(atoms.get_chemical_symbols())[order]
    return tuple(str(s) for s in symbols), atoms.positions[order].copy()
