"""The site notation of a bare structure, where it can be told: sheets of the graphene family.

Everything else, and whatever is ambiguous, is for the user to state: nothing is guessed.
"""

from collections import Counter, deque

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from sacml.data.importers.calculations_match import radii, vectors
from sacml.domain import METALS, Shell, Site
from sacml.domain.hosts import Host
from sacml.domain.neighbours import BONDED, unshadowed
from sacml.domain.shells import format_counts
from sacml.domain.sites import EMPTY
from sacml.errors import SacmlError

FLAT_A = 1.6
"""Atoms of a sheet lie within this of its mean plane; an axial ligand lies beyond."""
MEMBERS = ("C", "N", "O", "S", "P", "B")
SAME_VACANCY_A = 5.0
_STATE = "state the site in a mapping file (column site)"


def recognise(atoms: Atoms) -> tuple[Site | None, str]:
    """Return the site of a structure, or None and why it cannot be told."""
    symbols = atoms.get_chemical_symbols()
    centres = [k for k, s in enumerate(symbols) if s in METALS]
    sheet = [k for k, s in enumerate(symbols) if s in MEMBERS]
    strange = sorted(set(symbols) - set(METALS) - set(MEMBERS))
    counts = Counter(symbols[k] for k in sheet)
    if strange or len(centres) > 2 or counts["C"] < 0.5 * len(symbols):
        what = f"{', '.join(strange)} in it" if strange else f"{format_formula(symbols)}"
        return None, f"no sheet of the graphene family ({what}): {_STATE}"
    if atoms.pbc.sum() < 2:
        return None, f"not periodic in two directions: {_STATE}"
    if not _flat(atoms, sheet):
        return None, f"atoms stand out of the plane of the sheet, an axial ligand say: {_STATE}"
    try:
        return _site(atoms, centres, sheet)
    except SacmlError as error:
        return None, f"{error}: {_STATE}"


def format_formula(symbols: list[str]) -> str:
    """Composition in words."""
    return "".join(f"{s}{n}" for s, n in sorted(Counter(symbols).items()))


def _flat(atoms: Atoms, sheet: list[int]) -> bool:
    cell = atoms.cell.complete().array
    # two vectors with the largest area between them span the sheet, the third crosses the vacuum
    areas = np.linalg.norm(np.cross(cell[[1, 2, 0]], cell[[2, 0, 1]]), axis=1)
    heights = abs(np.linalg.det(cell)) / areas
    positions = atoms.positions[sheet]
    for axis in np.argsort(-heights):
        normal = np.cross(cell[(axis + 1) % 3], cell[(axis + 2) % 3]) / areas[axis]
        height = (positions - positions[0]) @ normal
        if atoms.pbc[axis]:
            height = height - np.round(height / heights[axis]) * heights[axis]
        if np.abs(height - np.median(height)).max() <= FLAT_A:
            return True
    return False


def _site(atoms: Atoms, centres: list[int], sheet: list[int]) -> tuple[Site | None, str]:
    symbols, index = atoms.get_chemical_symbols(), np.array(sheet)
    radius = radii([symbols[k] for k in sheet])
    apart = np.linalg.norm(vectors(atoms, index, index), axis=2)
    np.fill_diagonal(apart, np.inf)
    bonded = apart < BONDED * np.add.outer(radius, radius)
    graph = {a: index[bonded[k]].tolist() for k, a in enumerate(sheet)}
    foreign = {k for k in sheet if symbols[k] != "C"}
    open_ends = {a for a, around in graph.items() if len(around) < 3}
    around = {c: _neighbours(atoms, c, index, radius) for c in centres}
    shell = set().union(*around.values()) if around else open_ends
    if len(centres) == 2 and not (
        around[centres[0]] & around[centres[1]] or _close(atoms, centres)
    ):
        return None, f"two centres that share no shell: {_STATE}"
    if centres and open_ends - shell:
        return None, f"{len(open_ends - shell)} atoms of the sheet lack a neighbour: {_STATE}"
    if not shell:
        if foreign:
            return None, f"a doped sheet without a site: {_STATE}"
        return Site((), None, Host.parse("graphene")), ""
    if not centres and (len(shell) not in (3, 4) or not _together(atoms, sorted(shell))):
        return None, f"{len(shell)} atoms of the sheet lack a neighbour: {_STATE}"
    second = Counter(symbols[k] for k in foreign - shell if shell & set(graph[k]))
    if sum(second.values()) != len(foreign - shell):
        return None, f"dopants beyond the second shell: {_STATE}"
    kinds = {_ring_size(graph, k) for k in shell if symbols[k] == "N"}
    if len(centres) == 2:
        kinds.discard(0)  # a bridging neighbour may have one bond to the sheet
    if kinds - {5, 6} or len(kinds) > 1:
        return None, f"nitrogen of the shell in rings of {sorted(kinds)} atoms: {_STATE}"
    counts = Counter(symbols[k] for k in shell)
    words = [_isomer(atoms, centres, sorted(shell), graph)] if len(centres) == 1 else []
    if kinds == {5}:
        words.append("pyrrolic")
    metals = "+".join(sorted(symbols[c] for c in centres)) or EMPTY
    composition = format_counts(Shell(tuple(counts.items())).counts)
    qualifiers = ",".join(filter(None, words))
    text = f"{metals}-{composition}" + (f"({qualifiers})" if qualifiers else "")
    if second:
        text += f"~{format_counts(tuple(second.items()))}"
    return Site.parse(f"{text}@graphene"), ""


def _neighbours(
    atoms: Atoms, centre: int, index: NDArray[np.int64], radius: NDArray[np.float64]
) -> set[int]:
    own = float(radii([atoms.symbols[centre]])[0])
    apart = np.linalg.norm(vectors(atoms, np.array([centre]), index)[0], axis=1)
    reach = apart / (own + radius)
    near = [int(k) for k in np.argsort(reach) if reach[k] < BONDED]
    between = np.linalg.norm(vectors(atoms, index[near], index[near]), axis=2)
    scaled = between / np.add.outer(radius[near], radius[near])
    kept = unshadowed(reach[near].tolist(), scaled.tolist())
    return {int(index[near[k]]) for k in kept}


def _close(atoms: Atoms, centres: list[int]) -> bool:
    i = np.array(centres)
    a, b = radii([atoms.symbols[c] for c in centres])
    return bool(np.linalg.norm(vectors(atoms, i[:1], i[1:])) < BONDED * (a + b))


def _together(atoms: Atoms, shell: list[int]) -> bool:
    index = np.array(shell)
    return bool(np.linalg.norm(vectors(atoms, index, index), axis=2).max() < SAME_VACANCY_A)


def _ring_size(graph: dict[int, list[int]], start: int) -> int:
    """Smallest ring through an atom with two neighbours in the sheet; 0 where there is none."""
    ends = graph[start]
    if len(ends) != 2:
        return 0
    steps = _steps(graph, ends[0], ends[1], start)
    return steps + 2 if steps else 0


def _steps(graph: dict[int, list[int]], a: int, b: int, without: int = -1, most: int = 6) -> int:
    """Fewest bonds from a to b that avoid an atom; 0 beyond `most`."""
    seen, queue = {a, without}, deque([(a, 0)])
    while queue:
        here, number = queue.popleft()
        if here == b:
            return number
        if number < most:
            for k in graph[here]:
                if k not in seen:
                    seen.add(k)
                    queue.append((k, number + 1))
    return 0


def _isomer(
    atoms: Atoms, centres: list[int], shell: list[int], graph: dict[int, list[int]]
) -> str:  # fmt: skip
    """Isomer of a four-fold shell that holds one kind of neighbour twice; else an empty text."""
    symbols = [str(atoms.symbols[k]) for k in shell]
    counts = Counter(symbols)
    like = next((s for s in MEMBERS[1:] + MEMBERS[:1] if counts[s] == 2), None)
    if len(shell) != 4 or len(counts) < 2 or like is None:
        return ""
    pair = np.array([k for k, s in zip(shell, symbols, strict=True) if s == like])
    a, b = vectors(atoms, np.array(centres), pair)[0]
    angle = np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
    if angle > 135.0:
        return "trans"
    # with the centre, n bonds in the sheet close a ring of n + 2 atoms
    return {3: "cis5", 4: "cis6"}.get(_steps(graph, int(pair[0]), int(pair[1])), "cis")
