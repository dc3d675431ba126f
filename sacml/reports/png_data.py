"""Figures of the data: how many records there are of what, and which metals they cover."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import TARGETS
from sacml.reports import style
from sacml.reports.gather import counts, places
from sacml.reports.words import BOUNDS, plain, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Polygon


def data_overview(table: pd.DataFrame) -> "Figure":
    """Records per target (columns) by modifier class and by bound (rows), coloured by alkali.

    Parameters
    ----------
    table
        As returned by `sacml.reports.gather.records`.
    """
    names = list(dict.fromkeys(table["target"]))
    classes = list(table["modifier_class"].value_counts(ascending=True).index)
    bounds = [b for b in reversed(BOUNDS) if b in set(table["bound"])]
    height = 0.25 * (len(classes) + len(bounds)) + 1.9
    figure = style.new_figure(2.7 * max(len(names), 1) + 1.7, height)
    heights = [max(len(classes), 2), max(len(bounds), 2)]
    grid = figure.subplots(
        2, max(len(names), 1), squeeze=False, sharey="row", height_ratios=heights
    )
    for column, name in enumerate(names):
        rows = table[table["target"] == name]
        upper, lower = grid[0][column], grid[1][column]
        _stacked(upper, counts(rows, "modifier_class", classes).rename(index=plain))
        _stacked(lower, counts(rows, "bound", bounds).rename(index=BOUNDS))
        upper.set_title(f"{short(TARGETS[name])}\n{len(rows)} records", loc="left")
        lower.set_xlabel("Records")
    if names:
        grid[0][0].set_ylabel("Modifier")
        grid[1][0].set_ylabel("Bound")
        figure.align_ylabels()
    _alkali_legend(figure, table)
    return figure


def _stacked(axes: "Axes", table: pd.DataFrame) -> None:
    left = np.zeros(len(table))
    for alkali in table.columns:
        width = table[alkali].to_numpy(dtype=float)
        axes.barh(table.index, width, left=left, height=0.72, color=style.ALKALI_COLOURS[alkali])
        left += width
    for y, total in enumerate(left):
        axes.annotate(
            f"{total:.0f}", (total, y), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=8, color=style.MUTED,
        )  # fmt: skip
    axes.set_xlim(0, max(left.max(initial=0.0), 1) * 1.16)
    axes.locator_params(axis="x", integer=True, nbins=5)
    style.rows_only(axes)


def _alkali_legend(figure: "Figure", table: pd.DataFrame) -> None:
    from matplotlib.patches import Patch

    there = [a for a in style.ALKALI_COLOURS if a in set(table["alkali"])]
    patches = [Patch(color=style.ALKALI_COLOURS[a], label=a) for a in there]
    if patches:
        figure.legend(handles=patches, loc="outside upper right", ncols=3)


def periodic_map(
    values: pd.Series,
    label: str,
    title: str,
    *,
    flagged: frozenset[str] = frozenset(),
    flag_meaning: str = "",
    whole: bool = False,
) -> "Figure":
    """Periodic table with one value per metal.

    Parameters
    ----------
    values
        Index symbol; what is missing or not finite stays empty.
    label
        Label of the colour bar, with the unit.
    title
        Title of the figure.
    flagged, flag_meaning
        Symbols whose cell has a cut corner, and what that says.
    whole
        Whether the values are counts: written without decimals, and zero stays white.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle

    known = {str(k): float(v) for k, v in values.items() if np.isfinite(v) and (v or not whole)}
    low, high = (min(known.values()), max(known.values())) if known else (0.0, 1.0)
    norm = Normalize(0 if whole else low, high if high > low else low + 1)
    colours = colormaps[style.COUNT_MAP if whole else style.VALUE_MAP]
    figure = style.new_figure(9.6, 4.3)
    axes = figure.subplots()
    for symbol, (column, row) in places().items():
        y = row - 0.6 if row == 8 else row
        in_map = symbol in values
        face = colours(norm(known[symbol])) if symbol in known else (1.0, 1.0, 1.0, 1.0)
        if not in_map:
            face = (0.953, 0.957, 0.965, 1.0)
        ink = style.text_colour(face) if in_map else "#a7adb5"
        axes.add_patch(
            Rectangle(
                (column - 0.47, y - 0.47), 0.94, 0.94, facecolor=face,
                edgecolor=style.GRID, linewidth=0.8,
            )
        )  # fmt: skip
        if symbol in flagged and symbol in known:
            axes.add_patch(_corner(column, y))
        centre = y - (0.14 if in_map else 0)
        axes.text(column, centre, symbol, ha="center", va="center", color=ink, weight="bold")
        if in_map:
            text = "–" if symbol not in known else _short(known[symbol], whole)
            axes.text(column, y + 0.24, text, ha="center", va="center", color=ink, fontsize=6.8)
    axes.set(xlim=(0.4, 18.6), ylim=(8.0, 0.4), aspect="equal")
    axes.axis("off")
    axes.set_title(title, loc="left")
    bar = figure.colorbar(ScalarMappable(norm, colours), ax=axes, shrink=0.72, pad=0.01, aspect=22)
    bar.set_label(label)
    bar.outline.set_visible(False)
    if whole:
        bar.ax.locator_params(axis="y", integer=True)
    if flag_meaning and flagged & set(known):
        axes.add_patch(_corner(2.9, 1.0))
        axes.text(3.5, 0.72, flag_meaning, fontsize=8.5, color=style.MUTED, va="center")
    return figure


def _corner(column: float, row: float) -> "Polygon":
    from matplotlib.patches import Polygon

    right, top = column + 0.47, row - 0.47
    corners = [(right - 0.3, top), (right, top), (right, top + 0.3)]
    return Polygon(corners, facecolor="white", edgecolor=style.INK, linewidth=0.6)


def _short(value: float, whole: bool) -> str:
    return f"{value:.0f}" if whole else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
