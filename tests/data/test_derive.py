import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.data import Record
from sacml.data.derive import complete, cumulative_capacity, hours_from_cycles
from sacml.domain import Conditions, Site

positive = st.floats(1e-3, 999)


@given(st.integers(1, 10**5), positive, positive)
def test_lives_and_charges_agree(cycles, j, q):
    conditions = Conditions(current_density_mA_cm2=j, areal_capacity_mAh_cm2=q)
    hours = hours_from_cycles(cycles, conditions)
    # N cycles plate N times the areal capacity
    assert cumulative_capacity(hours, conditions) == pytest.approx(cycles * q)


def test_nothing_follows_from_what_is_not_stated():
    assert hours_from_cycles(100, Conditions(current_density_mA_cm2=1)) is None
    assert hours_from_cycles("", Conditions()) is None
    assert cumulative_capacity(100, Conditions()) is None
    assert cumulative_capacity(100, Conditions(current_density_mA_cm2=1, cell="full")) is None


def test_completing_twice_adds_nothing():
    conditions = Conditions(current_density_mA_cm2=2.0)
    life = Record("a/cycle_life", Site.parse("@graphene"), "Li", "cycle_life", 100.0,
                  bound="lower", conditions=conditions)  # fmt: skip
    once = complete([life])
    assert [r.record_id for r in once] == ["a/cycle_life", "a/cumulative_capacity"]
    assert (once[1].value, once[1].bound, once[1].derived) == (100.0, "lower", True)
    assert complete(once) == once
