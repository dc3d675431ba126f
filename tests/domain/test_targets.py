import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.domain import PRIMARY, TARGETS, target
from sacml.errors import UnknownNameError


@given(st.sampled_from(sorted(TARGETS)), st.floats(1e-3, 1e4))
def test_scales_invert(name, value):
    t = TARGETS[name]
    assert t.inverse(t.forward(value)) == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_a_printed_zero_overpotential_survives_the_logarithm():
    t = target("nucleation_overpotential")
    assert t.forward(0.0) == 0.0
    assert t.inverse(0.0) == 0.0


def test_infinite_ends_stay_infinite():
    t = target("cycle_life")
    assert t.inverse(np.array([-np.inf, np.inf])).tolist() == [0.0, np.inf]


def test_three_targets_are_released():
    assert PRIMARY == ("binding_energy", "nucleation_overpotential", "cycle_life")
    assert target("cycle_life").column == "cycle_life_h"


def test_an_unknown_target_is_named_with_its_neighbours():
    with pytest.raises(UnknownNameError, match="did you mean 'cycle_life'"):
        target("cycle_live")
