"""The scoring benchmark measures what it says: different candidates, real predictions."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parents[2] / "benchmarks" / "scoring.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("benchmark_scoring", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_all_candidates_differ(benchmark):
    table = benchmark.generate(100_000)
    columns = (
        "centre_index", "shell_index", "host_index", "surrounding_index", "alkali_index",
    )  # fmt: skip
    rows = set(zip(*(getattr(table, c).tolist() for c in columns), strict=True))
    assert len(rows) == len(table) == 100_000


@pytest.mark.parametrize("case", ["as_released", "plain"])
def test_a_case_is_measured(benchmark, case):
    found = benchmark.measure(case, 2000)
    assert found["seconds"] > 0
    assert found["peak_MiB"] > found["grown_MiB"] >= 0
