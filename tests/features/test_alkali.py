import pytest

from sacml.domain import ALKALI, element


@pytest.mark.parametrize("symbol", ALKALI)
def test_alkali(values, symbol):
    row, e = values(f"Co-N4@graphene;{symbol}"), element(symbol)
    assert [s for s in ALKALI if row[f"alkali_is_{s.lower()}"]] == [symbol]
    assert row["alkali_ionic_radius_A"] == pytest.approx(e.ionic_radius_A)
    assert row["alkali_covalent_radius_A"] == pytest.approx(e.covalent_radius_A)
    assert row["alkali_electronegativity"] == pytest.approx(e.electronegativity_pauling)
    assert row["alkali_first_ionization_energy_eV"] == pytest.approx(e.first_ionization_energy_eV)
    assert row["alkali_cohesive_energy_eV"] == pytest.approx(e.cohesive_energy_eV)
    assert e.ionic_radius_charge == 1
