import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from sacml.design import Objective
from sacml.design.objectives.objective import check_objectives
from sacml.errors import DesignError

WINDOW = {
    "name": "binding", "kind": "target", "quantity": "binding_energy", "direction": "window",
    "low": -2.0, "high": -1.0, "unit": "eV",
}  # fmt: skip
LIFE = {
    "name": "life", "kind": "target", "quantity": "cycle_life", "direction": "high",
    "low": 100.0, "high": 10_000.0, "unit": "h",
}  # fmt: skip
COST = {
    "name": "cost", "kind": "element", "quantity": "price_usd_per_kg", "direction": "low",
    "low": 1.0, "high": 100.0, "unit": "USD/kg", "scale": "log10",
}  # fmt: skip


@pytest.mark.parametrize(
    ("base", "change", "words"),
    [
        (WINDOW, {"low": -1.0, "high": -2.0}, "binding: window upside down: low -1 is not below"),
        (WINDOW, {"high": -2.0}, "upside down"),
        (WINDOW, {"high": float("nan")}, "upside down"),
        (WINDOW, {"unit": "kJ/mol"}, "it is kept in 'eV'"),
        (WINDOW, {"quantity": "binding"}, "unknown target 'binding'"),
        (WINDOW, {"weight": 0.0}, "above 0"),
        (WINDOW, {"floor": 0.0}, "between 0 and 1"),
        (WINDOW, {"direction": "up"}, "direction"),
        (LIFE, {"low": 0.0}, "finite ends"),
        (LIFE, {"high": float("inf")}, "finite ends"),
        (LIFE, {"scale": "log10"}, "brings its own scale"),
        (COST, {"quantity": "name", "unit": None}, "is a text"),
        (COST, {"quantity": "prize"}, "unknown element property"),
        (COST, {"unit": "EUR/kg"}, "it is kept in 'USD/kg'"),
        (COST, {"limit": 3}, "no such setting"),
    ],
)
def test_wrong_objectives_are_named(base, change, words):
    with pytest.raises(DesignError) as error:
        Objective(**{**base, **change})
    assert words in str(error.value)


@given(st.floats(-4, 2), st.floats(0.01, 3))
def test_desirability_lies_between_floor_and_one(value, half):
    objective = Objective(**WINDOW)
    d, width = objective.of_prediction([value], [value - half], [value + half], 0.9)
    p = norm.cdf(-1.0, value, width[0]) - norm.cdf(-2.0, value, width[0])
    assert d[0] == pytest.approx(0.01 + 0.99 * p)


def test_certain_predictions_in_and_out_of_the_window():
    d, _ = Objective(**WINDOW).of_prediction([-1.5, -0.5], [-1.5, -0.5], [-1.5, -0.5], 0.9)
    assert d.tolist() == pytest.approx([1.0, 0.01])


def test_a_wider_interval_counts_against_a_good_value():
    objective = Objective(**WINDOW)
    d, _ = objective.of_prediction([-1.5] * 3, [-1.6, -2.5, -9], [-1.4, -0.5, 6], 0.9)
    assert d[0] > d[1] > d[2]


def test_life_ramps_on_a_log_scale():
    d, _ = Objective(**LIFE).of_prediction([1000.0], [1000.0], [1000.0], 0.9)
    assert d.tolist() == pytest.approx([0.505])


def test_unbounded_intervals_are_the_limit_of_wide_ones():
    life, window = Objective(**LIFE), Objective(**WINDOW)
    d, width = life.of_prediction([9e3], [0.0], [np.inf], 0.9)
    assert (d.tolist(), width.tolist()) == (pytest.approx([0.505]), [np.inf])
    d, width = window.of_prediction([-1.5], [-np.inf], [np.inf], 0.9)
    assert (d.tolist(), width.tolist()) == (pytest.approx([0.01]), [np.inf])


def test_a_lower_end_cut_off_at_zero_says_nothing():
    low = Objective(
        name="overpotential", kind="target", quantity="nucleation_overpotential",
        direction="low", low=5.0, high=60.0, unit="mV",
    )  # fmt: skip
    _, width = low.of_prediction([9.0, 9.0], [0.0, 0.0], [np.inf, 99.0], 0.9)
    assert width == pytest.approx([np.inf, 1 / 1.644854])


def test_element_values_and_gaps():
    d = Objective(**COST).of_elements([0.1, 1.0, 10.0, 1000.0, np.nan])
    assert d.tolist() == pytest.approx([1.0, 1.0, 0.505, 0.01, 0.01])


def test_objectives_need_models_and_names():
    window, life = Objective(**WINDOW), Objective(**LIFE)
    check_objectives([window, life], ["binding_energy", "cycle_life"])
    with pytest.raises(DesignError, match=r"without a model: life \(needs cycle_life\)"):
        check_objectives([window, life], ["binding_energy"])
    with pytest.raises(DesignError, match="same name: binding"):
        check_objectives([window, window], ["binding_energy"])
    with pytest.raises(DesignError, match="no objective"):
        check_objectives([], ["binding_energy"])


def test_wishes_in_words():
    assert Objective(**WINDOW).wish == "between -2 and -1 eV"
    assert Objective(**LIFE).wish == "high: best at 10,000 h, worst at 100 h"
    assert Objective(**COST).wish == "low: best at 1 USD/kg, worst at 100 USD/kg"
