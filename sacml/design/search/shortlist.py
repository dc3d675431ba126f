"""Keep the candidates of a stream that can still enter the final list, and choose from them.

The final list is greedy by score: a candidate enters unless a better one is in with the same
centres, a host of the same family and a shell within one substitution, or its centres have their
share. The best of each set of centres always enters, so once `keep` sets have been seen, nothing
below the `keep`-th of their best can enter: the pool stays small and the choice is that of the
whole space.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.known import KnownSystems
from sacml.design.space.parts import Parts
from sacml.domain.shells import format_counts

Keys = NDArray[np.int64]
Index = NDArray[np.signedinteger[Any]]


def _ranks(texts: list[str]) -> Keys:
    """Place of each text in alphabetical order."""
    out = np.empty(len(texts), dtype=np.int64)
    out[np.argsort(np.array(texts, dtype=object), kind="stable")] = np.arange(len(texts))
    return out


class Ties:
    """Order candidates of equal score: first what is closer to evidence, then by text.

    Closer is a scaffold (shell, host, number of centres) with fewer substitutions from a known
    system, another host counting as one; at the same distance, one with more systems at it.
    """

    def __init__(self, parts: Parts, known: KnownSystems) -> None:
        self.n_centres = np.array([len(c) for c in parts.centres])
        tables = [known.closeness(parts.shells, parts.hosts, n) for n in (1, 2)]
        # the distance first, then the systems at it, many before few
        steps = np.stack([d * (len(known.systems) + 1) - c for d, c in tables])
        self.closeness = np.unique(steps, return_inverse=True)[1].reshape(steps.shape)
        self.centres = _ranks(["+".join(c) for c in parts.centres])
        self.shells = _ranks([str(s) for s in parts.shells])
        self.hosts = _ranks([str(h) for h in parts.hosts])
        around = ["".join(f"+{x}" for x in a) + f"~{format_counts(s)}" for a, s in
                  parts.surroundings]  # fmt: skip
        self.surroundings = _ranks(around)

    def keys(self, centre: Index, shell: Index, host: Index, around: Index) -> Keys:
        """Return a number per candidate (n,) in order of the texts; equal only for the same."""
        key = self.centres[centre] * len(self.shells) + self.shells[shell]
        key = key * len(self.hosts) + self.hosts[host]
        return np.asarray(key * len(self.surroundings) + self.surroundings[around])

    def priority(self, centre: Index, shell: Index, host: Index) -> Keys:
        """Return the place by closeness to evidence (n,); smaller comes first."""
        return np.asarray(self.closeness[self.n_centres[centre] - 1, shell, host])


@dataclass
class Pool:
    """Candidates that can still enter a list of `keep`, as parallel arrays in order of rank."""

    keep: int
    n_surroundings: int
    n_scaffolds: int
    score: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    priority: Keys = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    key: Keys = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    position: Keys = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def add(self, score: NDArray[np.float64], priority: Keys, key: Keys, position: Keys) -> None:
        """Take in candidates: scores, ties and positions in the space, each of shape (n,)."""
        score = np.concatenate([self.score, score])
        priority = np.concatenate([self.priority, priority])
        key = np.concatenate([self.key, key])
        position = np.concatenate([self.position, position])
        centre = key // (self.n_surroundings * self.n_scaffolds)
        # the best of the `keep`-th set of centres bounds what is sorted
        best = best_by(centre, score)
        if np.count_nonzero(best > -np.inf) > self.keep:
            hopeful = np.flatnonzero(score >= np.partition(best, -self.keep)[-self.keep])
            score, priority, key = score[hopeful], priority[hopeful], key[hopeful]
            position, centre = position[hopeful], centre[hopeful]
        order = np.lexsort((key, priority, -score))
        # a second site with the same centres, shell and host is always a near-duplicate
        first = np.unique(key[order] // self.n_surroundings, return_index=True)[1]
        order = order[np.sort(first)]
        # the best of each set of centres
        bests = np.sort(np.unique(centre[order], return_index=True)[1])
        if len(bests) >= self.keep:
            order = order[: bests[self.keep - 1] + 1]
        self.score, self.priority = score[order], priority[order]
        self.key, self.position = key[order], position[order]

    def merged(self, other: "Pool") -> "Pool":
        """Return what two parts of a space leave together."""
        both = replace(self)
        both.add(other.score, other.priority, other.key, other.position)
        return both


def best_by(group: Keys, score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Best score of each group, minus infinity where it has none."""
    best = np.full(int(group.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(best, group, score)
    return best


@dataclass
class Bests:
    """The best candidate of each set of centres, as arrays over the sets in order of their text."""

    score: NDArray[np.float64]
    priority: Keys
    key: Keys
    position: Keys

    @classmethod
    def empty(cls, n: int) -> "Bests":
        """Return the bests of nothing, for n sets of centres."""
        most = np.full(n, np.iinfo(np.int64).max)
        return cls(np.full(n, -np.inf), most, most.copy(), np.full(n, -1, dtype=np.int64))

    def add(
        self,
        centre: Keys,
        score: NDArray[np.float64],
        priority: Keys,
        key: Keys,
        position: Keys,
    ) -> None:
        """Take in candidates, each of shape (n,); ties go to the smaller priority and key."""
        best = best_by(centre, score)
        top = np.flatnonzero((score == best[centre]) & (score >= self.score[centre]))
        order = top[np.lexsort((key[top], priority[top], centre[top]))]
        order = order[np.unique(centre[order], return_index=True)[1]]
        where = centre[order]
        mine = (-self.score[where], self.priority[where], self.key[where])
        theirs = (-score[order], priority[order], key[order])
        better = np.array(
            [
                t < m
                for t, m in zip(zip(*theirs, strict=True), zip(*mine, strict=True), strict=True)
            ],
            dtype=bool,
        )
        order, where = order[better], where[better]
        self.score[where], self.priority[where] = score[order], priority[order]
        self.key[where], self.position[where] = key[order], position[order]

    def merged(self, other: "Bests") -> "Bests":
        """Return the bests of two parts of a space."""
        both = Bests(*(getattr(self, name).copy() for name in self.__dataclass_fields__))
        some = np.flatnonzero(other.position >= 0)
        columns: tuple[Any, ...] = (other.score, other.priority, other.key, other.position)
        both.add(some, *(column[some] for column in columns))
        return both


@dataclass(frozen=True, slots=True)
class Choice:
    """Places in the pool that were chosen, in order, and why others before the last were not."""

    chosen: tuple[int, ...]
    passed_over: Counter[str]


def choose(
    parts: Parts,
    centre: Index,
    shell: Index,
    host: Index,
    *,
    keep: int,
    per_metal: int,
    min_distance: int = 2,
    refused: Callable[[int], str | None] = lambda place: None,
) -> Choice:
    """Choose greedily from candidates in order of rank.

    Parameters
    ----------
    parts
        Components that the indices point into.
    centre, shell, host
        Indices, shape (n,), best candidate first.
    keep, per_metal
        Length of the list, and most entries with the same centres.
    min_distance
        Smallest distance of the shells of two entries with the same centres in hosts of one
        family.
    refused
        Why the candidate at a place in the order must not be chosen, or None; asked of those
        that would be.
    """
    families = [h.type.family for h in parts.hosts]
    chosen: list[int] = []
    passed: Counter[str] = Counter()
    taken: dict[int, list[int]] = {}
    for i in range(len(centre)):
        if len(chosen) == keep:
            break
        mine = taken.setdefault(int(centre[i]), [])
        near = any(
            families[host[j]] == families[host[i]]
            and parts.shells[shell[j]].distance(parts.shells[shell[i]]) < min_distance
            for j in mine
        )
        if near:
            passed["near-duplicate of a better one"] += 1
        elif len(mine) >= per_metal:
            passed[f"more than {per_metal} with the same centres"] += 1
        elif (reason := refused(i)) is not None:
            passed[reason] += 1
        else:
            mine.append(i)
            chosen.append(i)
    return Choice(tuple(chosen), passed)
