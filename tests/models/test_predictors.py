import numpy as np
import pytest
from synthetic import dataset

from sacml.domain import ALKALI, METALS, Candidate
from sacml.errors import ModelFileError
from sacml.features import CandidateTable, describe
from sacml.models import make_model
from sacml.models.described import Described
from sacml.models.forests import ExtraTrees
from sacml.models.predictors import (
    ConstantPredictor,
    GroupMeanPredictor,
    LinearPredictor,
    TreesPredictor,
)
from sacml.models.registry import TABULAR


@pytest.fixture(scope="module")
def described():
    return Described.of(dataset(n=80).records, "cycle_life")


@pytest.fixture(scope="module")
def rows():
    """Descriptors of 10^4 candidates drawn at random."""
    rng = np.random.default_rng(0)
    shells, hosts = ("N4", "N3", "N2C2", "C4", "N3O", "C3"), ("graphene", "hard_carbon", "cnt")
    sites = [Candidate.parse(f"{m}-{s}@{h};{a}") for m in METALS for s in shells[:4]
             for h in hosts[:2] for a in ALKALI]  # fmt: skip
    table = CandidateTable.from_candidates(sites).take(rng.integers(0, len(sites), 10_000))
    columns = {
        "current_density_mA_cm2": 10 ** rng.uniform(-2, 2, 10_000),
        "areal_capacity_mAh_cm2": np.where(rng.random(10_000) < 0.3, np.nan, rng.uniform(1, 5)),
        "cell_index": rng.integers(-1, 3, 10_000).astype(np.int8),
        "role_index": rng.integers(-1, 8, 10_000).astype(np.int8),
    }
    fields = {n: getattr(table, n) for n in table.__slots__}
    return describe(CandidateTable(**(fields | columns)))


@pytest.mark.parametrize("name", TABULAR)
def test_predictors_equal_scikit_learn_on_ten_thousand_rows(name, described, rows):
    model = make_model(name, 0)
    if "n_trials" in model.get_params():
        model.set_params(n_trials=2)
    predictor = model.fit(described.X, described.y).predictor()
    expected = model.predict(rows)
    found = predictor.predict(np.ascontiguousarray(rows[:, predictor.columns]))
    assert found.dtype == np.float64
    assert np.abs(found - expected).max() < 1e-5
    own = getattr(predictor, "spread", None)
    if own is not None:
        spread = own(np.ascontiguousarray(rows[:, predictor.columns]))
        assert spread.dtype == np.float64
        assert np.isfinite(spread).all()
        assert spread.min() >= 0
    if name not in ("constant", "alkali_mean"):
        assert np.ptp(found) > 0.01  # not all the same


def test_trees_read_only_columns_they_split_on(described, rows):
    model = ExtraTrees(n_estimators=3, random_state=0).fit(described.X, described.y)
    predictor = model.predictor()
    assert 0 < len(predictor.columns) < described.X.shape[1]
    assert predictor.onnx == model.predictor().onnx
    assert predictor.predict(np.empty((0, len(predictor.columns)), np.float32)).shape == (0,)


def test_trees_without_a_split_are_a_constant(described):
    model = ExtraTrees(n_estimators=3).fit(described.X, np.full(len(described), 2.5))
    predictor = model.predictor()
    assert isinstance(predictor, ConstantPredictor)
    assert predictor.predict(np.empty((2, 0), np.float32)).tolist() == [2.5, 2.5]


COLUMNS = np.array([0, 2])
ENDS = (-np.ones(2), np.ones(2))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ConstantPredictor(np.array([np.nan])), "not finite"),
        (lambda: ConstantPredictor(np.array([1.0, 2.0])), r"shape \(2,\)"),
        (lambda: ConstantPredictor(np.array(["1"])), "<U1"),
        (
            lambda: LinearPredictor(COLUMNS, *np.zeros((1, 2)), np.zeros(3), np.zeros(1), *ENDS),
            "coefficients",
        ),
        (
            lambda: LinearPredictor(-COLUMNS, np.zeros(2), np.zeros(2), np.zeros(1), *ENDS),
            "negative",
        ),
        (
            lambda: LinearPredictor(COLUMNS * 0, np.zeros(2), np.zeros(2), np.zeros(1), *ENDS),
            "repeated",
        ),
        (
            lambda: GroupMeanPredictor(COLUMNS, np.zeros((1, 2)), np.zeros(1), np.zeros(1)),
            "'keys' is float64, expected float32",
        ),
        (
            lambda: GroupMeanPredictor(
                COLUMNS, np.zeros((3, 2), np.float32), np.zeros(2), np.zeros(1)
            ),
            "'means' has shape",
        ),
        (lambda: TreesPredictor(COLUMNS, b"no graph"), "model.onnx cannot be read"),
    ],
)
def test_arrays_are_checked_before_use(make, text):
    with pytest.raises(ModelFileError, match=text):
        make()


def test_a_graph_of_another_width_is_refused(described):
    graph = ExtraTrees(n_estimators=3, random_state=0).fit(described.X, described.y).predictor()
    with pytest.raises(ModelFileError, match="expected one matrix of 2 columns"):
        TreesPredictor(COLUMNS, graph.onnx)


def test_a_line_is_not_followed_beyond_the_range_of_training():
    one = np.ones(1)
    line = LinearPredictor(np.array([0]), 0 * one, 2 * one, one, -1 * one, 3 * one)
    asked = np.array([[-100.0], [-1.0], [2.0], [3.0], [1e6]], dtype=np.float32)
    assert line.predict(asked).tolist() == [-1.0, -1.0, 5.0, 7.0, 7.0]
    with pytest.raises(ModelFileError, match="low lies above high"):
        LinearPredictor(np.array([0]), 0 * one, one, one, one, -1 * one)
