import pytest

from sacml.domain import element
from sacml.domain.sites import AXIAL_LIGANDS
from sacml.features.surroundings import BLOCK, DONORS


def test_every_axial_ligand_has_a_donor():
    assert set(DONORS) == set(AXIAL_LIGANDS)
    assert len(BLOCK.matrix([((a,), ()) for a in AXIAL_LIGANDS])) == len(AXIAL_LIGANDS)


def test_axial_ligands(values):
    row = values("Fe-N4+OH+Cl@graphene;Li")
    assert row["shell_axial_applicable"] == 1
    assert row["shell_axial_count"] == 2
    assert row["shell_axial_oxygen_count"] == row["shell_axial_halogen_count"] == 1
    expected = (
        element("O").electronegativity_pauling + element("Cl").electronegativity_pauling
    ) / 2
    assert row["shell_axial_electronegativity_mean"] == pytest.approx(expected)


def test_second_shell(values):
    row = values("Fe-N4~S2B@graphene;Li")
    assert (row["shell_second_applicable"], row["shell_second_count"]) == (1, 3)
    s, b = element("S").electronegativity_pauling, element("B").electronegativity_pauling
    assert row["shell_second_electronegativity_mean"] == pytest.approx((2 * s + b) / 3)


def test_without_either_nothing_applies(values, nothing):
    row = values("Fe-N4@graphene;Li")
    nothing(row, "shell_axial_")
    nothing(row, "shell_second_")
