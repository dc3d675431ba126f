import pytest

from sacml.domain import MODIFIER_CLASSES, Modifier, element


@pytest.mark.parametrize("word", MODIFIER_CLASSES)
def test_class(values, word):
    row = values("@alloy;Li", Modifier(word, ("Au",)))
    columns = [f"mod_class_{w}" for w in MODIFIER_CLASSES]
    assert [c for c in columns if row[c]] == [f"mod_class_{word}"]


def test_active_elements(values):
    row, au, zn = values("@alloy;Li", Modifier("alloy", ("Zn", "Au"))), element("Au"), element("Zn")
    assert (row["mod_active_applicable"], row["mod_active_known"]) == (1, 1)
    assert row["mod_active_count"] == 2
    for name, column in [
        ("electronegativity_mean", "electronegativity_pauling"),
        ("covalent_radius_mean_A", "covalent_radius_A"),
        ("cohesive_energy_mean_eV", "cohesive_energy_eV"),
    ]:
        mean = (getattr(au, column) + getattr(zn, column)) / 2
        assert row[f"mod_active_{name}"] == pytest.approx(mean)


def test_not_applicable_and_unknown_differ(values, nothing):
    for word in ("support", "bare"):
        nothing(values("@carbon;Li", Modifier(word)), "mod_active_")
    unknown = values("@alloy;Li", Modifier("alloy"))
    nothing(unknown, "mod_active_", "mod_active_applicable")
    assert unknown["mod_active_applicable"] == 1


def test_a_site_is_a_single_or_dual_atom_catalyst_by_default(values):
    assert values("Co-N4@graphene;Li")["mod_class_single_atom"] == 1
    assert values("Fe+Ni-N6@graphene;Li")["mod_class_dual_atom"] == 1
    assert values("@graphene;Li")["mod_class_support"] == 1
    assert values("@cu_foil;Li")["mod_class_bare"] == 1
