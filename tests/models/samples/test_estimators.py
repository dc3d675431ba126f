"""Estimators for structures: scikit-learn's contract, and what they are for."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from sacml.models.samples import CoregionalGP, OffsetTrees, Stack, make_sample_model
from sacml.models.samples.store import StoredModel

SMALL = {"n_estimators": 20, "random_state": 0}


@parametrize_with_checks([
    CoregionalGP(max_iter=10), OffsetTrees(**SMALL), Stack([OffsetTrees(**SMALL)])
])  # fmt: skip
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def two_outputs(n=60, seed=0):
    """One smooth function per category: the second is the first, turned round, plus 3."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, (n, 3))
    code = rng.integers(0, 2, n).astype(float)
    f = np.sin(x[:, 0]) + 0.5 * x[:, 1]
    return np.column_stack([x, code]), np.where(code == 0, f, 3 - f)


def test_categories_share_what_they_have_in_common():
    """Ten rows of the second category suffice, since the first shows the function."""
    X, y = two_outputs(120)
    scarce = (X[:, 3] == 0) | (np.cumsum(X[:, 3] == 1) <= 10)
    asked = ~scarce
    gp = CoregionalGP([[0, 1, 2]], category=3, random_state=0)
    shared = gp.fit(X[scarce], y[scarce]).predict(X[asked])
    alone = clone(gp).fit(X[scarce & (X[:, 3] == 1)], y[scarce & (X[:, 3] == 1)]).predict(X[asked])
    error, error_alone = (np.abs(p - y[asked]).mean() for p in (shared, alone))
    assert error < 0.5 * error_alone
    assert error < 0.25


def test_gradient_of_the_marginal_likelihood():
    X, y = two_outputs(25)
    X = np.vstack([X, X[:8]])  # some structures are asked of twice
    X[-8:, 3] = 1 - X[-8:, 3]
    y = np.append(y, y[:8] + 1.0)
    gp = CoregionalGP([[0], [1, 2]], 3, same=[[0, 1, 2], [0]], max_iter=2).fit(X, y)
    near = gp._near(gp.points_, gp.point_of_, gp.point_of_)
    z = np.random.default_rng(0).normal(size=len(X))
    weight = np.linspace(0.5, 2.0, len(X))
    prior, precision = np.zeros_like(gp.theta_), np.linspace(0.5, 3.0, len(gp.theta_))

    def value(t):
        return gp._objective(t, near, gp.codes_, z, prior, precision, weight)[0]

    theta = gp.theta_ + 0.1
    h = 1e-5 * np.eye(len(theta))
    numeric = np.array([(value(theta + e) - value(theta - e)) / 2e-5 for e in h])
    found = gp._objective(theta, near, gp.codes_, z, prior, precision, weight)[1]
    assert np.allclose(found, numeric, atol=1e-4)


def test_a_row_far_off_moves_the_others_little():
    """Student-t noise against normal noise, asked between the rows."""
    x = np.linspace(-2, 2, 60)[:, None]
    y = np.sin(2 * x[:, 0])
    y[5::20] += 4.0
    y[15::20] -= 4.0
    asked = x[:-1] + 0.03
    robust, normal = (
        np.abs(CoregionalGP(freedom=f).fit(x, y).predict(asked) - np.sin(2 * asked[:, 0])).mean()
        for f in (4.0, None)
    )
    assert robust < 0.5 * normal


def test_rows_that_agree_in_a_set_of_columns_share_a_deviation():
    X, y = two_outputs(20)
    X = np.vstack([X, X[:5] * [1, 1, 1, 0], X[:5] + np.array([0, 9, 9, 0])])
    gp = CoregionalGP([[0], [1, 2]], 3, same=[[0, 1, 2], [0]], max_iter=2).fit(
        X, np.tile(y, 2)[:30]
    )
    near = gp._near(X, np.arange(len(X)), np.arange(len(gp.points_)))
    codes = np.zeros(len(X), dtype=int), np.zeros(len(gp.points_), dtype=int)
    P, Q = X[:, None, :3], gp.points_[None, :, :3]
    for c, agree in ((2, (P == Q).all(-1)), (3, P[..., 0] == Q[..., 0])):
        _, w, own = gp.kernel_.parts()[c]
        without, more = gp.theta_.copy(), gp.theta_.copy()
        without[w], without[own] = 0.0, -np.inf
        more[w], more[own] = 2.0, 0.0
        difference = gp.kernel_.covariance(more, near, *codes) - gp.kernel_.covariance(
            without, near, *codes
        )
        assert np.allclose(difference, 5.0 * agree)
        assert agree.sum() > 20


def test_spread_grows_away_from_the_data():
    X, y = two_outputs()
    gp = CoregionalGP([[0, 1, 2]], category=3, random_state=0).fit(X, y)
    _, near = gp.predict(X[:1], return_std=True)
    _, far = gp.predict(X[:1] + np.array([9.0, 9.0, 9.0, 0.0]), return_std=True)
    assert far[0] > 2 * near[0]


def test_a_category_never_seen_is_answered_by_the_mean_of_all():
    X, y = two_outputs()
    new = X[:3].copy()
    new[:, 3] = -1
    for name in ("trees", "gp"):
        model = make_sample_model(name, [[0, 1, 2]], 3).fit(X, y)
        got = model.predict(new)
        assert np.isfinite(got).all()
        if name == "gp":
            assert got == pytest.approx(y.mean())


def test_constant_columns_and_repeated_rows_do_no_harm():
    X, y = two_outputs(20)
    X = np.column_stack([np.ones(40), np.repeat(X, 2, axis=0)])
    gp = CoregionalGP([[0], [1, 2, 3]], category=4, random_state=0).fit(X, np.repeat(y, 2))
    assert np.isfinite(gp.predict(X)).all()


@pytest.mark.parametrize("name", ["trees", "gp", "stack"])
def test_stored_models_answer_as_they_were_fitted(tmp_path, name):
    X, y = two_outputs()
    model = make_sample_model(name, [[0, 1], [2]], 3, seed=1, same=[[0], [0, 1, 2]]).fit(X, y)
    folder = StoredModel.of(model, {"target": "t"}).save(tmp_path / "m")
    got = StoredModel.load(folder).predict(X, 3)
    assert np.allclose(got, model.predict(X), atol=1e-4)


def test_an_altered_model_is_refused(tmp_path):
    from sacml.errors import ModelFileError

    X, y = two_outputs()
    folder = StoredModel.of(OffsetTrees(3, **SMALL).fit(X, y), {"target": "t"}).save(tmp_path)
    data = bytearray((folder / "arrays.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "arrays.npz").write_bytes(bytes(data))
    with pytest.raises(ModelFileError, match=r"arrays\.npz was altered"):
        StoredModel.load(folder)
