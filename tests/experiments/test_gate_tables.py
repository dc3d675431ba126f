"""The statistics of the gate for cheap engines, on numbers whose answer is known."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import numpy as np
import pytest

PATH = Path(__file__).parents[2] / "experiments" / "gate_tables.py"
METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Zr", "Nb", "Mo", "Ru", "Rh", "Pd",
          "Ag", "Cd", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Mg", "Al", "Sn", "Pb", "Bi",
          "Sc", "Y")  # fmt: skip


@pytest.fixture(scope="module")
def gate():
    spec = spec_from_loader("gate_tables", SourceFileLoader("gate_tables", str(PATH)))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tables(n, engine_of):
    """N labels of Li on M-N4 and what an engine makes of them."""
    rng = np.random.default_rng(0)
    labels, table = [], []
    for metal, dft in zip(METALS[:n], rng.uniform(-2, -1, n), strict=True):
        name = f"ads/{metal}"
        labels.append({"record_id": name, "metal": metal, "lowest_of_starts": "True"})
        table.append({
            "engine": "e", "mode": "single_point", "record_id": name, "alkali": "Li",
            "site": f"{metal}-N4@graphene", "dft_eV": f"{dft}", "engine_eV": f"{engine_of(dft)}",
            "reason": "",
        })  # fmt: skip
    return table, labels


def judged(gate, n, engine_of):
    found = gate.classes(*tables(n, engine_of))
    (one,) = [f for f in found if (f["alkali"], f["shells"]) == ("Li", "N4")]
    return one


def test_an_engine_with_an_offset_and_a_slope_passes_with_enough_labels(gate):
    one = judged(gate, 32, lambda dft: 0.5 * dft - 3.0)
    assert one["passes"]
    assert one["r"] == pytest.approx(1.0)
    assert one["line"] == pytest.approx(0.0, abs=1e-9)
    assert one["mae"] > 1


def test_the_same_engine_does_not_pass_with_29_labels(gate):
    one = judged(gate, 29, lambda dft: 0.5 * dft - 3.0)
    assert not one["passes"]
    assert not one["enough"]


def test_an_engine_that_sorts_the_wrong_way_does_not_pass(gate):
    assert not judged(gate, 32, lambda dft: -dft)["passes"]  # r = -1, though its line is perfect


def test_noise_does_not_pass(gate):
    rng = np.random.default_rng(1)
    one = judged(gate, 32, lambda dft: rng.normal())
    assert not one["passes"]


def test_starts_that_are_no_labels_and_failures_do_not_count(gate):
    table, labels = tables(10, lambda dft: dft)
    labels[0]["lowest_of_starts"] = "False"
    table[1]["engine_eV"] = ""
    (one,) = [f for f in gate.classes(table, labels) if f["shells"] == "N4"]
    assert one["n"] == 8


def test_the_metal_is_left_out_of_its_own_line(gate):
    metals = ["Co", "Co", "Ni", "Fe"]
    dft, engine = np.array([0.0, 0.0, 1.0, 2.0]), np.array([5.0, 5.0, 1.0, 2.0])
    line, mean = gate.left_out(metals, dft, engine)
    assert line[0] == pytest.approx(5.0)  # the line of Ni and Fe alone, y = x
    assert mean[0] == pytest.approx(1.5)


def test_the_interval_draws_whole_groups(gate):
    low, high = gate.interval(np.array([1.0, 1.0, -1.0]), np.array(["a", "a", "b"]))
    assert (low, high) == (-1.0, 1.0)


def test_a_feature_that_knows_the_answer_helps_and_noise_does_not(gate, monkeypatch):
    monkeypatch.delitem(gate.MODELS, "gaussian process")  # a second each, of the same answer
    described = gate.describe_labels()
    keep = [i for i, r in enumerate(described.records) if r.site.metals]
    rng = np.random.default_rng(2)
    for helps, energy in ((True, lambda y: y), (False, lambda y: rng.normal())):
        table = [{"engine": "e", "mode": "m", "engine_eV": f"{energy(described.y[i])}",
                  "record_id": described.records[i].row_id} for i in keep]  # fmt: skip
        found = gate.as_feature(table, described)
        assert any(f["helps"] for f in found) is helps


def test_the_verdict_says_that_the_gate_cannot_open_yet(gate):
    text = gate.verdict(gate.classes(*tables(10, lambda dft: dft)), [])
    assert "As labels: none" in text
    assert "the largest has 10" in text
