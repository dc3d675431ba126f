"""Figures of an evaluation: what chance reaches, and how later papers are predicted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import target
from sacml.reports import style
from sacml.reports.evaluation_scores import targets_of, winner_rows
from sacml.reports.words import model_title, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]


def scrambled(tables: Tables) -> "Figure":
    """Error of each studied model on the true values, and on permuted ones."""
    table = tables["scramble"]
    names = targets_of(table)
    most = max(int((table["target"] == n).sum()) for n in names)
    figure = style.new_figure(4.0 * len(names), 0.55 * most + 1.7)
    grid = figure.subplots(1, len(names), squeeze=False)[0]
    rng = np.random.default_rng(0)
    for axes, name in zip(grid, names, strict=True):
        part = table[table["target"] == name]
        labels = []
        for at, row in enumerate(part.to_dict("records")):
            chance = np.array([float(v) for v in row["scrambled"].split()])
            scatter = at + rng.uniform(-0.18, 0.18, size=len(chance))
            axes.plot(chance, scatter, "o", ms=3, color=style.BASELINE, alpha=0.6, mec="none",
                      label="values permuted within the alkali")  # fmt: skip
            axes.plot([row["mae"]] * 2, [at - 0.3, at + 0.3], color=style.VERMILION, lw=2.5,
                      label="true values")  # fmt: skip
            title = model_title(row["model"], row["trained_on"])
            labels.append(f"{title}\np = {row['p']:.3f}")
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.set_xlabel(f"Mean absolute error ({part['scale_unit'].iloc[0]})")
        axes.set_title(short(target(name)), loc="left")
        style.rows_only(axes)
    handles, texts = grid[0].get_legend_handles_labels()
    figure.legend(handles[:2], texts[:2], loc="outside lower center", ncols=2)
    return figure


def years(tables: Tables) -> "Figure | None":
    """Error on the papers of each year of models that know the years before it; None: no years."""
    p = tables["predictions"]
    p = p[p["split"] == "by_year"]
    names = targets_of(p)
    if not names:
        return None
    figure = style.new_figure(4.2 * len(names), 3.3)
    grid = figure.subplots(1, len(names), squeeze=False)[0]
    for axes, name in zip(grid, names, strict=True):
        mine = p[p["target"] == name]
        winner = winner_rows({**tables, "predictions": p}, "predictions", name)
        which = winner["trained_on"].iloc[0]
        constant = mine[(mine["model"] == "constant") & (mine["trained_on"] == which)]
        shown = [(constant, style.BASELINE)]
        if winner["model"].iloc[0] != "constant":
            shown.append((winner, style.VERMILION))
        for table, colour in shown:
            by = table.groupby("fold")["error"].agg(["mean", "size"])
            title = model_title(table["model"].iloc[0], which)
            axes.plot(by.index.astype(int), by["mean"], "o-", color=colour, label=title)
        counts = constant.groupby("fold").size()
        axes.set_xticks(counts.index.astype(int), [f"{y}\nn = {n}" for y, n in counts.items()],
                        fontsize=7.5)  # fmt: skip
        unit = tables["scores"].loc[tables["scores"]["target"] == name, "scale_unit"].iloc[0]
        axes.set_ylabel(f"Mean absolute error ({unit})")
        axes.set_ylim(bottom=0)
        axes.set_title(f"{short(target(name))}\ntrained on the years before", loc="left")
        axes.legend(loc="upper right")
    return figure
