"""Posteriors over a pool, against the models they are of."""

import numpy as np
import pytest

from sacml.design.acquisition.posteriors import Posterior, check_model, posterior
from sacml.errors import DesignError, UnknownNameError
from sacml.models.gaussian_process import GaussianProcess
from sacml.models.registry import make_model


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    return X, np.sin(2 * X[:, 0]) + 0.3 * X[:, 1]


@pytest.fixture(scope="module")
def process(rows):
    X, y = rows
    blocks = [("rbf", (0, 2)), ("linear", (1,))]
    return GaussianProcess(blocks).fit(X[:15], y[:15])


def test_a_process_gives_its_own_mean_and_spread(rows, process):
    found = posterior(process, rows[0])
    assert found.mean == pytest.approx(process.predict(rows[0]), abs=1e-10)
    total = np.sqrt(found.variance + found.noise)
    assert total == pytest.approx(process.predictor().spread(rows[0]), abs=1e-8)
    assert found.column(7)[7] == pytest.approx(found.variance[7], abs=1e-9)


def test_believing_a_row_is_fitting_it_at_its_mean(rows, process):
    """The covariance shrinks as if the row stood among the training rows."""
    X = rows[0]
    found = posterior(process, X)
    believed = found.believing(20).believing(30)
    K = np.stack([found.column(i) for i in range(len(X))])
    taken = [20, 30]
    A = K[np.ix_(taken, taken)] + found.noise * np.eye(2)
    exact = np.diag(K - K[:, taken] @ np.linalg.solve(A, K[taken]))
    assert believed.variance == pytest.approx(exact, abs=1e-9)
    assert (believed.mean == found.mean).all()
    assert (found.variance == posterior(process, X).variance).all()  # the first is left alone


@pytest.mark.parametrize("name", ["extra_trees", "random_forest"])
def test_a_forest_gives_the_spread_of_its_trees(rows, name):
    X, y = rows
    model = make_model(name, 0, ["a", "b", "c"]).fit(X[:15], y[:15])
    found = posterior(model, X)
    each = np.stack([t.predict(X.astype(np.float32)) for t in model.forest_.estimators_])
    assert found.mean == pytest.approx(model.predict(X), abs=1e-6)
    assert found.variance == pytest.approx(each.var(axis=0, ddof=1))
    assert found.column(3) == pytest.approx(np.cov(each.T)[3], abs=1e-12)
    assert found.believing(30).variance[30] < 0.1 * found.variance[30]


def test_what_is_known_has_no_spread_and_stays():
    fixed = Posterior.fixed(np.array([1.0, 2.0]))
    assert fixed.believing(0) is fixed
    assert fixed.spread.tolist() == [0.0, 0.0]


def test_a_spread_that_is_no_number_names_the_candidates():
    bad = Posterior(
        np.array([0.0, np.inf, 1.0]), np.array([np.nan, 1.0, 1.0]), 0.1, lambda i: np.zeros(3),
        np.empty((3, 0)),
    )  # fmt: skip
    with pytest.raises(DesignError, match="2 of 3 candidates: a, b; leave them out"):
        bad.check(["a", "b", "c"])


def test_a_model_without_spread_is_refused():
    with pytest.raises(UnknownNameError, match="gaussian_process"):
        check_model("ridge")
