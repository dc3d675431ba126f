"""Seconds and memory to score many candidates with three surrogates, intervals and reasons' flags.

Run ``python benchmarks/scoring.py``. Two cases: the kinds of model that win on the bundled data
(trees for binding energy, conditions alone for overpotential and life), and extra trees for all
three. Both stand beside one plain extra-trees prediction per target, through the same runtime, of
every row, without interval or flag and without scoring equal rows once. All candidates differ, so
scoring equal rows once helps only models that read a part of them. The surrogates are fitted here
on made-up values. Measured in a process of its own, so that the peak is that of scoring.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from itertools import combinations, product

import numpy as np

from sacml.domain import ALKALI, METALS, STANDARD, Candidate, Host, Shell, Site
from sacml.domain.sites import AXIAL_LIGANDS
from sacml.features import FEATURE_NAMES, CandidateTable, describe
from sacml.models import Surrogate, make_model
from sacml.models.surrogate import CHUNK
from sacml.uncertainty import Applicability, Calibration
from sacml.uncertainty.domain import parts_read

TARGETS = ("binding_energy", "nucleation_overpotential", "cycle_life")
CASES = {
    "as_released": ("extra_trees", "conditions_only", "conditions_only"),
    "all_trees": ("extra_trees", "extra_trees", "extra_trees"),
}
N_TRAINED = 140
MIB = 1024**2


def generate(n: int) -> CandidateTable:
    """Make n candidates that all differ, under the standard conditions."""
    single = [
        Site((m,), Shell.parse(s), Host.parse(h))
        for m in METALS
        for s in ("N4", "N3", "N3C", "C4", "N2O2")
        for h in ("graphene", "carbon", "hard_carbon", "n_doped_carbon")
    ]
    dual = [
        Site(pair, Shell.parse(s), Host.parse(h))
        for pair in combinations(METALS, 2)
        for s in ("N6", "N5C", "N8")
        for h in ("graphene", "carbon", "cnt")
    ]
    base = CandidateTable.from_candidates([Candidate(s, "Li", STANDARD) for s in single + dual])
    seconds = [(), *(((e, k),) for e in "NOSPB" for k in (1, 2))]
    around = [((), ()), *(((a,), s) for a, s in product(AXIAL_LIGANDS, seconds))]
    repeats = -(-n // (len(base) * len(ALKALI)))
    if repeats > len(around):
        raise ValueError(f"at most {len(base) * len(ALKALI) * len(around)} candidates differ")
    row = np.arange(n)
    site, alkali, ring = (
        row % len(base),
        row // len(base) % len(ALKALI),
        row // (len(base) * len(ALKALI)),
    )
    return replace(
        base.take(site),
        alkali_index=alkali.astype(np.int8),
        surroundings=tuple(around),
        surrounding_index=ring.astype(np.int32),
    )


def fit(target: str, model: str) -> Surrogate:
    """Fit a surrogate on made-up values of random candidates under random conditions."""
    rng = np.random.default_rng(0)
    table = generate(50_000).take(rng.integers(0, 50_000, N_TRAINED))
    current = 10 ** rng.uniform(-1, 1, N_TRAINED)
    table = replace(table, current_density_mA_cm2=current)
    X = describe(table)
    y = X[:, FEATURE_NAMES.index("metal_electronegativity_mean")] - np.log10(current)
    predictor = make_model(model, 0).fit(X, y + rng.normal(scale=0.1, size=N_TRAINED)).predictor()
    reads = parts_read([FEATURE_NAMES[i] for i in predictor.columns])
    calibration = Calibration.of(rng.normal(size=50), np.arange(50))
    domain = Applicability.of(table, reads)
    return Surrogate(target, model, "all", "benchmark", predictor, calibration, domain, {})


def peak_mib() -> float:
    """Peak memory of this process so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB


def measure(case: str, n: int) -> dict[str, float]:
    """Score n candidates with the three surrogates of a case, or plainly."""
    models = CASES["all_trees" if case == "plain" else case]
    surrogates = [fit(t, m) for t, m in zip(TARGETS, models, strict=True)]
    table = generate(n)
    before = peak_mib()
    start = time.perf_counter()
    if case == "plain":
        for s in surrogates:
            out = np.empty(n)
            for first in range(0, n, CHUNK):
                part = table.take(np.arange(first, min(first + CHUNK, n)))
                out[first : first + CHUNK] = s.predictor.predict(
                    describe(part)[:, s.predictor.columns]
                )
            assert np.isfinite(out).all()
    else:
        found = [s.predict(table) for s in surrogates]
        assert all(np.isfinite(p.upper).all() and len(p.reasons(n - 1)) for p in found)
    return {
        "seconds": time.perf_counter() - start,
        "peak_MiB": peak_mib(),
        "grown_MiB": peak_mib() - before,
    }


def run(n: int = 1_000_000) -> dict[str, float]:
    """Measure every case.

    Returns
    -------
    dict
        Number of candidates; per case seconds for three targets, peak memory of the process and by
        how much it grew; and the ratio of seconds to the plain predictions.
    """
    out: dict[str, float] = {"candidates": n}
    for case in (*CASES, "plain"):
        command = [sys.executable, __file__, "--case", case, "--n", str(n)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        out |= {f"{case}_{name}": value for name, value in json.loads(done.stdout).items()}
    for case in CASES:
        out[f"{case}_ratio_to_plain"] = out[f"{case}_seconds"] / out["plain_seconds"]
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000, help="number of candidates")
    parser.add_argument("--case", choices=(*CASES, "plain"), help="measure one case, print JSON")
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(arguments.case, arguments.n)))
    else:
        for key, value in run(arguments.n).items():
            print(f"{key:<32} {value:.4g}")
