"""Figures of an evaluation: models beside the release rule itself, coverage per group."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import target
from sacml.reports import style
from sacml.reports.words import BASELINES, model_title, short, split_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
_SIMPLE = (*BASELINES, "alkali_shell_mean")


def targets_of(table: pd.DataFrame) -> list[str]:
    """Names of the targets, in the order of the table."""
    return list(dict.fromkeys(table["target"]))


def scores(tables: Tables) -> "Figure":
    """Mean absolute error of every model under the split that decides, and of the rule itself."""
    names = targets_of(tables["nested"])
    drawn = {n: _decisive(tables, n) for n in names}
    height = 0.26 * max(len(t) for t in drawn.values()) + 1.4
    figure = style.new_figure(4.3 * len(names), height)
    grid = figure.subplots(1, len(names), squeeze=False)[0]
    for axes, name in zip(grid, names, strict=True):
        _score_rows(axes, name, drawn[name])
    _score_legend(figure)
    return figure


def _decisive(tables: Tables, name: str) -> pd.DataFrame:
    nested = tables["nested"][tables["nested"]["target"] == name]
    rule = nested[nested["what"] == "the rule itself"].iloc[0]
    s = tables["scores"]
    s = s[(s["target"] == name) & (s["split"] == rule["split"]) & (s["rows"] == rule["rows"])]
    s = s.sort_values("mae", kind="stable").assign(what="model")
    return pd.concat([rule.to_frame().T, s], ignore_index=True)


def _score_rows(axes: "Axes", name: str, table: pd.DataFrame) -> None:
    labels = []
    for at, row in enumerate(table.to_dict("records")):
        rule = row["what"] == "the rule itself"
        colour = style.BASELINE if row["model"] in _SIMPLE else style.MODEL
        colour = style.VERMILION if rule else style.GREEN if at == 1 else colour
        low, high = float(row["mae_low"]), float(row["mae_high"])
        if np.isfinite([low, high]).all():
            axes.hlines(at, low, high, color=colour, lw=2, alpha=0.55)
        axes.plot(row["mae"], at, "D" if rule else "o", color=colour, ms=6)
        labels.append("The rule itself" if rule else model_title(row["model"], row["trained_on"]))
    what = "sites" if table["rows"].iloc[0] == "sac" else "records"
    first = table.iloc[0]
    n = f"{int(first['n_records'])} {what} in {int(first['n_groups'])} groups"
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"Mean absolute error ({first['scale_unit']})")
    title = f"{short(target(name))}\n{split_title(first['split'])}\n{n}"
    axes.set_title(title, fontsize=9, loc="left")
    style.rows_only(axes)


def _score_legend(figure: "Figure") -> None:
    from matplotlib.lines import Line2D

    kinds = (
        ("D", style.VERMILION, "rule, selection inside each fold"),
        ("o", style.GREEN, "lowest error, chosen afterwards"),
        ("o", style.MODEL, "model"),
        ("o", style.BASELINE, "baseline"),
    )
    handles = [Line2D([], [], marker=m, ls="", color=c, label=text) for m, c, text in kinds]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)


def group_coverage(tables: Tables) -> "Figure":
    """Covered and missed records of every held-out group of the released model."""
    names = targets_of(tables["coverage_groups"])
    parts = {n: winner_rows(tables, "coverage_groups", n) for n in names}
    # a hundred papers of one record each are counted, not drawn
    parts = {n: t[t["n"] > 1] if len(t) > MOST_GROUPS else t for n, t in parts.items()}
    figure = style.new_figure(4.2 * len(names), 0.21 * max(map(len, parts.values())) + 1.5)
    grid = figure.subplots(1, len(names), squeeze=False)[0]
    for axes, name in zip(grid, names, strict=True):
        part = parts[name].sort_values(["n", "group"], ascending=[False, True])
        at = np.arange(len(part))
        missed = part["n"] - part["covered"]
        axes.barh(at, part["covered"], color=style.SKY, height=0.7, label="inside the interval")
        axes.barh(at, missed, left=part["covered"], color=style.VERMILION, height=0.7,
                  label="outside")  # fmt: skip
        axes.set_yticks(at, [_cut(g) for g in part["group"]], fontsize=7)
        axes.set_ylim(len(part) - 0.4, -0.6)
        axes.set_xlabel("Held-out records")
        axes.xaxis.get_major_locator().set_params(integer=True)
        alone = len(winner_rows(tables, "coverage_groups", name)) - len(part)
        rest = f", {alone} groups of one record not drawn" if alone else ""
        first = part.iloc[0]
        model = model_title(first["model"], first["trained_on"])
        axes.set_title(f"{short(target(name))}\n{model}{rest}", fontsize=9.5, loc="left")
        style.rows_only(axes)
    handles, texts = grid[0].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower center", ncols=2)
    return figure


MOST_GROUPS = 40


def winner_rows(tables: Tables, table: str, name: str) -> pd.DataFrame:
    """Rows of a table that are about the released model: the first of the calibration table."""
    curves = tables["calibration"]
    first = curves[curves["target"] == name].iloc[0]
    t = tables[table]
    return t[(t["target"] == name) & (t["model"] == first["model"])
             & (t["trained_on"] == first["trained_on"])]  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= 34 else text[:33] + "\N{HORIZONTAL ELLIPSIS}"
