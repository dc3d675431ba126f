import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from sacml.errors import UnknownNameError
from sacml.models.base import one_sided
from sacml.models.boosting import HistBoosting
from sacml.models.constant import Constant
from sacml.models.forests import ExtraTrees, RandomForest
from sacml.models.gaussian_process import GaussianProcess
from sacml.models.group_mean import GroupMean
from sacml.models.ridge import StandardRidge
from sacml.models.tuned import SPACES, Tuned

OWN = [Constant(), Constant("mean"), GroupMean(), StandardRidge(),
       ExtraTrees(n_estimators=10, random_state=0), RandomForest(n_estimators=10, random_state=0),
       HistBoosting(n_estimators=20, min_samples_leaf=2, random_state=0), GaussianProcess(),
       GaussianProcess(censored=True),
       *(Tuned(model, n_trials=1, random_state=0) for model in SPACES)]  # fmt: skip
X = np.array([[1, 0], [1, 1], [2, 0], [2, 2], [3, 5]], dtype=np.float32)
Y = np.array([1.0, 3.0, 10.0, 20.0, 6.0])


@parametrize_with_checks(OWN)
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


def test_constant_is_median_or_mean():
    assert Constant().fit(X, Y).predict(X[:2]).tolist() == [6, 6]
    assert Constant("mean").fit(X, Y).predict(X[:1]).tolist() == [8]
    with pytest.raises(UnknownNameError, match=r"'mode'.*median, mean"):
        Constant("mode").fit(X, Y)


def test_group_mean_averages_equal_keys_and_falls_back():
    model = GroupMean(columns=[0]).fit(X, Y)
    got = model.predict(np.array([[1, 9], [2, 9], [3, 9], [4, 9]], dtype=np.float32))
    assert got.tolist() == [2, 15, 6, 8]


def test_columns_may_be_named_in_a_data_frame():
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    assert GroupMean(columns=["b"]).fit(frame, Y).predict(frame)[0] == 5.5
    with pytest.raises(UnknownNameError, match="c"):
        GroupMean(columns=["c"]).fit(frame, Y)
    with pytest.raises(ValueError, match="column 2 of X with 2 columns"):
        GroupMean(columns=[2]).fit(X, Y)


def test_ridge_finds_a_line_and_ignores_flat_columns():
    rng = np.random.default_rng(0)
    Z = np.column_stack([rng.normal(size=50), np.full(50, 0.1), 1000 * rng.normal(size=50)])
    y = 2 + 3 * Z[:, 0] - 0.004 * Z[:, 2]
    model = StandardRidge(alphas=(1e-6, 1.0)).fit(Z, y)
    assert model.coef_ == pytest.approx([3, 0, -0.004], rel=1e-4)
    assert model.alpha_ == 1e-6
    # the flat column has no effect, wherever it goes
    assert model.predict(Z + np.array([0, 99, 0])) == pytest.approx(model.predict(Z))
    # pure noise: the strongest penalty wins
    noise = StandardRidge(alphas=(1e-3, 1e5)).fit(rng.normal(size=(30, 25)), rng.normal(size=30))
    assert noise.alpha_ == 1e5


@pytest.mark.parametrize("n", [1, 2])
def test_ridge_of_too_few_rows_is_the_mean(n):
    assert StandardRidge().fit(X[:n], Y[:n]).predict(X) == pytest.approx(np.full(5, Y[:n].mean()))


def test_trees_repeat_with_a_seed_and_read_only_their_columns():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(80, 4))
    y = Z[:, 1] ** 2
    one, two = (ExtraTrees(columns=[1, 2], n_estimators=20, random_state=3) for _ in range(2))
    got = one.fit(Z, y).predict(Z)
    assert (got == two.fit(Z, y).predict(Z)).all()
    Z[:, [0, 3]] = 99
    assert (got == one.predict(Z)).all()


def test_bound_is_checked_and_taken_as_the_value():
    words = ["reported", "lower", "upper", "failure", "lower"]
    assert Constant().fit(X, Y, bound=words).value_ == 6
    with pytest.raises(UnknownNameError, match="over"):
        Constant().fit(X, Y, bound=["over"] * 5)
    with pytest.raises(ValueError, match="2 entries for 5 rows"):
        Constant().fit(X, Y, bound=["lower"] * 2)


def test_a_bound_costs_on_one_side_only():
    y, words = np.full(4, 2.0), np.array(["reported", "lower", "upper", "failure"])
    assert one_sided(y, np.full(4, 5.0), words).tolist() == [3, 0, 3, 3]
    assert one_sided(y, np.full(4, -1.0), words).tolist() == [3, 3, 0, 3]


def test_bound_and_groups_are_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        for estimator in OWN:
            routed = clone(estimator).set_fit_request(bound=True, groups=True)
            requests = routed.get_metadata_routing().fit.requests
            assert (requests["bound"], requests["groups"]) == (True, True)
    with pytest.raises(ValueError, match="groups has 2 entries for 5 rows"):
        Constant().fit(X, Y, groups=["a", "b"])


def test_boosted_trees_rise_where_they_must():
    rng = np.random.default_rng(0)
    Z = rng.uniform(size=(100, 2))
    y = np.sin(6 * Z[:, 0]) + Z[:, 1]
    grid = np.column_stack([np.linspace(0, 1, 50), np.full(50, 0.5)])
    assert (np.diff(HistBoosting().fit(Z, y).predict(grid)) < -1e-6).any()
    assert (np.diff(HistBoosting(rising=[0]).fit(Z, y).predict(grid)) >= 0).all()
    assert (np.diff(HistBoosting(falling=[0]).fit(Z, y).predict(grid)) <= 0).all()
    by_column = HistBoosting(columns=[1, 0], falling=[0]).fit(Z, y).predict(grid)
    assert (np.diff(by_column) <= 0).all()
