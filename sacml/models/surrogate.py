"""A surrogate: a fitted model of one target with its interval and its domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.domain import target
from sacml.models.predictions import Predictions
from sacml.models.predictors import Predictor
from sacml.uncertainty.domain import Applicability, Flag, unknown_shells
from sacml.uncertainty.grouped import Calibration, CalibrationError, check_level

if TYPE_CHECKING:
    from sacml.features import CandidateTable

CHUNK = 100_000
"""Rows described at a time; bounds the memory of a prediction of any length."""
_NO_RESIDUAL = 1e-9
"""Largest residual that rounding explains."""


@dataclass(frozen=True, slots=True, eq=False)
class Surrogate:
    """A fitted model of one target.

    Attributes
    ----------
    target
        Name of the target.
    model, trained_on
        Name of the model and which rows taught it, ``"sac"`` or ``"all"``.
    version
        Version of sacml and the first digits of a digest over the fitted model.
    predictor
        The fitted model on the modelling scale.
    calibration
        Held-out residuals, from which the interval of any level is read.
    domain
        What the training records held.
    facts
        Where it comes from: digests, scores, records, versions; plain values, written to its card.
    """

    target: str
    model: str
    trained_on: str
    version: str
    predictor: Predictor
    calibration: Calibration
    domain: Applicability
    facts: Mapping[str, Any]

    def __post_init__(self) -> None:
        target(self.target)
        if self.calibration.normalised and getattr(self.predictor, "spread", None) is None:
            raise CalibrationError(
                f"the interval of {self.name} is normalised by the spread of its model, but a "
                f"model of kind {self.predictor.kind!r} gives none; calibrate it without spread"
            )
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))

    @property
    def name(self) -> str:
        """Target, model and training rows in one word, e.g. ``cycle_life-ridge-all``."""
        return f"{self.target}-{self.model}-{self.trained_on}"

    @property
    def unit(self) -> str:
        """Unit of what it predicts."""
        return target(self.target).unit

    def predict(self, table: "CandidateTable", level: float = 0.9) -> Predictions:
        """Predict with intervals.

        An unknown shell is the mean over the shells its host admits, on the modelling scale, and
        its interval spans the intervals of all of them.

        Parameters
        ----------
        table
            n candidates.
        level
            Probability of the interval, between 0 and 1 (both excluded).

        Raises
        ------
        CalibrationError
            If the level lies outside.
        """
        check_level(level)
        n, kind = len(table), target(self.target)
        middle, low, high, spread = np.empty(n), np.empty(n), np.empty(n), None
        flags = np.empty(n, dtype=np.uint32)
        for start in range(0, n, CHUNK):
            rows = slice(start, min(start + CHUNK, n))
            part = table if n <= CHUNK else table.take(np.arange(rows.start, rows.stop))
            middle[rows], low[rows], high[rows], flags[rows], here = self._part(part, level)
            if here is not None:
                spread = np.empty(n) if spread is None else spread
                spread[rows] = here
        if spread is not None:
            flags |= self.domain.limits.spread_bits(spread)
        if self.calibration.remark(level) is not None:
            flags |= np.uint32(Flag.INFINITE)
        return Predictions(
            target=self.target,
            unit=kind.unit,
            level=level,
            value=kind.inverse(middle),
            lower=kind.inverse(low),
            upper=kind.inverse(high),
            in_domain=(flags & np.uint32(self.domain.breaking)) == 0,
            flags=flags,
            model_version=self.version,
            n_calibration_groups=self.calibration.n_groups,
            spread=spread,
            _table=table,
            _domain=self.domain,
            _remark=self.remark(level),
        )

    def remark(self, level: float) -> str | None:
        """Say what is wrong with every interval: infinite, without width, or about bounds alone."""
        infinite = self.calibration.remark(level)
        if infinite is not None:
            return infinite
        if self.calibration.residuals.max() <= _NO_RESIDUAL:
            return (
                "the interval has no width: every held-out value was met exactly, as where a "
                "target has one value; nothing was learned of what would change it"
            )
        bounds = self.facts.get("records", {}).get("by_bound", {})
        if bounds and set(bounds) <= {"lower", "upper"}:
            counts = " and ".join(f"{n} {word}" for word, n in bounds.items())
            return (
                f"every value that it was taught is a bound ({counts}): value and interval are "
                "about what was printed, not about the quantity itself"
            )
        return None

    def _part(
        self, table: "CandidateTable", level: float
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any] | None]:
        """Mean, ends of the interval over the possible shells, flags and spread."""
        from sacml.models.scoring import score_rows

        resolved, parent, weight = table.resolve_shells()
        values, spread, bits = score_rows(self.predictor, resolved, self.domain.limits)
        flags = self.domain.named(resolved) | bits
        low, high = self.calibration.interval(values, level, spread)
        if len(resolved) == len(table):
            return values, low, high, flags | unknown_shells(table), spread
        first = np.flatnonzero(np.diff(parent, prepend=-1))
        mean = np.add.reduceat(values * weight, first)
        if spread is not None:  # the variance within the shells, and that of their means
            square = np.add.reduceat(weight * (spread**2 + values**2), first)
            spread = np.sqrt(np.maximum(square - mean**2, 0.0))
        return (
            mean,
            np.minimum.reduceat(low, first),
            np.maximum.reduceat(high, first),
            np.bitwise_or.reduceat(flags, first) | unknown_shells(table),
            spread,
        )
