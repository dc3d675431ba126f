import pytest

from sacml.domain import METALS, element
from sacml.features.metal import BLOCK, MEANS, SPREADS


def test_one_centre_has_the_values_of_the_element_table(values):
    row, co = values("Co-N4@graphene;Li"), element("Co")
    assert (row["metal_applicable"], row["metal_centres"], row["metal_is_dual"]) == (1, 1, 0)
    for prop in MEANS:
        found = row[prop.name("metal", "mean")]
        assert found == pytest.approx(getattr(co, prop.column), rel=1e-6), prop
    for prop in SPREADS:
        assert row[prop.name("metal", "spread")] == 0


def test_two_centres_give_mean_and_spread(values):
    row, fe, pt = values("Fe+Pt-N6@graphene;Li"), element("Fe"), element("Pt")
    assert (row["metal_centres"], row["metal_is_dual"]) == (2, 1)
    assert row["metal_covalent_radius_mean_A"] == pytest.approx(
        (fe.covalent_radius_A + pt.covalent_radius_A) / 2
    )
    assert row["metal_electronegativity_spread"] == pytest.approx(
        abs(pt.electronegativity_pauling - fe.electronegativity_pauling), rel=1e-5
    )
    assert row["metal_d_electrons_mean"] == (fe.d_electrons + pt.d_electrons) / 2


def test_order_of_centres_does_not_matter():
    assert BLOCK.matrix([("Ni", "Fe")]).tolist() == BLOCK.matrix([("Fe", "Ni")]).tolist()


def test_bare_host_empty_site_and_a_property_of_zero_differ(values, nothing):
    bare, empty = values("@graphene;Li"), values("vac-N4@graphene;Li")
    nothing(bare, "metal_")
    nothing(empty, "metal_", "metal_is_empty_site")
    assert empty["metal_is_empty_site"] == 1
    mg = values("Mg-N4@graphene;Li")
    assert (mg["metal_d_electrons_mean"], mg["metal_applicable"]) == (0, 1)


@pytest.mark.parametrize("metal", METALS)
def test_every_metal_has_every_property(metal):
    row = BLOCK.matrix([(metal,)])[0]
    for prop in MEANS:
        expected = getattr(element(metal), prop.column)
        assert row[BLOCK.position[prop.name("metal", "mean")]] == pytest.approx(expected)
