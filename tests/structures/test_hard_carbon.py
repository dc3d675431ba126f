import numpy as np
import pytest

from sacml.structures import BuildOptions, StructureError, build, builders
from sacml.structures.checks import coordination, problems
from sacml.structures.hosts.hard_carbon import AMPLITUDE_A, ribbon

BOND_A = 2.467 / 3**0.5


def test_ribbon_is_buckled_defective_and_has_edges():
    s = build("@hard_carbon")
    symbols = s.atoms.get_chemical_symbols()
    carbon = s.atoms[[k for k, x in enumerate(symbols) if x == "C"]]
    apart = carbon.get_all_distances(mic=True)
    degree = ((apart < 1.2 * BOND_A) & (apart > 0.1)).sum(axis=1)
    assert len(carbon) == 59  # 60 less the missing edge atom
    assert np.ptp(carbon.positions[:, 2]) == pytest.approx(2 * AMPLITUDE_A, abs=0.05)
    assert (degree == 2).sum() == symbols.count("H") > 8
    assert set(degree) == {2, 3}
    assert problems(s) == ()


def test_bending_keeps_the_bonds():
    found = ribbon("none", (5, 3))
    s = build("@hard_carbon")
    carbon = s.atoms[[k for k, x in enumerate(found.symbols) if x == "C"]]
    apart = carbon.get_all_distances(mic=True)
    bonds = apart[(apart > 0.1) & (apart < 1.2 * BOND_A)]
    assert bonds == pytest.approx(np.full(len(bonds), BOND_A), abs=0.02)
    assert found.cell[0, 0] < 5 * 2.467  # the ripple shortens the period


@pytest.mark.parametrize("metal", ["Fe", "Co", "Zn", "Pt", "Zr"])
@pytest.mark.parametrize("shell", ["N4", "N3", "C3", "C4", "N2C2", "O4", "S3"])
def test_shells(metal, shell):
    s = build(f"{metal}-{shell}@hard_carbon")
    assert problems(s) == ()
    assert sorted(coordination(s)[0]) == sorted(s.shell)
    assert len(s.shell) == s.site.shell.size


def test_vacancies_are_there():
    full = build("@hard_carbon").atoms.get_chemical_symbols().count("C")
    single = build("vac-C3@hard_carbon").atoms.get_chemical_symbols()
    double = build("vac-C4@hard_carbon").atoms.get_chemical_symbols()
    assert (single.count("C"), double.count("C")) == (full - 1, full - 2)


def test_the_site_lies_on_the_crest():
    s = build("Co-N4@hard_carbon")
    carbon = [k for k, x in enumerate(s.atoms.get_chemical_symbols()) if x == "C"]
    assert s.atoms.positions[s.centre[0], 2] > s.atoms.positions[carbon, 2].max() - 0.1


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("Co-N4(pyrrolic)@hard_carbon", "pyridinic"),
        ("Co-N2C2(trans)@hard_carbon", "isomers"),
        ("Fe+Ni-N6@hard_carbon", "two centres"),
    ],
)
def test_refusals(site, words):
    with pytest.raises(StructureError, match=words):
        build(site)


def test_it_is_a_stand_in_and_deterministic():
    assert not builders()["hard_carbon"].counted
    assert build("Co-N4@hard_carbon").structure_id == build("Co-N4@hard_carbon").structure_id
    wide = build("Co-N4@hard_carbon", options=BuildOptions(repeat=(6, 3)))
    assert len(wide.atoms) > len(build("Co-N4@hard_carbon").atoms)
    assert problems(wide) == ()
