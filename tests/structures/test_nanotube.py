import numpy as np
import pytest
from ase.build import nanotube

from sacml.structures import StructureError, build, coordination, problems
from sacml.structures.hosts.flat import BOND_A
from sacml.structures.symmetry import mapping


@pytest.mark.parametrize(("n", "m", "length"), [(8, 0, 2), (5, 5, 4), (6, 3, 1)])
def test_bare_tube_is_that_of_ase(n, m, length):
    ours = build(f"@cnt({n},{m})").atoms.copy()
    theirs = nanotube(n, m, length=length, bond=BOND_A, vacuum=5)
    assert len(ours) == len(theirs)
    # both along the first vector, with the same box
    turned = theirs.copy()
    turned.positions = theirs.positions[:, [2, 0, 1]]
    turned.cell = ours.cell
    turned.pbc = ours.pbc
    assert theirs.cell.lengths()[2] == pytest.approx(ours.cell.lengths()[0])
    assert mapping(ours, turned, tolerance=0.02) is not None


@pytest.mark.parametrize(("n", "m"), [(8, 0), (6, 6), (10, 0)])
def test_wall_has_the_bond_and_the_diameter_of_graphene_rolled_up(n, m):
    atoms = build(f"@cnt({n},{m})").atoms
    apart = atoms.get_all_distances(mic=True) + 9 * np.eye(len(atoms))
    # PBE lattice constant of graphene in datasets/dft, 2.467 A; a chord is shorter than its arc
    assert np.sort(apart, axis=1)[:, :3] == pytest.approx(2.467 / 3**0.5, abs=0.02)
    diameter = 2.467 * (n**2 + n * m + m**2) ** 0.5 / np.pi
    assert np.ptp(atoms.positions[:, 2]) == pytest.approx(diameter, abs=0.25)


@pytest.mark.parametrize(
    "site", ["Co-N4@cnt", "Zn-N3@cnt(10,0)", "Fe+Ni-N6@cnt(6,6)", "Co-N2C2(cis5)@cnt(5,5)"]
)
def test_sites_in_the_wall(site):
    structure = build(site)
    assert problems(structure) == ()
    found = {k for around in coordination(structure) for k in around}
    assert found == set(structure.shell)
    assert list(structure.atoms.pbc) == [True, False, False]
    height = structure.atoms.positions[list(structure.centre), 2]
    carbon = structure.atoms.positions[np.array(structure.atoms.symbols) == "C", 2]
    assert height.min() > carbon.max() - 1.5  # on top


def test_default_chirality_is_stated():
    tube = build("Co-N4@cnt")
    assert tube.structure_id == build("Co-N4@cnt(8,0)").structure_id
    assert "not stated" in tube.idealisation[0]


@pytest.mark.parametrize(
    ("site", "words"),
    [("Co-N4@cnt(4,0)", "radius"), ("Co-N4@cnt(13,7)", "atoms, the limit"),
     ("Co-N4(pyrrolic)@cnt", "pyrrolic N")],
)  # fmt: skip
def test_refusals(site, words):
    with pytest.raises(StructureError, match=words):
        build(site)
