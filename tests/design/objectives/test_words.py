import pytest

from sacml.design import default_objectives, supply
from sacml.design.objectives.words import HAZARDS, element_value, number
from sacml.domain import ALKALI, PRIMARY


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (27800.0, "27,800"), (2.214, "2.21"), (1.5, "1.5"), (100.0, "100"), (0.0015, "0.0015"),
        (0.00004, "0.00004"), (1e6, "1,000,000"), (-1.6149, "-1.61"), (0.0, "0"), (999.9, "1000"),
        (float("inf"), "unbounded"), (float("nan"), "unbounded"), (3e-9, "3.00e-09"),
    ],
)  # fmt: skip
def test_numbers_are_written_out(value, said):
    assert number(value) == said


def test_more_digits_on_request():
    assert number(-1.6149, 4) == "-1.615"
    assert number(27812.6, 4) == "27,813"


def test_ranks_and_indices_name_their_scale():
    assert element_value("hazard_rank", 4.0, None) == ("no class, the least toxic")
    assert set(HAZARDS) == set(supply.RANKS["hazard_rank"].values())
    assert element_value("hhi_production", 1600.0, None) == ("1,600")
    assert element_value("eu_critical_raw_material", 1.0, None) == "yes"
    assert element_value("price_usd_per_kg", 27800.0, "USD/kg") == "27,800 USD/kg"


@pytest.mark.parametrize("alkali", ALKALI)
def test_no_default_wish_has_an_exponent_or_a_bare_rank(alkali):
    wishes = {o.name: o.wish for o in default_objectives(alkali, PRIMARY)}
    assert not [w for w in wishes.values() if "e+" in w or "e-" in w]
    assert "USD/kg" in wishes["cost"]
    assert wishes["criticality"] == "best: no; worst: yes"
    assert wishes["hazard"] == (
        "best: no class, the least toxic; worst: class 1, the most toxic (ICH Q3D(R2))"
    )
    assert wishes["supply concentration"].endswith(" (Herfindahl-Hirschman index, 0 to 10,000)")
