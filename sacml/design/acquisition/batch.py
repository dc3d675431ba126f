"""The batch that is asked for next, and what is said of each pick."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacml.domain import Candidate


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the model expects of one target before the label: `value` in `unit`, 68 % `interval`."""

    target: str
    unit: str
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Pick:
    """One candidate to label.

    Attributes
    ----------
    row
        Number of the candidate in the pool.
    candidate
        Site, alkali and conditions.
    acquisition
        What the strategy gave it at the moment of choice, picks before it counted as labelled.
    expected
        Target -> expectation; empty where too few labels teach no model.
    cost
        Core-hours, or None where no costs were given.
    reason
        Why it was chosen, in words.
    """

    row: int
    candidate: "Candidate"
    acquisition: float
    expected: Mapping[str, Expectation]
    cost: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """An ordered batch, best first.

    Attributes
    ----------
    picks
        In order of choice.
    strategy
        How they were chosen; `spread` where too few labels taught no model.
    acquisition_unit
        Unit of the acquisition values in words, e.g. ``eV per core-hour``.
    n_pool, n_labels, n_pending
        Candidates that could be chosen; labels that taught the model; labels on their way.
    seed
        Seed of the choice.
    """

    picks: tuple[Pick, ...]
    strategy: str
    acquisition_unit: str
    n_pool: int
    n_labels: int
    n_pending: int
    seed: int

    @property
    def rows(self) -> tuple[int, ...]:
        """Rows of the pool, in order."""
        return tuple(p.row for p in self.picks)

    @property
    def candidates(self) -> "tuple[Candidate, ...]":
        """Candidates, in order."""
        return tuple(p.candidate for p in self.picks)

    @property
    def cost(self) -> float | None:
        """Core-hours of the whole batch, or None."""
        costs = [p.cost for p in self.picks]
        return None if not costs or None in costs else sum(c for c in costs if c is not None)
