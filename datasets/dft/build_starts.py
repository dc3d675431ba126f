"""When one start of the alkali is enough: a rule read from the pairs where several were run.

A single start is a *clear minimum* where

- ``ring6`` was run on a site of four N whose metal lies in the sheet (|height| < 0.3 A) before and
  after the alkali binds, the metal's group lying between the groups tested. `evidence` counts anew
  at each build in how many such pairs with both rings run `ring6` is the lowest of all starts, or
  above it by less than a label is worth (0.05 eV); the rule is used while at least 95 % are hits;
- the alkali is on pristine graphene in the middle of a hexagon, its stable place there
  (Rytkonen, Akola, Manninen, Phys. Rev. B 75, 075401 (2007), for Li, Na, K and others);
- it sits in an empty pore and binds more strongly than on pristine graphene by more than the
  largest difference between two starts of any pair: no hexagon beside the pore can compete.

Anything else says what is missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sacml.domain import Site
from sacml.domain.elements import element
from sacml.labels.shells import Ended, counted
from sacml.workflows.claims import LABEL_NOISE_EV

FLAT_A = 0.3
NEEDED = 0.95
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """What the pairs with several places say.

    Attributes
    ----------
    trials, hits
        Pairs that meet the rule of planar M-N4 and had both rings run, and those of them whose
        ``ring6`` lies within the noise of a label of their lowest start.
    misses
        The trials whose lowest start is another one, hits or not: ``SITE with A``, lowest place,
        ring6 - lowest in eV.
    groups
        Smallest and largest group of the periodic table among the metals of the trials.
    margins_eV
        Energy of ``ring5`` minus that of ``ring6`` in the trials.
    others
        Outcome in the pairs outside the rule: ``SITE with A``, lowest place, ring5 - ring6 in eV.
    largest_eV
        Largest difference between the lowest energies of two places of one pair.
    """

    trials: int
    hits: int
    misses: tuple[tuple[str, str, float], ...]
    groups: tuple[int, int]
    margins_eV: tuple[float, ...]
    others: tuple[tuple[str, str, float], ...]
    largest_eV: float

    @property
    def holds(self) -> bool:
        """Whether the rule of planar M-N4 may be used."""
        return self.trials > 0 and self.hits >= NEEDED * self.trials


def usable(rows: Sequence[Row]) -> list[Row]:
    """Starts of a pair that may be its label, see `sacml.labels.shells.counted`."""
    ended = [
        Ended(r["place"], str(r["geometry_converged"]) != "False", str(r["shell_kept"]) != "False")
        for r in rows
    ]
    return [row for row, use in zip(rows, counted(ended), strict=True) if use]


def by_place(rows: Sequence[Row]) -> dict[str, Row]:
    """Lowest start of each place; moments and repeats of a place count as one."""
    best: dict[str, Row] = {}
    for row in sorted(usable(rows), key=lambda r: r["e_atom"]):
        best.setdefault(row["place"], row)
    return best


def is_planar_n4(row: Row) -> bool:
    """Whether a start is on planar M-N4, before and after."""
    if row["site"] not in (f"{metal}-N4@graphene" for metal in Site.parse(row["site"]).metals):
        return False
    heights = (row["site_metal_height_A"], row["metal_height_A"])
    return all(h is not None and abs(h) < FLAT_A for h in heights)


def evidence(pairs: Iterable[Sequence[Row]]) -> Evidence:
    """Count how often the rules hold where they can be tested."""
    margins, others, hits, spreads, groups = [], [], 0, [0.0], set()
    misses = []
    for rows in pairs:
        places = by_place(rows)
        if not places:
            continue
        energies = sorted(r["e_atom"] for r in places.values())
        spreads.append(energies[-1] - energies[0])
        if not {"ring5", "ring6"} <= set(places):
            continue
        margin = places["ring5"]["e_atom"] - places["ring6"]["e_atom"]
        lowest = next(iter(places))
        row = places[lowest]
        who = f"{row['site']} with {row['alkali']}"
        if is_planar_n4(places["ring6"]):
            margins.append(margin)
            groups |= set(_groups(row))
            above = places["ring6"]["e_atom"] - row["e_atom"]
            hits += above < LABEL_NOISE_EV
            if lowest != "ring6":
                misses.append((who, lowest, above))
        else:
            others.append((who, lowest, margin))
    tested = (min(groups), max(groups)) if groups else (0, 0)
    return Evidence(
        len(margins), hits, tuple(misses), tested, tuple(sorted(margins)), tuple(others),
        max(spreads),
    )  # fmt: skip


def _groups(row: Row) -> list[int]:
    return [element(m).group or 0 for m in Site.parse(row["site"]).metals]


def single_start(row: Row, graphene_eV: float | None, found: Evidence) -> tuple[bool, str]:
    """Say whether the only start of a pair is a clear minimum, and why or why not."""
    site = Site.parse(row["site"])
    if str(site) == "@graphene":
        if row["place"] == "hollow":
            return True, "clear minimum: the hexagon of pristine graphene"
        return False, f"open: {row['place']} alone on graphene"
    if site.is_empty:
        deeper = None if graphene_eV is None else graphene_eV - row["e_atom"]
        if deeper is not None and deeper > found.largest_eV:
            return True, f"clear minimum: in the pore, {deeper:.2f} eV below a hexagon"
        return False, "open: no deeper in the pore than other places may be"
    if row["place"] != "ring6":
        return False, f"open: {row['place']} alone says nothing of ring6"
    if not is_planar_n4(row):
        return False, "open: ring6 alone decides on planar M-N4 only"
    low, high = found.groups
    if not all(low <= g <= high for g in _groups(row)):
        return False, f"open: planar M-N4 is tested for groups {low} to {high} only"
    if not found.holds:
        return False, f"open: ring6 gives the label in {found.hits} of {found.trials} pairs only"
    return True, f"clear minimum: ring6 of planar M-N4 ({found.hits} of {found.trials} pairs)"
