import ase.io
import pytest

from sacml._resources import dataset_path
from sacml.data.importers.calculations_sites import recognise
from sacml.domain import Site
from sacml.structures import build

TOLD = [
    "@graphene", "vac-N4@graphene", "vac-N3@graphene", "vac-N4(pyrrolic)@graphene",
    "Co-N4@graphene", "Co-N4(pyrrolic)@graphene", "Fe-N3@graphene", "Fe-N3C@graphene",
    "Zr-C4@graphene", "La-N4@graphene", "Fe-N3S@graphene", "Fe-N3B@graphene",
    "Co-N2C2(trans)@graphene", "Co-N2C2(cis5)@graphene", "Co-N2C2(cis6)@graphene",
    "Fe-N2O2(cis5)@graphene", "Co-N4~S1@graphene", "Fe+Ni-N6@graphene",
]  # fmt: skip


@pytest.mark.parametrize("text", TOLD)
def test_built_sites_are_recognised(text):
    site, reason = recognise(build(text).to_atoms())
    assert site == Site.parse(text), reason


def test_recognition_does_not_depend_on_the_order_or_the_axis_of_the_vacuum():
    atoms = build("Co-N2C2(cis5)@graphene").to_atoms()[::-1]
    atoms.pbc = True
    turned = atoms.copy()
    turned.set_cell(atoms.cell[[1, 2, 0]])
    for a in (atoms, turned):
        assert str(recognise(a)[0]) == "Co-N2C2(cis5)@graphene"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Fe-N4+OH@graphene", "state the site"),
        ("Co-N4@cnt(10,0)", "two directions"),
        ("Zn-C3@ti3c2", "no sheet of the graphene family"),
        ("Fe-N2@c2n", "lack a neighbour"),
    ],
)
def test_what_is_not_plain_is_left_to_the_user(text, said):
    site, reason = recognise(build(text).to_atoms())
    assert site is None
    assert said in reason
    assert "mapping file" in reason


def test_every_bare_site_of_our_own_relaxed_structures():
    frames = ase.io.read(dataset_path("dft", "structures.extxyz"), ":")
    sites = [a for a in frames if a.info["kind"] == "site"]
    assert len(sites) >= 10
    for atoms in sites:
        found = recognise(atoms)[0]
        if atoms.info["site"].endswith("@graphene"):
            assert found == Site.parse(atoms.info["site"])
        else:
            assert found is None, "a slab or a molecule is for the user to state"
