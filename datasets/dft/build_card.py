"""The generated parts of the data card, from the tables beside it."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from build_calculation import OWN
from build_noise import errors_block, noise_block
from build_starts import FLAT_A, Evidence, evidence

from sacml.data.cards import counts_table, replace_block
from sacml.data.catalogue import read_labels
from sacml.domain import ALKALI, Site
from sacml.workflows.claims import LABEL_NOISE_EV
from sacml.workflows.tables import markdown

Row = dict[str, Any]


def write_card(folder: Path) -> None:
    """Write every generated part but that of `experiments/gate.py`."""
    binding, calculations = read(folder / "binding.csv"), read(folder / "calculations.csv")
    own = [r for r in binding if r["fidelity"] == OWN]
    card = folder / "README.md"
    replace_block(card, "counts", counts_table(read_labels(folder / "binding.csv", "dft")))
    replace_block(card, "pairs", pairs_block(own))
    replace_block(card, "starts", starts_block(own))
    replace_block(card, "errors", errors_block(own, calculations))
    replace_block(card, "noise", noise_block(binding, calculations))
    replace_block(card, "rate", rate_block(own, calculations))


def read(path: Path) -> list[Row]:
    """Read a table; of binding.csv the numbers that the rules need are made numbers again."""
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    for row in rows:
        if "binding_energy_atom_eV" in row:
            row["e_atom"] = float(row["binding_energy_atom_eV"])
            row["place"] = row["start"].split("/")[0]
            height, change = row["metal_height_A"], row["metal_height_change_A"]
            row["metal_height_A"] = float(height) if height else None
            row["site_metal_height_A"] = float(height) - float(change) if change else None
    return rows


def shell_class(site: str) -> str:
    """Name the shell of a site: its composition with isomer, or what stands for none."""
    parsed = Site.parse(site)
    if parsed.is_empty:
        return f"empty {parsed.shell}"
    return str(parsed.shell) if parsed.metals else "no site"


def pairs_block(own: list[Row]) -> str:
    """Count the pairs per alkali, metal and shell, and what keeps some from the rule."""
    labels = [r for r in own if r["lowest_of_starts"] == "True"]

    def line(name: str, some: list[Row]) -> tuple[str, ...]:
        ruled = [r for r in some if r["meets_rule"] == "True"]
        places = [int(r["n_starts"]) for r in some]
        clear = sum(r["single_start_reason"].startswith("clear") for r in some)
        return (name, *map(str, (len(some), len(ruled), sum(n > 1 for n in places), clear)))

    header = ("", "pairs", "meet the rule", "two places or more", "one, a clear minimum")
    lines = [line("all", labels)]
    lines += [line(a, [r for r in labels if r["alkali"] == a]) for a in ALKALI]
    shells = Counter(shell_class(r["site"]) for r in labels)
    lines += [
        line(f"shell {s}", [r for r in labels if shell_class(r["site"]) == s])
        for s, _ in sorted(shells.items(), key=lambda item: (-item[1], item[0]))
    ]
    metals = Counter(r["metal"] for r in labels if r["metal"])
    counted = ", ".join(f"{m} {n}" for m, n in sorted(metals.items(), key=lambda i: (-i[1], i[0])))
    open_ = [r for r in labels if r["meets_rule"] != "True"]
    left = [
        (r["site"], r["alkali"], f"{r['e_atom']:.2f}",
         r["single_start_reason"] if r["single_start_reason"].startswith("open")
         else f"not converged (largest force {float(r['fmax_gamma_eV_A']):.2f} eV/A)")
        for r in open_
    ]  # fmt: skip
    text = f"{markdown(header, lines)}\n\nMetals ({len(metals)}), pairs each: {counted}."
    if left:
        table = markdown(("site", "alkali", "eV", "what is missing"), left)
        text += f"\n\nPairs that do not meet the rule:\n\n{table}"
    label = {(r["site"], r["alkali"]): f"{r['e_atom']:.2f}" for r in labels}
    out = [(*pair, r["start"], f"{r['e_atom']:.2f}", label.get(pair, "none"))
           for r in own if r["shell_kept"] != "True"
           for pair in [(r["site"], r["alkali"])]]  # fmt: skip
    if out:
        table = markdown(("site", "alkali", "start", "there, eV", "label, eV"), out)
        text += f"\n\nStarts in which the metal left its shell, which are no labels:\n\n{table}"
    return text


def starts_block(own: list[Row]) -> str:
    """Say what the pairs with several places say about starting with one."""
    found = evidence_of(own)
    if not found.trials:
        return "not yet computed: no planar M-N4 pair has both rings run"
    low, high = found.margins_eV[0], found.margins_eV[-1]
    lowest = found.trials - len(found.misses)
    # one-sided: with as many trials, a rule that holds less often would fail at least once
    sure = 0.05 ** (1 / found.trials) if found.hits == found.trials else None
    text = (
        f"On planar M-N4 (|height of the metal| < {FLAT_A} A before and after) `ring6` is the "
        f"lowest start in **{lowest} of {found.trials}** pairs with both rings run (metals of "
        f"groups {found.groups[0]} to {found.groups[1]}); `ring5` lies {low:+.2f} to {high:+.2f} "
        "eV from it."
    )
    for who, place, above in found.misses:
        text += f" In {who} `{place}` lies lower, by {above:.3f} eV."
    text += (
        f" Within {LABEL_NOISE_EV:g} eV, which a label is worth, `ring6` gives the label in "
        f"{found.hits} of {found.trials}"
    )
    if sure is not None:
        text += f": with as many trials that holds in at least {sure:.0%} of such pairs (95 %"
        text += " confidence)"
    text += "."
    text += f" Largest difference between two places of one pair: {found.largest_eV:.2f} eV."
    others = [(who, lowest, f"{margin:+.2f}") for who, lowest, margin in found.others]
    return (
        text
        + "\n\nOutside the rule:\n\n"
        + markdown(("pair", "lowest place", "ring5 - ring6, eV"), others)
    )


def evidence_of(own: list[Row]) -> Evidence:
    """Evidence from the rows of the table."""
    pairs: dict[tuple[str, str], list[Row]] = {}
    for row in own:
        pairs.setdefault((row["site"], row["alkali"]), []).append(row)
    return evidence(pairs.values())


def rate_block(own: list[Row], calculations: list[Row]) -> str:
    """Labels per core-hour, as measured and by what a label needs."""
    mine = [c for c in calculations if c["fidelity"] == OWN and c["seconds"]]
    spent = {kind: [float(c["seconds"]) for c in mine if c["kind"] == kind]
             for kind in ("site", "ads", "atom", "bulk")}  # fmt: skip
    hours = sum(sum(s) for s in spent.values()) / 3600
    labels = [r for r in own if r["lowest_of_starts"] == "True"]
    if not (spent["site"] and spent["ads"]):
        return "not yet computed"
    site, start = np.mean(spent["site"]), np.mean(spent["ads"])
    lines = [
        ("all so far", f"{len(labels)} pairs in {hours:.2f} core-hours",
         f"{len(labels) / hours:.1f}"),
        ("a new site, two places", "site + 2 starts", f"{3600 / (site + 2 * start):.1f}"),
        ("a new site, `ring6` a clear minimum", "site + 1 start", f"{3600 / (site + start):.1f}"),
        ("another alkali there, two places", "2 starts", f"{3600 / (2 * start):.1f}"),
        ("another alkali there, `ring6` a clear minimum", "1 start", f"{3600 / start:.1f}"),
    ]  # fmt: skip
    return (
        f"Mean time on one core, two tasks at once: site {site:.0f} s ({len(spent['site'])}), "
        f"start {start:.0f} s ({len(spent['ads'])}).\n\n"
        + markdown(("labels", "take", "labels per core-hour"), lines)
        + "\n\nThe times are wall times of single-threaded tasks; whatever else ran on the machine "
        "lengthens them. What raises the rate: the site is shared by the alkali metals, and one "
        "start is enough where the rule of starts says so, "
        "and a single point goes on from the density of its relaxation where it was computed since "
        "December 2026."
    )
