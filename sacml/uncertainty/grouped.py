"""Conformal intervals where records come in groups (one source, one metal).

Records of one source err alike, so a quantile over records would promise too much. Here every
group has the weight one, spread evenly over its records, and the unseen next group has the weight
one at infinity: the hierarchical conformal prediction of Lee, Barber and Willett,
"Distribution-free inference with hierarchical data", arXiv:2306.06342 (2023). If groups, and the
records within a group, are exchangeable, the interval holds a record of a new group with at least
the stated probability.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.errors import SacmlError

_TOLERANCE = 1e-9  # sums of 1/n reach a level such as 9/10 only up to rounding


class CalibrationError(SacmlError, ValueError):
    """A level or a set of residuals cannot be used for an interval."""


def check_level(level: float) -> float:
    """Return the level, or raise: 0 would be a point and 1 the whole line."""
    if not (isinstance(level, int | float) and 0 < level < 1):
        raise CalibrationError(
            f"level {level!r} lies outside 0 to 1 (both excluded); write e.g. 0.9 for a 90 % "
            "interval"
        )
    return float(level)


def groups_needed(level: float) -> int:
    """Smallest number of groups with which an interval of this level is finite (9 for 0.9)."""
    check_level(level)
    return math.ceil(level / (1 - level) - _TOLERANCE)


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Absolute residuals of held-out groups, on the modelling scale.

    Attributes
    ----------
    residuals : (m,) float64, ascending, finite
    weights : (m,) float64
        Weight of each residual; the weights of one group add up to one.
    n_groups
        Number of groups; may be zero, then every interval is infinite.
    """

    residuals: NDArray[np.float64]
    weights: NDArray[np.float64]
    n_groups: int

    def __post_init__(self) -> None:
        for name in ("residuals", "weights"):
            values = np.array(getattr(self, name), dtype=np.float64)
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        r, w = self.residuals, self.weights
        if r.ndim != 1 or r.shape != w.shape:
            raise CalibrationError(f"{r.shape} residuals for {w.shape} weights")
        if not (np.isfinite(r).all() and np.isfinite(w).all() and (r >= 0).all() and (w > 0).all()):
            raise CalibrationError("residuals must be finite and >= 0, weights finite and > 0")
        if (np.diff(r) < 0).any():
            raise CalibrationError("residuals must ascend")
        if self.n_groups < 0 or abs(w.sum() - self.n_groups) > 1e-6:
            raise CalibrationError(
                f"the weights of {self.n_groups} groups must add up to {self.n_groups}, they add "
                f"up to {w.sum():g}"
            )

    @classmethod
    def of(cls, residuals: ArrayLike, groups: ArrayLike) -> "Calibration":
        """Take signed or absolute residuals (m,) and the group of each."""
        values = np.abs(np.asarray(residuals, dtype=np.float64))
        labels = np.asarray(groups)
        if values.shape != labels.shape or values.ndim != 1:
            raise CalibrationError(f"{values.shape} residuals for {labels.shape} groups")
        _, inverse, size = np.unique(labels, return_inverse=True, return_counts=True)
        order = np.argsort(values, kind="stable")
        return cls(values[order], (1.0 / size[inverse])[order] if size.size else values, len(size))

    def half_width(self, level: float) -> float:
        """Half width of the interval; infinite where the groups are too few for the level.

        The smallest residual at which the residuals hold `level` of the weight of all groups and
        of the one to come. It is finite from ``n_groups >= level / (1 - level)`` on.
        """
        check_level(level)
        reached = np.cumsum(self.weights) >= level * (self.n_groups + 1) - _TOLERANCE
        return float(self.residuals[np.argmax(reached)]) if reached.any() else math.inf

    def remark(self, level: float) -> str | None:
        """Say why the interval is infinite, or None where it is finite."""
        if math.isfinite(self.half_width(level)):
            return None
        return (
            f"the interval is infinite: {self.n_groups} held-out groups are too few for "
            f"{100 * level:g} % (at least {groups_needed(level)} are needed)"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "n_groups": self.n_groups,
            "absolute_residuals": self.residuals.tolist(),
            "weights": self.weights.tolist(),
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Calibration":
        """Read what `to_dict` wrote."""
        return cls(raw["absolute_residuals"], raw["weights"], int(raw["n_groups"]))
