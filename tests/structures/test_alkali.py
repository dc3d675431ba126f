import numpy as np
import pytest

from sacml.errors import UnknownNameError
from sacml.structures import Place, StructureError, add_alkali, build, places, problems

TOP = {"Li": 2.45, "Na": 2.85, "K": 3.25}
RING = {"Li": 1.9, "Na": 2.35, "K": 2.75}


def named(site, alkali="Li"):
    structure = build(site)
    return structure, {p.name: p for p in places(structure, alkali)}


@pytest.mark.parametrize("alkali", ["Li", "Na", "K"])
def test_places_follow_the_start_rule_of_the_protocol(alkali):
    structure, found = named("Co-N4@graphene", alkali)
    metal = structure.atoms.positions[structure.centre[0]]
    assert found["top"].position == pytest.approx(metal + np.array([0, 0, TOP[alkali]]), abs=0.3)
    shell = structure.atoms.get_distances(
        structure.centre[0], list(structure.shell), mic=True, vector=True
    )
    for name, pair in (("ring6", (0, 1)), ("ring5", (0, 2))):
        step = np.array(found[name].position) - metal
        # 1.75 A from the metal along the bisector of two neighbours, RING above the sheet
        assert step[2] == pytest.approx(RING[alkali], abs=0.3)
        assert np.hypot(*step[:2]) == pytest.approx(1.75, abs=0.3)
        cosines = []
        for a, b in (pair, tuple({0, 1, 2, 3} - set(pair))):
            bisector = (shell[a] + shell[b])[:2]
            cosines.append(step[:2] @ bisector / np.hypot(*step[:2]) / np.hypot(*bisector))
        assert max(cosines) > 0.999, name
    assert tuple(found)[:3] == ("ring6", "ring5", "top")


def test_high_metal_pushes_ring_places_out():
    structure, found = named("Zr-N4@graphene")
    metal = structure.atoms.positions[structure.centre[0]]
    step = np.array(found["ring5"].position) - metal
    assert np.hypot(*step[:2]) == pytest.approx(2.25, abs=0.3)
    # the other face, from where the metal stands away
    other = np.array(found["topf"].position)
    assert other[2] == pytest.approx(metal[2] - TOP["Li"], abs=0.3)
    assert found["ring5f"].face == -1


@pytest.mark.parametrize(
    ("site", "kinds"),
    [
        ("@graphene", {"hollow": 1}),
        # D2h pore: rings 5 and 6 once each; one kind of neighbour
        ("Co-N4@graphene", {"ring6": 1, "ring5": 1, "top": 1, "neighbour": 1}),
        # C2v: the ring between the two N differs from that between the two C
        ("Co-N2C2(cis6)@graphene", {"ring6": 2, "ring5": 1, "top": 1, "neighbour": 2}),
        ("Co-N2C2(cis5)@graphene", {"ring6": 1, "ring5": 2, "top": 1, "neighbour": 2}),
        # C2h: all rings alike in pairs
        ("Co-N2C2(trans)@graphene", {"ring6": 1, "ring5": 1, "top": 1, "neighbour": 2}),
        ("Fe+Ni-N6@graphene", {"ring6": 2, "ring5": 2, "bridge": 1, "top": 2}),
        ("Fe+Fe-N6@graphene", {"ring6": 1, "ring5": 1, "bridge": 1, "top": 1}),
    ],
)
def test_symmetry_distinct_places(site, kinds):
    structure = build(site)
    found = [p.kind for p in places(structure, "Li")]
    assert {k: found.count(k) for k in kinds} == kinds
    if len(structure.centre) and site != "Zr":
        assert all(p.face == 1 for p in places(structure, "Li"))  # flat: one face is enough


def test_single_vacancy_has_two_faces():
    _, found = named("Co-N3@graphene")
    assert {"ring6", "ring6f", "top", "topf"} <= set(found)
    assert "ring6_2" not in found  # D3h: three alike


def test_empty_site_has_its_pore():
    structure, found = named("vac-N4@graphene")
    assert found["hollow"].position[:2] == pytest.approx(structure.anchor[:2])


def test_axial_ligand_blocks_its_face():
    _, found = named("Co-N4+OH@graphene")
    assert "top" not in found
    assert "topf" in found


@pytest.mark.parametrize(
    "site", ["Co-N4@graphene", "Zr-N4@graphene", "Co-S3@graphene", "@graphene"]
)
@pytest.mark.parametrize("alkali", ["Li", "K"])
def test_every_place_passes_the_checks(site, alkali):
    structure = build(site)
    for place in places(structure, alkali):
        loaded = add_alkali(structure, alkali, place.name)
        assert problems(loaded) == ()
        assert loaded.alkali_index == len(structure.atoms)
        assert loaded.place == place.name
        z = loaded.atoms.positions[:, 2]
        assert z.min() > 2.9
        assert z.max() < 13 - 2.9


@pytest.mark.parametrize("site", ["Co-N4@graphene", "Zr-N4+OH@graphene", "vac-N4@graphene"])
def test_default_place_is_the_first(site):
    structure = build(site)
    first = places(structure, "Na")[0]
    loaded = build(site, "Na")
    assert loaded.place == first.name
    assert loaded.structure_id == add_alkali(structure, "Na", first).structure_id


def test_bad_requests_are_named():
    structure = build("Co-N4@graphene")
    with pytest.raises(StructureError, match=r"no place 'side' for Li; places: ring6, ring5"):
        add_alkali(structure, "Li", "side")
    with pytest.raises(UnknownNameError, match="alkali"):
        add_alkali(structure, "Rb")
    with pytest.raises(StructureError, match="already"):
        add_alkali(build("Co-N4@graphene", "Li"), "Li")
    with pytest.raises(StructureError, match="already"):
        places(build("Co-N4@graphene", "Li"), "Li")
    x, y, z = structure.atoms.positions[structure.centre[0]]
    with pytest.raises(StructureError, match=r"Co-N4@graphene Li mine: the alkali overlaps Co, 1"):
        add_alkali(structure, "Li", Place("mine", (x, y, z + 1.0)))
    with pytest.raises(StructureError, match="without an alkali"):
        build("Co-N4@graphene", place="top")
