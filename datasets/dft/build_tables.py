"""From calculations to the tables: which energies are subtracted, which start is the label."""

import sys
from collections.abc import Sequence
from typing import Any

from ase import Atoms
from build_calculation import GROUP, OWN, Calculation
from build_starts import Evidence, evidence, single_start, usable

from sacml.domain import ALKALI, Site
from sacml.labels.dispersion import d3_energy, d3_share, plus
from sacml.labels.metals import bulk_metal
from sacml.labels.protocol import empty_site

BINDING = (
    "record_id", "site", "alkali", "start", "binding_energy_atom_eV", "binding_energy_bulk_eV",
    "relative_to_graphene_eV", "d3_share_atom_eV", "d3_share_bulk_eV", "binding_energy_atom_d3_eV",
    "binding_energy_bulk_d3_eV", "d3_status", "lowest_of_starts", "shell_kept", "starts_tried",
    "n_starts",
    "single_start_reason", "meets_rule", "level_of_theory", "fidelity", "role", "source_group",
    "citation", "year", "confidence", "metal", "coordination_letters", "site_moment_muB",
    "site_alkali_moment_muB", "metal_alkali_distance_A", "metal_alkali_lateral_A",
    "alkali_height_A", "metal_height_A", "metal_height_change_A", "largest_bond_change_A",
    "largest_metal_bond_change_A", "alkali_charge_e", "metal_stability_eV",
    "metal_binding_atom_eV", "geometry_converged", "site_geometry_converged", "fmax_gamma_eV_A",
    "fmax_k_eV_A", "smearing_width_eV", "seconds", "site_key", "settings_digest", "notes",
)  # fmt: skip
CALCULATIONS = (
    "key", "kind", "status", "reason", "source", "level_of_theory", "fidelity", "site", "element",
    "metal", "coordination_letters", "alkali", "start", "cell", "energy_eV", "free_energy_eV",
    "moment_muB", "fmax_gamma_eV_A", "fmax_k_eV_A", "geometry_converged", "steps",
    "smearing_width_eV", "mixer_beta", "cutoff_eV", "functional", "code", "setups", "kpoints",
    "metal_height_A", "alkali_height_A", "metal_alkali_distance_A", "metal_alkali_lateral_A",
    "largest_bond_change_A", "largest_metal_bond_change_A", "metal_ligand_distances_A",
    "lattice_constant_A", "seconds", "settings_digest",
)  # fmt: skip
STABILITY = (
    "site", "metal", "binding_energy_to_empty_site_eV", "metal_stability_eV", "site_key",
    "empty_site_key", "atom_key", "bulk_key", "level_of_theory",
)  # fmt: skip
CITATION = "sacml developers, GPAW campaign on single-atom sites (PROTOCOL.md)"
SAME_eV = 0.005
"""Isolated atoms and bulk metals of two sources at one level must agree within this."""


class Pool:
    """Calculations by what may be subtracted from what."""

    def __init__(self, calculations: Sequence[Calculation]) -> None:
        self.all = calculations
        ok = [c for c in calculations if c.ok and c.energy is not None]
        self.starts = [c for c in ok if c.kind == "ads"]
        self.sites = [c for c in ok if c.kind == "site"]
        self._elements = [c for c in ok if c.kind in ("atom", "bulk")]

    def bare(self, start: Calculation) -> Calculation | None:
        """Lowest bare site of the same level and cell: any spin state, any source."""
        found = [c for c in self.sites if c.site == start.site and c.frame == start.frame]
        return min(found, key=_energy, default=None)

    def element(self, kind: str, symbol: str, like: Calculation) -> Calculation | None:
        """Isolated atom or bulk metal at the level of a calculation.

        Raises
        ------
        SystemExit
            If two sources disagree: then they are not one level.
        """
        found = [
            c for c in self._elements
            if (c.kind, c.element, c.fidelity, c.level)
            == (kind, symbol, like.fidelity, like.level)
        ]  # fmt: skip
        if found and _energy(max(found, key=_energy)) - _energy(min(found, key=_energy)) > SAME_eV:
            said = ", ".join(f"{c.key} {_energy(c):.4f} eV" for c in found)
            raise SystemExit(f"{kind} of {symbol} at {like.level} differs between sources: {said}")
        return found[0] if found else None


def binding_rows(pool: Pool) -> tuple[list[dict[str, Any]], Evidence]:
    """Compute the binding energies and mark the lowest start of each (site, alkali).

    The label of a pair is its lowest start at one level and cell, whoever computed it, that leaves
    the site whole (`sacml.labels.shells`); all starts keep their rows. A start that is not
    converged may be the lowest, as its energy is an upper bound, but the pair then does not meet
    the rule.
    """
    pairs: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for start in pool.starts:
        row = _row(pool, start)
        if row is not None:
            pairs.setdefault((row["site"], row["alkali"], *start.frame), []).append(row)
    own = [rows for rows in pairs.values() if rows[0]["fidelity"] == OWN]
    found = evidence(own)
    for key, rows in pairs.items():
        graphene = pairs.get(("@graphene", *key[1:]))
        _judge(rows, min(r["e_atom"] for r in graphene) if graphene else None, found)
    listed = [row for rows in pairs.values() for row in rows]
    order = {a: i for i, a in enumerate(ALKALI)}
    listed.sort(key=lambda r: (r["fidelity"] != OWN, order[r["alkali"]], r["site"], r["e_atom"]))
    return listed, found


def _row(pool: Pool, start: Calculation) -> dict[str, Any] | None:
    bare = pool.bare(start)
    atom, bulk = (pool.element(kind, start.element, start) for kind in ("atom", "bulk"))
    lacking = [n for n, c in (("bare site", bare), ("isolated atom", atom)) if c is None]
    if bare is None or atom is None or bare.energy is None:
        print(f"{start.key}: left out, no {' and no '.join(lacking)} at its level", file=sys.stderr)
        return None
    rest = _energy(start) - bare.energy
    c, b = start.columns, bare.columns
    notes = []
    if start.site == "@n_doped_graphene":
        notes.append("one graphitic N in 32 atoms; the notation names the host only")
    if any(x.columns.get("smearing_width_eV") not in (None, 0.1) for x in (start, bare)):
        notes.append("wider smearing after failed convergence")
    heights = c.get("metal_height_A"), b.get("metal_height_A")
    e_atom, e_bulk = rest - _energy(atom), None if bulk is None else rest - _energy(bulk)
    d3_atom = d3_share(start.atoms, bare.atoms)
    d3_bulk = None if bulk is None else d3_atom - d3_metal(bulk)
    against_atom, against_bulk, _ = _stability(pool, bare)
    return {
        **{name: c.get(name) for name in BINDING if name in c},
        "record_id": start.key, "site": start.site, "alkali": start.element, "start": start.start,
        "place": start.place, "shell_kept": start.shell_kept,
        "e_atom": e_atom, "binding_energy_atom_eV": e_atom,
        "binding_energy_bulk_eV": e_bulk, "d3_share_atom_eV": d3_atom, "d3_share_bulk_eV": d3_bulk,
        "binding_energy_atom_d3_eV": plus(e_atom, d3_atom),
        "binding_energy_bulk_d3_eV": plus(e_bulk, d3_bulk), "d3_status": "computed",
        "level_of_theory": start.level, "fidelity": start.fidelity, "role": "model",
        "source_group": GROUP, "citation": CITATION, "year": "2026", "confidence": "high",
        "site_moment_muB": b.get("moment_muB"), "site_alkali_moment_muB": c.get("moment_muB"),
        "site_metal_height_A": heights[1],
        "metal_height_change_A": None if None in heights else heights[0] - heights[1],
        "metal_stability_eV": against_bulk, "metal_binding_atom_eV": against_atom,
        "converged": start.converged and bare.converged,
        "site_geometry_converged": b.get("geometry_converged"), "site_key": bare.key,
        "notes": "; ".join(notes),
    }  # fmt: skip


def d3_metal(bulk: Calculation) -> float:
    """D3 energy per atom of a bulk metal at its lattice constant."""
    atoms = bulk_metal(bulk.element, bulk.columns["lattice_constant_A"])
    return d3_energy(atoms) / len(atoms)


def _judge(rows: list[dict[str, Any]], graphene: float | None, found: Evidence) -> None:
    """Mark the lowest start and say whether the pair meets the rule of starts."""
    best = min(usable(rows), key=lambda r: r["e_atom"], default=None)
    if best is None:
        print(f"{rows[0]['site']} with {rows[0]['alkali']}: no label, the metal leaves its shell "
              "from every start", file=sys.stderr)  # fmt: skip
    places = {r["place"] for r in rows}
    enough, reason = True, ""
    if best is not None and len(places) == 1:
        enough, reason = single_start(best, graphene, found)
    for row in rows:
        row["lowest_of_starts"] = row is best
        row["starts_tried"], row["n_starts"] = len(rows), len(places)
        row["single_start_reason"] = reason
        row["meets_rule"] = best is not None and enough and best["converged"]
        if graphene is not None:
            row["relative_to_graphene_eV"] = row["e_atom"] - graphene


def calculation_rows(pool: Pool) -> list[dict[str, Any]]:
    """Write one row per calculation, whatever became of it."""
    return [
        c.columns | {
            "key": c.key, "kind": c.kind, "status": "ok" if c.ok else "fail", "source": c.source,
            "level_of_theory": c.level, "fidelity": c.fidelity, "site": c.site,
            "element": c.element if c.kind in ("atom", "bulk") else "",
            "alkali": c.element if c.kind == "ads" else "", "start": c.start,
            "energy_eV": c.energy,
        }
        for c in pool.all
    ]  # fmt: skip


def _stability(pool: Pool, site: Calculation) -> tuple[float | None, float | None, dict[str, str]]:
    """Energy of the metal against its isolated atom and its bulk, and the keys used.

    Every energy is of the same protocol: an experimental cohesive energy never meets a computed
    one.
    """
    parsed = Site.parse(site.site)
    if len(parsed.metals) != 1 or parsed.axial:
        return None, None, {}
    metal, text = parsed.metals[0], str(empty_site(parsed))
    empties = [c for c in pool.sites if c.site == text and c.frame == site.frame]
    empty = min(empties, key=_energy, default=None)
    if empty is None:
        return None, None, {}
    atom, bulk = (pool.element(kind, metal, site) for kind in ("atom", "bulk"))
    held = _energy(site) - _energy(empty)
    keys = {"empty_site_key": empty.key, "atom_key": atom.key if atom else "",
            "bulk_key": bulk.key if bulk else ""}  # fmt: skip
    return (
        None if atom is None else held - _energy(atom),
        None if bulk is None else held - _energy(bulk), keys,
    )  # fmt: skip


def stability_rows(pool: Pool) -> list[dict[str, Any]]:
    """Compute how strongly the metal is held, where empty site and metal are computed.

    One row for each site: its lowest state at the protocol's own level. Other levels have none, so
    that whoever reads the table by site never meets two of them.
    """
    states: dict[str, list[Calculation]] = {}
    for site in pool.sites:
        if site.fidelity == OWN:
            states.setdefault(site.site, []).append(site)
    rows = []
    for site in (min(found, key=_energy) for found in states.values()):
        against_atom, against_bulk, keys = _stability(pool, site)
        if against_atom is None and against_bulk is None:
            continue
        rows.append({
            "site": site.site, "metal": Site.parse(site.site).metals[0],
            "binding_energy_to_empty_site_eV": against_atom, "metal_stability_eV": against_bulk,
            "site_key": site.key, "level_of_theory": site.level, **keys,
        })  # fmt: skip
    return rows


def structures(pool: Pool) -> list[Atoms]:
    """Collect the final geometries with forces and moments at the mesh of the energy."""
    frames = []
    for c in sorted((*pool.sites, *pool.starts), key=lambda c: c.key):
        if c.atoms is None:
            continue
        atoms = c.atoms.copy()
        atoms.info = {
            "key": c.key, "kind": c.kind, "site": c.site,
            "coordination_letters": c.columns.get("coordination_letters", ""),
            "metal_index": c.atoms.info["metal_index"], "energy_eV": c.energy,
            "moment_muB": c.columns.get("moment_muB"), "fmax_k_eV_A": c.columns.get("fmax_k_eV_A"),
            "geometry_converged": c.columns.get("geometry_converged"), "fidelity": c.fidelity,
        }  # fmt: skip
        if c.kind == "ads":
            atoms.info |= {"alkali": c.element, "start": c.start}
        # extxyz has no empty text: whoever reads it takes the next word for the value
        atoms.info = {name: value for name, value in atoms.info.items() if value not in ("", None)}
        frames.append(atoms)
    return frames


def _energy(c: Calculation) -> float:
    assert c.energy is not None, c.key
    return c.energy
