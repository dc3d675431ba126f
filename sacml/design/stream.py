"""One pass over a space: score chunk after chunk, keep what can win, count the rest."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sacml.design.known import KnownSystems, covers
from sacml.design.scoring import PROBE_ROWS, Scorer
from sacml.design.shortlist import Pool, Ties
from sacml.design.space import Space

if TYPE_CHECKING:
    from sacml.features import CandidateTable

ALREADY_KNOWN = "already labelled or reported"


class Stream:
    """State of one pass over a space.

    Parameters
    ----------
    space, scorer
        What is searched, and how it is scored.
    keep
        Length of the final list.
    known
        Known systems.
    in_domain_only, include_known
        See `sacml.design.rank`.
    """

    def __init__(
        self,
        space: Space,
        scorer: Scorer,
        keep: int,
        known: KnownSystems,
        *,
        in_domain_only: bool,
        include_known: bool,
    ) -> None:
        self.space, self.scorer, self.known = space, scorer, known
        self.in_domain_only, self.include_known = in_domain_only, include_known
        self.total = space.size()
        self.ties = Ties(space.parts, known)
        scaffolds = len(space.parts.shells) * len(space.parts.hosts)
        self.pool = Pool(keep, len(space.parts.surroundings), scaffolds)
        self.done = self.ranked = 0
        self.partial = False
        self.refused = space.refused()
        self.out_of_domain: Counter[str] = Counter()
        self.unbounded: Counter[str] = Counter()
        m = len(scorer.objectives)
        self.sum_log, self.low, self.high = np.zeros(m), np.full(m, np.inf), np.full(m, -np.inf)

    def run(self, chunk: int, on_chunk: Callable[[int, int], None] | None) -> None:
        """Score chunk after chunk; an interrupt keeps what is done."""
        try:
            sample = np.random.default_rng(0).integers(0, self.total, PROBE_ROWS)
            probed = np.arange(self.total) if self.total <= PROBE_ROWS else np.unique(sample)
            self.scorer.probe(self.space.rows(probed))
            known = self._known_keys()
            for table in self.space.chunks(chunk):
                self._take(table, known)
                if on_chunk is not None:
                    on_chunk(self.done, self.total)
        except KeyboardInterrupt:
            self.partial = True

    def _take(self, table: "CandidateTable", known: NDArray[np.int64]) -> None:
        scored = self.scorer(table)
        scaffold = (table.centre_index, table.shell_index, table.host_index)
        keys = self.ties.keys(*scaffold, table.surrounding_index)
        priority = self.ties.priority(*scaffold)
        keep = np.ones(len(table), dtype=bool)
        refused: Counter[str] = Counter()
        if not self.include_known:
            keep = ~np.isin(keys, known)
            refused[ALREADY_KNOWN] += int((~keep).sum())
        if self.in_domain_only:
            for target in self.scorer.scoring_targets:
                outside = keep & ~scored.in_domain[target]
                refused[f"outside the domain of the {target} model"] += int(outside.sum())
                keep &= scored.in_domain[target]
        positions = np.arange(self.done, self.done + len(table))
        self.pool.add(scored.score[keep], priority[keep], keys[keep], positions[keep])
        self.refused.update(refused)
        self.out_of_domain.update({t: int((~i).sum()) for t, i in scored.in_domain.items()})
        self.unbounded.update(scored.unbounded)
        self.sum_log += np.log(scored.desirability).sum(axis=0)
        self.low = np.minimum(self.low, scored.raw.min(axis=0))
        self.high = np.maximum(self.high, scored.raw.max(axis=0))
        self.ranked += int(keep.sum())
        self.done += len(table)

    def _known_keys(self) -> NDArray[np.int64]:
        """Tie keys of the candidates that are known systems."""
        parts = self.space.parts
        centres = {c: i for i, c in enumerate(parts.centres)}
        hosts = {h: i for i, h in enumerate(parts.hosts)}
        around = {s: i for i, s in enumerate(parts.surroundings)}
        rows = [
            (centres[s.metals], j, hosts[s.host], around[(s.axial, s.second_shell)])
            for s in (system.site for system in self.known.systems)
            if s.metals in centres and s.host in hosts and (s.axial, s.second_shell) in around
            for j, shell in enumerate(parts.shells)
            if covers(s.shell, shell)
        ]
        columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
        return self.ties.keys(*columns)
