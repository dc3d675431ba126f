"""The tables of an evaluation at full depth as one Markdown text."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

Tables = Mapping[str, pd.DataFrame]

SECTIONS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("verdicts", "Verdicts", ("target", "figure", "model", "found", "wanted", "verdict", "remark"),
     "Every figure beside what is wanted of it."),
    ("nested", "The release rule itself",
     ("target", "what", "model", "split", "rows", "n_records", "n_groups", "mae", "mae_low",
      "mae_high", "delta_constant", "delta_low", "delta_high", "coverage", "interval_score"),
     "The naive winner was chosen by the very error that stands beside it, which is too good on "
     "average; the rule itself is scored with the selection inside every fold."),
    ("comparisons", "Paired comparisons",
     ("target", "split", "model", "trained_on", "against", "against_trained_on", "n_records",
      "n_groups", "ratio", "delta", "delta_low", "delta_high", "p", "p_holm"),
     "Differences of the error record by record, bootstrap over groups; p by flipping the sign of "
     "whole groups, p_holm corrected over the table of a target."),
    ("seeds", "Other seeds",
     ("target", "split", "model", "trained_on", "n_seeds", "mae", "mae_sd", "mae_min", "mae_max"),
     "Where folds or models are random."),
    ("coverage", "Coverage",
     ("target", "split", "model", "trained_on", "share", "low", "high", "optimistic", "n_records",
      "n_groups", "n_infinite", "score", "constant_score", "verdict", "reason"),
     "A bound counts as the value; `optimistic` counts it as any value it allows."),
    ("calibration", "Promised against observed",
     ("target", "model", "trained_on", "level", "coverage", "low", "high", "coverage_optimistic",
      "mean_width", "n_infinite"), ""),
    ("learning", "Learning curves",
     ("target", "model", "trained_on", "n_groups", "n_records", "mae", "mae_low", "mae_high",
      "slope", "slope_low", "slope_high"),
     "Five grouped folds; the range is over random orders of the groups."),
    ("needed", "Records that would be needed",
     ("target", "model", "trained_on", "against", "against_trained_on", "goal", "sentence"), ""),
    ("scramble", "y-scrambling",
     ("target", "split", "model", "trained_on", "mae", "scrambled_mean", "scrambled_min", "p", "n"),
     "Values permuted with their bounds within each alkali."),
    ("leak_counts", "Both sides of a fold",
     ("target", "split", "kind", "n_records", "n_tested", "forbidden"),
     "Tested records that share something with a training record of their fold."),
    ("scores", "Scores",
     ("target", "split", "rows", "model", "trained_on", "n_records", "n_groups", "n_bounds", "mae",
      "mae_low", "mae_high", "delta_constant", "coverage", "coverage_optimistic", "interval_score",
      "log_density", "concordance"), ""),
    ("skipped", "What could not be made", ("target", "what", "why"), ""),
)  # fmt: skip


def summary(
    title: str, tables: Tables, sentences: Mapping[str, str], figures: Sequence[Path] = ()
) -> str:
    """Write one Markdown text: what the rule picks, the tables that are there, the figures."""
    parts = [f"# {title}", *(f"- {text}" for text in sentences.values())]
    for name, heading, columns, note in SECTIONS:
        table = tables.get(name)
        if table is None or table.empty:
            continue
        kept = [c for c in columns if c in table.columns]
        parts += [f"## {heading}", *([note] if note else []), markdown_table(table[kept])]
    parts += [f"![{p.stem}](figures/{p.name})" for p in figures]
    return "\n\n".join(parts) + "\n"


def markdown_table(table: pd.DataFrame) -> str:
    """Return a data frame as a Markdown table, three decimals where a number is not whole."""
    lines = [list(table.columns), ["---"] * table.shape[1]]
    lines += [[_cell(v) for v in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return f"{value:.3f}" if math.isfinite(value) else "infinite"
    return str(value).replace("|", "/")
