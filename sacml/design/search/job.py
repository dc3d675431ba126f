"""The work on one stretch of a space, the same wherever it runs."""

import io
import pickle
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.objectives.chances import Chance
from sacml.design.objectives.objective import Objective
from sacml.design.search.front import Front
from sacml.design.search.scoring import Scored, Scorer
from sacml.design.search.shortlist import Bests, Pool, Ties
from sacml.design.search.tally import Tally

if TYPE_CHECKING:
    from sacml.design.space.space import Space

ALREADY_KNOWN = "already labelled or reported"


@dataclass(frozen=True, eq=False)
class Job:
    """What is asked of every candidate.

    Attributes
    ----------
    space, scorer, ties
        What is searched, how it is scored, and how ties are broken.
    keep
        Length of the list.
    in_domain_only
        Whether candidates outside the domain of a surrogate that counts are refused.
    known
        Tie keys (k,) of candidates to refuse as known; empty where they may be proposed.
    known_scores
        Scores (k,) of the known systems, ascending.
    chances
        Chance constraints.
    shifted
        Objectives that take the place of the one of the same name, each for a pool of its own.
    """

    space: "Space"
    scorer: Scorer
    ties: Ties
    keep: int
    in_domain_only: bool
    known: NDArray[np.int64]
    known_scores: NDArray[np.float64]
    chances: tuple[Chance, ...]
    shifted: tuple[Objective, ...]

    def empty(self) -> Tally:
        """Return the tally of nothing."""
        parts, m = self.space.parts, len(self.scorer.objectives)
        scaffolds = len(parts.shells) * len(parts.hosts)
        pool = Pool(self.keep, len(parts.surroundings), scaffolds)
        none = Counter[str]()
        return Tally(
            done=0,
            ranked=0,
            pools=(pool,) * (1 + len(self.shifted)),
            front=Front.empty(sum(self.scorer.counts)),
            bests=Bests.empty(len(parts.centres)),
            above=np.zeros(len(self.known_scores), dtype=np.int64),
            refused=none,
            out_of_domain=none,
            unbounded=none,
            sum_log=np.zeros(m),
            low=np.full(m, np.inf),
            high=np.full(m, -np.inf),
            chance=np.zeros(len(self.chances)),
        )

    def __call__(self, start: int, stop: int) -> Tally:
        """Score the candidates from `start` to `stop` and return what they leave."""
        position = np.arange(start, stop)
        table = self.space.rows(position)
        scored = self.scorer(table)
        scaffold = (table.centre_index, table.shell_index, table.host_index)
        key = self.ties.keys(*scaffold, table.surrounding_index)
        kept, refused, chance = self._kept(scored, key)
        position, key = position[kept], key[kept]
        priority = self.ties.priority(*(index[kept] for index in scaffold))
        centre = self.ties.centres[table.centre_index[kept]]
        score, empty = scored.score[kept], self.empty()
        pools = []
        for values in (score, *(self.scorer.rescored(scored, o)[kept] for o in self.shifted)):
            pool = Pool(self.keep, empty.pools[0].n_surroundings, empty.pools[0].n_scaffolds)
            pool.add(values, priority, key, position)
            pools.append(pool)
        empty.bests.add(centre, score, priority, key, position)
        points = scored.desirability[np.ix_(kept, np.flatnonzero(self.scorer.counts))]
        lower = np.searchsorted(self.known_scores, score)  # known systems with a lower score
        passed = np.bincount(lower, minlength=len(self.known_scores) + 1)
        return Tally(
            done=stop - start,
            ranked=len(kept),
            pools=tuple(pools),
            front=Front.of(points, priority, key, position, score),
            bests=empty.bests,
            above=np.cumsum(passed[::-1])[::-1][1:],
            refused=refused,
            out_of_domain=Counter({t: int((~i).sum()) for t, i in scored.in_domain.items()}),
            unbounded=Counter(scored.unbounded),
            sum_log=np.log(scored.desirability).sum(axis=0),
            low=scored.raw.min(axis=0),
            high=scored.raw.max(axis=0),
            chance=chance,
        )

    def _kept(
        self, scored: Scored, key: NDArray[np.int64]
    ) -> tuple[NDArray[np.intp], Counter[str], NDArray[np.float64]]:
        """Rows that are not refused, counts of the others by reason, and the best chances."""
        keep, refused = np.ones(len(key), dtype=bool), Counter[str]()

        def strike(reason: str, wrong: NDArray[np.bool_]) -> None:
            nonlocal keep
            refused[reason] += int((keep & wrong).sum())
            keep &= ~wrong

        if len(self.known):
            strike(ALREADY_KNOWN, np.isin(key, self.known))
        best = np.zeros(len(self.chances))
        for i, chance in enumerate(self.chances):
            p = chance.of_prediction(scored.predictions[chance.target], self.scorer.level)
            best[i] = p.max(initial=0.0)
            strike(f"not {chance}", ~(p > chance.probability))
        if self.in_domain_only:
            for target in self.scorer.scoring_targets:
                strike(f"outside the domain of the {target} model", ~scored.in_domain[target])
        return np.flatnonzero(keep), refused, best


class _Pickler(pickle.Pickler):
    """Takes what pickle does not: read-only mappings, and sessions that a constructor opens."""

    def reducer_override(self, given: Any) -> Any:
        """Send a dataclass with fields of its own making as what it was made from."""
        if isinstance(given, MappingProxyType):
            return _read_only, (dict(given),)
        if isinstance(given, type) or not is_dataclass(given) or all(f.init for f in fields(given)):
            return NotImplemented
        made_from = {f.name: getattr(given, f.name) for f in fields(given) if f.init}
        kind: Any = type(given)
        return partial(kind, **made_from), ()


def _read_only(given: dict[str, object]) -> Mapping[str, object]:
    return MappingProxyType(given)


def packed(job: Job) -> bytes:
    """Return a job as bytes for other processes, to be taken apart once in each."""
    out = io.BytesIO()
    _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(job)
    return out.getvalue()


@lru_cache(maxsize=2)
def _unpacked(job: bytes) -> Job:
    found = pickle.loads(job)
    assert isinstance(found, Job)
    return found


def work(job: bytes, start: int, stop: int) -> Tally:
    """Do a packed job on one stretch; a function that every executor can call."""
    return _unpacked(job)(start, stop)
