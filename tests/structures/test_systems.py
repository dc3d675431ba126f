"""Every system of the review as a structure, with its degree of idealisation stated."""

import csv

import pytest

from sacml._resources import dataset_path
from sacml.domain import Site
from sacml.structures import StructureError, build, build_many

with dataset_path("systems", "systems.csv").open(newline="", encoding="utf-8") as file:
    SYSTEMS = list(csv.DictReader(file))
UNNAMED = ("other", "metal")
"""Hosts of the controls whose material the source does not name: solvated ions, particles."""
NO_SHELL = {
    # possible shells of an unknown one that the host, as it is built, does not hold
    "Zn-O3@ti3c2(T=Cl)": "termination Cl holds",
    "Ni-N2@n_doped_carbon": "not 2 neighbours",
    "Zn-N2@n_doped_carbon": "not 2 neighbours",
    "Co-N3@cof": "two pyridinic N",
    "Co-N4@cof": "two pyridinic N",
    "Co-N6@cof": "two pyridinic N",
}
NAMED = [s for s in SYSTEMS if Site.parse(s["site"]).host.name not in UNNAMED]


@pytest.mark.parametrize("system", NAMED, ids=[s["name"] for s in NAMED])
def test_system_has_a_structure_for_each_shell_it_may_be(system):
    shells = Site.parse(system["site"]).resolved()
    built, refused = build_many([f"{s};{system['alkali']}" for s in shells])
    assert built
    assert {given.partition(";")[0] for given, _ in refused} <= set(NO_SHELL)
    for given, reason in refused:
        assert NO_SHELL[given.partition(";")[0]] in reason
    for structure in built:
        assert structure.alkali == system["alkali"]
        assert structure.host_source
        # what is idealised stands with the structure, with the system, or with both
        assert structure.idealisation or system["idealised"]
        if structure.counted is False:
            assert structure.idealisation


def test_only_controls_without_a_named_material_have_none():
    left = [s for s in SYSTEMS if s not in NAMED]
    assert {s["site"] for s in left} == {"@other", "@metal"}
    assert all(s["is_control"] == "1" for s in left)
    for system in left:
        with pytest.raises(StructureError, match="no structure can be built of host"):
            build(system["site"])


def test_a_bare_n_doped_host_has_its_nitrogen():
    for host in ("n_doped_graphene", "n_doped_carbon", "n_doped_carbon|carbon_cloth"):
        bare = build(f"@{host}", "Li")
        assert bare.atoms.get_chemical_formula() == "C31LiN"
        assert any("one graphitic N" in note for note in bare.idealisation)
        # with a site, the N are those of its shell
        assert build(f"Co-N4@{host}").atoms.get_chemical_formula() == "C26CoN4"
    assert build("@carbon").atoms.get_chemical_formula() == "C32"
