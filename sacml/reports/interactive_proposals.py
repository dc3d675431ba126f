"""Interactive figure of proposals (see `sacml.reports.interactive`)."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.reports import style
from sacml.reports.interactive import dress, panels, safe, unit_ticks
from sacml.reports.png_proposals import SHOWN, predicted_targets
from sacml.reports.words import interval, number, short

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def proposals(table: pd.DataFrame) -> "Figure":
    """Score bars and predictions with intervals of the first proposals of one alkali."""
    from plotly.graph_objects import Bar, Scatter

    rows = table.head(SHOWN)
    targets = predicted_targets(rows)
    widths = [0.8, *[1.0] * len(targets)]
    figure = panels(
        ["Score", *[short(t) for t in targets]], shared_yaxes=True, horizontal_spacing=0.025,
        column_widths=widths,
    )  # fmt: skip
    names = [f"{r}. {escape}" for r, escape in zip(rows["rank"], safe(rows["site"]), strict=True)]
    known = rows["known_as"].fillna("").astype(bool) if "known_as" in rows else rows["rank"] < 0
    colours = np.where(known, style.BASELINE, style.MODEL).tolist()
    figure.add_trace(
        Bar(
            x=rows["score"].tolist(), y=names, orientation="h", marker={"color": colours},
            showlegend=False, hovertemplate="%{y}<br>score %{x:.3f}<extra></extra>",
        ),
        row=1, col=1,
    )  # fmt: skip
    figure.update_xaxes(title_text="0 to 1", range=[0, 1], row=1, col=1)
    for column, what in enumerate(targets, start=2):
        value, low, high = (
            what.forward(rows[c])
            for c in (what.column, f"{what.column}_lower", f"{what.column}_upper")
        )
        ends = np.concatenate([value, low, high])
        ends = ends[np.isfinite(ends)]
        if ends.size == 0:
            continue
        pad = 0.06 * (np.ptp(ends) or 1.0)
        start, stop = float(ends.min() - pad), float(ends.max() + pad)
        flag = f"{what.name}_in_domain"
        inside = rows[flag].astype(bool) if flag in rows else rows["rank"] > 0
        figure.add_trace(
            Scatter(
                x=value.tolist(),
                y=names,
                mode="markers",
                showlegend=False,
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": np.clip(high - value, 0, stop - value).tolist(),
                    "arrayminus": np.clip(value - low, 0, value - start).tolist(),
                    "thickness": 1.6,
                    "width": 0,
                    "color": "rgba(0,114,178,0.45)",
                },
                marker={
                    "color": np.where(inside, colours, "white").tolist(),
                    "line": {"color": colours, "width": 1.5},
                    "size": 8,
                },
                customdata=[
                    f"{number(r[what.column])} {what.unit}, interval "
                    + interval(r[f"{what.column}_lower"], r[f"{what.column}_upper"])
                    for r in rows.to_dict("records")
                ],
                hovertemplate="<b>%{y}</b><br>%{customdata}<extra></extra>",
            ),
            row=1,
            col=column,
        )
        figure.update_xaxes(title_text=what.unit, range=[start, stop], row=1, col=column)
        unit_ticks(figure, what, start, stop, {"row": 1, "col": column}, both=False)
    dress(figure, 25 * max(len(rows), 3) + 110)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure
