"""How far a label moves when its settings are made finer: measured errors and the noise floor."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from build_calculation import OTHER, OWN
from build_starts import usable

from sacml.labels.protocol import start_moment
from sacml.workflows.tables import markdown

Row = dict[str, Any]
NONE = "not yet computed"
KINDS = {
    "relaxed at the mesh of the energy": "relax_kpts=", "a 5x5 cell": "repeat=5x5",
    "another start moment": "start moment",
}  # fmt: skip
"""What makes the noise floor, and the word that tells such a row."""


def errors_block(own: list[Row], calculations: list[Row]) -> str:
    """Change of a binding energy in single points at the label's geometry, and in a wider cell."""
    done = {c["key"]: float(c["energy_eV"]) for c in calculations
            if c["status"] == "ok" and c["energy_eV"]}  # fmt: skip
    told = {c["key"]: c for c in calculations}
    atoms = {c["element"]: float(c["energy_eV"]) for c in calculations
             if c["kind"] == "atom" and c["status"] == "ok" and c["fidelity"] == OWN}  # fmt: skip
    sites: dict[str, list[str]] = {}
    for c in calculations:
        if c["kind"] == "site":
            sites.setdefault(c["site"], []).append(_inner(c["key"]))
    lines = []
    for row in own:
        stem = re.escape(_inner(row["record_id"]))
        for key, total in done.items():
            match = re.fullmatch(rf"(.*:)?sp/{stem}/([^/]*=[^/]*)", key)
            if match is None:
                continue
            # of the bare site any state, not the lowest alone: there may be none of that one
            bares = [f"{match[1] or ''}sp/{site}/{match[2]}" for site in sites[row["site"]]]
            if bare := next((key for key in bares if key in done), None):
                energy = total - done[bare] - atoms[row["alkali"]]
                what = f"{told[key]['cutoff_eV']} eV, {told[key]['kpoints']}"
                lines.append((f"{row['site']} with {row['alkali']}, {row['start']}", what,
                              f"{row['e_atom']:.3f}", f"{energy:.3f}",
                              f"{energy - row['e_atom']:+.3f}"))  # fmt: skip
    cells = {tuple(c["key"].split("/")[1:]): done[c["key"]] for c in calculations
             if c["kind"] == "cell" and c["key"] in done}  # fmt: skip
    narrow: dict[tuple[str, str], float] = {}
    for (cell, k, symbol), energy in sorted(cells.items()):
        if symbol in atoms and (cell, k, "-") in cells:
            value = energy - cells[cell, k, "-"] - atoms[symbol]
            edge = cell.removeprefix("hex")
            what = f"{edge}x{edge} cell, {k}x{k}x1 (Gamma-centred), unrelaxed"
            before = narrow.setdefault((k, symbol), value)  # the narrowest cell comes first
            known = ("", "") if before == value else (f"{before:.3f}", f"{value - before:+.3f}")
            who = f"@graphene with {symbol}, hollow"
            lines.append((who, what, known[0], f"{value:.3f}", known[1]))
    if not lines:
        return NONE
    header = ("pair", "at", "label, or narrower cell, eV", "there, eV", "change, eV")
    return markdown(header, sorted(lines))


def noise_block(binding: list[Row], calculations: list[Row]) -> str:
    """Change of the label when relaxed finer, in a wider cell, or from other moments."""
    lines = [*other_settings(binding), *other_moments(binding, calculations)]
    kinds = {name: [line for line in lines if word in line[1]] for name, word in KINDS.items()}
    text = ""
    if lines:
        header = ("pair", "against the label", "label, eV", "there, eV", "change, eV")
        text = f"{summary(kinds)}\n\n{markdown(header, lines)}"
    missing = [name for name, found in kinds.items() if not found]
    if missing:
        text += ("\n\n" if text else "") + "\n".join(f"- {name}: {NONE}" for name in missing)
    return text


def summary(kinds: Mapping[str, Sequence[tuple[str, ...]]]) -> str:
    """One row for each kind of change, and one for all of them: the noise floor of a label."""
    measured = [(name, lines) for name, lines in kinds.items() if lines]
    together = ("together", [line for _, lines in measured for line in lines])
    rows = []
    for name, lines in (*measured, together):
        change = np.array([float(line[-1]) for line in lines])
        metals = {line[0].partition("-")[0] for line in lines}
        rows.append((
            name, str(len(lines)), str(len(metals)), f"{change.mean():+.3f}",
            f"{np.sqrt((change**2).mean()):.3f}", f"{change[np.abs(change).argmax()]:+.3f}",
        ))  # fmt: skip
    header = ("computed anew", "pairs", "metals", "mean change, eV", "root mean square, eV",
              "largest, eV")  # fmt: skip
    return markdown(header, rows)


def other_settings(binding: list[Row]) -> list[tuple[str, ...]]:
    """Pairs at settings other than the protocol's, each against the label of the same place."""
    lines = []
    for row in binding:
        if row["fidelity"] != OTHER or row["lowest_of_starts"] != "True":
            continue
        same = [r for r in binding if r["fidelity"] == OWN
                and (r["site"], r["alkali"]) == (row["site"], row["alkali"])]  # fmt: skip
        if same:
            label = min(same, key=lambda r: (r["place"] != row["place"], r["e_atom"]))
            lines.append(_line(row, row["level_of_theory"], label["e_atom"], row["e_atom"]))
    return lines


def other_moments(binding: list[Row], calculations: list[Row]) -> list[tuple[str, ...]]:
    """Pairs whose site and start were also begun from other moments: with them, against without."""
    energy = {c["key"]: float(c["energy_eV"]) for c in calculations if c["energy_eV"]}
    lines = []
    for label in binding:
        if label["fidelity"] != OWN or label["lowest_of_starts"] != "True":
            continue
        who = label["site"], label["alkali"]
        pair = usable([r for r in binding if r["fidelity"] == OWN
                       and (r["site"], r["alkali"]) == who])  # fmt: skip
        plain = [r for r in pair if start_moment(r["record_id"]) is None]
        sites = [c for c in calculations if c["kind"] == "site" and c["site"] == label["site"]
                 and c["fidelity"] == OWN and c["status"] == "ok"]  # fmt: skip
        bare = [energy[c["key"]] for c in sites if start_moment(c["key"]) is None]
        if not (plain and bare) or len(plain) == len(pair) or len(bare) == len(sites):
            continue
        # the label stands against the lowest bare site; put the plain one in its place
        shift = energy[label["site_key"]] - min(bare)
        before = min(r["e_atom"] for r in plain) + shift
        n = len(pair) + len(sites) - len(plain) - len(bare)
        lines.append(_line(label, f"{n} more from another start moment", before, label["e_atom"]))
    return lines


def _line(row: Row, what: str, before: float, after: float) -> tuple[str, ...]:
    pair = f"{row['site']} with {row['alkali']}, {row['start']}"
    return pair, what, f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}"


def _inner(key: str) -> str:
    """Key without the name of its folder."""
    return key.rpartition(":")[2]
