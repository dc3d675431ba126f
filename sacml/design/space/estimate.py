"""What a ranking of a space will take, computed before anything runs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sacml.errors import DesignError

if TYPE_CHECKING:
    from sacml.design.space.space import Space

CHUNK = 50_000
"""Candidates scored at once."""
SECONDS_PER_CANDIDATE = 1e-5
"""Time of one core for three released surrogates, rounded up; see benchmarks/design.py."""
EXHAUSTIVE_LIMIT = 100_000_000
"""Candidates that a ranking takes on unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Size of a space and cost of ranking all of it.

    Attributes
    ----------
    candidates, declared
        After and before the constraints.
    memory_bytes
        Beyond the loaded package; it depends on the chunk, not on the space.
    seconds
        On one core.
    factors
        Options by component: centres, shells, hosts, axial ligands, second shells.
    """

    candidates: int
    declared: int
    memory_bytes: int
    seconds: float
    factors: dict[str, int]

    @classmethod
    def of(cls, space: "Space", chunk: int = CHUNK, n_targets: int = 3) -> "Estimate":
        """Estimate the ranking of a space.

        A chunk holds its indices, copies of its float32 descriptors, twelve columns per target
        and what the front keeps.
        """
        from sacml.features import FEATURE_NAMES

        parts, size = space.parts, space.size()
        rows = min(chunk, size)
        return cls(
            candidates=size,
            declared=space.declared_size(),
            memory_bytes=rows * (60 + 2 * 4 * len(FEATURE_NAMES) + 12 * 8 * n_targets + 400),
            seconds=size * SECONDS_PER_CANDIDATE,
            factors={
                "centres": len(parts.centres),
                "shells": len(parts.shells),
                "hosts": len(parts.hosts),
                "axial ligands": len({a for a, _ in parts.surroundings}),
                "second shells": len({s for _, s in parts.surroundings}),
            },
        )

    def __str__(self) -> str:
        minutes = self.seconds / 60
        time = f"{minutes:,.0f} min" if minutes >= 2 else f"{self.seconds:.1f} s"
        return (
            f"{self.candidates:,} candidates of {self.declared:,} declared; ranking all of them "
            f"takes about {time} on one core and {self.memory_bytes / 2**20:,.0f} MiB beside the "
            "loaded package"
        )

    def check(self, limit: int) -> None:
        """Raise for a space too large to be ranked exhaustively, with what to do instead."""
        if self.candidates <= limit:
            return
        name, number = max(self.factors.items(), key=lambda item: item[1])
        many = ", ".join(f"{n} {what}" for what, n in self.factors.items() if n > 1)
        raise DesignError(
            f"the space is too large to be ranked exhaustively: {self}; the limit is {limit:,}. "
            f"It multiplies {many}: narrow one of them (constraints, or fewer {name}; there are "
            f"{number:,}), or raise max_candidates, best with an executor and a checkpoint"
        )
