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
from sacml.uncertainty.domain import Applicability, Flag
from sacml.uncertainty.grouped import Calibration, check_level

if TYPE_CHECKING:
    from sacml.features import CandidateTable

CHUNK = 100_000
"""Rows described at a time; bounds the memory of a prediction of any length."""


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
        n = len(table)
        kind, half = target(self.target), self.calibration.half_width(level)
        middle, low, high = np.empty(n), np.empty(n), np.empty(n)
        flags = np.empty(n, dtype=np.uint32)
        for start in range(0, n, CHUNK):
            rows = slice(start, min(start + CHUNK, n))
            part = table if n <= CHUNK else table.take(np.arange(rows.start, rows.stop))
            middle[rows], low[rows], high[rows], flags[rows] = self._part(part)
        remark = self.calibration.remark(level)
        if remark is not None:
            flags |= np.uint32(Flag.INFINITE)
        return Predictions(
            target=self.target,
            unit=kind.unit,
            level=level,
            value=kind.inverse(middle),
            lower=kind.inverse(low - half),
            upper=kind.inverse(high + half),
            in_domain=(flags & np.uint32(self.domain.breaking)) == 0,
            flags=flags,
            model_version=self.version,
            n_calibration_groups=self.calibration.n_groups,
            _table=table,
            _domain=self.domain,
            _remark=remark,
        )

    def _part(self, table: "CandidateTable") -> tuple[NDArray[Any], ...]:
        """Mean, smallest and largest prediction over the possible shells, and the flags."""
        from sacml.models.scoring import score

        resolved, parent, weight = table.resolve_shells()
        values, flags = score(self.predictor, resolved), self.domain.flags(resolved)
        if len(resolved) == len(table):
            flags |= self._unknown(table)
            return values, values, values, flags
        first = np.flatnonzero(np.diff(parent, prepend=-1))
        return (
            np.add.reduceat(values * weight, first),
            np.minimum.reduceat(values, first),
            np.maximum.reduceat(values, first),
            np.bitwise_or.reduceat(flags, first) | self._unknown(table),
        )

    @staticmethod
    def _unknown(table: "CandidateTable") -> NDArray[np.uint32]:
        unknown = [s is not None and not s.is_known for s in table.shells]
        bit = np.uint32(Flag.UNKNOWN_SHELL)
        return np.array(unknown, dtype=np.uint32)[table.shell_index] * bit
