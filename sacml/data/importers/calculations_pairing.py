"""Which entry is a bare site, which the same site with an adsorbate, which a reference."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from ase import Atoms

from sacml.data.importers.calculations_entry import Entry, Left
from sacml.data.importers.calculations_mapping import Told
from sacml.data.importers.calculations_match import Match, intact, match, radii
from sacml.data.importers.calculations_sites import recognise
from sacml.errors import NotationError

ISOLATED, BULK = 1.5, 1.3
"""An atom whose nearest image is farther than the first, in bond lengths by covalent radii, is
isolated; one with a neighbour within the second is part of a solid."""
Key = frozenset[tuple[str, int]]


@dataclass(frozen=True, eq=False)
class Pair:
    """A site with an adsorbate and the same site without it, at the same level of theory."""

    adsorbed: Entry
    bare: Entry
    adsorbate: str
    match: Match | None
    """None where a mapping file paired them."""
    remarks: tuple[str, ...] = ()

    @property
    def difference_eV(self) -> float:  # noqa: N802
        """E(site + adsorbate) - E(site), before any reference."""
        assert self.adsorbed.energy_eV is not None
        assert self.bare.energy_eV is not None
        return self.adsorbed.energy_eV - self.bare.energy_eV


@dataclass
class Sorted:
    """Entries by what they are."""

    references: dict[tuple[str, str], list[Entry]] = field(default_factory=dict)
    """(adsorbate, ``atom`` or ``bulk``) -> entries."""
    bare: dict[Key, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    adsorbed: list[tuple[Entry, tuple[str, ...]]] = field(default_factory=list)
    """Entry and the adsorbates it may carry."""
    left: list[Left] = field(default_factory=list)


def composition_of(adsorbate: str) -> Counter[str]:
    """Read the formula of an adsorbate, e.g. ``Li`` or ``OOH``."""
    try:
        counts = Counter(Atoms(adsorbate).get_chemical_symbols())
    except (ValueError, KeyError):
        counts = Counter()
    if not counts:
        raise NotationError(f"cannot read adsorbate {adsorbate!r}: write a formula, e.g. Li or OH")
    return counts


def sort_entries(
    entries: Iterable[Entry], adsorbates: Sequence[str], told: Mapping[str, Told]
) -> Sorted:
    """Tell references, bare sites and sites with an adsorbate apart.

    Small structures come first: an entry that lacks one adsorbate against a bare site is adsorbed
    and is no bare site for a second adsorbate.
    """
    formulas = {a: composition_of(a) for a in adsorbates}
    found = Sorted()
    for entry in sorted(entries, key=lambda e: (len(e.atoms), e.entry_id)):
        role = told.get(entry.entry_id, Told()).role
        counts = entry.composition
        if role == "ignore":
            found.left.append(Left(entry.entry_id, "left out by the mapping file"))
            continue
        reference = _reference(entry, formulas, role)
        if reference == ("", ""):
            text = f"{entry.formula} is neither isolated nor a bulk metal: its role is not clear"
            found.left.append(Left(entry.entry_id, f"{text}; name it in a mapping file"))
        elif reference:
            found.references.setdefault(reference, []).append(entry)
        else:
            carried = tuple(
                a for a, formula in formulas.items()
                if role != "site" and formula <= counts and formula != counts
                and (role == "adsorbed" or _key(counts - formula) in found.bare)
            )  # fmt: skip
            if carried:
                found.adsorbed.append((entry, carried))
            elif role == "adsorbed":
                text = f"{entry.formula} holds none of {', '.join(adsorbates)} to take away"
                found.left.append(Left(entry.entry_id, text))
            elif role != "site" and (inside := _may_carry(entry, formulas)):
                found.left.append(Left(entry.entry_id, _CARRIER.format(
                    formula=entry.formula, inside=" or ".join(inside))))  # fmt: skip
            else:
                found.bare[_key(counts)].append(entry)
    return found


_CARRIER = (
    "unpaired: no entry is {formula} without {inside}, and it cannot be told whether this is a "
    "bare site; if it is one, say role = site in a mapping file"
)


def _may_carry(entry: Entry, formulas: Mapping[str, Counter[str]]) -> list[str]:
    """Adsorbates a structure may already carry; none where its site is told or plain to see."""
    inside = [a for a, formula in formulas.items() if formula <= entry.composition]
    return inside if inside and not entry.site and recognise(entry.atoms)[0] is None else []


def _key(counts: Counter[str]) -> Key:
    return frozenset(counts.items())


def _reference(
    entry: Entry, formulas: Mapping[str, Counter[str]], role: str
) -> tuple[str, str] | None:
    counts = entry.composition
    exact = next((a for a, formula in formulas.items() if formula == counts), None)
    element = next((a for a, f in formulas.items() if f.total() == 1 and set(f) == set(counts)), "")
    if role in ("atom", "bulk"):
        name = exact if role == "atom" else element
        return (name, role) if name else ("", "")
    if role or not (exact or element):
        return None
    if not element or len(formulas[element]) != 1:
        return (exact, "atom") if exact else None
    reach = _nearest(entry.atoms)
    if exact and reach > ISOLATED:
        return exact, "atom"
    return (element, "bulk") if entry.atoms.pbc.all() and reach < BULK else ("", "")


def _nearest(atoms: Atoms) -> float:
    """Shortest distance of two atoms of one element, images included, in bond lengths."""
    shifts = [np.arange(-1, 2) if p else np.zeros(1) for p in atoms.pbc]
    images = np.stack(np.meshgrid(*shifts, indexing="ij"), axis=-1).reshape(-1, 3) @ np.asarray(
        atoms.cell
    )
    apart = atoms.positions[:, None, None] - atoms.positions[None, :, None] + images
    lengths = np.linalg.norm(apart, axis=-1)
    lengths = lengths[lengths > 1e-6]
    bond = 2.0 * float(radii(atoms.get_chemical_symbols())[0])
    return float(lengths.min()) / bond if lengths.size else float("inf")


def pair_entries(
    entries: Iterable[Entry], adsorbates: Sequence[str], told: Mapping[str, Told]
) -> tuple[list[Pair], list[Left], Mapping[tuple[str, str], list[Entry]]]:
    """Pair every site with an adsorbate with its bare site.

    Returns
    -------
    list of Pair
        Of entries without problems at one level of theory.
    list of Left
        Everything else but the references, with the reason.
    mapping
        References: (adsorbate, ``atom`` or ``bulk``) -> entries.
    """
    entries = list(entries)
    found = sort_entries(entries, adsorbates, told)
    by_id = {e.entry_id: e for e in entries}
    pairs, left, used = [], list(found.left), set()
    for entry, carried in found.adsorbed:
        reasons: list[str] = []
        best: Pair | None = None
        for adsorbate in carried:
            for bare, fit in _bare_sites(entry, adsorbate, found, told, by_id, reasons):
                used.add(bare.entry_id)
                reason = _problem(entry, bare, adsorbate, fit)
                if reason:
                    reasons.append(reason)
                elif best is None or (bare.energy_eV or 0.0) < (best.bare.energy_eV or 0.0):
                    remarks = entry.level.remarks(bare.level)
                    best = Pair(entry, bare, adsorbate, fit, remarks)
        if best is None:
            reason = "; ".join(dict.fromkeys(reasons))
            left.append(Left(entry.entry_id, reason or "no bare site was found"))
        else:
            pairs.append(best)
    for group in found.bare.values():
        left += [_lonely(e, adsorbates) for e in group if e.problems or e.entry_id not in used]
    return pairs, left, found.references


def _bare_sites(
    entry: Entry,
    adsorbate: str,
    found: Sorted,
    told: Mapping[str, Told],
    by_id: Mapping[str, Entry],
    reasons: list[str],
) -> Iterable[tuple[Entry, Match | None]]:
    """Bare sites that are this entry without its adsorbate; reasons where there is none."""
    wanted = entry.composition - composition_of(adsorbate)
    named = told.get(entry.entry_id, Told()).bare
    if named:
        if by_id[named].composition != wanted:
            reasons.append(
                f"the mapping names {named} as its bare site, but {entry.formula} and "
                f"{by_id[named].formula} do not differ by {adsorbate}"
            )
            return []
        return [(by_id[named], None)]
    candidates = found.bare.get(_key(wanted), [])
    if not candidates:
        reasons.append(f"no entry is {entry.formula} without {adsorbate}")
    fits, apart = [], []
    for bare in candidates:
        fit = match(bare.atoms, entry.atoms)
        if isinstance(fit, str):
            apart.append(f"{bare.entry_id}: {fit}")
        else:
            fits.append((bare, fit))
    if candidates and not fits:
        shown = "; ".join(apart[:3]) + ("; ..." if len(apart) > 3 else "")
        reasons.append(
            f"no bare site of {bare.formula} is this structure without {adsorbate} ({shown}); "
            "pair them in a mapping file (column bare)"
        )
    return fits


def _problem(entry: Entry, bare: Entry, adsorbate: str, fit: Match | None) -> str:
    if entry.problems:
        return "; ".join(entry.problems)
    if bare.problems:
        return f"its bare site {bare.entry_id} cannot be used: {'; '.join(bare.problems)}"
    differences = entry.level.differences(bare.level, list(bare.composition))
    if differences:
        return f"mixed level of theory with its bare site {bare.entry_id}: {'; '.join(differences)}"
    if fit is not None and not intact(entry.atoms, fit.extra):
        return f"{adsorbate} came apart on the surface: this is not its binding energy"
    return ""


def _lonely(entry: Entry, adsorbates: Sequence[str]) -> Left:
    if entry.problems:
        return Left(entry.entry_id, "; ".join(entry.problems))
    text = f"unpaired: no entry is {entry.formula} with {' or '.join(adsorbates)} added"
    return Left(entry.entry_id, text)
