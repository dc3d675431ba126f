import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.domain.neighbours import LINKED, SHADOW, unshadowed

FAR = 2.0


def square(n, links=()):
    apart = np.full((n, n), FAR)
    for i, j, d in links:
        apart[i, j] = apart[j, i] = d
    return apart.tolist()


def test_atoms_that_are_not_linked_are_all_neighbours():
    assert unshadowed([0.9, 1.0, 1.2], square(3)) == [0, 1, 2]


def test_an_atom_behind_a_nearer_one_is_none():
    behind = [0.9, 0.9 + SHADOW + 0.01]
    assert unshadowed(behind, square(2, [(0, 1, 1.0)])) == [0]
    # as near as the atom it is linked to: a bond that is bound side-on
    assert unshadowed([0.9, 0.9 + SHADOW - 0.01], square(2, [(0, 1, 1.0)])) == [0, 1]


@pytest.mark.parametrize(("apart", "kept"), [(LINKED - 0.01, [0]), (LINKED + 0.01, [0, 1])])
def test_two_atoms_that_face_each_other_across_a_vacancy_are_both_neighbours(apart, kept):
    assert unshadowed([0.9, 1.1], square(2, [(0, 1, apart)])) == kept


def test_shadows_reach_on():
    # the third is hardly farther than the second, but that one is shadowed itself
    chain = square(3, [(0, 1, 1.0), (1, 2, 1.0)])
    assert unshadowed([0.8, 1.0, 1.05], chain) == [0]


@given(st.lists(st.floats(0.5, 1.25), max_size=8), st.randoms(use_true_random=False))
def test_the_nearest_always_counts_and_order_is_kept(reach, random):
    reach = sorted(reach)
    apart = [[0.0] * len(reach) for _ in reach]
    for j in range(len(reach)):
        for k in range(j):
            apart[j][k] = apart[k][j] = random.uniform(0.5, 2.0)
    kept = unshadowed(reach, apart)
    assert kept == sorted(set(kept))
    assert kept[:1] == [0][: len(reach)]
