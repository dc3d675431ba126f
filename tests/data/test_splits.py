import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.data.splits import Fold, Split, SplitError, leave_one_group_out, random_folds

GROUPS = ["a", "b", "a", "c", "b", "a"]


def test_each_group_is_held_out_once():
    split = leave_one_group_out(GROUPS, "by letter")
    assert [f.group for f in split.folds] == ["a", "b", "c"]
    assert split.folds[0].test.tolist() == [0, 2, 5]
    assert split.folds[0].train.tolist() == [1, 3, 4]


def test_rows_outside_the_mask_train_but_are_never_tested():
    mask = [True, True, False, False, True, True]
    split = leave_one_group_out(["a", "b", "", "", "b", "a"], "masked", test_mask=mask)
    assert [f.test.tolist() for f in split.folds] == [[0, 5], [1, 4]]
    assert all({2, 3} <= set(f.train.tolist()) for f in split.folds)
    # a row of the held-out group that is not tested does not train either
    split = leave_one_group_out(["a", "b", "a", "b"], "masked", test_mask=[True, True, False, True])
    assert split.folds[0].train.tolist() == [1, 3]


def test_rows_that_share_a_tag_with_the_test_rows_do_not_train():
    tags = [{"Fe"}, {"Fe", "Co"}, {"Co"}, {"Zn"}]
    split = leave_one_group_out(["Fe", "Co+Fe", "Co", "Zn"], "metals", tags=tags)
    assert {f.group: f.train.tolist() for f in split.folds} == {
        "Fe": [2, 3], "Co+Fe": [3], "Co": [0, 3], "Zn": [0, 1, 2],
    }  # fmt: skip


def test_random_folds_repeat_with_a_seed_and_test_every_row_once():
    first, second = (random_folds(23, 5, seed=4) for _ in range(2))
    assert first.digest == second.digest != random_folds(23, 5, seed=5).digest
    assert sorted(np.concatenate([f.test for f in first.folds])) == list(range(23))
    mask = np.arange(23) % 2 == 0
    masked = random_folds(23, 3, seed=4, test_mask=mask)
    assert sorted(np.concatenate([f.test for f in masked.folds])) == list(range(0, 23, 2))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Fold([0, 1], [1], "g"), r"rows \[1\] are both trained on and tested"),
        (lambda: Fold([0, 1], [], "g"), "has no test rows"),
        (lambda: Fold([], [1], "g"), "has no train rows"),
        (lambda: Fold([0, 0], [1], "g"), "a row stands twice"),
        (lambda: Fold([-1], [1], "g"), "negative"),
        (lambda: Fold([0.5], [1], "g"), "row numbers"),
        (lambda: Split("s", (), 3), "no folds"),
        (lambda: Split("s", (Fold([0], [3], "g"),), 3), "row 3 of a table of 3 rows"),
        (lambda: Split("s", (Fold([0], [1], "g"), Fold([0], [2], "g")), 3), "more than one fold"),
        (lambda: Split("s", (Fold([0], [1], "g"), Fold([2], [1], "h")), 3), "tested by more than"),
        (lambda: Split("s", (Fold([0], [1], "g"),), 2, ("a", "a")), "an id of its own"),
        (lambda: leave_one_group_out(["a", "a"], "one"), "there is only 'a'"),
        (lambda: leave_one_group_out(["a", ""], "gap"), "no group, the first is row 1"),
        (lambda: leave_one_group_out(["a", None, "b"], "gap"), "no group, the first is row 1"),
        (lambda: leave_one_group_out(["a", "b"], "m", test_mask=[1, 0]), "one true or false"),
        (lambda: leave_one_group_out(["a", "b"], "m", test_mask=[False] * 2), "there are none"),
        (lambda: leave_one_group_out(["a", "b"], "t", tags=[{"x"}]), "1 tags for 2 rows"),
        (lambda: random_folds(3, 4, 0), "4 folds of 3 rows"),
        (lambda: random_folds(3, 1, 0), "1 folds of 3 rows"),
    ],
)
def test_what_is_no_split_is_refused(make, text):
    with pytest.raises(SplitError, match=text):
        make()


@given(st.lists(st.sampled_from("abcd"), min_size=4, max_size=30), st.randoms())
def test_json_round_trip_and_a_digest_of_membership_alone(groups, random):
    if len(set(groups)) < 2:
        return
    ids = [f"id{i}" for i in range(len(groups))]
    split = leave_one_group_out(groups, "s", ids=ids)
    again = Split.from_json(split.to_json())
    assert (again.name, again.digest, again.ids) == (split.name, split.digest, split.ids)
    for one, two in zip(split.folds, again.folds, strict=True):
        assert (one.train == two.train).all()
        assert (one.test == two.test).all()
    order = list(range(len(groups)))
    random.shuffle(order)
    moved = leave_one_group_out([groups[i] for i in order], "s", ids=[ids[i] for i in order])
    assert moved.digest == split.digest


def test_a_changed_split_is_refused():
    raw = json.loads(leave_one_group_out(GROUPS, "s").to_json())
    raw["folds"][0]["train"].pop()
    with pytest.raises(SplitError, match="was altered"):
        Split.from_json(json.dumps(raw))
    for text in ("{}", "[]", "no json", '{"folds": 3}'):
        with pytest.raises(SplitError, match="not a stored split"):
            Split.from_json(text)


def test_folds_cannot_be_written_to():
    split = leave_one_group_out(GROUPS, "s")
    with pytest.raises(ValueError, match="read-only"):
        split.folds[0].train[0] = 5
