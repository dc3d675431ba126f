"""What a stretch of a space leaves behind: enough for the answer, however long the stretch.

Tallies of neighbouring stretches merge into that of both, in order, so that the answer does not
depend on who scored which stretch.
"""

from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.design.search.front import Front
from sacml.design.search.shortlist import Bests, Pool

COUNTERS = ("refused", "out_of_domain", "unbounded")


@dataclass(frozen=True, eq=False)
class Tally:
    """State of a search after some candidates.

    Attributes
    ----------
    done, ranked
        Candidates scored, and those of them that were not refused.
    pools
        What can enter the list: as wished, then for each shifted window.
    front
        First non-dominated fronts.
    bests
        Best candidate of each set of centres.
    above
        Shape (k,): ranked candidates with a higher score than each known system.
    refused, out_of_domain, unbounded
        Counts by reason or by target.
    sum_log, low, high
        Shape (m,): sum of the logs, least and greatest of the desirabilities.
    chance
        Largest probability met of each chance constraint.
    """

    done: int
    ranked: int
    pools: tuple[Pool, ...]
    front: Front
    bests: Bests
    above: NDArray[np.int64]
    refused: Counter[str]
    out_of_domain: Counter[str]
    unbounded: Counter[str]
    sum_log: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    chance: NDArray[np.float64]

    def merged(self, other: "Tally") -> "Tally":
        """Return the tally of this stretch and the one that follows it."""
        return Tally(
            done=self.done + other.done,
            ranked=self.ranked + other.ranked,
            pools=tuple(a.merged(b) for a, b in zip(self.pools, other.pools, strict=True)),
            front=self.front.merged(other.front),
            bests=self.bests.merged(other.bests),
            above=self.above + other.above,
            refused=self.refused + other.refused,
            out_of_domain=self.out_of_domain + other.out_of_domain,
            unbounded=self.unbounded + other.unbounded,
            sum_log=self.sum_log + other.sum_log,
            low=np.minimum(self.low, other.low),
            high=np.maximum(self.high, other.high),
            chance=np.maximum(self.chance, other.chance),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all arrays by name; counts are left to `counts`."""
        out = {n: getattr(self, n) for n in ("above", "sum_log", "low", "high", "chance")}
        groups = [("front", self.front), ("bests", self.bests)]
        groups += [(f"pool{i}", pool) for i, pool in enumerate(self.pools)]
        for prefix, group in groups:
            for name in _arrays(group):
                out[f"{prefix}.{name}"] = getattr(group, name)
        return out

    def counts(self) -> dict[str, Any]:
        """Return what is no array."""
        return {"done": self.done, "ranked": self.ranked} | {
            name: dict(getattr(self, name)) for name in COUNTERS
        }

    def restored(self, arrays: dict[str, NDArray[Any]], counts: dict[str, Any]) -> "Tally":
        """Return a tally of the same search from what `to_arrays` and `counts` gave."""

        def read(prefix: str, group: Any) -> Any:
            return replace(group, **{n: arrays[f"{prefix}.{n}"] for n in _arrays(group)})

        plain: dict[str, Any] = {
            n: arrays[n] for n in ("above", "sum_log", "low", "high", "chance")
        }
        plain |= {name: Counter(counts[name]) for name in COUNTERS}
        return replace(
            self,
            done=int(counts["done"]),
            ranked=int(counts["ranked"]),
            pools=tuple(read(f"pool{i}", pool) for i, pool in enumerate(self.pools)),
            front=read("front", self.front),
            bests=read("bests", self.bests),
            **plain,
        )


def _arrays(group: Any) -> list[str]:
    return [f.name for f in fields(group) if isinstance(getattr(group, f.name), np.ndarray)]
