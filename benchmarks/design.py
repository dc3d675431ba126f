"""Rank 10^5, 10^6 and 10^7 candidates with the three released surrogates: time, memory, linearity.

Run ``python benchmarks/design.py``; ``--largest 6`` leaves out 10^7 candidates, which take minutes.
Each ranking has three targets with intervals, four objectives (binding energy, overpotential, life,
cost), the Pareto front with its hypervolume and the short list with reasons, on one core and, with
``--workers 2``, in a pool of processes. The released models of overpotential and life tell no sites
apart under one set of conditions; so that the front is not flattered by that, ``varied`` repeats
10^6 candidates with cheap surrogates in which all three targets differ from site to site.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from types import SimpleNamespace

import numpy as np

from sacml.design import KnownSystems, Space, default_objectives, rank
from sacml.domain import PRIMARY

LIGANDS = ("OH", "O", "O2", "H", "H2O", "F", "Cl", "Br", "I", "N", "NH3", "CN", "CO", "S")
LARGEST = 7
WANTED = ("binding energy", "low overpotential", "long life", "cost")
MIB = 2**20


class Cheap:
    """A surrogate that looks up random numbers for centres, shells and surroundings."""

    model_version = "cheap/1"

    def __init__(self, seed: int, centre: float, spread: float, half: float) -> None:
        self.seed, self.centre, self.spread, self.half = seed, centre, spread, half

    def predict(self, table, level: float = 0.9):
        """Return columns as a surrogate does."""
        rng = np.random.default_rng(self.seed)
        of_centre = rng.random(len(table.centres))[table.centre_index]
        value = self.centre + self.spread * (
            of_centre
            + rng.random(len(table.shells))[table.shell_index]
            + 0.5 * rng.random(len(table.surroundings))[table.surrounding_index]
        )
        return SimpleNamespace(
            value=value,
            lower=value - self.half,
            upper=value + self.half,
            in_domain=of_centre > 0.1,
            reasons=lambda i: (),
            model_version=self.model_version,
        )


def surrogates(kind: str) -> dict[str, object]:
    """Return the released surrogates, or cheap ones of the same targets that all vary."""
    if kind == "released":
        from sacml.models.store import load_released

        return {name: load_released(name) for name in PRIMARY}
    return {
        "binding_energy": Cheap(1, -2.7, 0.8, 0.4),
        "nucleation_overpotential": Cheap(2, 11.0, 40.0, 10.0),
        "cycle_life": Cheap(3, 400.0, 1200.0, 300.0),
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


def peak_bytes(workers: int = 1) -> int:
    """Peak memory of this process and its workers, each counted at the size of the largest."""
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return unit * (own + (workers * largest if workers > 1 else 0))


def cpu_seconds() -> float:
    """Processor time of this process and of those it has waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def measure(size: int, kind: str, workers: int) -> dict[str, float]:
    """Seconds of one ranking and the peak memory of its processes."""
    chosen, models = space(size), surrogates(kind)
    objectives = [o for o in default_objectives("Li", PRIMARY) if o.name in WANTED]
    known = KnownSystems(())
    small = Space.default("Li", constraints={"reach": "any"}, metals=["Fe", "Zn"])
    rank(small, models, objectives, known=known)  # what is loaded once
    before, cpu, start = peak_bytes(), cpu_seconds(), time.perf_counter()
    if workers == 1:
        found = rank(chosen, models, objectives, known=known)
    else:
        with ProcessPoolExecutor(workers) as pool:
            found = rank(chosen, models, objectives, known=known, executor=pool)
    seconds = time.perf_counter() - start
    assert len(found) == 20
    assert found.n_ranked == chosen.size()
    return {
        "candidates": chosen.size(),
        "seconds": seconds,
        "cpu_seconds": cpu_seconds() - cpu,
        "cpu_us_per_candidate": 1e6 * (cpu_seconds() - cpu) / chosen.size(),
        "peak_MiB": peak_bytes(workers) / MIB,
        "grown_MiB": (peak_bytes(workers) - before) / MIB,
        "estimate_MiB": chosen.estimate().memory_bytes / MIB,
        "front": found.n_front,
        "hypervolume": found.hypervolume,
    }


def run(largest: int = LARGEST, workers: int = 1) -> dict[str, float]:
    """Measure each size, each in a process of its own.

    Returns
    -------
    dict
        Candidates, seconds and processor time, peak memory and points of the front of each size,
        and the processor time per candidate of the largest over that of the next smaller (1:
        linear; below 1, what is done once still counts).
    """
    out: dict[str, float] = {}
    cases = [(n, "released") for n in range(5, largest + 1)] + [(6, "varied")]
    for power, kind in cases:
        case = ["--case", str(10**power), kind, "--workers", str(workers)]
        done = subprocess.run(
            [sys.executable, __file__, *case], check=True, stdout=subprocess.PIPE, text=True
        )
        found = json.loads(done.stdout)
        prefix = f"rank_1e{power}" if kind == "released" else f"rank_1e{power}_{kind}"
        out |= {f"{prefix}_{name}": value for name, value in found.items()}
    rate = "cpu_us_per_candidate"
    if largest > 5:
        less = out[f"rank_1e{largest - 1}_{rate}"]
        out["rank_linearity"] = out[f"rank_1e{largest}_{rate}"] / less
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, choices=(5, 6, 7), default=LARGEST,
                        help="power of ten of the largest space")  # fmt: skip
    parser.add_argument("--workers", type=int, default=1, help="processes that score chunks")
    parser.add_argument("--case", nargs=2, metavar=("SIZE", "KIND"), help="one ranking, as JSON")
    given = parser.parse_args()
    if given.case:
        print(json.dumps(measure(int(given.case[0]), given.case[1], given.workers)))
    else:
        for key, value in run(given.largest, given.workers).items():
            print(f"{key:<40} {value:.4g}")
