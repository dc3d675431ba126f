"""Curves of an evaluation: promised against observed coverage, error against records."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import target
from sacml.reports import style
from sacml.reports.evaluation_scores import targets_of
from sacml.reports.words import model_title, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
COLOURS = (style.VERMILION, style.BLUE, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)


def calibration(tables: Tables) -> "Figure":
    """Observed against promised coverage, with the group bootstrap of the released model."""
    table = tables["calibration"]
    names = targets_of(table)
    figure = style.new_figure(3.5 * len(names), 4.3)
    grid = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for axes, name in zip(grid, names, strict=True):
        axes.plot([0.45, 1], [0.45, 1], color=style.MUTED, lw=1, ls=(0, (4, 3)))
        for i, (key, part) in enumerate(_models(table, name)):
            finite = part["n_infinite"] == 0
            colour = COLOURS[i % len(COLOURS)]
            drawn = part[finite]
            axes.plot(drawn["level"], drawn["coverage"], "o-", ms=4, color=colour,
                      label=model_title(*key))  # fmt: skip
            if i == 0:
                axes.fill_between(drawn["level"], drawn["low"], drawn["high"], color=colour,
                                  alpha=0.13, lw=0)  # fmt: skip
                endless = part.loc[~finite, "level"]
                if len(endless):
                    text = "infinite at " + ", ".join(f"{v:.0%}" for v in endless)
                    axes.text(0.98, 0.03, text, ha="right", fontsize=7.5, color=style.MUTED,
                              transform=axes.transAxes)  # fmt: skip
        axes.set_title(short(target(name)), loc="left")
        axes.set(xlim=(0.45, 1.0), ylim=(0, 1.02), xlabel="Promised")
        axes.legend(loc="lower center", fontsize=7.5, bbox_to_anchor=(0.5, 0.08))
    grid[0].set_ylabel("Observed share of held-out records inside")
    return figure


def learning(tables: Tables) -> "Figure":
    """Grouped error against the records trained on, with the power law through the points."""
    table = tables["learning"]
    names = targets_of(table)
    figure = style.new_figure(3.6 * len(names), 3.9)
    grid = figure.subplots(1, len(names), squeeze=False)[0]
    for axes, name in zip(grid, names, strict=True):
        for i, (key, part) in enumerate(_models(table, name)):
            colour = COLOURS[i % len(COLOURS)]
            n = part["n_records"].to_numpy(dtype=np.float64)
            first = part.iloc[0]
            slope = f"{first['slope']:.2f} ({first['slope_low']:.2f} to {first['slope_high']:.2f})"
            axes.vlines(n, part["mae_low"], part["mae_high"], color=colour, lw=1, alpha=0.4)
            axes.plot(n, part["mae"], "o", ms=4, color=colour,
                      label=f"{model_title(*key)}, slope {slope}")  # fmt: skip
            far = np.geomspace(n[0], 3 * n[-1], 50)
            axes.plot(far, first["factor"] * far ** -first["slope"], color=colour, lw=1)
        axes.set(xscale="log", yscale="log", xlabel="Records trained on")
        unit = table.loc[table["target"] == name, "scale_unit"].iloc[0]
        axes.set_ylabel(f"Mean absolute error ({unit})")
        _plain_ticks(axes)
        axes.set_title(short(target(name)), loc="left")
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.2), fontsize=7)
    return figure


def _plain_ticks(axes: "object") -> None:
    """Numbers instead of powers of ten: the axes span less than two decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for axis, places in ((axes.xaxis, (1, 2, 5)), (axes.yaxis, (1, 1.5, 2, 3, 4, 6, 8))):  # type: ignore[attr-defined]
        axis.set_major_locator(LogLocator(subs=places))
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        axis.set_minor_formatter(NullFormatter())


def _models(table: pd.DataFrame, name: str) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    mine = table[table["target"] == name]
    return [
        ((str(model), str(which)), part)
        for (model, which), part in mine.groupby(["model", "trained_on"], sort=False)
    ]
