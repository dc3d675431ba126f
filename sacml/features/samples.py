"""Descriptors of a user's structures: centre, shell, geometry, host, adsorbate.

Nothing but the structure and the name of the adsorbate is needed. Atoms of an adsorbate that is
in the structure are taken out before the site is described, and their place is described apart.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ase import Atoms
from ase.formula import Formula
from numpy.typing import NDArray

from sacml.data.samples import Sample, SampleError, SampleProblem
from sacml.domain.elements import element_property
from sacml.errors import SacmlError
from sacml.features import elemental as el
from sacml.features.geometry import NAMES as GEOMETRY
from sacml.features.geometry import describe_geometry
from sacml.features.geometry_centre import find_centre, marked_shell
from sacml.features.geometry_local import Neighbourhood

GROUP = el.Property("group", "group", "1", "", "group of the periodic table")
POLARIZABILITY = el.Property(
    "polarizability", "dipole_polarizability_au", "au", "au", "dipole polarizability"
)
CENTRE = (
    el.PERIOD, GROUP, el.RADIUS, el.ELECTRONEGATIVITY, el.IONIZATION_1, el.IONIZATION_2, el.VALENCE,
    el.D_ELECTRONS, el.UNPAIRED, el.COHESIVE, el.MELTING, POLARIZABILITY,
)  # fmt: skip
SHELL = (el.ELECTRONEGATIVITY, el.RADIUS, el.VALENCE)
ADSORBATE = ("H", "C", "N", "O", "S", "Li", "Na", "K")
ADS_KEYS = ("ads_indices", "adsorbate_indices")
"""Entries of ``Atoms.info`` with the numbers of the adsorbate's atoms."""

_CENTRE_NAMES = (*(f"centre_{p.short}" for p in CENTRE), "centre_count")
_SHELL_NAMES = tuple(f"shell_{p.short}_mean" for p in SHELL)
_ADS_NAMES = (
    *(f"ads_count_{s.lower()}" for s in ADSORBATE),
    "ads_count_other", "ads_in_structure", "ads_centre_distance_A", "ads_height_A",
)  # fmt: skip
NAMES = (*_CENTRE_NAMES, *GEOMETRY, *_SHELL_NAMES, *_ADS_NAMES)


@dataclass(frozen=True, eq=False)
class SampleTable:
    """Descriptors of n samples, with what the models need beside them.

    Attributes
    ----------
    X : (n, p) float64
        Columns `NAMES`; what does not apply is 0 and so is its mask.
    adsorbates
        Name of the adsorbate of each; its formula where the structure holds it and nothing names
        it, empty for none.
    metals, sites
        Elements of the centre of each, and centre with first shell and host, e.g. ``Co-C2N2``.
    """

    X: NDArray[np.float64]
    adsorbates: tuple[str, ...]
    metals: tuple[str, ...]
    sites: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.adsorbates)

    @cached_property
    def in_structure(self) -> NDArray[np.bool_]:
        """Whether the adsorbate of each sample is in its structure (n,)."""
        return self.X[:, NAMES.index("ads_in_structure")] == 1.0


def describe_samples(samples: Sequence[Sample], source: str = "structures") -> SampleTable:
    """Describe structures.

    Raises
    ------
    SampleError
        Naming every frame without a centre, or with a formula that cannot be read.
    """
    rows, adsorbates, metals, sites = [], [], [], []
    problems = []
    for sample in samples:
        try:
            row, adsorbate, metal, site = _describe(sample)
        except SacmlError as error:
            problems.append(SampleProblem(sample.frame, str(error)))
            continue
        rows.append(row)
        adsorbates.append(adsorbate)
        metals.append(metal)
        sites.append(site)
    if problems:
        raise SampleError(source, problems, len(samples))
    return SampleTable(np.array(rows), tuple(adsorbates), tuple(metals), tuple(sites))


def _describe(sample: Sample) -> tuple[NDArray[np.float64], str, str, str]:
    whole = sample.atoms
    taken = adsorbate_atoms(whole, sample.adsorbate)
    site, kept = _without(whole, taken)
    centre = find_centre(site)
    around = Neighbourhood.of(site, centre, marked_shell(site))
    neighbours = [around.symbols[k] for m in centre for k in around.shell(m).second]
    adsorbate = sample.adsorbate
    if not adsorbate and taken:
        adsorbate = str(whole[list(taken)].symbols.formula.format("hill"))
    symbols = [around.symbols[m] for m in centre]
    row = [float(p.of(symbols).mean()) for p in CENTRE] + [float(len(centre))]
    row += describe_geometry([site], centres=[centre])[0].tolist()
    row += [float(p.of(neighbours).mean()) if neighbours else 0.0 for p in SHELL]
    row += _adsorbate_row(adsorbate, whole, taken, [kept[m] for m in centre])
    shell = "".join(f"{s}{neighbours.count(s)}" for s in sorted(set(neighbours)))
    metal = "+".join(sorted(symbols))
    return np.array(row), adsorbate, metal, f"{metal}-{shell or '?'}"


def adsorbate_atoms(atoms: Atoms, name: str = "") -> tuple[int, ...]:
    """Numbers of the adsorbate's atoms: as marked, or the one loose group of that formula.

    Without mark and name a ligand on the metal cannot be told from an axial one: it then counts as
    part of the site.
    """
    for key in ADS_KEYS:
        marked = atoms.info.get(key)
        if marked is None or str(marked).strip() in ("", "none", "-1"):
            continue
        words = marked.replace(",", " ").split() if isinstance(marked, str) else (
            np.atleast_1d(marked).tolist()
        )  # fmt: skip
        try:
            numbers = tuple(int(w) for w in words)
        except ValueError:
            raise SacmlError(f"cannot read {key} = {marked!r}: write atom numbers") from None
        if any(not 0 <= n < len(atoms) for n in numbers):
            raise SacmlError(f"{key} = {marked!r}: the structure has atoms 0 to {len(atoms) - 1}")
        return numbers
    return _loose(atoms, name)


def _loose(atoms: Atoms, name: str) -> tuple[int, ...]:
    counts = composition(name)
    if not counts:
        return ()
    try:
        centre = find_centre(_marks(atoms))
    except SacmlError:
        return ()
    around = Neighbourhood.of(atoms, centre)
    loose = [int(i) for i in np.flatnonzero(around.loose | np.isin(np.arange(len(atoms)),
             around.alkali)) if i not in centre]  # fmt: skip
    return tuple(loose) if Counter(atoms[i].symbol for i in loose) == counts else ()


def _marks(atoms: Atoms) -> Atoms:
    """Return the structure with the mark of its centre under the one name that is looked up."""
    if "centre" in atoms.info or "metal_index" not in atoms.info:
        return atoms
    out = atoms.copy()
    out.info["centre"] = atoms.info["metal_index"]
    return out


def marked_atoms(sample: Sample) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of the atoms of the centre and of the adsorbate, in the whole structure."""
    taken = adsorbate_atoms(sample.atoms, sample.adsorbate)
    site, kept = _without(sample.atoms, taken)
    return tuple(kept[m] for m in find_centre(site)), taken


def _without(atoms: Atoms, taken: tuple[int, ...]) -> tuple[Atoms, list[int]]:
    kept = [i for i in range(len(atoms)) if i not in taken]
    site = atoms[kept]
    site.info = {}
    number = {old: new for new, old in enumerate(kept)}
    marks = _marks(atoms).info.get("centre")
    if marks is not None:
        words = marks.split() if isinstance(marks, str) else np.atleast_1d(marks)
        site.info["centre"] = [number[int(w)] for w in words if int(w) in number]
    if "shell" in atoms.info:
        site.info["shell"] = [number[k] for k in marked_shell(atoms) if k in number]
    return site, kept


def _adsorbate_row(
    name: str, atoms: Atoms, taken: tuple[int, ...], centre: list[int]
) -> list[float]:
    counts = Counter(atoms[i].symbol for i in taken) if taken else composition(name)
    row = [float(counts.get(s, 0)) for s in ADSORBATE]
    row.append(float(sum(n for s, n in counts.items() if s not in ADSORBATE)))
    if not taken:
        return [*row, 0.0, 0.0, 0.0]
    distances = np.array([atoms.get_distances(c, list(taken), mic=True) for c in centre])
    across = atoms.positions[list(taken), 2].mean() - atoms.positions[centre, 2].mean()
    return [*row, 1.0, float(distances.min()), abs(float(across))]


def composition(name: str) -> Counter[str]:
    """Atoms by element of an adsorbate's formula; empty for a name that is none ("water")."""
    try:
        counts = Counter(Formula(name.strip("*")).count())
        for symbol in counts:
            element_property(symbol, "covalent_radius_A")
    except Exception:  # ASE raises several types for what is no formula
        return Counter()
    return counts


def centre_columns() -> list[int]:
    """Numbers of the columns that describe the centre's elements."""
    return [NAMES.index(n) for n in _CENTRE_NAMES]


def surroundings_columns() -> list[int]:
    """Numbers of the columns that describe shell and geometry, and the adsorbate's place."""
    names = (*GEOMETRY, *_SHELL_NAMES, "ads_centre_distance_A", "ads_height_A")
    return [NAMES.index(n) for n in names]


__all__ = [
    "NAMES",
    "SampleTable",
    "adsorbate_atoms",
    "centre_columns",
    "describe_samples",
    "marked_atoms",
    "surroundings_columns",
]
