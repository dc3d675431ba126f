"""Keep the candidates of a stream that can still enter the final list, and choose from them.

The final list is greedy by score: a candidate enters unless a better one is in with the same
centres, a host of the same family and a shell within one substitution, or its centres have their
share. The best of each set of centres always enters, so once `keep` sets have been seen, nothing
below the `keep`-th of their best can enter: the pool stays small and the choice is that of the
whole space.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.known import KnownSystems
from sacml.design.layout import Parts
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
        steps = [
            [[known.closeness(s, h, n) for h in parts.hosts] for s in parts.shells] for n in (1, 2)
        ]
        order = {c: i for i, c in enumerate(sorted({c for a in steps for b in a for c in b}))}
        self.closeness = np.array([[[order[c] for c in b] for b in a] for a in steps])
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
    threshold: float = -np.inf

    def add(self, score: NDArray[np.float64], priority: Keys, key: Keys, position: Keys) -> None:
        """Take in candidates: scores, ties and positions in the space, each of shape (n,)."""
        hopeful = score >= self.threshold
        score = np.concatenate([self.score, score[hopeful]])
        priority = np.concatenate([self.priority, priority[hopeful]])
        key = np.concatenate([self.key, key[hopeful]])
        position = np.concatenate([self.position, position[hopeful]])
        order = np.lexsort((key, priority, -score))
        # a second site with the same centres, shell and host is always a near-duplicate
        first = np.unique(key[order] // self.n_surroundings, return_index=True)[1]
        order = order[np.sort(first)]
        # the best of each set of centres
        best = np.unique(key[order] // (self.n_surroundings * self.n_scaffolds), return_index=True)
        bests = np.sort(best[1])
        if len(bests) >= self.keep:
            order = order[: bests[self.keep - 1] + 1]
            self.threshold = float(score[order[-1]])
        self.score, self.priority = score[order], priority[order]
        self.key, self.position = key[order], position[order]


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
        else:
            mine.append(i)
            chosen.append(i)
    return Choice(tuple(chosen), passed)
