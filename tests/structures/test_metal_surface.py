import numpy as np
import pytest

from sacml.errors import SacmlError
from sacml.structures import StructureError, build, places, problems

# nearest neighbours in the crystal: a / sqrt 2 (fcc), a sqrt 3 / 2 (bcc), in Angstrom
SURFACES = [
    ("cu_foil", 3.61 / 2**0.5, 9),
    ("li_metal", 3.49 * 3**0.5 / 2, 6),
    ("na_metal", 4.23 * 3**0.5 / 2, 6),
    ("k_metal", 5.23 * 3**0.5 / 2, 6),
]


@pytest.mark.parametrize(("host", "bond", "coordination"), SURFACES)
def test_surface_is_cut_from_the_crystal(host, bond, coordination):
    s = build(f"@{host}")
    assert problems(s) == ()
    apart = s.atoms.get_all_distances(mic=True) + 99 * np.eye(len(s.atoms))
    assert apart.min() == pytest.approx(bond, abs=0.001)
    top = int(np.argmax(s.atoms.positions[:, 2]))
    assert (apart[top] < 1.05 * bond).sum() == coordination
    assert s.atoms.pbc.tolist() == [True, True, False]
    assert "Ashcroft" in s.host_source


@pytest.mark.parametrize("alkali", ["Li", "Na", "K"])
@pytest.mark.parametrize("host", [h for h, _, _ in SURFACES])
def test_alkali_lies_on_the_surface(host, alkali):
    s = build(f"@{host}", alkali)
    assert problems(s) == ()
    z = s.atoms.positions[:, 2]
    assert 1.5 < z[s.alkali_index] - np.delete(z, s.alkali_index).max() < 3.0


def test_both_hollows_of_the_close_packed_face():
    assert [p.name for p in places(build("@cu_foil"), "Li")] == ["hollow", "hollow_2"]


def test_it_is_a_control():
    s = build("@cu_foil")
    assert not s.counted
    assert any("control" in note for note in s.idealisation)
    with pytest.raises(StructureError, match="bare and alone"):
        build("@cu_foil|graphene")
    with pytest.raises(SacmlError, match="cu_foil"):
        build("Co-N4@cu_foil")
