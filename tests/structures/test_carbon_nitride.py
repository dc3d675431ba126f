import numpy as np
import pytest
from ase.neighborlist import neighbor_list

from sacml.structures import BuildOptions, StructureError, build
from sacml.structures.checks import coordination, problems
from sacml.structures.hosts.carbon_nitride import pore_sheet
from sacml.structures.hosts.lattices import lattice, lattices
from sacml.structures.hosts.placing import images


def bonds(atoms, cutoff=1.7):
    i, j, d = neighbor_list("ijd", atoms, cutoff)
    names = np.array(atoms.get_chemical_symbols())
    return sorted({("".join(sorted((a, b))), round(float(x), 2)) for a, b, x in zip(
        names[i], names[j], d, strict=True)})  # fmt: skip


def test_heptazine_has_the_bonds_of_its_source():
    atoms = build("@g_c3n4").atoms
    assert atoms.get_chemical_formula() == "C24N32"
    # read from the source geometry: ring 1.33, central N 1.39, bridging N 1.47 A
    lengths = [x for _, x in bonds(atoms)]
    assert {kind for kind, _ in bonds(atoms)} == {"CN"}
    assert lengths[0] == pytest.approx(1.33, abs=0.006)
    assert lengths[-2:] == pytest.approx([1.393, 1.471], abs=0.006)


def test_c2n_has_the_bonds_of_its_source():
    atoms = build("@c2n").atoms
    assert atoms.get_chemical_formula() == "C12N6"
    assert bonds(atoms) == [("CC", 1.4), ("CC", 1.48), ("CN", 1.33)]


@pytest.mark.parametrize(("host", "radius"), [("g_c3n4", 2.375), ("c2n", 2.700)])
def test_the_rim_is_six_nitrogen_in_order(host, radius):
    sheet = pore_sheet(host, (2, 2))
    rim = images(sheet.positions, sheet.cell, sheet.middle)[list(sheet.rim)]
    assert {sheet.symbols[k] for k in sheet.rim} == {"N"}
    assert np.linalg.norm(rim - sheet.middle, axis=1) == pytest.approx([radius] * 6, abs=0.002)
    gaps = np.linalg.norm(rim - np.roll(rim, 1, axis=0), axis=1)
    assert gaps.max() < radius * 1.2  # neighbours in the list are neighbours on the rim


@pytest.mark.parametrize("metal", ["Fe", "Co", "Ni", "Zn", "Pt", "Zr"])
@pytest.mark.parametrize("size", [2, 3, 4, 6])
def test_g_c3n4_holds_every_admitted_number(metal, size):
    s = build(f"{metal}-N{size}@g_c3n4")
    assert problems(s) == ()
    assert len(coordination(s)[0]) == size
    assert len(s.atoms) == 57
    assert s.atoms.pbc.tolist() == [True, True, False]


def test_six_neighbours_lie_in_the_middle_of_the_pore():
    s = build("Co-N6@g_c3n4")
    d = s.atoms.get_distances(s.centre[0], list(s.shell), mic=True)
    assert d == pytest.approx([2.375] * 6, abs=0.002)


def test_two_neighbours_keep_the_rest_length_of_graphene_sites():
    s = build("Co-N2@c2n")
    d = s.atoms.get_distances(s.centre[0], list(s.shell), mic=True)
    assert d == pytest.approx([1.92] * 2, abs=0.06)


def test_a_wide_pore_refuses_a_small_metal_with_the_numbers():
    with pytest.raises(StructureError, match=r"Zn-N6@c2n: no place .* 2\.70 A .* 2\.41 A"):
        build("Zn-N6@c2n")
    assert problems(build("Zr-N6@c2n")) == ()


def test_empty_and_bare():
    empty, bare = build("vac-N6@c2n"), build("@c2n")
    assert empty.centre == ()
    assert len(empty.shell) == 6
    assert len(empty.atoms) == 18
    assert bare.shell == ()
    assert problems(bare) == ()
    assert problems(empty) == ()
    middle = empty.atoms.positions[list(empty.shell)] - empty.anchor
    middle -= np.round(middle @ np.linalg.inv(empty.atoms.cell)) @ empty.atoms.cell.array
    assert np.linalg.norm(middle, axis=1) == pytest.approx([2.7] * 6, abs=0.002)


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("Co-N2C2@g_c3n4", "six pyridinic N"),
        ("Fe+Ni-N6@c2n", "two centres"),
        ("Co-N4(pyrrolic)@g_c3n4", "six pyridinic N"),
        ("Co-N4~C1@g_c3n4", "second shell"),
        ("Co-N4+OH+OH+OH@g_c3n4", "two faces"),
    ],
)
def test_refusals_name_site_and_reason(site, words):
    with pytest.raises(ValueError, match=words):
        build(site)


def test_ligands_on_both_faces():
    s = build("Fe-N4+OH+H2O@g_c3n4")
    assert len(s.atoms) == 57 + 2 + 3
    assert problems(s) == ()


def test_deterministic_and_larger_cells():
    assert build("Co-N3@g_c3n4").structure_id == build("Co-N3@g_c3n4").structure_id
    large = build("Co-N2@c2n", options=BuildOptions(repeat=(2, 2)))
    assert len(large.atoms) == 73
    assert problems(large) == ()
    small = build("Co-N2@g_c3n4", options=BuildOptions(repeat=(1, 1)))
    assert len(small.atoms) == 15


def test_every_lattice_is_cited_and_whole():
    for name, row in lattices().items():
        assert all((row.source, row.locator, row.obtained)), name
        assert len(row.symbols) == len(row.fractional) > 2
        apart = row.atoms((2, 2, 1)).get_all_distances(mic=True)
        np.fill_diagonal(apart, 9.0)
        assert apart.min() > 0.9, name
    with pytest.raises(StructureError, match="no lattice 'nacl'"):
        lattice("nacl")
