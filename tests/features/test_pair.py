import pytest

from sacml.domain import Modifier, element
from sacml.features.pair import FEATURES


def test_every_pair_of_a_dual_site(values):
    row = values("Fe+Pt-N4O2@graphene;Na")
    fe, pt, n, o = (element(s) for s in ("Fe", "Pt", "N", "O"))
    na, c = element("Na"), element("C")

    def mean(name):
        return (getattr(fe, name) + getattr(pt, name)) / 2

    x, r = mean("electronegativity_pauling"), mean("covalent_radius_A")
    x_sum = 4 * n.electronegativity_pauling + 2 * o.electronegativity_pauling
    x_shell, r_shell = x_sum / 6, (4 * n.covalent_radius_A + 2 * o.covalent_radius_A) / 6
    x_na = na.electronegativity_pauling
    expected = {
        "metal_shell_electronegativity_difference": x_shell - x,
        "metal_shell_radius_sum_A": r + r_shell,
        "metal_shell_radius_ratio": r_shell / r,
        "neighbours_per_centre": 3,
        "valence_electrons_per_neighbour": (fe.valence_electrons + pt.valence_electrons) / 6,
        "d_electrons_x_shell_electronegativity": mean("d_electrons") * x_sum / 2,
        "metal_alkali_electronegativity_difference": x - x_na,
        "metal_alkali_radius_ratio": r / na.covalent_radius_A,
        "metal_alkali_first_ionization_energy_difference_eV": (
            mean("first_ionization_energy_eV") - na.first_ionization_energy_eV
        ),
        "metal_alkali_cohesive_energy_difference_eV": (
            mean("cohesive_energy_eV") - na.cohesive_energy_eV
        ),
        "shell_alkali_electronegativity_difference": x_shell - x_na,
        "host_alkali_electronegativity_difference": c.electronegativity_pauling - x_na,
        "active_alkali_electronegativity_difference": x - x_na,
    }
    assert {f.name.removeprefix("pair_") for f in FEATURES} == set(expected)
    for name, value in expected.items():
        assert row[f"pair_{name}"] == pytest.approx(value, rel=1e-5), name


def test_without_a_centre_only_shell_and_host_meet_the_alkali_metal(values, nothing):
    shell = "pair_shell_alkali_electronegativity_difference"
    host = "pair_host_alkali_electronegativity_difference"
    empty, bare = values("vac-N4@graphene;K"), values("@graphene;K")
    nothing(empty, "pair_", shell, host)
    nothing(bare, "pair_", host)
    k = element("K").electronegativity_pauling
    assert empty[shell] == pytest.approx(element("N").electronegativity_pauling - k)
    assert bare[host] == pytest.approx(element("C").electronegativity_pauling - k)


def test_unknown_composition_and_unknown_active_elements_give_no_difference(values, nothing):
    nothing(values("@alloy;Li", Modifier("alloy")), "pair_")
    known = values("@alloy;Li", Modifier("alloy", ("Au",)))
    assert known["pair_active_alkali_electronegativity_difference"] > 0
