"""The figures of the HTML report, drawn with plotly from the same frames as the PNG files."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sacml.domain import TARGETS, Target
from sacml.reports import gather, style
from sacml.reports.words import BOUNDS, plain, short

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
CONFIG = {"displayModeBar": False, "displaylogo": False, "responsive": True, "plotlyServerURL": ""}


def blank(height: int, **layout: Any) -> "Figure":
    """Return an empty figure in the look of the report; height in pixels."""
    from plotly.graph_objects import Figure

    figure = Figure()
    dress(figure, height, **layout)
    return figure


def dress(figure: "Figure", height: int, **layout: Any) -> None:
    """Give a figure the look of the report; height in pixels."""
    figure.update_layout(
        template="none",
        height=height,
        font={"family": FONT, "size": 13, "color": style.INK},
        margin={"l": 10, "r": 10, "t": 44, "b": 10},
        hoverlabel={"bgcolor": "white", "font": {"family": FONT, "size": 13}, "align": "left"},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.08, "x": 1, "xanchor": "right"},
    )
    figure.update_layout(**layout)
    common = {"gridcolor": style.GRID, "zeroline": False, "automargin": True, "ticks": ""}
    common |= {"title_font_size": 13, "title_standoff": 8}
    figure.update_xaxes(**common, linecolor=style.MUTED, showline=True)
    figure.update_yaxes(**common)
    # titles of panels stand at their left edge, like those of the PNG figures
    figure.update_annotations(font={"size": 13.5, "color": style.INK})


def to_html(figure: "Figure", name: str) -> str:
    """Return the figure as a piece of HTML with a stable id; plotly.js comes from elsewhere."""
    text: str = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=f"figure-{name}", config=CONFIG
    )
    return text


def panels(titles: list[str], **keywords: Any) -> "Figure":
    """Return a row of panels with titles."""
    from plotly.subplots import make_subplots

    bold = [f"<b>{t}</b>" for t in titles]
    figure: Figure = make_subplots(1, max(len(titles), 1), subplot_titles=bold, **keywords)
    return figure


def data_overview(table: pd.DataFrame) -> "Figure":
    """Records per target, by modifier class and by bound, coloured by alkali."""
    from plotly.graph_objects import Bar
    from plotly.subplots import make_subplots

    names = list(dict.fromkeys(table["target"]))
    classes = list(table["modifier_class"].value_counts(ascending=True).index)
    bounds = [b for b in reversed(BOUNDS) if b in set(table["bound"])]
    heights = [max(len(classes), 2), max(len(bounds), 2)]
    figure: Figure = make_subplots(
        2,
        len(names),
        shared_yaxes=True,
        row_heights=[h / sum(heights) for h in heights],
        vertical_spacing=0.12,
        horizontal_spacing=0.03,
        subplot_titles=[f"<b>{short(TARGETS[n])}</b>" for n in names],
    )
    for column, name in enumerate(names, start=1):
        rows = table[table["target"] == name]
        for place, (by, order, words) in enumerate(
            (("modifier_class", classes, plain), ("bound", bounds, BOUNDS.__getitem__)), start=1
        ):
            found = gather.counts(rows, by, order)
            for alkali in found.columns:
                bar = Bar(
                    x=found[alkali].tolist(),
                    y=[words(v) for v in order],
                    orientation="h",
                    name=alkali,
                    legendgroup=alkali,
                    showlegend=column == 1 and place == 1,
                    marker={"color": style.ALKALI_COLOURS[alkali]},
                    hovertemplate=f"%{{y}}<br>{alkali}: %{{x}} records<extra></extra>",
                )
                figure.add_trace(bar, row=place, col=column)
        figure.update_xaxes(title_text="records", row=2, col=column)
    dress(figure, 24 * sum(heights) + 190, barmode="stack", bargap=0.28)
    figure.update_yaxes(showgrid=False)
    return figure


def periodic_map(
    values: pd.Series,
    unit: str,
    *,
    flagged: frozenset[str] = frozenset(),
    flag_meaning: str = "",
    whole: bool = False,
) -> "Figure":
    """Periodic table with one value per metal; flagged symbols carry a degree sign."""
    from plotly.graph_objects import Heatmap

    where = gather.places()
    grid = np.full((8, 18), np.nan)
    behind = np.full((8, 18), np.nan)
    text = np.full((8, 18), "", dtype=object)
    hover = np.full((8, 18), "", dtype=object)
    for symbol, (column, row) in where.items():
        at = (row - 1, column - 1)
        if symbol not in values:
            behind[at], text[at] = 0.0, f"<span style='color:#a7adb5'>{symbol}</span>"
            continue
        value = float(values[symbol])
        known = np.isfinite(value) and not (whole and value == 0)
        behind[at] = 1.0
        if known:
            grid[at] = value
        shown = f"{value:.0f}" if whole else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
        sign = "°" if symbol in flagged else ""
        text[at] = f"<b>{symbol}</b>{sign}<br>{shown if known else '–'}"
        hover[at] = f"<b>{symbol}</b>: {shown} {unit}"
        hover[at] += f"<br>{flag_meaning}" if symbol in flagged else ""
    finite = grid[np.isfinite(grid)]
    high = float(finite.max(initial=-np.inf if finite.size else 1.0))
    low = 0.0 if whole else float(finite.min(initial=np.inf if finite.size else 0.0))
    axes = {"x": list(range(1, 19)), "y": list(range(1, 9)), "xgap": 3, "ygap": 3}
    figure = blank(430, margin={"l": 0, "r": 0, "t": 8, "b": 0})
    figure.add_trace(
        Heatmap(
            z=behind,
            colorscale=[[0, style.FAINT], [1, "#ffffff"]],
            zmin=0,
            zmax=1,
            showscale=False,
            hoverinfo="skip",
            **axes,
        )
    )
    figure.add_trace(
        Heatmap(
            z=grid,
            colorscale=style.COUNT_MAP if whole else "Viridis",
            zmin=0.0 if whole else low,
            zmax=high if high > low else low + 1,
            hovertext=hover,
            hoverinfo="text",
            hoverongaps=False,
            colorbar={"title": {"text": unit, "side": "right"}, "thickness": 12, "outlinewidth": 0},
            **axes,
        )
    )
    _symbols(figure, text, grid, whole, low, high)
    figure.update_xaxes(visible=False, range=[0.4, 18.6], fixedrange=True)
    figure.update_yaxes(visible=False, range=[8.6, 0.4], fixedrange=True)
    return figure


def _symbols(
    figure: "Figure", text: np.ndarray, grid: np.ndarray, whole: bool, low: float, high: float
) -> None:
    """Write the symbols as one text trace, dark on light cells and white on dark ones."""
    from matplotlib import colormaps
    from plotly.graph_objects import Scatter

    span = (high - low) or 1.0
    colours = colormaps[style.COUNT_MAP if whole else style.VALUE_MAP]
    rows, columns = np.nonzero(text != "")
    ink = [
        style.INK if np.isnan(grid[at]) else style.text_colour(colours((grid[at] - low) / span))
        for at in zip(rows, columns, strict=True)
    ]
    figure.add_trace(
        Scatter(
            x=(columns + 1).tolist(),
            y=(rows + 1).tolist(),
            text=text[rows, columns].tolist(),
            mode="text",
            textfont={"size": 12, "color": ink},
            hoverinfo="skip",
            showlegend=False,
        )
    )


def unit_ticks(
    figure: "Figure", what: Target, start: float, stop: float, at: dict[str, int], both: bool
) -> None:
    """Label a panel in the unit of a target; `both` also labels the vertical axis."""
    marks = gather.ticks(what, start, stop)
    if marks is None:
        return
    ticks: dict[str, Any] = {"tickvals": marks[0], "ticktext": marks[1]}
    figure.update_xaxes(**ticks, **at)
    if both:
        figure.update_yaxes(**ticks, **at)


def safe(values: pd.Series) -> list[str]:
    """Texts of a user, so that plotly shows their tags instead of using them."""
    return [escape(str(v)) for v in values]
