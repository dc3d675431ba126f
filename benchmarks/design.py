"""Rank 10^5 and 10^6 candidates with three cheap surrogates: time, memory, linearity.

Run ``python benchmarks/design.py``. The surrogates cost next to nothing, so the figures are those
of the design space, the objectives and the short list alone.
"""

import multiprocessing
import resource
import sys
import time
from types import SimpleNamespace

import numpy as np

from sacml.design import KnownSystems, Space, default_objectives, rank
from sacml.domain import PRIMARY

LIGANDS = ("OH", "O", "O2", "H", "H2O", "F", "Cl", "Br", "I", "N", "NH3", "CN", "CO", "S")
SIZES = (100_000, 1_000_000)
MIB = 2**20


class Cheap:
    """A surrogate that looks up random numbers for centres and shells."""

    def __init__(self, centre: float, spread: float, half: float) -> None:
        self.centre, self.spread, self.half = centre, spread, half

    def predict(self, table, level: float = 0.9):
        """Return columns as a surrogate does."""
        rng = np.random.default_rng(1)
        of_centre = rng.random(len(table.centres))[table.centre_index]
        of_shell = rng.random(len(table.shells))[table.shell_index]
        value = self.centre + self.spread * (of_centre + of_shell)
        return SimpleNamespace(
            value=value,
            lower=value - self.half,
            upper=value + self.half,
            in_domain=of_centre > 0.1,
            reasons=lambda i: (),
            model_version="cheap/1",
        )


def surrogates() -> dict[str, Cheap]:
    return {
        "binding_energy": Cheap(-2.5, 0.8, 0.4),
        "nucleation_overpotential": Cheap(11.0, 50.0, 10.0),
        "cycle_life": Cheap(400.0, 1500.0, 300.0),
    }


def space(size: int) -> Space:
    """A space of at least this size, with as few axial ligands and dopants as reach it."""
    dopants = [f"{e}{n}" for n in (1, 2) for e in "NOSPB"]
    for n in range(len(LIGANDS) + 1):
        found = Space.default(
            "Li", axial_ligands=LIGANDS[:n], second_shell=dopants[: max(0, n - 3)],
            constraints={"reach": "any"},
        )  # fmt: skip
        if found.size() >= size:
            return found
    raise ValueError(f"no space of {size} candidates")


def measure(size: int) -> dict[str, float]:
    """Seconds per candidate and peak memory of one ranking, in a process of its own."""
    chosen, objectives = space(size), default_objectives("Li", PRIMARY)
    rank(Space.default("Li", constraints={"reach": "any"}, metals=["Fe", "Zn"]), surrogates(),
         objectives, known=KnownSystems(()))  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = rank(chosen, surrogates(), objectives, known=KnownSystems(()))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert len(found) == 20
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "candidates": chosen.size(),
        "seconds": seconds,
        "peak_MiB": peak * unit / MIB,
        "grown_MiB": (peak - before) * unit / MIB,
        "estimate_MiB": chosen.memory_estimate() / MIB,
    }


def run() -> dict[str, float]:
    """Measure both sizes.

    Returns
    -------
    dict
        Candidates, seconds and peak memory of each, and the ratio of the times per candidate
        (1: linear).
    """
    out: dict[str, float] = {}
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    rates = []
    for size in SIZES:
        with context.Pool(1) as pool:
            measured = pool.apply(measure, (size,))
        rates.append(measured["seconds"] / measured["candidates"])
        out |= {f"rank_{size:.0e}_{name}".replace("+0", ""): x for name, x in measured.items()}
    out["rank_linearity"] = rates[1] / rates[0]
    return out


if __name__ == "__main__":
    for key, value in run().items():
        print(f"{key:<40} {value:.4g}")
