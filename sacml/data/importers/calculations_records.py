"""From pairs to records: the site's notation, the reference, the sign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sacml.data.importers.calculations_entry import Entry, Left
from sacml.data.importers.calculations_mapping import Told
from sacml.data.importers.calculations_pairing import Pair, composition_of
from sacml.data.importers.calculations_sites import recognise
from sacml.data.records import Record
from sacml.data.rules import fit_refusal
from sacml.domain import ALKALI, Conditions, Site
from sacml.errors import SacmlError

MODEL = Conditions(role="model")
References = Mapping[tuple[str, str], Sequence[Entry]]


@dataclass(frozen=True, slots=True)
class Reference:
    """The energy of one adsorbate by itself, eV per adsorbate."""

    state: str
    """``atom`` (isolated atom or molecule) or ``bulk``."""
    entry_id: str
    energy_eV: float


def find_references(
    pair: Pair, references: References
) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    """Return the references at the level of a pair, at most one a state, and what was refused.

    The grid of k-points is not compared: a reference stands in a cell of its own.
    """
    found, reasons = [], []
    elements = list(composition_of(pair.adsorbate))
    for state in ("atom", "bulk"):
        best: Reference | None = None
        for entry in references.get((pair.adsorbate, state), ()):
            against = entry.problems or pair.adsorbed.level.differences(
                entry.level, elements, kpoints=False
            )
            if against:
                reasons.append(f"{state} {entry.entry_id}: {'; '.join(against)}")
                continue
            share = len(entry.atoms) if state == "bulk" else 1
            energy = (entry.energy_eV or 0.0) / share
            if best is None or energy < best.energy_eV:
                best = Reference(state, entry.entry_id, energy)
        if best is not None:
            found.append(best)
    return tuple(found), tuple(reasons)


def make_records(
    pairs: Sequence[Pair], references: References, told: Mapping[str, Told]
) -> tuple[list[Record], list[Left]]:
    """Make the binding energies of alkali metals; list the pairs that give none.

    ``E_b = E(site + alkali) - E(site) - E(reference)``: negative means bound.
    """
    records: list[Record] = []
    left: list[Left] = []
    sites: dict[str, tuple[Site | None, str]] = {}
    for pair in pairs:
        if pair.adsorbate not in ALKALI:
            continue
        bare = pair.bare
        if bare.entry_id not in sites:
            sites[bare.entry_id] = _site(bare, told)
        site, reason = sites[bare.entry_id]
        found, refused = find_references(pair, references)
        reasons = [] if site else [f"the site of {bare.entry_id} cannot be told: {reason}"]
        if not found:
            given = f" ({'; '.join(refused)})" if refused else ""
            reasons.append(
                f"no reference: no isolated atom and no bulk of {pair.adsorbate} at this level of "
                f"theory{given}"
            )
        for reference in found if site else ():
            try:
                records.append(_record(pair, site, reference))  # type: ignore[arg-type]
            except SacmlError as error:
                reasons.append(str(error))
        if reasons:
            left.append(Left(pair.adsorbed.entry_id, "; ".join(reasons)))
    return _mark_lowest(records), left


def _site(bare: Entry, told: Mapping[str, Told]) -> tuple[Site | None, str]:
    text = told.get(bare.entry_id, Told()).site or bare.site
    if not text:
        return recognise(bare.atoms)
    try:
        return Site.parse(text), ""
    except SacmlError as error:
        return None, str(error)


def _record(pair: Pair, site: Site, reference: Reference) -> Record:
    entry, bare, fit = pair.adsorbed, pair.bare, pair.match
    value = pair.difference_eV - reference.energy_eV
    facts = {
        **dict(entry.facts),
        "bare_entry": bare.entry_id,
        "reference_entry": reference.entry_id,
        "E_adsorbed_eV": f"{entry.energy_eV:.6f}",
        "E_bare_eV": f"{bare.energy_eV:.6f}",
        "E_reference_eV": f"{reference.energy_eV:.6f}",
        "n_atoms": str(len(bare.atoms)),
    }
    if fit is not None:
        facts |= {
            "largest_move_A": f"{fit.largest_move_A:.3f}",
            "cell_change": f"{fit.cell_change:.4f}",
            "alkali_nearest_A": f"{fit.nearest_A:.3f}",
        }
    level = entry.level.of(list(entry.composition))
    return Record(
        record_id=f"{entry.entry_id}/binding_energy_{reference.state}",
        site=site,
        alkali=pair.adsorbate,
        target="binding_energy",
        value=round(value, 6),
        conditions=MODEL,
        reference=reference.state,
        level_of_theory=str(level),
        fidelity="dft_other_settings",
        is_control=site.is_control,
        notes="; ".join(pair.remarks),
        facts=tuple(facts.items()),
    )


def _mark_lowest(records: list[Record]) -> list[Record]:
    """Say of each record whether it is the lowest of its site, alkali, level and bare entry."""
    lowest: dict[tuple[str | None, ...], float] = {}

    def key(r: Record) -> tuple[str | None, ...]:
        return str(r.site), r.alkali, r.reference, r.level_of_theory, r.fact("bare_entry")

    for r in records:
        lowest[key(r)] = min(lowest.get(key(r), r.value), r.value)
    marked = []
    for r in records:
        facts = (*r.facts, ("lowest_of_starts", str(r.value == lowest[key(r)])))
        reason = fit_refusal(r.target, r.reference, r.fidelity, r.conditions, facts)
        marked.append(replace(r, facts=facts, not_for_fit=reason))
    return marked
