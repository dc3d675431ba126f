"""Where the known systems stand in a ranking, and why some stand outside its space."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sacml.design.answer.findings import KnownRank
from sacml.design.known import KnownSystem, KnownSystems, places
from sacml.design.search.scoring import Scorer
from sacml.design.space.generate import encode
from sacml.design.space.split import broken_rule
from sacml.design.space.vocabulary import CENTRES
from sacml.domain.candidates import Candidate
from sacml.errors import SacmlError

if TYPE_CHECKING:
    from sacml.design.space.space import Space


@dataclass(frozen=True, eq=False)
class Standing:
    """Known systems scored before the space is: by the same objectives and surrogates.

    Attributes
    ----------
    systems
        The k known systems.
    score
        Shape (k,); NaN where it cannot be scored. Of a system of which several candidates may be
        the one, that of the best.
    reason
        Why each lies outside the space; empty inside.
    """

    systems: tuple[KnownSystem, ...]
    score: NDArray[np.float64]
    reason: tuple[str, ...]

    @classmethod
    def of(cls, space: "Space", scorer: Scorer, known: KnownSystems) -> "Standing":
        """Score known systems, inside the space as its candidates and outside it as they are."""
        from sacml.features import CandidateTable

        systems = known.systems
        score, inside = np.full(len(systems), np.nan), np.zeros(len(systems), dtype=bool)
        rows = places(space.parts, [s.site for s in systems])
        position = encode(space.layout, rows[:, 1:])
        rows, position = rows[position >= 0], position[position >= 0]
        if len(position):
            found = scorer(space.rows(position)).score
            score[np.unique(rows[:, 0])] = -np.inf
            np.maximum.at(score, rows[:, 0], found)
            inside[rows[:, 0]] = True
        outside = np.flatnonzero(~inside)
        if len(outside):
            asked = [Candidate(systems[i].site, space.alkali, space.conditions) for i in outside]
            # a surrogate may need what they do not have, such as a structure
            with suppress(SacmlError):
                score[outside] = scorer(CandidateTable.from_candidates(asked)).score
        reason = tuple(
            "" if i else why_outside(space, s) for i, s in zip(inside, systems, strict=True)
        )
        return cls(systems, score, reason)

    @property
    def ascending(self) -> NDArray[np.float64]:
        """Scores in ascending order, as the search counts against them."""
        return np.sort(self.score)

    def ranks(self, above: NDArray[np.int64]) -> tuple[KnownRank, ...]:
        """Put the counts of the search into words; first those in the space, best first.

        Parameters
        ----------
        above
            Shape (k,): ranked candidates above each score of `ascending`.
        """
        would = dict(zip(self.ascending.tolist(), (above + 1).tolist(), strict=True))
        found = []
        for system, score, reason in zip(
            self.systems, self.score.tolist(), self.reason, strict=True
        ):
            rank = would.get(score)
            found.append(KnownRank(system, None if reason else rank, score, reason, rank))
        return tuple(sorted(found, key=_place))


def _place(known: KnownRank) -> tuple[bool, bool, float, str]:
    unscored = known.would_rank is None
    return bool(known.reason), unscored, 0.0 if unscored else -known.score, str(known.system.site)


def why_outside(space: "Space", system: KnownSystem) -> str:
    """Say why a known system is no candidate of a space."""
    site, limits, n = system.site, space.constraints, len(system.site.metals)
    shell = site.shell
    if shell is None or not shell.is_known:
        return "its shell is not printed"
    if n not in {CENTRES[word] for word in space.centres}:
        return f"{n} centre{'s' * (n != 1)} are not in the space"
    for what, found, there in (
        ("metal", site.metals, space.metals),
        ("host", (str(site.host),), space.hosts),
        ("axial ligand", site.axial, space.axial_ligands),
    ):
        missing = [name for name in found if name not in there]
        if missing:
            return f"{what} {', '.join(missing)} is not in the space"
    reason = (
        limits.host_reason(site.host, n)
        or limits.centre_reason(site.metals)
        or limits.shell_reason(shell, n, limits.reported(n) if limits.reach is not None else ())
        or broken_rule(limits, site)
    )
    if reason is None and limits.asks_builder:
        from sacml.design.space.buildable import refusal

        refused = refusal(site)
        reason = f"structure builder refuses {site.host}: {refused}" if refused else None
    return reason or "its shell or second shell is not tried in this host"
