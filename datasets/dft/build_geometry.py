"""What the handed-over campaign does not write: the isomer of a site, read from its geometry."""

import numpy as np
from ase import Atoms
from ase.data import covalent_radii

from sacml.domain import ALKALI, Site


def centre_index(atoms: Atoms) -> int:
    """Find the metal centre; -1 where there is none."""
    sheet = {"C", "N", "O", "S", "P", "B", *ALKALI}
    found = [i for i, s in enumerate(atoms.symbols) if s not in sheet]
    if len(found) > 1:
        raise SystemExit(f"more than one metal centre in {atoms.symbols}")
    return found[0] if found else -1


def ligands(atoms: Atoms, letters: str) -> list[int]:
    """Find the atoms around the centre, in the sheet, that the letters name."""
    if (alkali := next((i for i, s in enumerate(atoms.symbols) if s in ALKALI), None)) is not None:
        atoms = atoms[[i for i in range(len(atoms)) if i != alkali]]
    metal = centre_index(atoms)
    if metal >= 0:
        d = atoms.get_distances(metal, range(len(atoms)), mic=True)
        d[metal] = np.inf
    else:
        probe = atoms.copy()
        probe.append(Atoms("X", positions=[atoms.info["center"]])[0])
        d = probe.get_distances(len(atoms), range(len(atoms)), mic=True)
    found = [int(i) for i in np.argsort(d)[: len(letters)]]
    symbols = sorted(atoms.symbols[i] for i in found)
    if symbols != sorted(letters):
        raise SystemExit(
            f"neighbours {symbols} of the centre do not match the letters {letters}: the geometry "
            "has rearranged; leave this task out or give it a notation of its own"
        )
    return found


def ring_bonds(atoms: Atoms, first: int, second: int, without: int) -> int:
    """Count the bonds of the shortest path between two ligands that avoids the metal."""
    radii = covalent_radii[atoms.numbers]
    bonded = atoms.get_all_distances(mic=True) < 1.2 * (radii[:, None] + radii[None, :])
    np.fill_diagonal(bonded, val=False)
    if without >= 0:
        bonded[without] = bonded[:, without] = False
    for i, symbol in enumerate(atoms.symbols):
        if symbol in ALKALI:
            bonded[i] = bonded[:, i] = False
    reached, front, steps = {first}, {first}, 0
    while front and second not in reached:
        front = {int(j) for i in front for j in np.flatnonzero(bonded[i])} - reached
        reached |= front
        steps += 1
    return steps if second in reached else 99


def isomer(atoms: Atoms, letters: str) -> str:
    """Read from the geometry how the two like ligands of a mixed shell of four stand."""
    counts = {s: letters.count(s) for s in dict.fromkeys(letters)}
    if len(letters) != 4 or sorted(counts.values()) not in ([2, 2], [1, 1, 2]):
        return ""
    # the first kind in canonical order decides; in 2 + 2 the other pair stands alike
    like = "N" if counts.get("N") == 2 else next(s for s, n in counts.items() if n == 2)
    around = ligands(atoms, letters)
    first, second = (i for i in around if atoms.symbols[i] == like)
    # a pair on one vacancy edge closes a six-membered ring with the metal (four bonds beside it),
    # a pair across closes a five-membered one (three bonds), opposite ligands close neither
    bonds = ring_bonds(atoms, first, second, centre_index(atoms))
    return {3: "(cis5)", 4: "(cis6)"}.get(bonds, "(trans)")


def notation(metal: str, letters: str, bare: Atoms | None) -> str:
    """Write a site in the line notation; `bare` is needed for mixed shells."""
    if metal == "none" and letters == "gr":
        return "@graphene"
    if metal == "none" and letters == "gN":
        return "@n_doped_graphene"  # one graphitic N per cell; no notation for its place
    counts = "".join(
        s + (str(n) if (n := letters.count(s)) > 1 else "") for s in dict.fromkeys(letters)
    )
    if len(set(letters)) > 1 and bare is None:
        raise SystemExit(f"{metal}-{letters}: the isomer is read from the geometry, which is gone")
    shape = isomer(bare, letters) if bare is not None and len(set(letters)) > 1 else ""
    centre = "vac" if metal == "none" else metal
    return str(Site.parse(f"{centre}-{counts}{shape}@graphene"))
