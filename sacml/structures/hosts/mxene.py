"""Ti3C2 MXene, bare or terminated: a metal in a Ti vacancy or on the termination."""

from dataclasses import dataclass

import numpy as np

from sacml.domain import Site
from sacml.structures.hosts.lattices import lattice
from sacml.structures.hosts.mos2 import central
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

REPEAT = (3, 3)
"""63 atoms with O, F or Cl, 45 bare, 81 with OH."""
ANCHORING = (
    "atomic Zn on the MXene layer and Pt on Ti3C2: Li et al., Green Chem. 2024, 26, 10366, doi "
    "10.1039/d4gc02590c; Cl as termination: Lu et al., Nanoscale Adv. 2019, doi "
    "10.1039/c9na00324j"
)
TERMINATIONS = ("O", "F", "Cl", "OH")
FREE = "The sheet is free, terminated alike on both faces, and has not relaxed around the metal."
BARE = "No termination is stated, so the sheet is bare; as made it carries O, F, Cl or OH."


@dataclass(frozen=True, eq=False)
class Sheet:
    """A repeated sheet with the atoms that a site on its upper face is made of.

    Attributes
    ----------
    termination
        One of `TERMINATIONS`, or None for the bare sheet.
    symbols, positions, cell
        Elements, places (n, 3), lattice vectors (2, 2) in Angstrom.
    titanium, middle_titanium, carbon
        Ti of the upper face, of the middle layer, and upper C, each nearest to the middle.
    """

    termination: str | None
    symbols: np.ndarray
    positions: FloatArray
    cell: FloatArray
    titanium: int
    middle_titanium: int
    carbon: int

    def around(self, point: FloatArray, element: str, number: int, lowest: float) -> list[int]:
        """Atoms of an element higher than `lowest` that are nearest to a point."""
        mask = (self.symbols == element) & (self.positions[:, 2] > lowest)
        distances = np.where(mask, nearest(self.positions, self.cell, point), np.inf).round(6)
        return sorted(int(k) for k in np.argsort(distances, kind="stable")[:number])


def mxene_sheet(termination: str | None, repeat: tuple[int, int]) -> Sheet:
    """Sheet of Ti3C2 with the middle Ti layer at z = 0."""
    name = f"ti3c2_{termination}" if termination else "ti3c2"
    atoms = lattice(name).atoms((*repeat, 1))
    cell, symbols = atoms.cell.array[:2, :2], np.array(atoms.get_chemical_symbols())
    positions = atoms.positions - [0.0, 0.0, atoms.positions[symbols == "Ti", 2].mean()]
    z = positions[:, 2]
    ti = symbols == "Ti"
    return Sheet(
        termination, symbols, positions, cell, central(positions, ti & (z > 1.0), cell),
        central(positions, ti & (abs(z) < 1.0), cell),
        central(positions, (symbols == "C") & (z > 0), cell),
    )  # fmt: skip


@host_builder("ti3c2", source=f"{lattice('ti3c2').citation}. Anchoring: {ANCHORING}")
def build_mxene(site: Site, options: BuildOptions) -> RawSite:
    """Build a site on a sheet of Ti3C2.

    C3: in a Ti vacancy of the upper face, on its three C; where a termination is stated, the
    three terminations beside the vacancy are missing. C3O3 (F, Cl): in the vacancy, between C and
    the terminations. C6: in a Ti vacancy of the middle layer. O3, F3, Cl3: on three terminations.
    """
    one_centre(site)
    part = site.host.parts[0]
    counts = counts_of(site) if site.shell is not None else {}
    atom = next((s for s in counts if s != "C"), None)
    stated = part.termination
    if stated is None and atom in ("O", "F", "Cl"):
        stated = atom
    sheet = mxene_sheet(stated, options.repeat or REPEAT)
    notes = (FREE,) if stated else (FREE, BARE)
    if site.shell is None:
        anchor = above(sheet.positions[sheet.carbon], sheet.positions[:, 2].max())
        empty = np.zeros((0, 3))
        skeleton = Skeleton(
            tuple(sheet.symbols), sheet.positions, sheet.cell, empty, (), anchor, 1, notes, ""
        )
        return finish(site, options, skeleton)
    donor = "O" if stated == "OH" else stated
    allowed = ["C3", "C6"] + ([f"C3{donor}3", f"{donor}3"] if donor else [])
    if atom not in (None, donor) or site.shell.composition not in _spellings(allowed):
        raise refuse(
            site,
            f"Ti3C2 with termination {stated or 'none'} holds {', '.join(allowed)}; the first "
            "shell is made of its C and its terminations",
        )
    if counts == {donor: 3} and part.vacancy is not None:
        raise refuse(
            site, f"{donor}3 stands on the termination, so no vacancy can be stated; with v=Ti "
            f"the shell is C3 or C3{donor}3"
        )  # fmt: skip
    return finish(site, options, _skeleton(site, sheet, counts, donor, notes))


def _spellings(shells: list[str]) -> set[str]:
    from sacml.domain import Shell

    return {Shell.parse(text).composition for text in shells}


def _skeleton(
    site: Site, sheet: Sheet, counts: dict[str, int], donor: str | None, notes: tuple[str, ...]
) -> Skeleton:
    removed: list[int] = []
    faces, positions = 1, sheet.positions
    if counts == {"C": 6}:
        start = positions[sheet.middle_titanium]
        removed, faces = [sheet.middle_titanium], 0
        shell = sheet.around(start, "C", 6, -np.inf)
        place = start
        notes += ("The metal replaces Ti of the middle layer.",) if site.metals else ()
    elif "C" in counts:
        start = positions[sheet.titanium]
        removed = [sheet.titanium]
        shell = sheet.around(start, "C", 3, 0.0)
        place = start
        if donor and len(counts) == 2:
            shell += sheet.around(start, donor, 3, 0.0)
            faces = 0
            notes += ("The metal replaces Ti of the upper face.",) if site.metals else ()
        else:
            if donor:
                beside = sheet.around(start, donor, 3, 0.0)
                removed += beside + _hydrogens(sheet, beside)
                notes += ("The three terminations beside the vacancy are missing.",)
            if site.metals:
                anchors = images(positions, sheet.cell, start)[shell]
                place = perch(anchors, site.metals[0], ["C"] * 3)
    else:
        assert donor is not None
        start = positions[sheet.carbon]
        top = above(start, positions[sheet.symbols == donor, 2].max())
        shell = sheet.around(top, donor, 3, 0.0)
        removed = _hydrogens(sheet, shell)
        start = place = top
        notes += ("The metal stands on three terminations above an upper C.",)
        if removed:
            notes += ("The three OH under the metal have lost their H.",)
        if site.metals:
            anchors = images(positions, sheet.cell, top)[shell]
            place = perch(anchors, site.metals[0], [donor] * 3)
    kept = np.setdiff1d(np.arange(len(positions)), removed)
    number = {int(k): n for n, k in enumerate(kept)}
    anchor = above(place, max(place[2], positions[:, 2].max()))
    return Skeleton(
        tuple(sheet.symbols[kept]), positions[kept], sheet.cell, place[None],
        tuple(number[k] for k in sorted(shell)), anchor if faces == 0 else place, faces, notes, "",
    )  # fmt: skip


def _hydrogens(sheet: Sheet, oxygens: list[int]) -> list[int]:
    if sheet.termination != "OH":
        return []
    found: list[int] = []
    for k in oxygens:
        found += sheet.around(sheet.positions[k], "H", 1, 0.0)
    return found
