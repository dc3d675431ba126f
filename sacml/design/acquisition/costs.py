"""What a label costs, read from the time that those at hand took."""

from collections.abc import Iterable
from functools import cache
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sacml.errors import DesignError

if TYPE_CHECKING:
    from sacml.domain import Site
    from sacml.features import CandidateTable

STARTS = 2
"""Places of the alkali metal that a label is the lowest of, unless one is known to do."""


def label_costs(
    table: "CandidateTable", computed: "Iterable[Site]" = (), starts: int = STARTS
) -> NDArray[np.float64]:
    """Return the core-hours that a DFT label of each candidate takes, shape (len(table),).

    Time of the bare site, unless it was computed before, and of each start of the alkali metal:
    the median of the finished calculations of `datasets/dft` with that metal, of all of them where
    there is none; of a dual site the slower metal. They are wall times of one core, in the 4x4
    graphene cell; another host or code takes another time.

    Parameters
    ----------
    table
        Candidates.
    computed
        Sites whose bare calculation is at hand.
    starts
        Places tried per label, 1 or more.
    """
    if starts < 1:
        raise DesignError(f"starts = {starts}: a label takes 1 or more")
    times, done = _seconds(), set(computed)
    hours = np.empty(len(table))
    for i in range(len(table)):
        site = table.site(i)
        metals = site.metals or ("",)
        bare = 0.0 if site in done else max(_of(times["site"], m) for m in metals)
        hours[i] = (bare + starts * max(_of(times["ads"], m) for m in metals)) / 3600.0
    return hours


def _of(times: dict[str, float], metal: str) -> float:
    return times.get(metal, times["all"])


@cache
def _seconds() -> dict[str, dict[str, float]]:
    """Kind of calculation -> metal, or ``all`` -> median seconds."""
    import csv

    from sacml._resources import dataset_path

    with dataset_path("dft", "calculations.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["status"] == "ok" and r["seconds"]]
    found = {}
    for kind in ("site", "ads"):
        own = [r for r in rows if r["kind"] == kind]
        metals = {r["metal"] for r in own}
        found[kind] = {m: median(float(r["seconds"]) for r in own if r["metal"] == m)
                       for m in metals}  # fmt: skip
        found[kind]["all"] = median(float(r["seconds"]) for r in own)
    return found
