import numpy as np
import pytest

from sacml.structures import StructureError, build, builders, stand_ins
from sacml.structures.checks import coordination, problems
from sacml.structures.hosts.framework import bipyridine


def test_fragment_is_bipyridine():
    symbols, positions, nitrogen = bipyridine()
    assert sorted(symbols).count("C") == 10
    assert (symbols.count("H"), symbols.count("N")) == (8, 2)
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    ring = np.sort(apart[nitrogen[0]])[1:3]
    assert ring == pytest.approx([1.344] * 2, abs=0.002)  # C-N of pyridine in the G2 set
    names = np.array(symbols)
    carbon = names == "C"
    between = apart[:10, 10:][np.ix_(carbon[:10], carbon[10:])].min()
    assert between == pytest.approx(1.46, abs=1e-6)  # twice the covalent radius of C
    np.fill_diagonal(apart, 9.0)
    assert apart[np.ix_(names == "H", names == "H")].min() > 1.6
    assert np.ptp(positions[:, 2]) < 1e-9


@pytest.mark.parametrize("metal", ["Fe", "Co", "Ni", "Zn", "Pt", "La"])
def test_pocket_chelates(metal):
    s = build(f"{metal}-N2@cof")
    assert problems(s) == ()
    assert sorted(coordination(s)[0]) == sorted(s.shell)
    assert s.atoms.get_chemical_symbols().count("H") == 8
    assert len(s.atoms) == 21
    assert not s.atoms.pbc.any()
    d = s.atoms.get_distances(s.centre[0], list(s.shell))
    assert d[0] == pytest.approx(d[1], abs=1e-9)


def test_it_is_a_stand_in_and_says_so():
    assert not builders()["cof"].counted
    assert "cof" in {b.name for b in stand_ins()}
    assert any("molecule" in note for note in build("Co-N2@cof").idealisation)


@pytest.mark.parametrize("shell", ["N4", "O4", "N2O2", "N2(pyrrolic)"])
def test_other_shells_are_refused(shell):
    with pytest.raises(StructureError, match="two pyridinic N"):
        build(f"Co-{shell}@cof")


def test_empty_pocket_ligands_and_determinism():
    assert len(build("vac-N2@cof").atoms) == 20
    assert problems(build("Co-N2+OH+H2O@cof")) == ()
    assert build("Co-N2@cof").structure_id == build("Co-N2@cof").structure_id
    assert problems(build("@cof")) == ()
