"""Figure of the proposals: score, and what each target is predicted to be."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import TARGETS, Target
from sacml.reports import gather, style
from sacml.reports.words import axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 15
"""Proposals drawn; tables hold all of them."""


def predicted_targets(table: pd.DataFrame) -> tuple[Target, ...]:
    """Targets that a frame of proposals has predictions of."""
    return tuple(t for t in TARGETS.values() if t.column in table and f"{t.column}_lower" in table)


def proposals(table: pd.DataFrame, alkali: str) -> "Figure":
    """Draw the first proposals of one alkali: score bars, then predictions with intervals.

    Parameters
    ----------
    table
        As returned by ``Proposals.frame()``.
    alkali
        Named in the title.
    """
    rows = table.head(SHOWN)
    targets = predicted_targets(rows)
    figure = style.new_figure(3.6 + 2.6 * len(targets), 0.28 * max(len(rows), 2) + 1.25)
    grid = figure.subplots(
        1, 1 + len(targets), squeeze=False, sharey=True, width_ratios=[0.8, *[1] * len(targets)]
    )[0]
    places = np.arange(len(rows))
    known = (
        rows["known_as"].fillna("").astype(bool).to_numpy() if "known_as" in rows else places < 0
    )
    colours = np.where(known, style.BASELINE, style.MODEL)
    grid[0].barh(places, rows["score"], height=0.7, color=list(colours))
    for y, score in zip(places, rows["score"], strict=True):
        grid[0].annotate(
            f"{score:.2f}", (score, y), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=7.5, color=style.MUTED,
        )  # fmt: skip
    grid[0].set(xlim=(0, 1.15), xticks=[0, 0.25, 0.5, 0.75, 1])
    grid[0].set_xlabel("Score (0 to 1)")
    grid[0].set_title(f"Proposals for {alkali}", loc="left")
    grid[0].set_yticks(places, list(rows["site"]))
    grid[0].set_ylim(len(rows) - 0.4, -0.6)
    for axes, what in zip(grid[1:], targets, strict=True):
        _intervals(axes, rows, what, places, colours)
    for axes in grid:
        style.rows_only(axes)
    _legend(figure, bool(known.any()))
    return figure


def _intervals(
    axes: "Axes", rows: pd.DataFrame, what: Target, places: np.ndarray, colours: np.ndarray
) -> None:
    value, low, high = (
        what.forward(rows[c]) for c in (what.column, f"{what.column}_lower", f"{what.column}_upper")
    )
    ends = np.concatenate([value, low, high])
    ends = ends[np.isfinite(ends)]
    if ends.size == 0:
        axes.text(0.5, 0.5, "no predictions", ha="center", transform=axes.transAxes)
        return
    pad = 0.06 * (np.ptp(ends) or 1.0)
    start, stop = float(ends.min() - pad), float(ends.max() + pad)
    stated = ~(np.isnan(low) | np.isnan(high))
    axes.hlines(
        places[stated], np.maximum(low[stated], start), np.minimum(high[stated], stop),
        color=list(colours[stated]), lw=2, alpha=0.4,
    )  # fmt: skip
    name = f"{what.name}_in_domain"
    inside = rows[name].astype(bool).to_numpy() if name in rows else np.ones(len(rows), dtype=bool)
    for chosen, filled in ((inside, True), (~inside, False)):
        axes.scatter(
            value[chosen], places[chosen], s=26, zorder=3, edgecolors=list(colours[chosen]),
            facecolors=list(colours[chosen]) if filled else "white",
        )  # fmt: skip
    axes.set_xlim(start, stop)
    marks = gather.ticks(what, start, stop)
    if marks is not None:
        axes.set_xticks(*marks)
    axes.set_xlabel(axis(what))


def _legend(figure: "Figure", known: bool) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], marker="o", color=style.MODEL, label="predicted, with interval"),
        Line2D([], [], marker="o", ls="", mfc="white", mec=style.MODEL, label="outside the domain"),
    ]
    if known:
        handles.append(Line2D([], [], marker="o", color=style.BASELINE, label="already known"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
