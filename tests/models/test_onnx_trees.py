import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from sacml.errors import ModelFileError
from sacml.models.boosting import HistBoosting
from sacml.models.constant import Constant
from sacml.models.forests import ExtraTrees, RandomForest
from sacml.models.onnx_trees import Tree, split_columns, to_onnx, trees_of_forest
from sacml.models.predictors import ConstantPredictor, TreesPredictor

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 5)).astype(np.float32)
Y = 3 + X[:, 1] ** 2 + X[:, 3] + 0.1 * rng.normal(size=80)
ASKED = rng.normal(size=(3000, 5)).astype(np.float32)


def asked_of(predictor, rows=ASKED):
    return np.ascontiguousarray(rows[:, predictor.columns])


def stump(threshold):
    """One split of column 2 at a threshold: 1 to the left, 5 to the right."""
    return Tree(
        feature=np.array([2, -1, -1]), threshold=np.array([threshold, 0, 0]),
        left=np.array([1, 0, 0]), right=np.array([2, 0, 0]),
        values=np.array([[0.0], [1.0], [5.0]]),
    )  # fmt: skip


@pytest.mark.parametrize("threshold", [0.1, 0.3, -0.7, 1e-3, 1.0])
def test_a_row_on_the_threshold_goes_the_same_way_in_float32(threshold):
    used, graph = to_onnx([stump(threshold)], level=10.0)
    near = np.float32(threshold)
    rows = np.array([near, np.nextafter(near, np.float32(9)), np.nextafter(near, np.float32(-9))])
    expected = np.where(rows.astype(np.float64) <= threshold, 11.0, 15.0)
    assert used.tolist() == [2]
    assert TreesPredictor(used, graph).predict(rows[:, None]).tolist() == expected.tolist()


@pytest.mark.parametrize(
    "model",
    [ExtraTrees(n_estimators=20, random_state=0), RandomForest(n_estimators=20, random_state=0),
     HistBoosting(n_estimators=30)],
)  # fmt: skip
def test_the_graph_predicts_what_the_library_does(model):
    predictor = model.fit(X, Y).predictor()
    found = predictor.predict(asked_of(predictor))
    assert np.abs(found - model.predict(ASKED)).max() < 1e-5
    assert predictor.predict(np.empty((0, len(predictor.columns)), np.float32)).shape == (0,)


def test_the_spread_is_that_between_trees_and_within_leaves():
    model = ExtraTrees(n_estimators=20, min_samples_leaf=4, random_state=0).fit(X, Y)
    predictor = model.predictor()
    trees = model.forest_.estimators_
    means = np.array([t.predict(ASKED) for t in trees])
    within = np.array([t.tree_.impurity[t.apply(ASKED)] for t in trees])
    expected = np.sqrt(means.var(axis=0) + within.mean(axis=0))
    assert predictor.spread(asked_of(predictor)) == pytest.approx(expected, abs=1e-3)
    assert expected.min() > 0.05


def test_boosted_trees_and_constants_have_no_spread():
    assert HistBoosting(n_estimators=5).fit(X, Y).predictor().spread is None
    assert getattr(Constant().fit(X, Y).predictor(), "spread", None) is None


def test_boosting_without_a_split_is_a_constant():
    predictor = HistBoosting().fit(X[:4], Y[:4]).predictor()
    assert isinstance(predictor, ConstantPredictor)
    assert predictor.predict(np.empty((1, 0), np.float32)) == pytest.approx(Y[:4].mean())


def test_only_columns_that_are_split_on_are_listed():
    forest = ExtraTreesRegressor(n_estimators=3, random_state=0).fit(X * [0, 1, 0, 1, 0], Y)
    assert split_columns(trees_of_forest(forest)).tolist() == [1, 3]


def test_a_graph_of_three_outputs_is_refused():
    tree = stump(0.5)
    three = Tree(tree.feature, tree.threshold, tree.left, tree.right, np.ones((3, 3)))
    with pytest.raises(ModelFileError, match="expected 1 or 2 columns"):
        TreesPredictor(*to_onnx([three]))
