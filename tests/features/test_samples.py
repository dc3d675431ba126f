"""Descriptors of a user's structures."""

import numpy as np
import pytest
from ase import Atoms

from sacml.data.samples import Sample, SampleError
from sacml.features.samples import NAMES, adsorbate_atoms, composition, describe_samples
from sacml.structures import build


def sample(site="Co-N4@graphene", adsorbate="", alkali=None, frame="f"):
    atoms = build(site, alkali).atoms.copy()
    atoms.info = {}
    return Sample(frame, atoms, 0.0, adsorbate)


def value(table, name, row=0):
    return table.X[row, NAMES.index(name)]


def test_names_are_unique_and_fill_the_matrix():
    table = describe_samples([sample()])
    assert len(set(NAMES)) == len(NAMES)
    assert table.X.shape == (1, len(NAMES))
    assert np.isfinite(table.X).all()


def test_site_and_shell_are_read_from_the_structure():
    table = describe_samples([sample("Co-N4@graphene"), sample("Fe-N2C2(cis6)@graphene")])
    assert table.metals == ("Co", "Fe")
    assert table.sites == ("Co-N4", "Fe-C2N2")
    assert value(table, "centre_valence_electrons", 0) == 9
    assert value(table, "geom_shell_count_n", 1) == 2


def test_a_marked_adsorbate_does_not_change_the_description_of_the_site():
    bare = sample("Co-N4@graphene", "OH")
    held = bare.atoms.copy()
    metal = next(a.index for a in held if a.symbol == "Co")
    top = held.positions[metal]
    held += Atoms("OH", positions=top + np.array([[0, 0, 1.8], [0.9, 0, 2.2]]))
    held.info["ads_indices"] = f"{len(held) - 2} {len(held) - 1}"
    both = describe_samples([bare, Sample("g", held, 0.0, "OH")])
    place = [i for i, n in enumerate(NAMES) if n in
             ("ads_in_structure", "ads_centre_distance_A", "ads_height_A")]  # fmt: skip
    rest = np.setdiff1d(np.arange(len(NAMES)), place)
    assert np.allclose(both.X[0, rest], both.X[1, rest])
    assert both.in_structure.tolist() == [False, True]
    assert value(both, "ads_centre_distance_A", 1) == pytest.approx(1.8)
    assert value(both, "ads_count_o", 0) == value(both, "ads_count_h", 0) == 1


def test_an_unmarked_adsorbate_is_found_by_its_formula():
    held = sample("Co-N4@graphene", "Li", alkali="Li")
    found = adsorbate_atoms(held.atoms, "Li")
    assert [held.atoms[i].symbol for i in found] == ["Li"]
    assert adsorbate_atoms(held.atoms, "Na") == ()
    assert adsorbate_atoms(held.atoms) == ()


def test_a_name_that_is_no_formula_has_no_composition():
    assert composition("OOH") == {"O": 2, "H": 1}
    assert composition("*OH") == {"O": 1, "H": 1}
    assert composition("water") == {}


def test_description_does_not_depend_on_the_order_of_atoms_or_their_place():
    s = sample()
    order = np.random.default_rng(0).permutation(len(s.atoms))
    moved = s.atoms[order]
    moved.positions += [0.3, -0.2, 0.4]
    moved.wrap()
    table = describe_samples([s, Sample("g", moved, 0.0)])
    assert np.allclose(table.X[0], table.X[1], atol=1e-6)


def test_every_structure_without_a_centre_is_named():
    with pytest.raises(SampleError) as caught:
        describe_samples([sample(), sample("@graphene", frame="a"), sample("@graphene", frame="b")])
    assert [p.frame for p in caught.value.problems] == ["a", "b"]
    assert "no metal centre" in str(caught.value)
