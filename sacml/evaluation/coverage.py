"""Do the intervals hold what they promise: pooled, per group, and over levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from sacml.evaluation.intervals import interval_ends
from sacml.evaluation.metrics import GroupBootstrap
from sacml.evaluation.metrics_bounds import covered
from sacml.evaluation.significance import holm

LEVELS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
LEAST_GROUPS = 5
"""Fewer held-out groups get counts and no verdict."""
LEAST_RECORDS = 5
"""Groups of at least so many records are tested on their own."""
SIGNIFICANT = 0.01
LOWEST_END = 0.1
"""How far below the level the lower end of the interval of the coverage may lie."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Pooled coverage of the intervals of one model and split.

    Attributes
    ----------
    level, share, low, high
        Promised and found share of covered records, with its 95 % group bootstrap.
    optimistic
        Share where a bound counts as any value that it allows.
    n_records, n_groups, n_covered, n_infinite
        Counts; `n_infinite` intervals have no ends and cover everything.
    short
        Groups that fall short at `SIGNIFICANT` after Holm's correction.
    score, constant_score
        Mean interval score and that of the constant.
    verdict
        ``"holds"``, ``"fails"`` or ``"no verdict"``.
    reason
        What decided.
    """

    level: float
    share: float
    low: float
    high: float
    optimistic: float
    n_records: int
    n_groups: int
    n_covered: int
    n_infinite: int
    short: tuple[str, ...]
    score: float
    constant_score: float
    verdict: str
    reason: str


def group_coverage(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Coverage per held-out group of one model and split.

    Returns
    -------
    DataFrame
        group, n, covered, covered_optimistic; p of the exact binomial test that a group of at
        least `LEAST_RECORDS` is covered as often as promised against less often, and p_holm over
        the groups tested; NaN where a group is smaller. The records of a group are not
        independent, so a small p may come from one shared error.
    """
    rows = []
    for group, part in table.groupby("group"):
        n, k = len(part), int(part["covered"].sum())
        tested = n >= LEAST_RECORDS
        p = binomtest(k, n, level, alternative="less").pvalue if tested else np.nan
        rows.append((str(group), n, k, int(part["covered_optimistic"].sum()), float(p)))
    columns = ["group", "n", "covered", "covered_optimistic", "p"]
    found = pd.DataFrame(rows, columns=columns)
    return found.assign(p_holm=holm(found["p"].to_numpy(dtype=np.float64)))


def pooled_coverage(
    table: pd.DataFrame, constant: pd.DataFrame, level: float, seed: int = 0
) -> Coverage:
    """Judge the intervals of one model and split.

    They hold if the group bootstrap of the coverage contains the level and does not start more
    than `LOWEST_END` below it, no group falls short, and the mean interval score lies below that
    of the constant. No verdict is given for fewer than `LEAST_GROUPS` groups, or where intervals
    are infinite.

    Parameters
    ----------
    table, constant
        Held-out rows with intervals, of the model and of the constant on the same records.
    """
    inside = table["covered"].to_numpy(dtype=np.float64)
    bootstrap = GroupBootstrap.of(table["group"].to_numpy(dtype=str), seed)
    low, high = bootstrap.interval(inside)
    groups = group_coverage(table, level)
    short = tuple(groups.loc[groups["p_holm"] < SIGNIFICANT, "group"])
    score = float(table["interval_score"].mean())
    other = float(constant["interval_score"].mean())
    facts: dict[str, Any] = {
        "level": level,
        "share": float(inside.mean()),
        "low": low,
        "high": high,
        "optimistic": float(table["covered_optimistic"].mean()),
        "n_records": len(table),
        "n_groups": bootstrap.n_groups,
        "n_covered": int(inside.sum()),
        "n_infinite": int(np.isinf(table["width"]).sum()),
        "short": short,
        "score": score,
        "constant_score": other,
    }
    verdict, reason = _verdict(facts)
    return Coverage(**facts, verdict=verdict, reason=reason)


def _verdict(f: dict[str, Any]) -> tuple[str, str]:
    counts = f"{f['n_covered']} of {f['n_records']} records covered"
    if f["n_groups"] < LEAST_GROUPS:
        return "no verdict", f"{counts}; {f['n_groups']} groups are too few to judge"
    if f["n_infinite"]:
        return "no verdict", f"{counts}; {f['n_infinite']} of the intervals are infinite"
    wrong = []
    if not f["low"] <= f["level"] <= f["high"]:
        wrong.append(f"{f['low']:.2f} to {f['high']:.2f} does not contain {f['level']:.2f}")
    if f["low"] < f["level"] - LOWEST_END - 1e-9:
        wrong.append(f"the lower end {f['low']:.2f} lies below {f['level'] - LOWEST_END:.2f}")
    if f["short"]:
        wrong.append(f"short in {', '.join(f['short'])}")
    if not f["score"] < f["constant_score"]:
        wrong.append(
            f"interval score {f['score']:.3f} is not below the constant's {f['constant_score']:.3f}"
        )
    return ("fails", "; ".join(wrong)) if wrong else ("holds", counts)


def calibration_curve(
    table: pd.DataFrame, min_sac_groups: int, levels: Sequence[float] = LEVELS, seed: int = 0
) -> pd.DataFrame:
    """Observed against promised coverage of one model and split.

    Returns
    -------
    DataFrame
        level, coverage with its 95 % group bootstrap low to high, coverage_optimistic, mean_width
        (infinite where one interval is), n_infinite.
    """
    y, bound = (table["middle"] + table["residual"]).to_numpy(), table["bound"].to_numpy()
    bootstrap = GroupBootstrap.of(table["group"].to_numpy(dtype=str), seed)
    rows = []
    for level, (low, high) in interval_ends(table, tuple(levels), min_sac_groups).items():
        inside = covered(y, bound, low, high).astype(np.float64)
        ends = bootstrap.interval(inside)
        kept = covered(y, bound, low, high, optimistic=True).mean()
        width = high - low
        rows.append((level, inside.mean(), *ends, kept, width.mean(), int(np.isinf(width).sum())))
    return pd.DataFrame(rows, columns=["level", "coverage", "low", "high", "coverage_optimistic",
                                       "mean_width", "n_infinite"])  # fmt: skip
