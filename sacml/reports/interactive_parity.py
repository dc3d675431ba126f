"""Interactive parity figure (see `sacml.reports.interactive`)."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import Target, target
from sacml.reports import gather, style
from sacml.reports.interactive import dress, panels, safe, unit_ticks
from sacml.reports.png_models import MARKER_MEANING
from sacml.reports.words import axis, interval, model_title, number, split_title

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from sacml.workflows.results import StudyResult

SYMBOLS = {
    "failure": "square",
    "reported": "circle",
    "lower": "triangle-right",
    "upper": "triangle-left",
}


def parity(name: str, study: "StudyResult") -> "Figure":
    """Held-out predictions of the best model of each split; the pointer shows what a point is."""
    evaluation, what = study.evaluations[name], target(name)
    splits = gather.split_names(evaluation)
    titles = []
    for split in splits:
        ranked = gather.scores(evaluation, split)
        title = split_title(split)
        if not ranked.empty:
            title += f"<br>{model_title(ranked.iloc[0]['model'], ranked.iloc[0]['trained_on'])}"
        titles.append(title)
    figure = panels(titles, horizontal_spacing=0.07)
    for column, split in enumerate(splits, start=1):
        _parity_panel(figure, gather.parity(name, study, split), what, column)
    figure.update_yaxes(title_text=axis(what, "Predicted"), row=1, col=1)
    _legend(figure, set(evaluation.predictions["bound"].dropna()))
    below = {"orientation": "h", "y": -0.2, "x": 0, "xanchor": "left", "yanchor": "top"}
    dress(figure, 450, legend=below, margin={"l": 66, "r": 10, "t": 60, "b": 90})
    # a margin made for the labels of an inner panel would push all of them to the right
    figure.update_yaxes(automargin=False)
    return figure


def _legend(figure: "Figure", bounds: set[str]) -> None:
    from plotly.graph_objects import Scatter

    entries = [(a, "circle", c, c) for a, c in style.ALKALI_COLOURS.items()]
    entries.append(("no SAC", "circle", "rgba(0,0,0,0)", style.BASELINE))
    entries += [
        (MARKER_MEANING[b], symbol, style.MUTED, "white")
        for b, symbol in SYMBOLS.items()
        if b in bounds
    ]
    for label, symbol, fill, line in entries:
        marker = {"symbol": symbol, "color": fill, "size": 9, "line": {"color": line, "width": 1}}
        # a trace without points is an entry of the legend
        figure.add_trace(
            Scatter(
                x=[None], y=[None], mode="markers", name=label, legendgroup=label, marker=marker
            ),
            row=1,
            col=1,
        )


def _parity_panel(figure: "Figure", rows: pd.DataFrame, what: Target, column: int) -> None:
    from plotly.graph_objects import Scatter

    x, y = what.forward(rows["observed"]), what.forward(rows["predicted"])
    low, high = what.forward(rows["lower"]), what.forward(rows["upper"])
    ends = np.concatenate([x, y, low, high])
    ends = ends[np.isfinite(ends)]
    if ends.size == 0:
        return
    pad = 0.05 * (np.ptp(ends) or 1.0)
    start, stop = float(ends.min() - pad), float(ends.max() + pad)
    stated = ~(np.isnan(low) | np.isnan(high))
    # one broken line holds all intervals; those without end run to the frame
    bars_x = np.repeat(x[stated], 3)
    bars_y = np.column_stack(
        [np.clip(low[stated], start, stop), np.clip(high[stated], start, stop),
         np.full(stated.sum(), np.nan)]
    ).ravel()  # fmt: skip
    plain_line = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    at = {"row": 1, "col": column}
    figure.add_trace(
        Scatter(x=bars_x, y=bars_y, line={"color": style.GRID, "width": 1}, **plain_line), **at
    )
    figure.add_trace(
        Scatter(x=[start, stop], y=[start, stop], line={"color": style.MUTED, "width": 1},
                **plain_line), **at
    )  # fmt: skip
    sac = rows["is_sac"].astype(bool).to_numpy()
    alkali = rows["alkali"].to_numpy()
    groups: list[tuple[str, np.ndarray, str, bool]] = [
        (a, sac & (alkali == a), c, True) for a, c in style.ALKALI_COLOURS.items()
    ]
    groups.append(("no SAC", ~sac, style.BASELINE, False))
    for label, chosen, colour, filled in groups:
        if not chosen.any():
            continue
        part = rows[chosen]
        figure.add_trace(
            Scatter(
                x=x[chosen],
                y=y[chosen],
                mode="markers",
                legendgroup=label,
                showlegend=False,
                marker={
                    "color": colour if filled else "rgba(0,0,0,0)",
                    "size": 8 if filled else 6,
                    "symbol": [SYMBOLS[b] for b in part["bound"].fillna("reported")],
                    "line": {"color": "white" if filled else colour, "width": 0.6},
                },
                customdata=_point_words(part, what),
                hovertemplate="%{customdata}<extra></extra>",
            ),
            **at,
        )
    figure.update_xaxes(title_text=axis(what, "Observed"), range=[start, stop], **at)
    figure.update_yaxes(range=[start, stop], **at)
    unit_ticks(figure, what, start, stop, at, both=True)


def _point_words(rows: pd.DataFrame, what: Target) -> list[str]:
    about = zip(safe(rows["site"]), safe(rows["material"]), rows.to_dict("records"), strict=True)
    return [
        f"<b>{site}</b> {r['alkali']}<br>{material}<br>"
        f"observed {number(r['observed'])} {what.unit} "
        f"({MARKER_MEANING.get(r['bound'], r['bound'])})<br>"
        f"predicted {number(r['predicted'])} {what.unit}, "
        f"interval {interval(r['lower'], r['upper'])}"
        for site, material, r in about
    ]
