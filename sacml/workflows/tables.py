"""The score tables as text: Markdown that goes into the README as it is printed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacml.evaluation import Evaluation

COLUMNS = ("model", "trained on", "n", "groups", "MAE", "95 % interval", "vs constant", "coverage")


def scores_table(evaluation: "Evaluation", rows: str = "sac") -> str:
    """Return one Markdown table per split for the held-out rows asked for (``sac`` or ``all``)."""
    scores = evaluation.scores
    chosen = scores[scores["rows"] == rows]
    parts = []
    for split, block in chosen.groupby("split", sort=False):
        unit = block["scale_unit"].iloc[0]
        lines = [
            (
                str(r.model),
                str(r.trained_on),
                f"{r.n_records}",
                f"{r.n_groups}",
                f"{r.mae:.3f}",
                f"{r.mae_low:.3f} to {r.mae_high:.3f}",
                f"{r.delta_constant:+.3f} ({r.delta_low:+.3f} to {r.delta_high:+.3f})",
                f"{r.coverage:.2f}",
            )
            for r in block.sort_values("mae", kind="stable").itertuples()
        ]
        title = f"{str(split).replace('_', ' ')}, held-out {rows} rows, error in {unit}"
        parts.append(f"**{title}**\n\n{markdown(COLUMNS, lines)}")
    return "\n\n".join(parts)


def markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rule = ["---"] * len(header)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *lines))
