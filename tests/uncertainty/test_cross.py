import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from sacml.uncertainty import CalibrationError, CrossConformal

RNG = np.random.default_rng(0)
GROUPS = np.repeat(list("abcdefghijkl"), 3)
X = RNG.normal(size=(36, 2))
Y = X[:, 0] + RNG.normal(size=36)


class Mean:
    def __init__(self, value):
        self.value = value

    def predict(self, X):
        return np.full(len(X), self.value)


def mean_of(y):
    return lambda rows: Mean(y[rows].mean())


def line(rows):
    return LinearRegression().fit(X[rows], Y[rows])


def test_jackknife_plus_by_hand():
    y = np.array([0.0, 2.0, 4.0])
    found = CrossConformal.fit(mean_of(y), np.zeros((3, 1)), y, list("abc"))
    # without a: mean 3, residual 3; without b: 2 and 0; without c: 1 and 3
    assert sorted(m.value for m in found.models) == [1, 2, 3]
    low, high = found.interval(np.zeros((1, 1)), 0.75)
    # upper ends 6, 2, 4, lower ends 0, 2, -2; 0.75 of four is three of them
    assert (low[0], high[0]) == (-2, 6)
    low, high = found.interval(np.zeros((1, 1)), 0.5)
    assert (low[0], high[0]) == (0, 4)


@pytest.mark.parametrize("n_folds", [None, 4, 99])
def test_a_record_and_its_group_are_unknown_to_the_model_of_its_fold(n_folds):
    trained = []
    found = CrossConformal.fit(lambda r: (trained.append(r), line(r))[1], X, Y, GROUPS,
                               n_folds=n_folds, seed=1)  # fmt: skip
    assert len(found.models) == (4 if n_folds == 4 else 12)
    for k, rows in enumerate(trained):
        out = set(GROUPS[found.fold == k])
        assert not out & set(GROUPS[rows])
        assert len(rows) + (found.fold == k).sum() == 36
    assert np.isfinite(found.interval(X, 0.9)).all()


def test_the_same_seed_gives_the_same_folds():
    one, two, other = (CrossConformal.fit(line, X, Y, GROUPS, n_folds=3, seed=s) for s in (1, 1, 2))
    assert (one.fold == two.fold).all()
    assert (one.fold != other.fold).any()


def test_many_candidates_come_out_as_one_by_one():
    found = CrossConformal.fit(line, X, Y, GROUPS)
    many = np.tile(X, (40, 1))
    low, high = found.interval(many, 0.8)
    one_low, one_high = found.interval(X[:1], 0.8)
    assert low[::36] == pytest.approx(one_low[0])
    assert high[::36] == pytest.approx(one_high[0])


def test_too_few_groups_are_infinite_and_say_so():
    found = CrossConformal.fit(line, X[:15], Y[:15], GROUPS[:15])
    low, high = found.interval(X[:2], 0.9)
    assert np.isinf(low).all()
    assert np.isinf(high).all()
    assert "5 held-out groups are too few for 90 %" in found.remark(0.9)
    assert found.remark(0.8) is None


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_groups_cannot_be_left_out(n):
    rows = np.flatnonzero(GROUPS == "a")[: 3 * n]
    with pytest.raises(CalibrationError, match=f"at least two, got {n}"):
        CrossConformal.fit(line, X[rows], Y[rows], GROUPS[rows])
    with pytest.raises(CalibrationError, match="at least 2 folds"):
        CrossConformal.fit(line, X, Y, GROUPS, n_folds=1)


def test_kept_bounds_cost_nothing_in_the_optimistic_interval():
    y = np.arange(12.0)
    found = CrossConformal.fit(mean_of(y), np.zeros((12, 1)), y, y, bound=["lower"] * 12)
    hard, soft = (found.interval(np.zeros((1, 1)), 0.9, optimistic=o) for o in (False, True))
    assert hard[0] <= soft[0] <= soft[1] < hard[1]
