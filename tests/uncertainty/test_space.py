import json

import numpy as np
import pytest

from sacml.uncertainty.space import Space

RNG = np.random.default_rng(0)
N, GROUPS = 60, np.repeat(np.arange(20), 3)
# two columns that vary freely, one that follows them, one that does not vary
TWO = RNG.normal(size=(N, 2)) * [1.0, 100.0]
X = np.column_stack([TWO, TWO[:, 0] + TWO[:, 1] / 100, np.full(N, 7.0)]).astype(np.float32)
SPACE = Space.of(X, np.arange(4), GROUPS, 0.9)


def ask(*rows):
    far, strong = SPACE.judge(np.array(rows, dtype=np.float32)[:, SPACE.columns])
    return far.tolist(), strong.tolist()


def test_columns_that_do_not_vary_are_left_out_and_the_others_count_alike():
    assert SPACE.columns.tolist() == [0, 1, 2]
    assert SPACE.axes.shape[1] == 2  # the third column follows from the two
    assert SPACE.scale == pytest.approx(X[:, :3].std(axis=0), rel=1e-4)


def test_training_records_are_inside():
    far, _ = SPACE.judge(X[:, SPACE.columns])
    assert not far.any()


def test_far_off_is_outside_in_every_direction():
    middle = [0, 0, 0, 7]
    assert ask(middle) == ([False], [False])
    for row in ([20, 0, 20, 7], [0, 2000, 20, 7], [20, -2000, 0, 7]):
        assert ask(row) == ([True], [True])
    # beside the axes: each column is usual, their combination is not
    assert ask([2, 200, -4, 7])[0] == [True]


def test_distance_is_to_the_nearest_record_over_the_columns():
    rows = np.column_stack([RNG.uniform(-8, 8, 500), RNG.uniform(-800, 800, 500)])
    rows = np.column_stack([rows, rows[:, 0] + rows[:, 1] / 100])
    z = (rows - X[:, :3].mean(axis=0)) / X[:, :3].std(axis=0)
    own = (X[:, :3] - X[:, :3].mean(axis=0)) / X[:, :3].std(axis=0)
    distance = np.sqrt(((z[:, None] - own[None]) ** 2).mean(axis=2)).min(axis=1)
    clear = np.abs(distance / SPACE.distance_limit - 1) > 0.02
    far, _ = SPACE.judge(rows.astype(np.float32))
    assert (far == (distance > SPACE.distance_limit))[clear].all()
    assert 0 < far.mean() < 1


def test_the_limits_leave_nine_in_ten_of_a_new_group_inside():
    rng = np.random.default_rng(1)
    outside = []
    for _ in range(60):
        # groups that stand apart, as metals do
        centre = rng.normal(size=(21, 3)).astype(np.float32)
        rows = np.repeat(centre, 3, axis=0) + 0.1 * rng.normal(size=(63, 3)).astype(np.float32)
        space = Space.of(rows[:60], np.arange(3), GROUPS, 0.9)
        outside.append([v.mean() for v in space.judge(rows[60:])])
    share = np.mean(outside, axis=0)
    error = np.std(outside, axis=0) / np.sqrt(len(outside))
    assert (share <= 0.1 + 3 * error).all()
    assert (share > 0).all()


def test_leverage_left_out_is_that_of_a_design_without_the_group():
    from sacml.uncertainty.space import _held_out_leverage

    T = RNG.normal(size=(12, 3))
    T -= T.mean(axis=0)
    T = np.linalg.qr(T)[0] * [1.0, 2.0, 3.0]  # axes at right angles, as of a rotation
    groups = np.repeat([0, 1, 2, 3], 3)
    found = _held_out_leverage(T, 1 / (T**2).sum(axis=0), groups)
    design = np.column_stack([np.ones(12), T])
    for g in range(4):
        rest, here = design[groups != g], design[groups == g]
        expected = np.diag(here @ np.linalg.inv(rest.T @ rest) @ here.T)
        assert found[groups == g] == pytest.approx(expected)


def test_an_axis_that_one_group_alone_spans_has_infinite_leverage_without_it():
    from sacml.uncertainty.space import _held_out_leverage

    T = np.array([[3.0], [-1.0], [-1.0], [-1.0]])
    T = np.column_stack([T, [0.0, 1.0, -1.0, 0.0]])
    found = _held_out_leverage(T, 1 / (T**2).sum(axis=0), np.arange(4))
    assert np.isinf(found[0])
    assert np.isfinite(found[1:]).all()


@pytest.mark.parametrize("n_groups", [1, 2, 8])
def test_too_few_groups_leave_everything_inside(n_groups):
    space = Space.of(X, np.arange(4), np.arange(N) % n_groups, 0.9)
    assert np.isinf([space.distance_limit, space.leverage_limit]).all()
    far, strong = space.judge(np.full((1, 3), 1e6, dtype=np.float32))
    assert not far.any()
    assert not strong.any()


def test_nothing_that_varies_is_no_space():
    assert Space.of(X[:, 3:], [0], GROUPS, 0.9) is None
    assert Space.of(X, [], GROUPS, 0.9) is None
    assert Space.of(X[:1], [0], [0], 0.9) is None


def test_round_trip_and_one_by_one():
    again = Space.from_dict(json.loads(json.dumps(SPACE.to_dict())))
    assert again == SPACE
    assert again != Space.of(X[1:], np.arange(4), GROUPS[1:], 0.9)
    rows = RNG.normal(size=(300, 3)).astype(np.float32) * 3
    together = np.stack(SPACE.judge(rows))
    apart = [np.stack(SPACE.judge(rows[i : i + 1])) for i in range(300)]
    assert (together == np.concatenate(apart, axis=1)).all()
    silent = Space.of(X, np.arange(4), np.zeros(N), 0.9)
    assert Space.from_dict(json.loads(json.dumps(silent.to_dict()))) == silent


@pytest.mark.parametrize(
    "change",
    [{"centre": [1.0]}, {"points": [[1.0]]}, {"scale": [0.0, 1.0, 1.0]}, {"columns": [-1]}],
)
def test_a_space_that_does_not_fit_together_is_refused(change):
    with pytest.raises(ValueError, match="the descriptor space"):
        Space.from_dict(SPACE.to_dict() | change)
