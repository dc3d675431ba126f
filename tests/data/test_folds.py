import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.data.folds import grouped_folds, train_on_the_past
from sacml.data.splits import SplitError


@given(st.lists(st.sampled_from("abcdefg"), min_size=2, max_size=30), st.integers(2, 8))
def test_every_row_is_tested_once_and_no_group_is_cut(groups, k):
    folds = grouped_folds(groups, k, 0)
    n = len(set(groups))
    if n < 2:
        assert folds == ()
        return
    assert len(folds) == min(k, n)
    tested = np.concatenate([f.test for f in folds])
    assert sorted(tested.tolist()) == list(range(len(groups)))
    for f in folds:
        assert {groups[i] for i in f.test}.isdisjoint(groups[i] for i in f.train)
        assert len(f.test) + len(f.train) == len(groups)


def test_rows_masks_and_tags_are_kept():
    groups = ["Co", "Fe", "Ni", "", "Co+Zr", "Zr"]
    tags = [{"Co"}, {"Fe"}, {"Ni"}, set(), {"Co", "Zr"}, {"Zr"}]
    tested = [True, True, True, False, True, True]
    for fold in grouped_folds(groups, 5, 0, [0, 1, 3, 4], tested, tags):
        assert set(fold.test) <= {0, 1, 4}
        assert 3 in fold.train
        assert not {2, 5} & {*fold.train, *fold.test}
        if 0 in fold.test:
            assert 4 not in fold.train


def test_a_fold_that_leaves_nothing_to_train_on_is_left_out():
    assert grouped_folds(["Co", "Co+Zr"], 2, 0, tags=[{"Co"}, {"Co", "Zr"}]) == ()


def test_the_seed_decides():
    groups = [f"g{i}" for i in range(20)]
    one, two, other = (grouped_folds(groups, 4, s) for s in (1, 1, 2))
    assert all(np.array_equal(a.test, b.test) for a, b in zip(one, two, strict=True))
    assert not all(np.array_equal(a.test, b.test) for a, b in zip(one, other, strict=True))


def test_a_year_is_tested_on_the_years_before_it():
    years = [2019, 2019, 2020, None, 2021, 2021]
    groups = ["a", "b", "c", "d", "e", "a"]
    split = train_on_the_past(years, groups, "by_year", least=2)
    assert [f.group for f in split.folds] == ["2020", "2021"]
    first, second = split.folds
    assert (first.train.tolist(), first.test.tolist()) == ([0, 1], [2])
    # source a is tested in 2021, so its earlier row is not trained on; no year, no fold
    assert (second.train.tolist(), second.test.tolist()) == ([1, 2], [4, 5])


def test_no_past_no_split():
    with pytest.raises(SplitError, match=r"at least 10 rows of earlier years.*2 years, 1 of 3"):
        train_on_the_past([2020, 2021, None], ["a", "b", "c"], "by_year")
