import pytest
from hypothesis import given
from strategies import conditions

from sacml.domain import STANDARD, Conditions
from sacml.errors import SacmlError


@given(conditions)
def test_conditions_round_trip_through_text(value):
    assert Conditions.parse(str(value)) == value


def test_what_is_not_stated_stays_unstated_until_something_is_assumed():
    half = Conditions(cell="half", current_density_mA_cm2=1)
    assert "areal_capacity_mAh_cm2" in half.unstated
    assumed = half.or_assumed(STANDARD)
    assert assumed.areal_capacity_mAh_cm2 == STANDARD.areal_capacity_mAh_cm2
    assert assumed.current_density_mA_cm2 == 1
    assert assumed.temperature_C is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("j=0", "outside 0 to 1000"),
        ("j=-1", "mA cm-2 (zero excluded); check sign and unit"),
        ("q=nan", "outside"),
        ("T=900", "outside -150 to 200"),
        ("j=three", "plain number"),
        ("x=1", "unknown condition 'x'"),
        ("j=1;j=2", "stands twice"),
        ("electrolyte=water", "allowed: ether, carbonate, solid, other"),
        ("cell=coin", "unknown cell"),
        ("j", "unknown condition"),
    ],
)
def test_bad_conditions_are_named(text, says):
    if text == "j":
        says = "write e.g."
    with pytest.raises(SacmlError) as caught:
        Conditions.parse(text)
    assert says in str(caught.value)


def test_the_standard_is_the_one_the_review_proposes():
    assert str(STANDARD) == "j=3.0;q=3.0"
