"""Plots of the bundled dataset: binding energies per metal, shell and alkali, starts, stability.

Every function takes rows of ``datasets/dft/binding.csv`` (`stability`: of ``stability.csv``) as a
frame and returns a figure; call it inside `sacml.reports.style.styled`. A filled mark is the label
of a pair that meets the rule of starts, an open one that of a pair that does not.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import ALKALI, Site
from sacml.domain.elements import element
from sacml.reports.style import ALKALI_COLOURS, BASELINE, INK, MUTED, VERMILION, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENERGY = "binding energy against the isolated atom (eV)"
MARKS = {"Li": "o", "Na": "s", "K": "D"}
N4 = "N4"


def shell_name(site: str) -> str:
    """Shell with isomer; ``empty N4`` for an empty site, ``none`` for a host without site."""
    parsed = Site.parse(site)
    if parsed.is_empty:
        return f"empty {parsed.shell}"
    return str(parsed.shell) if parsed.metals else "none"


def labels_of(binding: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are labels of the protocol, with columns `shell` and `z` added."""
    own = binding["fidelity"] == "dft_own"
    found = binding[own & binding["lowest_of_starts"].astype(bool)].copy()
    found["shell"] = [shell_name(s) for s in found["site"]]
    metals = [Site.parse(s).metals for s in found["site"]]
    found["z"] = [element(m[0]).atomic_number if m else 0 for m in metals]
    return found


def per_metal(binding: pd.DataFrame) -> "Figure":
    """M-N4 sites by metal, in order of the periodic table, with graphene as a line."""
    labels = labels_of(binding)
    sites = labels[labels["shell"] == N4]
    metals = list(sites.sort_values("z")["metal"].unique())
    figure = new_figure(9.0, 4.2)
    axes = figure.add_subplot()
    shift = {"Li": -0.18, "Na": 0.0, "K": 0.18}
    for alkali in ALKALI:
        mine = sites[sites["alkali"] == alkali]
        at = [metals.index(m) + shift[alkali] for m in mine["metal"]]
        _points(axes, np.array(at), mine, alkali)
        bare = labels[(labels["site"] == "@graphene") & (labels["alkali"] == alkali)]
        for value in bare["binding_energy_atom_eV"]:
            axes.axhline(value, color=ALKALI_COLOURS[alkali], lw=1, ls=":")
            axes.annotate(
                f"{alkali} on graphene", (1.005, value), xycoords=("axes fraction", "data"),
                va="center", fontsize=7.5, color=ALKALI_COLOURS[alkali],
            )  # fmt: skip
    axes.set_xticks(range(len(metals)), metals)
    axes.set_xlim(-0.6, len(metals) - 0.4)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel(ENERGY)
    axes.set_title(f"M-N4 in graphene: {len(sites)} pairs, {len(metals)} metals")
    _legend(figure, axes)
    return figure


def stability(sites: pd.DataFrame) -> "Figure":
    """Energy of the metal of a site against its bulk; rows are those of ``stability.csv``."""
    known = sites.dropna(subset="metal_stability_eV").sort_values("metal_stability_eV")
    energies, at = known["metal_stability_eV"].to_numpy(float), np.arange(len(known))
    figure = new_figure(7.0, 1.4 + 0.24 * len(known))
    axes = figure.add_subplot()
    colours = [VERMILION if e > 0 else INK for e in energies]
    axes.hlines(at, 0, energies, color=colours, lw=1.2)
    axes.scatter(energies, at, color=colours, s=26, zorder=3)
    axes.axvline(0, color=BASELINE, lw=1)
    axes.set_yticks(at, [s.removesuffix("@graphene") for s in known["site"]])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("E(site) - E(empty site) - E(bulk metal) (eV); below 0 the metal stays")
    axes.set_title(f"Metals in graphene against their bulk: {len(known)} sites")
    return figure


def per_shell(binding: pd.DataFrame) -> "Figure":
    """Every label by shell; metals are written beside the shells that hold few."""
    labels = labels_of(binding)
    sizes = labels["shell"].value_counts()
    shells = sorted(sizes.index, key=lambda s: (s == "none", s.startswith("empty"), s != N4, s))
    figure = new_figure(9.0, 1.6 + 0.45 * len(shells))
    axes = figure.add_subplot()
    shift = {"Li": 0.2, "Na": 0.0, "K": -0.2}
    for alkali in ALKALI:
        mine = labels[labels["alkali"] == alkali]
        at = np.array([shells[::-1].index(s) + shift[alkali] for s in mine["shell"]])
        _points(axes, at, mine, alkali, across=True)
        for y, (_, row) in zip(at, mine.iterrows(), strict=True):
            if row["shell"] != N4 and isinstance(row["metal"], str) and row["metal"]:
                axes.annotate(row["metal"], (row["binding_energy_atom_eV"], y), (5, 0),
                              textcoords="offset points", va="center", fontsize=7.5,
                              color=MUTED)  # fmt: skip
    names = [f"{s} ({sizes[s]})" if s != "none" else f"no site ({sizes[s]})" for s in shells[::-1]]
    axes.set_yticks(range(len(shells)), names)
    axes.set_ylim(-0.6, len(shells) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(ENERGY)
    axes.set_title(f"By shell: {len(labels)} pairs")
    _legend(figure, axes)
    return figure


def per_alkali(binding: pd.DataFrame) -> "Figure":
    """The three alkali metals on the same sites, against the atom and relative to graphene."""
    labels = labels_of(binding)
    titles = {
        "binding_energy_atom_eV": "against the isolated atom (eV)",
        "binding_energy_bulk_eV": "against the bulk metal (eV)",
        "relative_to_graphene_eV": "relative to graphene (eV)",
    }
    figure = new_figure(9.0, 4.2)
    shared = labels.groupby("site")["alkali"].nunique()
    sites = [s for s in shared.index[shared > 1] if s != "@graphene"]
    for number, (column, title) in enumerate(titles.items()):
        axes = figure.add_subplot(1, 3, number + 1)
        if column == "binding_energy_bulk_eV":
            axes.axhline(0, color=INK, lw=0.8)
            axes.set_xlabel("above 0 plating is preferred")
        for site in sites:
            mine = labels[labels["site"] == site].set_index("alkali")[column]
            known = [a for a in ALKALI if a in mine.index]
            axes.plot([ALKALI.index(a) for a in known], mine[known], color=BASELINE, lw=0.8)
        for alkali in ALKALI:
            mine = labels[(labels["alkali"] == alkali) & (labels["shell"] == N4)]
            at = np.full(len(mine), float(ALKALI.index(alkali)))
            _points(axes, at, mine, alkali, column=column)
        counts = labels[labels["shell"] == N4]["alkali"].value_counts()
        axes.set_xticks(range(3), [f"{a}\n{counts.get(a, 0)} sites" for a in ALKALI])
        axes.set_xlim(-0.5, 2.5)
        axes.grid(visible=False, axis="x")
        axes.set_title(title)
    figure.suptitle("M-N4 by alkali metal; lines join one site", fontsize=10)
    return figure


def starts(binding: pd.DataFrame) -> "Figure":
    """How far above its label each further place lies; crosses below it have lost their metal."""
    own = binding[(binding["fidelity"] == "dft_own") & (binding["n_starts"] > 1)]
    lowest = own[own["lowest_of_starts"].astype(bool)].sort_values(["alkali", "site"])
    order = {pair: i for i, pair in enumerate(_pairs(lowest.iloc[::-1]))}
    best = dict(zip(_pairs(lowest), lowest["binding_energy_atom_eV"].astype(float), strict=True))
    colours = {"ring6": ALKALI_COLOURS["Li"], "ring5": ALKALI_COLOURS["Na"], "top": VERMILION}
    figure = new_figure(7.0, 1.3 + 0.24 * len(order))
    axes = figure.add_subplot()
    places = own["start"].str.split("/").str[0].str.removesuffix("f")  # f: the other face
    for place in sorted(places.unique()):
        mine = own[places == place]
        pairs = _pairs(mine)
        above = mine["binding_energy_atom_eV"].to_numpy(dtype=float) - [best[p] for p in pairs]
        colour, at = colours.get(place, BASELINE), np.array([order[p] for p in pairs])
        out = above < 0
        axes.plot(above[~out], at[~out], "o", ms=5.5, label=place, clip_on=False, color=colour)
        axes.plot(above[out], at[out], "x", ms=5.5, clip_on=False, color=colour)
    names = [f"{site.removesuffix('@graphene')} {alkali}" for site, alkali in order]
    axes.set_yticks(range(len(order)), names, fontsize=7.5)
    axes.set_ylim(-0.7, len(order) - 0.3)
    axes.axvline(0.0, lw=0.6, color=BASELINE)
    axes.set_xlabel("energy above the label of the pair (eV); crosses: the metal leaves its shell")
    axes.set_title("Places of the alkali tried on one pair")
    figure.legend(loc="outside upper right", ncols=4)
    return figure


def _pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["site"].astype(str), rows["alkali"].astype(str), strict=True))


def _points(
    axes: "Axes", at: "np.ndarray", rows: pd.DataFrame, alkali: str,
    across: bool = False, column: str = "binding_energy_atom_eV",
) -> None:  # fmt: skip
    """Draw labels: filled where the pair meets the rule of starts, else open."""
    values, ruled = rows[column].to_numpy(dtype=float), rows["meets_rule"].to_numpy(dtype=bool)
    for chosen, face in ((ruled, ALKALI_COLOURS[alkali]), (~ruled, "white")):
        x, y = (values[chosen], at[chosen]) if across else (at[chosen], values[chosen])
        axes.plot(x, y, MARKS[alkali], ms=5.5, mfc=face, mec=ALKALI_COLOURS[alkali], ls="none")


def _legend(figure: "Figure", axes: "Axes") -> None:
    for alkali in ALKALI:
        axes.plot([], [], MARKS[alkali], color=ALKALI_COLOURS[alkali], label=alkali)
    axes.plot([], [], "o", mfc="white", mec=INK, label="does not meet the rule of starts")
    figure.legend(loc="outside upper right", ncols=4)
