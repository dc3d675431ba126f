"""Plot of cheap engines against DFT, from ``datasets/dft/cheap_engines.csv``."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import ALKALI
from sacml.reports.style import ALKALI_COLOURS, INK, MUTED, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = {"gfn1": "GFN1-xTB", "chgnet": "CHGNet", "7net-0": "SevenNet 7net-0",
         "7net-l3i5": "SevenNet 7net-l3i5"}  # fmt: skip


def cheap_engines(table: pd.DataFrame, binding: pd.DataFrame) -> "Figure":
    """One panel per engine and mode: labels (lowest starts) with metal, DFT across.

    Parameters
    ----------
    table
        Rows of ``cheap_engines.csv``; those without an energy are left out.
    binding
        Rows of ``binding.csv``, which say what is a label.
    """
    labels = binding[binding["lowest_of_starts"].astype(bool) & binding["metal"].notna()]
    rows = table[table["record_id"].isin(labels["record_id"]) & table["engine_eV"].notna()]
    panels = list(dict.fromkeys(zip(rows["engine"], rows["mode"], strict=True)))
    wide = min(3, len(panels))
    high = -(-len(panels) // wide)
    figure = new_figure(3.2 * wide, 3.1 * high + 0.4)
    for number, (engine, mode) in enumerate(panels):
        axes = figure.add_subplot(high, wide, number + 1)
        mine = rows[(rows["engine"] == engine) & (rows["mode"] == mode)]
        low = min(mine["dft_eV"].min(), mine["engine_eV"].min()) - 0.2
        top = max(mine["dft_eV"].max(), mine["engine_eV"].max()) + 0.2
        axes.plot([low, top], [low, top], color=MUTED, lw=0.8)
        for alkali in ALKALI:
            some = mine[mine["alkali"] == alkali]
            axes.plot(
                some["dft_eV"], some["engine_eV"], "o", ms=4.5, alpha=0.85,
                color=ALKALI_COLOURS[alkali], label=alkali if number == 0 else None,
            )  # fmt: skip
        error = (mine["engine_eV"] - mine["dft_eV"]).to_numpy(dtype=float)
        text = f"MAE {np.abs(error).mean():.2f} eV\nbias {error.mean():+.2f} eV\n"
        axes.annotate(
            f"{text}{len(mine)} sites with a metal",
            (0.04, 0.96), xycoords="axes fraction", va="top", fontsize=8, color=INK,
        )  # fmt: skip
        axes.set_xlim(low, top)
        axes.set_ylim(low, top)
        axes.set_aspect("equal")
        axes.set_title(f"{NAMES.get(engine, engine)}, {mode.replace('_', ' ')}")
        reference = mine["reference"].iloc[0]
        axes.set_xlabel(f"DFT, against the {reference} (eV)")
        axes.set_ylabel("engine (eV)")
    figure.legend(loc="outside upper right", ncols=3)
    return figure
