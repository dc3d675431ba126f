"""CPU seconds that interval and in-domain flag add to a prediction of many candidates.

Run ``python benchmarks/intervals.py``. Extra trees with a spread, an interval from stored grouped
residuals (plain and normalised by the spread) and a flag from names, distance, leverage and
spread, on candidates that all differ: what `Surrogate.predict` takes beyond the bare scoring of
the same rows, beside one plain prediction of every row. CPU seconds of all threads, so that other
work on the machine does not enter; each is the better of two. Fitted here on made-up values.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from scoring import N_TRAINED, generate

from sacml.features import FEATURE_NAMES, describe
from sacml.models import Surrogate, make_model
from sacml.models.predictions import Predictions
from sacml.models.scoring import score
from sacml.models.surrogate import CHUNK
from sacml.uncertainty import Applicability, Calibration
from sacml.uncertainty.domain import parts_read

REPEATS = 2


def fit(normalised: bool) -> Surrogate:
    """Fit extra trees on made-up binding energies, with 20 groups of equal size."""
    rng = np.random.default_rng(0)
    table = generate(50_000).take(rng.integers(0, 50_000, N_TRAINED))
    X, groups = describe(table), np.arange(N_TRAINED) % 20
    y = X[:, FEATURE_NAMES.index("metal_electronegativity_mean")]
    y = y + rng.normal(scale=0.1, size=N_TRAINED)
    predictor = make_model("extra_trees", 0).fit(X, y).predictor()
    spread = predictor.spread(np.ascontiguousarray(X[:, predictor.columns]))
    residual = rng.normal(size=N_TRAINED) * spread
    calibration = Calibration.of(residual, groups, spread=spread, normalise=normalised)
    reads = parts_read([FEATURE_NAMES[i] for i in predictor.columns])
    domain = Applicability.of(
        table, reads, X=X, columns=predictor.columns, groups=groups, spread=spread
    )
    assert domain.limits.space is not None
    assert domain.limits.spread is not None
    return Surrogate("binding_energy", "extra_trees", "all", "benchmark", predictor, calibration,
                     domain, {})  # fmt: skip


def best_of(call: Callable[[], object]) -> float:
    """Shortest of the runs, CPU seconds of all threads."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return min(seconds)


def run(n: int = 1_000_000) -> dict[str, float]:
    """Measure; the ratios are of the added seconds to those of one plain prediction."""
    table, out = generate(n), {"candidates": float(n)}
    pieces = [table.take(np.arange(i, min(i + CHUNK, n))) for i in range(0, n, CHUNK)]
    surrogates = {"plain": fit(False), "normalised": fit(True)}
    predictor = surrogates["plain"].predictor

    def plainly() -> None:
        for part in pieces:
            predictor.predict(describe(part)[:, predictor.columns])

    out["plain_prediction_s"] = best_of(plainly)
    out["scoring_alone_s"] = best_of(lambda: [score(predictor, part) for part in pieces])
    for name, surrogate in surrogates.items():
        found: list[Predictions] = []
        seconds = best_of(lambda s=surrogate, f=found: f.append(s.predict(table)))  # type: ignore[misc]
        assert np.isfinite(found[0].upper).all()
        assert 0 < found[0].in_domain.mean() < 1
        out[f"{name}_interval_and_flag_s"] = seconds
        added = seconds - out["scoring_alone_s"]
        out[f"{name}_added_ratio_to_plain"] = added / out["plain_prediction_s"]
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000, help="number of candidates")
    for key, value in run(parser.parse_args().n).items():
        print(f"{key:<36} {value:.4g}")
