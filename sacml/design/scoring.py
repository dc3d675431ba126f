"""Score whole tables of candidates: predictions, desirabilities, and their combination."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sacml.design.desirability import combine
from sacml.design.objectives import Objective
from sacml.design.supply import of_centres

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
    """

    def __init__(
        self,
        objectives: Sequence[Objective],
        surrogates: Mapping[str, SurrogateLike],
        level: float,
        domain_penalty: float,
    ) -> None:
        self.objectives = tuple(objectives)
        self.targets = tuple(dict.fromkeys(o.quantity for o in objectives if o.kind == "target"))
        self.surrogates = {t: surrogates[t] for t in self.targets}
        self.level = level
        self.domain_penalty = domain_penalty
        self.counts: tuple[bool, ...] = (True,) * len(self.objectives)
        """Which objectives enter the score."""
        self._by_centres: tuple[tuple[tuple[str, ...], ...], list[NDArray[np.float64]]] | None = (
            None
        )

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights of the objectives, shape (m,)."""
        return np.array([o.weight for o in self.objectives])

    @property
    def scoring_targets(self) -> tuple[str, ...]:
        """Targets whose objective enters the score."""
        pairs = zip(self.objectives, self.counts, strict=True)
        return tuple(dict.fromkeys(o.quantity for o, c in pairs if c and o.kind == "target"))

    def probe(self, table: "CandidateTable") -> None:
        """Leave out of the score what does not tell the candidates of a sample apart."""
        raw = self(table).raw
        self.counts = tuple(bool(x) for x in np.ptp(raw, axis=0) > TOLERANCE)

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
                factor = np.where(in_domain[objective.quantity], 1.0, self.domain_penalty)
                damped[:, j] = raw[:, j] * factor
            else:
                raw[:, j] = damped[:, j] = self._elements(table.centres, j)[table.centre_index]
        counted = np.flatnonzero(self.counts)
        score = np.round(combine(damped[:, counted], self.weights[counted]), SCORE_DECIMALS)
        return Scored(score, damped, raw, in_domain, unbounded, predictions)

    def _elements(self, centres: tuple[tuple[str, ...], ...], j: int) -> NDArray[np.float64]:
        """Desirability of an element objective for each centre set; kept between chunks."""
        if self._by_centres is None or self._by_centres[0] is not centres:
            columns = []
            for objective in self.objectives:
                if objective.kind == "target":
                    columns.append(np.empty(0))
                    continue
                worst = min if objective.direction == "high" else max
                values = of_centres(centres, objective.quantity, worst)
                columns.append(objective.of_elements(values))
            self._by_centres = (centres, columns)
        return self._by_centres[1][j]
