import pytest

from sacml.domain import Shell, element
from sacml.errors import NotationError
from sacml.features.shell import BLOCK


def test_composition_and_statistics(values):
    row, n, o = values("Co-N3O@graphene;Li"), element("N"), element("O")
    assert row["shell_coordination_number"] == 4
    assert (row["shell_fraction_n"], row["shell_fraction_o"]) == (0.75, 0.25)
    assert row["shell_electronegativity_mean"] == pytest.approx(
        0.75 * n.electronegativity_pauling + 0.25 * o.electronegativity_pauling
    )
    assert row["shell_electronegativity_min"] == pytest.approx(n.electronegativity_pauling)
    assert row["shell_electronegativity_max"] == pytest.approx(o.electronegativity_pauling)
    assert row["shell_covalent_radius_min_A"] == pytest.approx(o.covalent_radius_A)
    assert row["shell_covalent_radius_max_A"] == pytest.approx(n.covalent_radius_A)
    assert row["shell_valence_electrons_mean"] == pytest.approx(
        0.75 * n.valence_electrons + 0.25 * o.valence_electrons
    )


@pytest.mark.parametrize(
    ("text", "column"),
    [("Cl3@ti3c2", "halogen"), ("Mo3@mos2", "other"), ("S3@mos2", "s"), ("C3@ti3c2", "c")],
)
def test_fractions_of_other_elements(values, text, column):
    row = values(f"Zn-{text};Li")
    assert row[f"shell_fraction_{column}"] == 1
    assert sum(v for k, v in row.items() if k.startswith("shell_fraction_")) == 1


def test_halogens_add_up():
    row = BLOCK.matrix([Shell((("F", 1), ("Cl", 2), ("O", 1)))])[0]
    assert row[BLOCK.position["shell_fraction_halogen"]] == 0.75


def test_bare_host_has_no_shell_but_an_empty_site_has(values, nothing):
    nothing(values("@graphene;Li"), "shell_")
    empty = values("vac-N4@graphene;Li")
    assert (empty["shell_applicable"], empty["shell_coordination_number"]) == (1, 4)


@pytest.mark.parametrize(
    ("site", "applicable", "known"),
    [
        ("Co-N4@graphene", 0, 0),
        ("Co-N3C@graphene", 0, 0),
        ("Co-N2C@graphene", 0, 0),
        ("Co-N2C2@graphene", 1, 0),
        ("Co-N2C2(trans)@graphene", 1, 1),
    ],
)
def test_isomer_not_applicable_not_stated_and_stated(values, site, applicable, known):
    row = values(f"{site};Li")
    assert row["shell_isomer_applicable"] == applicable
    assert row["shell_isomer_known"] == known
    assert row["shell_isomer_trans"] == known
    assert row["shell_isomer_cis"] == 0


def test_an_unknown_shell_is_refused():
    with pytest.raises(NotationError, match="resolve_shells"):
        BLOCK.matrix([Shell.parse("N?")])
