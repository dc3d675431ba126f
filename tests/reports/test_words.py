"""Numbers and sentences."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.reports.words import beats_constant, decimals, interval, number, plain, span, verdict

ROW = {
    "model": "ridge",
    "trained_on": "all",
    "n_records": 40,
    "n_groups": 12,
    "mae": 0.3,
    "mae_low": 0.2,
    "mae_high": 0.4,
    "scale_unit": "eV",
    "delta_constant": -0.1,
    "delta_low": -0.2,
    "delta_high": -0.02,
}


def row(**changes):
    return pd.Series(ROW | changes)


@pytest.mark.parametrize(
    ("changes", "phrase", "beats"),
    [
        ({}, "It beats the constant: 0.100 eV below", True),
        ({"delta_high": 0.01}, "not distinguishable from the constant", False),
        ({"delta_constant": 0.1, "delta_low": 0.01, "delta_high": 0.2}, "worse than", False),
        ({"delta_low": math.nan, "delta_high": math.nan}, "is not known", None),
        ({"model": "constant", "delta_constant": 0.0}, "No model does better", None),
    ],
)
def test_verdict_follows_the_interval(changes, phrase, beats):
    given_row = row(**changes)
    assert phrase in verdict(given_row)
    assert beats_constant(given_row) is beats
    assert "0.200 to 0.400" in verdict(given_row)


def test_errors_on_log_scales_are_factors_too():
    assert "a factor of 2.0 (" in verdict(row(mae=math.log10(2), scale_unit="log10(h)"))
    plus = verdict(row(mae=math.log10(2), scale_unit="log10(mV + 1)"))
    assert "a factor of 2.0 of the value plus one" in plus
    assert "factor" not in verdict(row())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234.5, "1,234"),
        (-0.0123, "−0.0123"),
        (2e7, "2.00e+07"),
        (math.nan, "not known"),
        (None, "not known"),
        (math.inf, "unbounded"),
        (-math.inf, "unbounded below"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


@given(st.floats(-1e5, 1e5).filter(lambda v: v == 0 or abs(v) > 1e-3))
def test_a_written_number_reads_back_close(value):
    back = float(number(value, 4).replace("−", "-").replace(",", ""))
    assert back == pytest.approx(value, rel=1e-3)


def test_intervals_without_ends_are_words():
    assert interval(1, 2) == "1.00 to 2.00"
    assert interval(5, math.inf) == "5.00 or more"
    assert interval(-math.inf, 5) == "5.00 or less"
    assert interval(-math.inf, math.inf) == "unbounded"
    assert interval(math.nan, 1) == "not known"
    assert span(-0.5, 0.25, sign=True) == "−0.500 to +0.250"
    assert span(1, math.inf) == "1.00 or more"
    assert decimals(math.inf) == "unbounded"


def test_names_become_words():
    assert plain("artificial_sei") == "Artificial SEI"
    assert plain("3d_collector") == "3D collector"
