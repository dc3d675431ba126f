import math

import pytest

from sacml.domain import Host, element, host_types
from sacml.features.host import BLOCK, KINDS, TERMINATIONS, formula_atoms


@pytest.mark.parametrize("name", list(host_types()))
def test_every_host_of_the_vocabulary_is_of_one_kind(name):
    row = dict(zip(BLOCK.names, BLOCK.matrix([Host.parse(name)])[0], strict=True))
    assert sum(row[f"host_kind_{k}"] for k in KINDS) == 1
    assert row["host_composition_known"] == (host_types()[name].formula is not None)


def test_every_termination_of_the_vocabulary_has_a_column():
    assert {t for h in host_types().values() for t in h.terminations} == set(TERMINATIONS)


def test_user_host(values):
    row = values("Co-N4@x_mine;Li")
    assert (row["host_kind_user"], row["host_composition_known"]) == (1, 0)


def test_composition(values):
    row, c, n = values("Co-N2@g_c3n4;Li"), element("C"), element("N")
    assert row["host_fraction_c"] == pytest.approx(3 / 7)
    assert row["host_fraction_n"] == pytest.approx(4 / 7)
    assert row["host_electronegativity_mean"] == pytest.approx(
        (3 * c.electronegativity_pauling + 4 * n.electronegativity_pauling) / 7
    )
    assert row["host_covalent_radius_mean_A"] == pytest.approx(
        (3 * c.covalent_radius_A + 4 * n.covalent_radius_A) / 7
    )


def test_unknown_composition_and_no_nitrogen_differ(values):
    unknown, none = values("Co-N4@n_doped_carbon;Li"), values("Co-N4@graphene;Li")
    assert unknown["host_fraction_n"] == none["host_fraction_n"] == 0
    assert (unknown["host_composition_known"], none["host_composition_known"]) == (0, 1)
    assert unknown["host_electronegativity_mean"] == 0


def test_formula():
    assert formula_atoms("C20H8N8") == {"C": 20, "H": 8, "N": 8}
    assert formula_atoms("MoS2") == {"Mo": 1, "S": 2}


def test_junction(values):
    assert values("Pt-S3@in2s3|ti3c2;Li")["host_is_junction"] == 1
    assert values("Pt-S3@in2s3;Li")["host_is_junction"] == 0


def test_termination_not_applicable_unknown_and_stated(values, nothing):
    nothing(values("Zn-N4@graphene;Li"), "host_termination_")
    unknown = values("Zn-C3@ti3c2;Li")
    nothing(unknown, "host_termination_", "host_termination_applicable")
    assert unknown["host_termination_applicable"] == 1
    stated = values("Zn-C3@ti3c2(T=OH);Li")
    assert stated["host_termination_known"] == stated["host_termination_oh"] == 1
    assert stated["host_termination_o"] == 0


def test_curvature_not_applicable_unknown_and_stated(values, nothing):
    nothing(values("Zn-N4@graphene;Li"), "host_curvature")
    unknown = values("Zn-N4@cnt;Li")
    assert (unknown["host_curvature_applicable"], unknown["host_curvature_known"]) == (1, 0)
    assert unknown["host_curvature"] == 0
    wide, narrow = values("Zn-N4@cnt(20,0);Li"), values("Zn-N4@cnt(5,5);Li")
    assert wide["host_curvature"] == pytest.approx(math.pi / 20)
    assert narrow["host_curvature"] == pytest.approx(math.pi / math.sqrt(75))
