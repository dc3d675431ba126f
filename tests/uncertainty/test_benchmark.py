"""The benchmark of intervals measures what it says: finite intervals, flags of both kinds."""

import importlib.util
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "benchmarks"


def test_interval_and_flag_are_measured_beside_a_plain_prediction(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    spec = importlib.util.spec_from_file_location("benchmark_intervals", FOLDER / "intervals.py")
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    monkeypatch.setattr(benchmark, "REPEATS", 1)
    found = benchmark.run(5000)
    assert found["plain_prediction_s"] > 0
    for name in ("plain", "normalised"):
        assert found[f"{name}_interval_and_flag_s"] > found["plain_prediction_s"] / 10
        assert f"{name}_added_ratio_to_plain" in found
