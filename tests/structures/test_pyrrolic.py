from collections import Counter

import numpy as np
import pytest

from sacml.structures import build, coordination, problems
from sacml.structures.checks import distances
from sacml.structures.rings import find_rings, patch


@pytest.fixture(scope="module")
def iron():
    return build("Fe-N4(pyrrolic)@graphene")


def test_core(iron):
    assert iron.atoms.get_chemical_formula() == "C46FeN4"  # 5x5 graphene, C24 -> FeN4C20
    assert problems(iron) == ()
    assert set(coordination(iron)[0]) == set(iron.shell)
    apart = distances(iron.atoms)
    # mean Fe-N of Fe(TPP)(1-MeIm)2 is 1.994(3) A (Acta Cryst. E, 2025, jy2063); a starting
    # geometry comes within 0.1 A
    assert apart[iron.centre[0], list(iron.shell)].mean() == pytest.approx(1.994, abs=0.1)


def test_every_carbon_keeps_three_bonds(iron):
    light = [k for k in range(len(iron.atoms)) if k not in iron.centre]
    bonded = (distances(iron.atoms)[np.ix_(light, light)] + 9 * np.eye(len(light))) < 1.65
    names = np.array(iron.atoms.get_chemical_symbols())[light]
    assert set(bonded.sum(axis=1)[names == "C"]) == {3}
    assert set(bonded.sum(axis=1)[names == "N"]) == {2}


def test_rings(iron):
    cut = patch(iron)
    rings = find_rings(cut, np.array([0.0, 0, 1]), range(len(cut.positions)))
    with_n = [r for r in rings if any(cut.numbers[k] == 7 for k in r)]
    held = [r for r in with_n if any(cut.centre[k] >= 0 for k in r)]
    assert Counter(len(r) for r in held) == {6: 4}  # M-N-C-C-C-N
    assert Counter(len(r) for r in with_n if r not in held) == {5: 4}  # the pyrroles
    sizes = Counter(len(r) for r in rings)
    assert (sizes[5], sizes[7]) == (4 + 2, 4)


def test_strain_is_measured_and_stated(iron):
    assert 0 < iron.strain < 0.05
    assert iron.atoms.cell.lengths()[0] == pytest.approx(5 * 2.467 * (1 + iron.strain))
    assert any(f"{iron.strain:.1%}" in s for s in iron.idealisation)


def test_empty_core():
    empty = build("vac-N4(pyrrolic)@graphene")
    assert empty.atoms.get_chemical_formula() == "C46N4"
    assert problems(empty) == ()
