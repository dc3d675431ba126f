"""The score tables as text: Markdown that goes into the README as it is printed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sacml.evaluation import Evaluation

COLUMNS = ("model", "trained on", "n", "groups", "MAE", "95 % interval", "vs constant", "coverage")

Score = Mapping[str, Any]


def scores_table(evaluation: "Evaluation", rows: str = "sac") -> str:
    """Return one Markdown table per split for the held-out rows asked for (``sac`` or ``all``)."""
    scores: list[Any] = evaluation.scores.to_dict("records")
    splits = dict.fromkeys(s["split"] for s in scores)
    tables = (split_table(scores, split, rows) for split in splits)
    notes = [f"{name} could not be made: {why}" for name, why in evaluation.skipped.items()]
    return "\n\n".join([*filter(None, tables), *notes])


def split_table(scores: Sequence[Score], split: str, rows: str) -> str:
    """Return the table of one split, best model first; empty if nothing was scored."""
    chosen = sorted(
        (s for s in scores if s["split"] == split and s["rows"] == rows), key=lambda s: s["mae"]
    )
    if not chosen:
        return ""
    what = "single-atom sites" if rows == "sac" else "records of all classes"
    title = f"{split.replace('_', ' ')}, held-out {what}, error in {chosen[0]['scale_unit']}"
    return f"**{title}**\n\n" + markdown(COLUMNS, [_cells(s) for s in chosen])


def _cells(s: Score) -> tuple[str, ...]:
    return (
        str(s["model"]),
        str(s["trained_on"]),
        str(s["n_records"]),
        str(s["n_groups"]),
        f"{s['mae']:.3f}",
        f"{s['mae_low']:.3f} to {s['mae_high']:.3f}",
        f"{s['delta_constant']:+.3f} ({s['delta_low']:+.3f} to {s['delta_high']:+.3f})",
        f"{s['coverage']:.2f}",
    )


def markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rule = ["---"] * len(header)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *lines))
