"""Intervals of held-out rows, each from the residuals of the other held-out groups."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sacml.evaluation.groups import BY_YEAR
from sacml.evaluation.metrics_bounds import covered, interval_score, log_density
from sacml.evaluation.select import enough_sac
from sacml.uncertainty.grouped import Calibration

Ends = tuple[NDArray[np.float64], NDArray[np.float64]]


def spread_of(table: pd.DataFrame) -> NDArray[np.float64] | None:
    """Spread (n,) of the model of one table of held-out rows, or None if a fold has none."""
    spread = table["spread"].to_numpy(dtype=np.float64)
    return spread if len(spread) and not np.isnan(spread).any() else None


def with_intervals(table: pd.DataFrame, level: float, min_sac_groups: int) -> pd.DataFrame:
    """Add what follows from the interval to the held-out rows of one model and split.

    Columns: low, high, width, scale (all on the modelling scale), covered, covered_optimistic,
    interval_score, interval_score_optimistic, log_density. `scale` is the standard deviation of
    the normal distribution behind `log_density`: the root mean square residual of the other
    groups, times the model's own spread where it has one; NaN without another group.
    """
    low, high = interval_ends(table, (level,), min_sac_groups)[level]
    scale = _scales(table, min_sac_groups)
    y, bound = (table["middle"] + table["residual"]).to_numpy(), table["bound"].to_numpy()
    middle = table["middle"].to_numpy()
    return table.assign(
        low=low,
        high=high,
        width=high - low,
        scale=scale,
        covered=covered(y, bound, low, high),
        covered_optimistic=covered(y, bound, low, high, optimistic=True),
        interval_score=interval_score(y, bound, low, high, level),
        interval_score_optimistic=interval_score(y, bound, low, high, level, optimistic=True),
        log_density=log_density(y, bound, middle, scale),
    )


def interval_ends(
    table: pd.DataFrame, levels: tuple[float, ...], min_sac_groups: int
) -> dict[float, Ends]:
    """Ends of the intervals (n,) of the held-out rows of one model and split, per level.

    By the rule of the surrogate: a site's from the residuals of sites alone where at least
    `min_sac_groups` groups hold one. In a split by year only earlier years calibrate. A record of
    unknown shell has the interval around all its possible shells.
    """
    n, spread = len(table), spread_of(table)
    ends = {level: (np.empty(n), np.empty(n)) for level in levels}
    residual = table["residual"].to_numpy()
    groups = table["group"].to_numpy(dtype=str)
    least, most = table["shell_low"].to_numpy(), table["shell_high"].to_numpy()
    for mine, others in _parts(table, min_sac_groups):
        held = Calibration.of(
            residual[others], groups[others], spread=None if spread is None else spread[others]
        )
        given = None if spread is None else spread[mine]
        for level, (low, high) in ends.items():
            low[mine] = held.interval(least[mine], level, given)[0]
            high[mine] = held.interval(most[mine], level, given)[1]
    return ends


def _scales(table: pd.DataFrame, min_sac_groups: int) -> NDArray[np.float64]:
    scale, spread = np.full(len(table), np.nan), spread_of(table)
    residual, unit = table["residual"].to_numpy(), np.ones(len(table))
    for mine, others in _parts(table, min_sac_groups):
        if not others.any():
            continue
        if spread is not None and spread[others].max() > 0:
            offset = float(np.median(spread[others])) or float(spread[others].mean())
            unit = spread + offset
        else:
            unit = np.ones(len(table))
        root = float(np.sqrt(np.mean((residual[others] / unit[others]) ** 2)))
        scale[mine] = (root or np.nan) * unit[mine]
    return scale


def _parts(table: pd.DataFrame, min_sac_groups: int) -> list[tuple[Any, Any]]:
    """Rows that share a calibration, and the rows that calibrate them; both masks (n,)."""
    groups, sac = table["group"].to_numpy(dtype=str), table["is_sac"].to_numpy(dtype=bool)
    sites_alone = enough_sac(sac, groups, min_sac_groups)
    by_year = len(table) > 0 and table["split"].iloc[0] == BY_YEAR
    held = table["fold"].to_numpy(dtype=str) if by_year else groups
    parts = []
    for name in np.unique(held):
        here = held == name
        outside = held < name if by_year else ~here
        for kind in (True, False):
            mine = here & (sac == kind)
            if mine.any():
                parts.append((mine, outside & sac if kind and sites_alone else outside))
    return parts
