"""Interactive figures of errors and coverage (see `sacml.reports.interactive`)."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import target
from sacml.reports import gather, style
from sacml.reports.interactive import dress, panels
from sacml.reports.words import BASELINES, interval, model_title, number, short, split_title

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from sacml.evaluation import Evaluation
    from sacml.workflows.results import StudyResult


def model_scores(evaluation: "Evaluation") -> "Figure":
    """Mean absolute error of every model with its bootstrap interval, a panel per split."""
    from plotly.graph_objects import Scatter

    splits = gather.split_names(evaluation)
    figure = panels([split_title(s) for s in splits], shared_yaxes=True, horizontal_spacing=0.03)
    first = gather.scores(evaluation, splits[0])
    order = [model_title(*k) for k in zip(first["model"], first["trained_on"], strict=True)]
    for column, split in enumerate(splits, start=1):
        table = gather.scores(evaluation, split)
        kinds = np.where(table["model"].isin(BASELINES), "baseline", "model")
        if len(kinds):
            kinds[0] = "lowest"
        for kind, colour, label in (
            ("lowest", style.WINNER, "lowest error"),
            ("model", style.MODEL, "model"),
            ("baseline", style.BASELINE, "baseline"),
        ):
            rows = table[kinds == kind]
            figure.add_trace(
                Scatter(
                    x=rows["mae"].tolist(),
                    y=[
                        model_title(*k) for k in zip(rows["model"], rows["trained_on"], strict=True)
                    ],
                    error_x={
                        "type": "data",
                        "symmetric": False,
                        "array": (rows["mae_high"] - rows["mae"]).tolist(),
                        "arrayminus": (rows["mae"] - rows["mae_low"]).tolist(),
                        "thickness": 2,
                        "width": 0,
                    },
                    mode="markers",
                    marker={"color": colour, "size": 10 if kind == "lowest" else 8},
                    name=label,
                    legendgroup=kind,
                    showlegend=column == 1,
                    customdata=_score_words(rows),
                    hovertemplate="<b>%{y}</b><br>%{customdata}<extra></extra>",
                ),
                row=1,
                col=column,
            )
        constant = table.loc[table["model"] == "constant", "mae"]
        if len(constant):
            figure.add_vline(
                float(constant.min()), line={"color": style.MUTED, "dash": "dash", "width": 1},
                row=1, col=column,
            )  # fmt: skip
        unit = table["scale_unit"].iloc[0] if len(table) else ""
        figure.update_xaxes(title_text=f"MAE ({unit})", rangemode="tozero", row=1, col=column)
    dress(figure, 24 * max(len(order), 3) + 150)
    figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], showgrid=False)
    return figure


def _score_words(rows: pd.DataFrame) -> list[str]:
    return [
        f"MAE {number(r['mae'])} {r['scale_unit']}, 95 % interval "
        f"{interval(r['mae_low'], r['mae_high'])}<br>{int(r['n_records'])} records in "
        f"{int(r['n_groups'])} groups"
        for r in rows.to_dict("records")
    ]


def coverage(study: "StudyResult") -> "Figure":
    """Share of held-out SAC records inside their interval, per target and split."""
    from plotly.graph_objects import Scatter

    names, level = list(study.evaluations), gather.level(study)
    titles = [short(target(n)) for n in names]
    figure = panels(titles, shared_yaxes=True, horizontal_spacing=0.03)
    for column, name in enumerate(names, start=1):
        for split in gather.split_names(study.evaluations[name]):
            table = gather.scores(study.evaluations[name], split)
            for rows, colour, size, label in (
                (table.iloc[1:], style.BASELINE, 7, "other models"),
                (table.iloc[:1], style.WINNER, 12, "lowest error"),
            ):
                figure.add_trace(
                    Scatter(
                        x=(100 * rows["coverage"]).tolist(),
                        y=[split_title(split)] * len(rows),
                        mode="markers",
                        marker={"color": colour, "size": size, "opacity": 1 if size > 7 else 0.6},
                        name=label,
                        legendgroup=label,
                        showlegend=column == 1 and split == next(iter(gather.split_names(
                            study.evaluations[name]))),
                        customdata=[
                            f"{model_title(r['model'], r['trained_on'])}: {r['coverage']:.0%} of "
                            f"{int(r['n_records'])} records"
                            for r in rows.to_dict("records")
                        ],
                        hovertemplate="%{customdata}<extra></extra>",
                    ),
                    row=1,
                    col=column,
                )  # fmt: skip
        line = {"color": style.MUTED, "dash": "dash", "width": 1}
        figure.add_vline(100 * level, line=line, row=1, col=column)
        title = "records inside (%)"
        figure.update_xaxes(title_text=title, range=[0, 105], row=1, col=column)
    dress(figure, 290, margin={"l": 10, "r": 10, "t": 70, "b": 10})
    figure.update_layout(legend_y=1.16)
    order = [split_title(s) for s in gather.all_splits(study)]
    figure.update_yaxes(showgrid=False, categoryorder="array", categoryarray=order[::-1])
    return figure
