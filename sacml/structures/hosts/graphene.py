"""Sites in graphene, and the carbons that stand in for it."""

import numpy as np
from ase import Atoms

from sacml.domain import Site
from sacml.structures.hosts.axial import attach
from sacml.structures.hosts.flat import IntArray, nearest
from sacml.structures.hosts.pores import Pore, pore
from sacml.structures.hosts.second_shell import dope
from sacml.structures.hosts.shells import choose, without_fifth
from sacml.structures.hosts.springs import (
    LINE_NEIGHBOURS,
    metal_rest_length,
    metallic_radius,
    relax,
    second_neighbour_distance,
)
from sacml.structures.options import PROTOCOL, BuildOptions
from sacml.structures.registry import host_builder
from sacml.structures.structure import FloatArray, RawSite, StructureError

SOURCE = (
    f"lattice a = 2.467 A and pores: {PROTOCOL}; starting positions around a site: bond springs "
    "fitted to its relaxed sites"
)
WITH_NITROGEN = ("n_doped_graphene", "n_doped_carbon")
GRAPHITIC = "The N of the bare host is not stated: one graphitic N in the cell stands for it."
REPEAT, REPEAT_DUAL = (4, 4), (5, 5)


def _stand_in(title: str) -> str:
    return (
        f"{title} has no lattice of its own: the site is built in a periodic sheet of graphene, "
        "without edges, curvature, pores or further dopants."
    )


@host_builder("graphene", source=SOURCE)
@host_builder("n_doped_graphene", source=SOURCE, counted=False,
              note=_stand_in("N-doped graphene"))  # fmt: skip
@host_builder("n_doped_carbon", source=SOURCE, counted=False,
              note=_stand_in("N-doped carbon"))  # fmt: skip
@host_builder("carbon", source=SOURCE, counted=False, note=_stand_in("Carbon of unstated kind"))
@host_builder("carbon_cloth", source=SOURCE, counted=False, note=_stand_in("Carbon cloth"))
@host_builder("n_doped_carbon|graphene", source=SOURCE, counted=False,
              note=_stand_in("N-doped carbon on graphene"))  # fmt: skip
@host_builder("n_doped_carbon|carbon_cloth", source=SOURCE, counted=False,
              note=_stand_in("N-doped carbon on carbon cloth"))  # fmt: skip
def build_graphene(site: Site, options: BuildOptions) -> RawSite:
    """Build a site in a flat sheet: the metal in a vacancy whose neighbours carry the shell."""
    if site.shell is not None and site.shell.nitrogen == "pyrrolic":
        from sacml.structures.hosts.pyrrolic import build_pyrrolic

        return build_pyrrolic(site, options)
    check_nitrogen(site, ("pyridinic",))
    asked = site
    notes: tuple[str, ...] = ()
    site, fifth = without_fifth(site)
    repeat = options.repeat or (REPEAT_DUAL if len(site.metals) == 2 else REPEAT)
    hole = pore(pore_kind(site, options), repeat)
    flat = hole.centres if site.metals else np.zeros((0, 2))
    symbols = ["C"] * len(hole.positions)
    if site.shell is not None:
        laid, more = choose(site.shell, hole, site.metals, options.arrangement, str(site))
        notes += more
        for index, symbol in zip(hole.shell, laid, strict=True):
            symbols[index] = symbol
    elif site.host.parts[0].name in WITH_NITROGEN:
        symbols[_beside(hole.positions, hole.cell, hole.ring_centre)] = "N"
        notes += (GRAPHITIC,)
    notes += dual_notes(site, hole)
    notes += dope(site, hole, symbols)
    positions = place_atoms(hole, symbols, site.metals, options)
    n = len(hole.positions)
    axial = site.axial if fifth is None else (fifth, *site.axial)
    if fifth is not None:
        notes += (f"The fifth neighbour of {asked.shell} is the donor of an axial {fifth}.",)
    names, ligands = attach(
        list(zip(site.metals, positions[n : n + len(flat)], strict=True)), axial
    )
    positions = np.vstack((positions, ligands))
    positions[:, 2] += options.sheet_height_A
    cell = np.zeros((3, 3))
    cell[:2, :2] = hole.cell
    cell[2, 2] = options.vacuum_A
    atoms = Atoms(
        symbols + list(site.metals) + names, positions=positions, cell=cell, pbc=(True, True, False)
    )
    atoms.wrap()
    centre = tuple(range(n, n + len(flat)))
    shell_atoms = hole.shell if fifth is None else (*hole.shell, n + len(flat))
    return RawSite(
        atoms, centre, shell_atoms, _anchor(hole, positions, centre, options), idealisation=notes
    )


def _beside(positions: FloatArray, cell: FloatArray, point: FloatArray) -> int:
    """First of the atoms of a flat sheet that lie nearest to a point of it."""
    return int(np.argmin(np.linalg.norm(nearest(positions - point, cell), axis=1).round(6)))


def check_nitrogen(site: Site, allowed: tuple[str, ...]) -> None:
    """Refuse types of N that neighbours of a metal in a vacancy cannot have."""
    stated = site.shell.nitrogen if site.shell is not None else None
    if stated is not None and stated not in allowed:
        raise StructureError(
            f"{site}: {stated} N is not built as the neighbour of a metal in {site.host.name}; "
            f"buildable there: {', '.join(allowed)}"
        )


def pore_kind(site: Site, options: BuildOptions) -> str:
    """Pore of `pores.KINDS` that a site needs.

    Raises
    ------
    StructureError
        If no pore of a flat sheet has this many neighbours, or the stated vacancy has others.
    """
    if site.shell is None:
        return "pristine"
    size, stated = site.shell.size or 0, site.host.parts[0].vacancy
    if len(site.metals) < 2:
        kinds = {3: "single", 4: "double"}
        if size in kinds and stated in (None, kinds[size]):
            return kinds[size]
        raise StructureError(
            f"{site}: a flat sheet holds one centre in a single vacancy (3 neighbours) or a "
            f"double vacancy (4 neighbours), not {size} neighbours"
            + (f" in a {stated} vacancy" if stated else "")
        )
    pores = {
        (5, None): "single+single", (5, "single"): "single+single",
        (6, None): "chain" if options.dual == "direct" else "double+double",
        (6, "double"): "chain" if options.dual == "direct" else "double+double",
        (6, "single"): "single|single", (7, None): "double|single",
        (8, None): "double|double", (8, "double"): "double|double",
    }  # fmt: skip
    if (size, stated) not in pores:
        raise StructureError(
            f"{site}: two centres in {stated or 'any'} vacancies do not have {size} neighbours; "
            "buildable are 5 (two single vacancies that share one), 6 (two double ones that share "
            "two; v=single: two single ones), 7 (a double and a single one) and 8 (two double "
            "ones)"
        )
    return pores[size, stated]


def dual_notes(site: Site, hole: Pore) -> tuple[str, ...]:
    """What is idealised in a site of two centres."""
    if len(site.metals) < 2:
        return ()
    words = PORE_WORDS[hole.kind]
    notes = [f"The pore of the two centres is not stated in full: {words} are built."]
    if hole.kind == "double|single":
        notes.append(f"{site.metals[0]} is put into the double vacancy.")
    return tuple(notes)


PORE_WORDS = {
    "single+single": "two single vacancies that share one neighbour",
    "single|single": "two single vacancies side by side",
    "double+double": "two double vacancies that share two bridging neighbours",
    "double|single": "a double and a single vacancy side by side",
    "double|double": "two double vacancies side by side",
    "chain": "four vacancies in a zigzag row, each centre with three neighbours and the other one,",
}


def place_atoms(
    hole: Pore, symbols: list[str], metals: tuple[str, ...], options: BuildOptions
) -> FloatArray:
    """Positions (n + metals, 3) in Angstrom, the sheet at z = 0, metals last and above it."""
    n = len(hole.positions)
    bonds, rest, heights, plane = [], [], [], []
    for number, metal in enumerate(metals):
        around = [hole.shell[k] for k in hole.members[number]]
        neighbours = SINGLE if is_single(hole, number) else LINE_NEIGHBOURS
        lengths = [metal_rest_length(metal, symbols[k], neighbours) for k in around]
        bonds += [(n + number, k) for k in around]
        rest += lengths
        radius, stiffness = OPENING[is_single(hole, number)]
        heights.append(max(float(np.mean(lengths)) ** 2 - radius**2, 0.0) ** 0.5)
        plane.append(stiffness)
    if len(metals) == 2:
        apart = sum(map(metallic_radius, metals))
        if apart > np.linalg.norm(hole.centres[1] - hole.centres[0]):
            bonds.append((n, n + 1))
            rest.append(apart)
    points = np.zeros((n + len(metals), 3))
    points[:n, :2] = hole.positions
    points[n:, :2] = hole.centres[: len(metals)]
    points[n:, 2] = heights
    if not options.prerelax:
        return points
    moved, _ = relax(
        points, symbols + list(metals), hole.network,
        np.array(bonds, dtype=np.int64).reshape(-1, 2), np.array(rest),
        np.array(plane), *_keep_off(hole, symbols, metals),
    )  # fmt: skip
    moved[:, 2] -= np.median(moved[:n, 2])
    return moved


def _keep_off(
    hole: Pore, symbols: list[str], metals: tuple[str, ...]
) -> tuple[IntArray, FloatArray]:
    """Pairs of a metal and the atoms behind its neighbours, and the distance they keep."""
    n = len(hole.positions)
    pairs = [(n + m, k) for m in range(len(metals)) for k in hole.behind[m]]
    around = [tuple(symbols[hole.shell[k]] for k in places) for places in hole.members]
    lifted = [a if is_single(hole, m) else () for m, a in enumerate(around)]
    rest = [second_neighbour_distance(metals[m - n], symbols[k], lifted[m - n]) for m, k in pairs]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(rest)


SINGLE = 3
"""Neighbours of a centre in a single vacancy."""


def is_single(hole: Pore, number: int) -> bool:
    """Whether a centre sits in a single vacancy, above the plane."""
    return len(hole.members[number]) == SINGLE and hole.kind != "chain"


OPENING = {False: (1.97, 0.25), True: (1.55, 0.0)}
"""Single vacancy or not -> distance in Angstrom up to which neighbours make room for a metal in
the plane, and stiffness in eV/A^2 that draws it there. A metal with longer bonds starts above the
plane; the values reproduce the heights of the M-N4 sites of datasets/dft (Ti and Zr out, all
smaller metals in)."""


def _anchor(
    hole: Pore, positions: FloatArray, centre: tuple[int, ...], options: BuildOptions
) -> tuple[float, float, float]:
    if centre:
        point = positions[list(centre)].mean(axis=0)
    elif len(hole.centres):
        point = np.array([*hole.centres.mean(axis=0), options.sheet_height_A])
    else:
        point = np.array([*hole.ring_centre, options.sheet_height_A])
    x, y, z = (float(v) for v in point)
    return x, y, z
