"""Figures of the evaluation: parity, models beside their baselines, coverage."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import Target, target
from sacml.reports import gather, style
from sacml.reports.words import BASELINES, axis, model_title, number, short, split_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sacml.evaluation import Evaluation
    from sacml.workflows.results import StudyResult

MARKERS = {"failure": "s", "reported": "o", "lower": ">", "upper": "<"}
MARKER_MEANING = {
    "failure": "end of life stated",
    "reported": "reported value",
    "lower": "lower bound (truth lies right)",
    "upper": "upper bound (truth lies left)",
}


def parity(name: str, study: "StudyResult") -> "Figure":
    """Held-out predictions of the best model of each split against what was observed.

    Intervals are thin lines; those without end run to the frame, and their number is printed.
    Bounds are triangles that point to where the truth lies.
    """
    from matplotlib.lines import Line2D

    evaluation, what = study.evaluations[name], target(name)
    splits = gather.split_names(evaluation)
    figure = style.new_figure(3.7 * len(splits) + 0.4, 4.75)
    grid = figure.subplots(1, len(splits), squeeze=False)[0]
    seen: dict[str, None] = {}
    there: set[str] = set()
    others = False
    for axes, split in zip(grid, splits, strict=True):
        rows = gather.parity(name, study, split)
        draw_parity(axes, rows, what)
        ranked = gather.scores(evaluation, split)
        title = split_title(split)
        if not ranked.empty:
            best = ranked.iloc[0]
            title += f"\n{model_title(best['model'], best['trained_on'])}"
            title += f", n = {int(best['n_records'])}\n"
            title += f"MAE {number(best['mae'])} {best['scale_unit']}"
        axes.set_title(title, loc="left", fontsize=9.5)
        axes.set_xlabel(axis(what, "Observed"))
        seen |= dict.fromkeys(rows["bound"].dropna())
        there |= set(rows["alkali"].dropna()) if "alkali" in rows else set()
        others = others or not rows["is_sac"].astype(bool).all()
    grid[0].set_ylabel(axis(what, "Predicted"))
    handles = [
        Line2D([], [], marker=MARKERS[b], linestyle="", color=style.MUTED, label=MARKER_MEANING[b])
        for b in MARKERS
        if b in seen
    ]
    if others:
        handles.append(
            Line2D([], [], marker="o", ls="", mfc="none", mec=style.BASELINE, label="no SAC")
        )
    alkalis = [a for a in style.ALKALI_COLOURS if a in there]
    handles += [
        Line2D([], [], marker="o", ls="", color=style.ALKALI_COLOURS[a], label=a) for a in alkalis
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=4 if len(handles) > 6 else len(handles)
    )
    return figure


def draw_parity(axes: "Axes", rows: pd.DataFrame, what: Target) -> None:
    """Draw one parity panel on the modelling scale, with ticks in the unit."""
    x, y = what.forward(rows["observed"]), what.forward(rows["predicted"])
    low, high = what.forward(rows["lower"]), what.forward(rows["upper"])
    ends = np.concatenate([x, y, low, high])
    ends = ends[np.isfinite(ends)]
    if ends.size == 0:
        axes.text(0.5, 0.5, "nothing was scored", ha="center", transform=axes.transAxes)
        axes.set(xticks=[], yticks=[])
        return
    pad = 0.05 * (np.ptp(ends) or 1.0)
    start, stop = float(ends.min() - pad), float(ends.max() + pad)
    axes.plot([start, stop], [start, stop], color=style.MUTED, lw=1, zorder=1)
    stated = ~(np.isnan(low) | np.isnan(high))
    axes.vlines(
        x[stated], np.maximum(low[stated], start), np.minimum(high[stated], stop),
        color=style.GRID, lw=0.9, zorder=0,
    )  # fmt: skip
    sac = rows["is_sac"].astype(bool).to_numpy()
    alkali = rows["alkali"].to_numpy() if "alkali" in rows else np.full(len(rows), "")
    colours = np.array([style.ALKALI_COLOURS.get(a, style.BASELINE) for a in alkali], dtype=object)
    bounds = rows["bound"].fillna("reported").to_numpy()
    for bound, marker in MARKERS.items():
        for chosen, filled in (((bounds == bound) & ~sac, False), ((bounds == bound) & sac, True)):
            axes.scatter(
                x[chosen], y[chosen], marker=marker, s=22 if filled else 13,
                facecolors=list(colours[chosen]) if filled else "none",
                edgecolors="white" if filled else list(colours[chosen]),
                linewidths=0.4 if filled else 0.7, alpha=0.95 if filled else 0.55,
                zorder=3 if filled else 2,
            )  # fmt: skip
    endless = int((np.isinf(low) | np.isinf(high)).sum())
    if endless:
        axes.annotate(
            f"{endless} intervals without end", (0.97, 0.03), xycoords="axes fraction",
            ha="right", fontsize=7.5, color=style.MUTED,
        )  # fmt: skip
    axes.set(xlim=(start, stop), ylim=(start, stop), aspect="equal")
    marks = gather.ticks(what, start, stop)
    if marks is not None:
        axes.set_xticks(*marks)
        axes.set_yticks(*marks)


def model_scores(name: str, evaluation: "Evaluation") -> "Figure":
    """Mean absolute error of every model with its bootstrap interval, a panel per split.

    Rows stand in the order of the first split; the line is the better of the constants.
    """
    splits = gather.split_names(evaluation)
    order = gather.scores(evaluation, splits[0])
    keys = list(zip(order["model"], order["trained_on"], strict=True))
    figure = style.new_figure(3.1 * len(splits) + 2.3, 0.27 * max(len(keys), 2) + 1.35)
    grid = figure.subplots(1, len(splits), squeeze=False, sharey=True)[0]
    place = {key: i for i, key in enumerate(keys)}
    for axes, split in zip(grid, splits, strict=True):
        table = gather.scores(evaluation, split)
        for i, row in enumerate(table.to_dict("records")):
            key = (row["model"], row["trained_on"])
            place.setdefault(key, len(place))
            colour = style.BASELINE if row["model"] in BASELINES else style.MODEL
            colour = style.WINNER if i == 0 else colour
            at = place[key]
            if np.isfinite([row["mae_low"], row["mae_high"]]).all():
                axes.hlines(at, row["mae_low"], row["mae_high"], color=colour, lw=2, alpha=0.55)
            axes.plot(row["mae"], at, "o", color=colour, ms=6 if i == 0 else 5)
        constant = table.loc[table["model"] == "constant", "mae"]
        if len(constant):
            axes.axvline(constant.min(), color=style.MUTED, lw=1, ls=(0, (4, 3)), zorder=0)
        unit = table["scale_unit"].iloc[0] if len(table) else ""
        axes.set_xlabel(f"Mean absolute error ({unit})")
        axes.set_title(split_title(split), loc="left")
        axes.set_xlim(left=0)
        style.rows_only(axes)
    grid[0].set_yticks(list(place.values()), [model_title(*key) for key in place])
    grid[0].set_ylim(len(place) - 0.4, -0.6)
    _score_legend(figure)
    return figure


def _score_legend(figure: "Figure") -> None:
    from matplotlib.lines import Line2D

    kinds = (("lowest error", style.WINNER), ("model", style.MODEL), ("baseline", style.BASELINE))
    handles = [Line2D([], [], marker="o", color=c, label=text) for text, c in kinds]
    handles.append(Line2D([], [], color=style.MUTED, ls=(0, (4, 3)), label="constant"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4)


def coverage(study: "StudyResult") -> "Figure":
    """Share of held-out SAC records inside their interval, per target and split.

    The best model of each split is marked; the others are shown small.
    """
    names, level = list(study.evaluations), gather.level(study)
    figure = style.new_figure(2.9 * max(len(names), 1) + 1.6, 2.6)
    grid = figure.subplots(1, max(len(names), 1), squeeze=False, sharey=True)[0]
    rows = {split: at for at, split in enumerate(gather.all_splits(study))}
    for axes, name in zip(grid, names, strict=False):
        for split in gather.split_names(study.evaluations[name]):
            at = rows[split]
            table = gather.scores(study.evaluations[name], split)
            if table.empty:
                continue
            axes.plot(
                table["coverage"], np.full(len(table), at), "o", ms=4, color=style.BASELINE,
                alpha=0.5, mec="none",
            )  # fmt: skip
            best = table.iloc[0]
            axes.plot(best["coverage"], at, "o", ms=7, color=style.WINNER)
            text = f"{best['coverage']:.0%} of {int(best['n_records'])}"
            axes.text(0.02, at, text, va="center", fontsize=8, color=style.MUTED)
        axes.axvline(level, color=style.MUTED, lw=1, ls=(0, (4, 3)), zorder=0)
        axes.set_title(short(target(name)), loc="left")
        axes.set(xlim=(0, 1.08), xticks=[0, 0.25, 0.5, 0.75, 1.0])
        axes.set_xticklabels(["0", "25", "50", "75", "100"])
        axes.set_xlabel("Records inside their interval (%)")
        style.rows_only(axes)
    grid[0].set_yticks(list(rows.values()), [split_title(s) for s in rows])
    grid[0].set_ylim(len(rows) - 0.4, -0.7)
    figure.supxlabel(
        f"Dashed: the promised {level:.0%}. Large: the model with the lowest error.",
        fontsize=8.5, color=style.MUTED, x=0.01, ha="left",
    )  # fmt: skip
    return figure
