import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list
from hypothesis import given, settings
from hypothesis import strategies as st

from sacml.features.geometry_bonds import (
    BOND_FACTOR,
    CellError,
    Lattice,
    bonds,
    not_shielded,
    pairs_within,
    radii_of,
    shortest,
)

numbers = st.floats(-1.0, 1.0, allow_nan=False)


@st.composite
def crystals(draw):
    """Small, possibly strongly skewed cells: images matter."""
    edges = np.diag([draw(st.floats(1.5, 8.0)) for _ in range(3)])
    skew = np.array([[0, 0, 0], [draw(numbers), 0, 0], [draw(numbers), draw(numbers), 0]]) * 4.0
    n = draw(st.integers(1, 5))
    places = np.array([[draw(st.floats(-2.0, 3.0)) for _ in range(3)] for _ in range(n)])
    pbc = [draw(st.booleans()) for _ in range(3)]
    cell = edges + skew
    return Atoms("C" * n, positions=places @ cell, cell=cell, pbc=pbc)


@settings(max_examples=60, deadline=None)
@given(crystals(), st.floats(0.5, 5.0))
def test_pairs_are_those_of_ase(atoms, cutoff):
    lattice = Lattice.of(atoms.cell.array, atoms.pbc)
    found = pairs_within(lattice, np.arange(len(atoms)), atoms.positions, cutoff)
    i, j, d = neighbor_list("ijd", atoms, cutoff)
    mine = sorted(zip(found.first, found.second, found.distance, strict=True))
    theirs = sorted(zip(i, j, d, strict=True))
    # pairs at the cutoff itself may fall on either side
    near = [p for p in mine if abs(p[2] - cutoff) > 1e-6]
    assert np.allclose(near, [p for p in theirs if abs(p[2] - cutoff) > 1e-6], atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(crystals())
def test_shortest_image_is_the_shortest(atoms):
    lattice = Lattice.of(atoms.cell.array, atoms.pbc)
    difference = atoms.positions[-1] - atoms.positions[0]
    steps = np.stack(np.meshgrid(*[np.arange(-9, 10)] * 3), axis=-1).reshape(-1, 3)
    images = difference + (steps * atoms.pbc) @ atoms.cell.array
    expected = np.linalg.norm(images, axis=1).min()
    # the brute force reaches nine images only, the code as far as it must
    assert np.linalg.norm(shortest(lattice, difference)) <= expected + 1e-9


def test_image_vectors_lead_to_the_second_atom():
    atoms = Atoms("CN", positions=[[0.1, 0, 0], [3.9, 0, 0]], cell=[4, 5, 6], pbc=True)
    lattice = Lattice.of(atoms.cell.array, atoms.pbc)
    found = pairs_within(lattice, np.array([0]), atoms.positions, 1.0)
    assert found.second.tolist() == [1]
    assert found.image.tolist() == [[-1, 0, 0]]
    there = atoms.positions[1] + found.image @ lattice.vectors
    assert np.allclose(there - atoms.positions[0], found.vector)


def test_an_atom_is_bonded_to_its_own_image_in_a_small_cell():
    lattice = Lattice.of(np.diag([1.4, 20.0, 20.0]), np.array([True, False, False]))
    found = bonds(lattice, np.zeros((1, 3)), radii_of(["C"]))
    assert found.image.ravel().tolist() == [-1, 1]


def test_bonds_end_at_the_stated_factor():
    reach = BOND_FACTOR * radii_of(["Co", "N"]).sum()
    lattice = Lattice.of(np.zeros((3, 3)), np.zeros(3, dtype=bool))
    for distance, count in ((reach - 1e-6, 2), (reach + 1e-6, 0)):
        places = np.array([[0.0, 0, 0], [distance, 0, 0]])
        assert len(bonds(lattice, places, radii_of(["Co", "N"])).first) == count


@pytest.mark.parametrize(
    "cell",
    [np.zeros((3, 3)), np.array([[4.0, 0, 0], [8.0, 0, 0], [0, 0, 9]]), np.diag([1e-9, 5, 5])],
)
def test_a_cell_that_is_none_is_named(cell):
    periodic = np.ones(3, dtype=bool)
    with pytest.raises(CellError, match=r"lattice vectors|too small"):
        Lattice.of(cell, periodic).images(5.0)


def test_a_neighbour_of_a_neighbour_is_not_first_shell():
    symbols = ["Zr", "N", "C"]
    places = np.array([[0, 0, 0], [2.1, 0, 0], [2.6, 1.1, 0.0]])
    lattice = Lattice.of(np.zeros((3, 3)), np.zeros(3, dtype=bool))
    radii = radii_of(symbols)
    found = bonds(lattice, places, radii)
    of_metal = found.take(found.first == 0)
    # the covalent radii alone would count both
    assert sorted(of_metal.second) == [1, 2]
    assert of_metal.second[not_shielded(of_metal, radii)].tolist() == [1]
