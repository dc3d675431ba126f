"""The benchmark runs, and its plain Python loop gives what `describe` gives."""

import importlib.util
from pathlib import Path


def test_loop_and_describe_agree():
    path = Path(__file__).parents[2] / "benchmarks" / "descriptors.py"
    spec = importlib.util.spec_from_file_location("benchmark_descriptors", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    figures = module.run(n=20_000, n_slow=1000, repeats=1)
    assert figures["largest_difference"] < module.TOLERANCE
    assert figures["composed_features"] > 40
    assert figures["ratio"] == figures["rate"] / (figures["matminer_rate"] or figures["loop_rate"])
