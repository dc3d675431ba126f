"""Score whole tables of candidates: predictions, desirabilities, and their combination."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sacml.design.objectives.desirability import combine
from sacml.design.objectives.lookup import Lookup
from sacml.design.objectives.objective import Objective

if TYPE_CHECKING:
    from sacml.features import CandidateTable

SCORE_DECIMALS = 8
"""Scores are rounded before they are compared, so that the last bits of a float decide nothing."""
PROBE_ROWS = 4096
TOLERANCE = 1e-9


class SurrogateLike(Protocol):
    """Anything that predicts a target for a table of candidates."""

    def predict(self, table: "CandidateTable", level: float = 0.9) -> Any:
        """Return columns value, lower, upper, in_domain and words for the reasons."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of n candidates.

    Attributes
    ----------
    score
        Shape (n,), combined desirability of the objectives that count.
    desirability
        Shape (n, m), of all m objectives, after the penalty outside the domain.
    raw
        Shape (n, m), before the penalty.
    in_domain
        Target -> (n,) bool.
    unbounded
        Target -> number of candidates whose interval sets no bounds.
    predictions
        Target -> predictions as the surrogate returned them.
    """

    score: NDArray[np.float64]
    desirability: NDArray[np.float64]
    raw: NDArray[np.float64]
    in_domain: Mapping[str, NDArray[np.bool_]]
    unbounded: Mapping[str, int]
    predictions: Mapping[str, Any]


class Scorer:
    """Objectives with the surrogates they need.

    Parameters
    ----------
    objectives
        What is wanted, in order.
    surrogates
        Target -> surrogate; those without an objective are not asked.
    level
        Probability of the intervals.
    domain_penalty
        Factor on the desirability of an objective where its surrogate says that the candidate
        lies outside its domain.
    also
        Further targets that are predicted, without an objective.
    """

    def __init__(
        self,
        objectives: Sequence[Objective],
        surrogates: Mapping[str, SurrogateLike],
        level: float,
        domain_penalty: float,
        also: Iterable[str] = (),
    ) -> None:
        self.objectives = tuple(objectives)
        wanted = [o.quantity for o in objectives if o.kind == "target"]
        self.targets = tuple(dict.fromkeys([*wanted, *also]))
        self.surrogates = {t: surrogates[t] for t in self.targets}
        self.level = level
        self.domain_penalty = domain_penalty
        self.counts: tuple[bool, ...] = (True,) * len(self.objectives)
        """Which objectives enter the score."""
        self._cached: tuple[object, dict[str, Lookup]] = (None, {})

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights of the objectives, shape (m,)."""
        return np.array([o.weight for o in self.objectives])

    @property
    def scoring_targets(self) -> tuple[str, ...]:
        """Targets whose objective enters the score."""
        pairs = zip(self.objectives, self.counts, strict=True)
        return tuple(dict.fromkeys(o.quantity for o, c in pairs if c and o.kind == "target"))

    def probe(self, table: "CandidateTable") -> Scored:
        """Leave out of the score what does not tell the candidates of a sample apart."""
        scored = self(table)
        self.counts = tuple(bool(x) for x in np.ptp(scored.raw, axis=0) > TOLERANCE)
        return scored

    def __call__(self, table: "CandidateTable") -> Scored:
        """Score a table."""
        n, m = len(table), len(self.objectives)
        predictions = {t: s.predict(table, level=self.level) for t, s in self.surrogates.items()}
        raw, damped = np.empty((n, m)), np.empty((n, m))
        in_domain = {t: np.asarray(p.in_domain, dtype=bool) for t, p in predictions.items()}
        unbounded: dict[str, int] = {}
        for j, objective in enumerate(self.objectives):
            if objective.kind == "target":
                p = predictions[objective.quantity]
                raw[:, j], width = objective.of_prediction(p.value, p.lower, p.upper, self.level)
                unbounded[objective.quantity] = int(np.isinf(width).sum())
                damped[:, j] = raw[:, j] * self._factor(in_domain[objective.quantity])
            else:
                raw[:, j] = damped[:, j] = self._lookup(table, objective).desirability(table)
        return Scored(self._combined(damped), damped, raw, in_domain, unbounded, predictions)

    def rescored(self, scored: Scored, objective: Objective) -> NDArray[np.float64]:
        """Return the scores (n,) with a predicted objective in the place of its namesake."""
        j = [o.name for o in self.objectives].index(objective.name)
        p = scored.predictions[objective.quantity]
        damped = scored.desirability.copy()
        damped[:, j] = objective.of_prediction(p.value, p.lower, p.upper, self.level)[0]
        damped[:, j] *= self._factor(scored.in_domain[objective.quantity])
        return self._combined(damped)

    def values(self, table: "CandidateTable", scored: Scored) -> NDArray[np.float64]:
        """Return what the objectives are about (n, m), in their units; NaN where not known."""
        columns = [
            np.asarray(scored.predictions[o.quantity].value, dtype=float)
            if o.kind == "target"
            else self._lookup(table, o).values(table)
            for o in self.objectives
        ]
        return np.stack(columns, axis=1)

    def _factor(self, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.where(inside, 1.0, self.domain_penalty)

    def _combined(self, damped: NDArray[np.float64]) -> NDArray[np.float64]:
        counted = np.flatnonzero(self.counts)
        return np.round(combine(damped[:, counted], self.weights[counted]), SCORE_DECIMALS)

    def _lookup(self, table: "CandidateTable", objective: Objective) -> "Lookup":
        """What is known of an objective without a model; kept between chunks of one space."""
        if self._cached[0] is not table.centres:
            self._cached = (table.centres, {})
        kept = self._cached[1]
        if objective.name not in kept:
            kept[objective.name] = Lookup.of(objective, table)
        return kept[objective.name]

    def __getstate__(self) -> dict[str, Any]:
        """Leave the cache behind: in another process it is made again."""
        return {**self.__dict__, "_cached": (None, {})}
