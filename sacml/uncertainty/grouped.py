"""Split conformal intervals from held-out groups: what a surrogate carries.

The residuals come from models that did not see the group, and the interval of any level is read
from them by `sacml.uncertainty.quantile.upper_quantile`. If groups, and the records within a
group, are exchangeable, the interval holds a record of a new group with at least the stated
probability (Lee, Barber and Willett, arXiv:2306.06342).

With the spread of the model (its standard deviation at a candidate) the residuals may be
normalised: ``|y - f(x)| / (spread(x) + offset)``, after Lei, G'Sell, Rinaldo, Tibshirani and
Wasserman, "Distribution-free predictive inference for regression", arXiv:1604.04173.
The offset, the median spread of the calibration records, keeps a candidate of tiny spread from an
interval of no width. The spread of some models says where they err, that of others does not, so
by default the calibration groups decide: each is judged by the others, and the residuals are
normalised only if that lowers the interval score.

Bounds. A record that says only "at least 500 h" allows two readings. *Pessimistic*: 500 h is the
value; the interval has to hold it. *Optimistic*: the interval has to hold some value that the
bound allows, so a kept bound costs nothing. How far beyond a bound the value lies nobody knows;
taken at its worst, every interval would be infinite where more bounds stand than the level spares.
The pessimistic interval is the default, and it holds the optimistic one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.uncertainty.quantile import (
    CalibrationError,
    absolute_scores,
    check_level,
    group_weights,
    groups_needed,
    one_sided_scores,
    too_few,
    upper_quantile,
)

__all__ = ["Calibration", "CalibrationError", "check_level", "groups_needed"]

JUDGED_AT = 0.9
"""Level at which normalised and plain intervals are compared."""
_NO_SPREAD = 1e-12  # on any scale; what rounding leaves of a model that is sure of everything


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Absolute residuals of held-out groups, on the modelling scale.

    Attributes
    ----------
    residuals : (m,) float64, ascending, finite
        A bound counted as the value (pessimistic).
    weights : (m,) float64
        Weight of each residual; the weights of one group add up to one.
    n_groups
        Number of groups; may be zero, then every interval is infinite.
    one_sided : (m,) float64, optional
        The same residuals where a kept bound costs nothing (optimistic); None: no bounds.
    spread : (m,) float64 >= 0, optional
        Spread of the model at each record; with it the interval is normalised.
    """

    residuals: NDArray[np.float64]
    weights: NDArray[np.float64]
    n_groups: int
    one_sided: NDArray[np.float64] | None = None
    spread: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        for name in ("residuals", "weights", "one_sided", "spread"):
            given = getattr(self, name)
            if given is None:
                continue
            values = np.array(given, dtype=np.float64)
            values.flags.writeable = False
            object.__setattr__(self, name, values)
            if values.ndim != 1 or values.shape != self.residuals.shape:
                shape = self.residuals.shape
                raise CalibrationError(f"{shape} residuals for {values.shape} {name}")
            if not (np.isfinite(values).all() and (values >= 0).all()):
                raise CalibrationError(f"{name} must be finite and >= 0")
        if not (self.weights > 0).all():
            raise CalibrationError("weights must be > 0")
        if (np.diff(self.residuals) < 0).any():
            raise CalibrationError("residuals must ascend")
        if self.one_sided is not None and (self.one_sided > self.residuals).any():
            raise CalibrationError("a one-sided residual lies above the residual itself")
        if self.n_groups < 0 or abs(self.weights.sum() - self.n_groups) > 1e-6:
            raise CalibrationError(
                f"the weights of {self.n_groups} groups must add up to {self.n_groups}, they add "
                f"up to {self.weights.sum():g}"
            )

    @classmethod
    def of(
        cls,
        residuals: ArrayLike,
        groups: ArrayLike,
        *,
        bound: ArrayLike | None = None,
        spread: ArrayLike | None = None,
        normalise: bool | None = None,
    ) -> "Calibration":
        """Take the residuals of held-out records.

        Parameters
        ----------
        residuals : (m,) float
            Observed minus predicted; without `bound` the sign does not matter.
        groups : (m,)
            What was held out with each record.
        bound : (m,) words of `sacml.domain.BOUNDS`, optional
            What each observed value is; None: all are exact.
        spread : (m,) float, optional
            Spread of the model at each record, from the model that did not see it.
        normalise
            Whether the width of an interval follows the spread; None: if that lowers the mean
            interval score of the records, each group judged by the others at `JUDGED_AT`.

        Raises
        ------
        CalibrationError
            If a value is not finite, or the lengths differ.
        """
        signed = np.asarray(residuals, dtype=np.float64)
        values = absolute_scores(signed)
        weights, n_groups = group_weights(groups)
        if values.shape != weights.shape:
            raise CalibrationError(f"{values.shape} residuals for {weights.shape} groups")
        order = np.argsort(values, kind="stable")
        one_sided = None
        if bound is not None and np.isin(np.asarray(bound), ("lower", "upper")).any():
            one_sided = one_sided_scores(signed, bound)[order]
        if spread is not None:
            given = np.asarray(spread, dtype=np.float64)
            if given.shape != values.shape:
                raise CalibrationError(f"{values.shape} residuals for {given.shape} spread")
            spread = given[order] if given.size and not given.max() <= _NO_SPREAD else None
        plain = cls(values[order], weights[order], n_groups, one_sided)
        if spread is None or normalise is False:
            return plain
        found = cls(values[order], weights[order], n_groups, one_sided, spread)
        labels = np.unique(np.asarray(groups)[order], return_inverse=True)[1].reshape(-1)
        return found if normalise or _pays(found, labels) else plain

    @property
    def normalised(self) -> bool:
        """Whether the width of an interval follows the spread of the model."""
        return self.spread is not None

    @property
    def offset(self) -> float:
        """What is added to every spread before it divides a residual."""
        if self.spread is None:
            return 0.0
        # most spreads may be zero, but not all
        return max(float(np.median(self.spread)), float(self.spread.mean()) / 100)

    def half_width(self, level: float, *, optimistic: bool = False) -> float:
        """Half width of the interval that does not follow the spread.

        Infinite where the groups are too few for the level, finite from
        ``n_groups >= level / (1 - level)`` on.
        """
        return float(upper_quantile(self._scores(optimistic), self.weights, self.n_groups, level))

    def interval(
        self,
        middle: ArrayLike,
        level: float,
        spread: ArrayLike | None = None,
        *,
        optimistic: bool = False,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the interval (n,) around predictions, on the modelling scale.

        Parameters
        ----------
        middle : (n,) float
            Predictions.
        spread : (n,) float, optional
            Spread of the model at the candidates; used by a normalised calibration alone.

        Raises
        ------
        CalibrationError
            If the calibration is normalised and no spread is given.
        """
        centre = np.asarray(middle, dtype=np.float64)
        if self.spread is None:
            half: Any = self.half_width(level, optimistic=optimistic)
            return centre - half, centre + half
        if spread is None:
            raise CalibrationError(
                "the calibration is normalised by the spread of the model; give the spread of "
                "the candidates too"
            )
        wide = np.asarray(spread, dtype=np.float64) + self.offset
        scores = self._scores(optimistic) / (self.spread + self.offset)
        half = wide * upper_quantile(scores, self.weights, self.n_groups, level)
        return centre - half, centre + half

    def _scores(self, optimistic: bool) -> NDArray[np.float64]:
        return self.one_sided if optimistic and self.one_sided is not None else self.residuals

    def remark(self, level: float) -> str | None:
        """Say why the interval is infinite, or None where it is finite."""
        return too_few(self.n_groups, level)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        raw: dict[str, Any] = {
            "n_groups": self.n_groups,
            "absolute_residuals": self.residuals.tolist(),
            "weights": self.weights.tolist(),
        }
        for name in ("one_sided", "spread"):
            if getattr(self, name) is not None:
                raw[name] = getattr(self, name).tolist()
        return raw

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Calibration":
        """Read what `to_dict` wrote."""
        return cls(
            raw["absolute_residuals"],
            raw["weights"],
            int(raw["n_groups"]),
            raw.get("one_sided"),
            raw.get("spread"),
        )


def _pays(found: Calibration, groups: NDArray[np.intp]) -> bool:
    """Whether normalised intervals of each group from the others score below plain ones.

    The interval score is that of Gneiting and Raftery, doi:10.1198/016214506000001437, eq. 43.
    False where the other groups are too few for a finite interval.
    """
    if found.n_groups <= groups_needed(JUDGED_AT) or found.spread is None:
        return False
    gain = 0.0
    for group in range(found.n_groups):
        here, rest = groups == group, groups != group
        others = Calibration(found.residuals[rest], found.weights[rest], found.n_groups - 1,
                             spread=found.spread[rest])  # fmt: skip
        residual = found.residuals[here]
        zero = np.zeros(residual.size)
        for sign, width in (
            (1, others.half_width(JUDGED_AT) + zero),
            (-1, others.interval(zero, JUDGED_AT, found.spread[here])[1]),
        ):
            beyond = np.maximum(residual - width, 0.0)
            gain += sign * float((2 * width + 2 / (1 - JUDGED_AT) * beyond).sum())
    return gain > 0
