"""How many records would be needed: a power law through a learning curve, and what it cannot say.

The error of a learner falls about as a power of the number of examples towards a floor (Cortes,
Jackel, Solla, Vapnik and Denker, "Learning curves: asymptotic values and rate of convergence",
Advances in Neural Information Processing Systems 6, 1993). A curve of a few points does not tell
the floor, so none is fitted and the number of records is a lower estimate.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

N_DRAWS = 1000
TOO_FAR = 100.0
"""Extrapolation beyond so many times the records at hand is not printed as a number."""


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """``mae = factor * n_records ** -slope`` with the 95 % bootstrap of the slope."""

    factor: float
    slope: float
    slope_low: float
    slope_high: float
    n_records: float

    @property
    def falls(self) -> bool:
        """Whether the error falls with more records beyond doubt."""
        return self.slope_low > 0

    def at(self, n: float) -> float:
        """Mean absolute error at so many records."""
        return float(self.factor * n**-self.slope)


@dataclass(frozen=True, slots=True)
class Needed:
    """Records after which an error would be reached; None where that is not identifiable."""

    goal: float
    records: float | None
    low: float | None
    high: float | None
    sentence: str


def fit_power_law(rows: pd.DataFrame, seed: int = 0) -> tuple[PowerLaw, NDArray[np.float64]]:
    """Fit the curve of one model.

    Parameters
    ----------
    rows
        From `sacml.evaluation.learning.learning_curve`, one model and one set of judged rows.

    Returns
    -------
    law, draws
        The fit, and (b, 2) bootstrap draws of log factor and slope: held-out groups and orders
        are resampled together.
    """
    x = np.log(rows.groupby("share")["n_records"].mean().to_numpy(dtype=np.float64))
    wide = rows.pivot_table(index=["group", "order"], columns="share", values="error",
                            aggfunc=["sum", "count"], fill_value=0.0)  # fmt: skip
    sums, counts = wide["sum"].to_numpy(), wide["count"].to_numpy(dtype=np.float64)
    group = wide.index.get_level_values("group")
    order = wide.index.get_level_values("order")
    names, g = np.unique(group, return_inverse=True)
    orders, o = np.unique(order, return_inverse=True)
    rng = np.random.default_rng(seed)
    weights = np.ones((N_DRAWS + 1, len(wide)))
    weights[1:] = (
        rng.multinomial(len(names), np.full(len(names), 1 / len(names)), N_DRAWS)[:, g]
        * rng.multinomial(len(orders), np.full(len(orders), 1 / len(orders)), N_DRAWS)[:, o]
    )
    held = weights @ counts
    means = (weights @ sums) / np.where(held > 0, held, np.nan)
    usable = np.isfinite(means).all(axis=1) & (means > 0).all(axis=1)
    A = np.column_stack([np.ones_like(x), -x])
    fits = np.linalg.lstsq(A, np.log(means[usable]).T, rcond=None)[0].T
    low, high = np.percentile(fits[1:, 1], [2.5, 97.5]) if len(fits) > 1 else (np.nan, np.nan)
    law = PowerLaw(float(np.exp(fits[0, 0])), float(fits[0, 1]), float(low), float(high),
                   float(np.exp(x[-1])))  # fmt: skip
    return law, fits[1:]


def records_needed(law: PowerLaw, draws: NDArray[np.float64], goal: float) -> Needed:
    """Say how many training records would bring the error down to `goal`."""
    if law.at(law.n_records) <= goal:
        return Needed(goal, law.n_records, None, None,
                      f"the {law.n_records:.0f} records at hand reach {goal:.3f}")  # fmt: skip
    if not law.falls:
        return Needed(
            goal, None, None, None,
            f"not identifiable: the slope of the curve is {law.slope:.2f} "
            f"({law.slope_low:.2f} to {law.slope_high:.2f}), so that more records of this kind are "
            f"not seen to reach {goal:.3f}",
        )  # fmt: skip
    with np.errstate(over="ignore", divide="ignore"):
        n = float(np.exp((np.log(law.factor) - np.log(goal)) / law.slope))
        falling = draws[draws[:, 1] > 0]
        spread = np.exp((falling[:, 0] - np.log(goal)) / falling[:, 1])
    low, high = (float(v) for v in np.percentile(spread, [2.5, 97.5]))
    low = max(low, law.n_records)  # the records at hand do not reach it
    if n > TOO_FAR * law.n_records:
        return Needed(
            goal, None, low, None,
            f"not identifiable: {goal:.3f} lies more than {TOO_FAR:g} times the "
            f"{law.n_records:.0f} records at hand away",
        )  # fmt: skip
    upper = f"{high:.0f}" if high <= TOO_FAR * law.n_records else "no upper end"
    return Needed(
        goal, n, low, high if high <= TOO_FAR * law.n_records else None,
        f"about {n:.0f} training records ({low:.0f} to {upper}) to reach {goal:.3f}, if the error "
        f"keeps falling as n^-{law.slope:.2f} and has no floor",
    )  # fmt: skip


def groups_to_tell(delta: float, low: float, high: float, n_groups: int) -> float | None:
    """Held-out groups with which a difference of this size would exclude zero; None if it is >= 0.

    The half width of the 95 % interval falls as one over the root of the number of groups.
    """
    if not (np.isfinite([delta, low, high]).all() and delta < 0 and n_groups > 1):
        return None
    half = (high - low) / 2
    return float(max(2.0, n_groups * (half / abs(delta)) ** 2))
