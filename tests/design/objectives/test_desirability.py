import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from sacml.design.objectives.desirability import (
    combine,
    expected_ramp,
    interval_width,
    window_probability,
)

values = st.floats(-5, 5)
widths = st.floats(0.05, 3)


def test_width_of_a_90_percent_interval():
    width = interval_width([0.0], [-1.645], [1.645], 0.9)
    assert width == pytest.approx(1.0, abs=1e-3)


def test_width_with_infinite_ends():
    width = interval_width([0.0, 0.0, 0.0], [-np.inf, -2.0, -np.inf], [1.0, 1.0, np.inf], 0.9)
    assert width[0] == pytest.approx(1 / 1.6449, rel=1e-4)
    assert width[1] == pytest.approx(2 / 1.6449, rel=1e-4)
    assert width[2] == np.inf


@given(values, widths, values, st.floats(0.1, 4))
def test_window_is_the_mass_inside(mean, width, low, span):
    p = window_probability([mean], [width], low, low + span)
    assert p == pytest.approx(norm.cdf(low + span, mean, width) - norm.cdf(low, mean, width))


def test_window_limits():
    p = window_probability([0.5, 2.0, 0.5], [0.0, 0.0, np.inf], 0.0, 1.0)
    assert p.tolist() == [1.0, 0.0, 0.0]
    assert window_probability([0.0], [1.0], -np.inf, 0.0) == pytest.approx(0.5)
    assert window_probability([0.0], [np.inf], -np.inf, 0.0) == pytest.approx(0.5)


@given(values, widths, values, st.floats(0.2, 4), st.booleans())
def test_ramp_is_the_mean_over_the_distribution(mean, width, bad, span, falling):
    good = bad - span if falling else bad + span
    low, high = sorted((bad, good))
    inside = quad(
        lambda x: (x - bad) / (good - bad) * norm.pdf(x, mean, width), low, high, limit=200
    )[0]
    beyond = norm.cdf(good, mean, width) if falling else norm.sf(good, mean, width)
    assert expected_ramp([mean], [width], bad, good)[0] == pytest.approx(inside + beyond, abs=1e-6)


def test_ramp_limits():
    assert expected_ramp([0.0, 0.25, 9.0], [0, 0, 0], 0.0, 1.0).tolist() == [0.0, 0.25, 1.0]
    assert expected_ramp([0.25], [0], 1.0, 0.0).tolist() == [0.75]
    assert expected_ramp([0.25], [np.inf], 0.0, 1.0).tolist() == [0.5]


def test_combine_is_a_weighted_geometric_mean():
    d = np.array([[0.25, 1.0], [0.5, 0.5]])
    assert combine(d, [1.0, 1.0]) == pytest.approx([0.5, 0.5])
    assert combine(d, [3.0, 1.0]) == pytest.approx([0.25**0.75, 0.5])
    assert combine(np.empty((2, 0)), []).tolist() == [1.0, 1.0]
