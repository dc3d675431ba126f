"""What a structure must hold before anyone computes it."""

from itertools import product

import numpy as np
from ase import Atoms

from sacml.domain import METALS
from sacml.domain.elements import element
from sacml.domain.neighbours import BONDED, unshadowed
from sacml.domain.shells import format_counts
from sacml.structures.hosts.axial import ligand
from sacml.structures.options import BuildOptions
from sacml.structures.structure import FloatArray, Structure, StructureError

TOO_CLOSE = 0.70
"""Two atoms nearer than this part of the sum of their covalent radii are too close."""
ALKALI_TOO_CLOSE = 0.80
MIN_VACUUM_A = 5.0
DEFAULTS = BuildOptions()


def radii(atoms: Atoms) -> FloatArray:
    """Covalent radii (n,) in Angstrom, from the element table."""
    table = {s: element(s).covalent_radius_A for s in set(atoms.symbols)}
    return np.array([table[s] for s in atoms.symbols])


def distances(atoms: Atoms) -> FloatArray:
    """Shortest distances (n, n) in Angstrom over all periodic images, an atom's own excepted."""
    positions, cell = atoms.positions, atoms.cell.array
    vectors = positions[None] - positions[:, None]
    if atoms.pbc.any():
        inverse = np.linalg.inv(atoms.cell.complete().array)
        vectors = vectors - (np.round(vectors @ inverse) * atoms.pbc) @ cell
    best = square = (vectors**2).sum(axis=-1)
    for steps in product(*((-1, 0, 1) if p else (0,) for p in atoms.pbc)):
        if any(steps):
            shift = np.array(steps, float) @ cell
            # |v + s|^2 without a new (n, n, 3) array
            best = np.minimum(best, square + 2 * vectors @ shift + shift @ shift)
    return np.sqrt(np.maximum(best, 0.0))


def coordination(structure: Structure) -> tuple[tuple[int, ...], ...]:
    """Neighbours of each centre by covalent radii: indices, one tuple for each centre.

    A neighbour lies within `BONDED` times the sum of the covalent radii and does not stand behind
    a nearer one (`unshadowed`). Metals count as neighbours only where the site's shell names them;
    the alkali never does.
    """
    atoms = structure.atoms
    return _coordination(structure, distances(atoms), radii(atoms))


def _coordination(
    structure: Structure, apart: FloatArray, radius: FloatArray
) -> tuple[tuple[int, ...], ...]:
    symbols = structure.atoms.get_chemical_symbols()
    named = {s for s, _ in structure.site.shell.counts} if structure.site.shell else set()
    barred = {k for k, s in enumerate(symbols) if s in _METALS and s not in named}
    barred |= {*structure.centre}
    if structure.alkali_index is not None:
        barred.add(structure.alkali_index)
    found = []
    for centre in structure.centre:
        relative = apart[centre] / (radius[centre] + radius)
        near = [int(k) for k in np.argsort(relative) if relative[k] < BONDED and k not in barred]
        scaled = (apart[np.ix_(near, near)] / (radius[near][:, None] + radius[near])).tolist()
        found.append(tuple(near[k] for k in unshadowed(relative[near].tolist(), scaled)))
    return tuple(found)


_METALS = frozenset(METALS)


def problems(structure: Structure, options: BuildOptions | None = None) -> tuple[str, ...]:
    """Everything wrong with a structure, one sentence each; empty where it holds."""
    options = options or DEFAULTS
    atoms, what = structure.atoms, structure.candidate
    if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
        return (f"{what}: a coordinate or a cell vector is not a finite number",)
    found = list(_periodicity(structure))
    if found:
        return tuple(found)
    apart, radius = distances(atoms), radii(atoms)
    found += _too_close(structure, apart, radius)
    if structure.site.shell is not None:
        found += _shell_problems(structure, apart, radius)
    if structure.strain > options.max_strain:
        found.append(
            f"{what}: the host's lattice is strained by {structure.strain:.1%}; the limit is "
            f"{options.max_strain:.1%}"
        )
    bare = structure.site.is_pristine and structure.alkali is None
    image = np.inf if bare else image_distance(structure)
    if image < options.min_image_distance_A:
        found.append(
            f"{what}: the cell is too small: a centre lies {image:.2f} A from a periodic image, "
            f"at least {options.min_image_distance_A:.2f} A are asked; take more repeats"
        )
    if structure.electrons <= 0:
        found.append(f"{what}: {structure.electrons} valence electrons")
    return tuple(found)


def check(structure: Structure, options: BuildOptions | None = None) -> Structure:
    """Return the structure if it holds.

    Raises
    ------
    StructureError
        With every problem, one a line.
    """
    found = problems(structure, options)
    if found:
        raise StructureError("\n".join(found))
    return structure


def image_distance(structure: Structure) -> float:
    """Shortest distance in Angstrom from a centre (or the anchor) to a periodic image of one.

    Infinite for a structure that is not periodic.
    """
    atoms = structure.atoms
    points = atoms.positions[list(structure.centre)] if structure.centre else np.array(
        [structure.anchor]
    )  # fmt: skip
    shifts = np.array(
        [s for s in product(*((-1, 0, 1) if p else (0,) for p in atoms.pbc)) if any(s)], float
    )
    if not len(shifts):
        return float("inf")
    vectors = points[:, None] - points[None]
    return float(
        np.linalg.norm(vectors[:, :, None] + shifts @ atoms.cell.array, axis=-1).min()
    )  # fmt: skip


def _periodicity(structure: Structure) -> list[str]:
    atoms, what = structure.atoms, structure.candidate
    lengths = atoms.cell.lengths()
    found = []
    for axis in range(3):
        if atoms.pbc[axis] and lengths[axis] < 1.0:
            found.append(f"{what}: periodic along vector {axis} of length {lengths[axis]:.2f} A")
    if found or lengths.min() < 1e-6:
        return found
    fractional = atoms.cell.scaled_positions(atoms.positions)
    heights = np.abs(np.linalg.det(atoms.cell.array)) / np.linalg.norm(
        np.cross(atoms.cell.array[[1, 2, 0]], atoms.cell.array[[2, 0, 1]]), axis=1
    )
    for axis in np.flatnonzero(~atoms.pbc).tolist():
        extent = np.ptp(fractional[:, axis])
        gap = float((1 - extent) * heights[axis])
        if gap < MIN_VACUUM_A:
            found.append(
                f"{what}: only {gap:.2f} A of vacuum along vector {axis}, which is not periodic; "
                f"at least {MIN_VACUUM_A:.0f} A are needed: raise vacuum_A"
            )
        if fractional[:, axis].min() < -1e-6 or fractional[:, axis].max() > 1 + 1e-6:
            found.append(f"{what}: atoms lie outside the cell along vector {axis}")
    return found


def _too_close(structure: Structure, apart: FloatArray, radius: FloatArray) -> list[str]:
    limit = TOO_CLOSE * (radius[:, None] + radius)
    extra = structure.alkali_index
    if extra is not None:
        limit[extra] *= ALKALI_TOO_CLOSE / TOO_CLOSE
        limit[:, extra] = limit[extra]
    found = []
    for i, j in np.argwhere(np.triu(apart < limit, 1)).tolist():
        pair = f"{structure.atoms.symbols[i]}{i} and {structure.atoms.symbols[j]}{j}"
        reason = "the alkali overlaps" if extra in (i, j) else "atoms too close"
        found.append(
            f"{structure.candidate}: {reason}: {pair} are {apart[i, j]:.2f} A apart, at least "
            f"{limit[i, j]:.2f} A are asked"
        )
    return found


def _shell_problems(structure: Structure, apart: FloatArray, radius: FloatArray) -> list[str]:
    site, symbols = structure.site, structure.atoms.get_chemical_symbols()
    assert site.shell is not None
    if len(structure.centre) != len(site.metals):
        return [
            f"{structure.candidate}: {len(site.metals)} centres were asked, the structure has "
            f"{len(structure.centre)}"
        ]
    asked = sorted(s for s, n in site.shell.counts for _ in range(n or 0))
    named = sorted(symbols[k] for k in structure.shell)
    if asked != named:
        return [f"{structure.candidate}: the shell holds {' '.join(named)}, not {site.shell}"]
    if not structure.centre:
        return []
    neighbours = {k for around in _coordination(structure, apart, radius) for k in around}
    missing = [k for k in structure.shell if k not in neighbours]
    found = []
    if missing:
        far = min(apart[c, missing[0]] for c in structure.centre)
        found.append(
            f"{structure.candidate}: {len(missing)} of the {len(structure.shell)} neighbours of "
            f"{site.shell} are not bonded ({symbols[missing[0]]}{missing[0]} lies {far:.2f} A away)"
        )
    extra = sorted(symbols[k] for k in neighbours.difference(structure.shell))
    donors = sorted(ligand(name)[0][0] for name in site.axial)
    if extra != donors:
        counts = tuple((s, extra.count(s)) for s in dict.fromkeys(extra))
        found.append(
            f"{structure.candidate}: besides {site.shell} the centre has the neighbours "
            f"{format_counts(counts) or 'none'}; {' '.join(donors) or 'none'} were asked"
        )
    return found
