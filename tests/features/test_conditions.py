import math

import pytest

from sacml.domain.conditions import CELLS, ELECTROLYTES, ROLES


def test_numbers(values):
    row = values("Co-N4@graphene;Li;j=2;q=5;T=60")
    assert row["cond_log10_current_density_mA_cm2"] == pytest.approx(math.log10(2))
    assert row["cond_log10_areal_capacity_mAh_cm2"] == pytest.approx(math.log10(5))
    assert row["cond_log10_plating_time_h"] == pytest.approx(math.log10(2.5))
    assert row["cond_temperature_C"] == 60
    masks = [v for k, v in row.items() if k.startswith("cond_") and k.endswith("_known")]
    assert masks == [1, 1, 1, 1]


def test_one_and_zero_are_not_the_same_as_unstated(values, nothing):
    stated = values("Co-N4@graphene;Li;j=1;q=1;T=0")
    unstated = values("Co-N4@graphene;Li")
    for name in (
        "log10_current_density_mA_cm2",
        "log10_areal_capacity_mAh_cm2",
        "log10_plating_time_h",
        "temperature_C",
    ):
        assert stated[f"cond_{name}"] == unstated[f"cond_{name}"] == 0
    for name in ("current_density", "areal_capacity", "plating_time", "temperature"):
        assert stated[f"cond_{name}_known"] == 1
        assert unstated[f"cond_{name}_known"] == 0


def test_plating_time_needs_both(values):
    row = values("Co-N4@graphene;Li;j=2")
    assert (row["cond_current_density_known"], row["cond_plating_time_known"]) == (1, 0)
    assert row["cond_log10_plating_time_h"] == 0


@pytest.mark.parametrize(
    ("name", "words"), [("electrolyte", ELECTROLYTES), ("cell", CELLS), ("role", ROLES)]
)
def test_words_have_a_state_of_their_own_where_not_stated(values, name, words):
    columns = [f"cond_{name}_{w}" for w in (*words, "unstated")]
    for word in words:
        row = values(f"Co-N4@graphene;Li;{name}={word}")
        assert [c for c in columns if row[c]] == [f"cond_{name}_{word}"]
    row = values("Co-N4@graphene;Li")
    assert [c for c in columns if row[c]] == [columns[-1]]
