"""Against MAPIE and crepes where they are right, and where they are not.

MAPIE issues 974 and 980: where no finite quantile exists, releases up to 1.5 clip the corrected
level to one and give the largest score as if it were a bound; 1.6 refuses. Even who allows
infinite bounds is refused a symmetric one, and nine records are refused at 90 %, which they reach.
crepes takes ``int((1 - level) * (n + 1))``, which rounding makes one too small at some n (9 and
19 for 90 %). Here the interval is infinite exactly where no finite one is valid.
"""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, LeaveOneOut

from sacml.uncertainty import Calibration, CrossConformal, QuantileCalibration

crepes = pytest.importorskip("crepes")
mapie = pytest.importorskip("mapie.regression")
scores = pytest.importorskip("mapie.conformity_scores")
ONE = np.zeros((1, 1))


class Zero(RegressorMixin, BaseEstimator):
    """Predicts zero, so that residuals are values."""

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return np.zeros(len(X))


def by_mapie(residual, level, symmetric=True, infinite=False):
    X = np.zeros((len(residual), 1))
    model = mapie.SplitConformalRegressor(
        Zero().fit(X, residual), confidence_level=level, prefit=True,
        conformity_score=scores.AbsoluteConformityScore(sym=symmetric),
    ).conformalize(X, residual)  # fmt: skip
    return model.predict_interval(ONE, allow_infinite_bounds=infinite)[1].ravel()


def by_crepes(residual, level, sigmas=None, asked=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the calibration set is too small
        model = crepes.ConformalRegressor().fit(residual, sigmas=sigmas)
        return model.predict_int(np.zeros(1), sigmas=asked, confidence=level)[0]


def alone(residual, **more):
    """A calibration whose every record is a group: plain split conformal prediction."""
    return Calibration.of(residual, np.arange(len(residual)), **more)


@pytest.mark.parametrize("n", [10, 11, 25, 30, 100])
@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_groups_of_one_record_give_the_quantile_of_both(n, level):
    residual = np.random.default_rng(n).normal(size=n)
    ours = alone(residual).half_width(level)
    assert by_mapie(residual, level) == pytest.approx([-ours, ours], rel=1e-12)
    # at 80 and 90 % crepes' rounding strikes at other n
    if (level, n) != (0.8, 24):
        assert by_crepes(residual, level) == pytest.approx([-ours, ours], rel=1e-12)


def test_the_normalised_interval_is_that_of_crepes():
    rng = np.random.default_rng(0)
    spread = rng.uniform(0.1, 2, size=40)
    residual = spread * rng.normal(size=40)
    ours = alone(residual, spread=spread, normalise=True)
    (low,), (high,) = ours.interval([0.0], 0.9, [0.7])
    theirs = by_crepes(residual, 0.9, spread + ours.offset, np.array([0.7 + ours.offset]))
    assert theirs == pytest.approx([low, high], rel=1e-12)


@pytest.mark.parametrize(("n", "finite"), [(8, False), (9, True), (18, True), (19, True)])
def test_crepes_is_a_rank_too_wide_where_rounding_strikes(n, finite):
    residual = np.arange(1.0, n + 1)
    ours = alone(residual).half_width(0.9)
    assert ours == (np.ceil(0.9 * (n + 1) - 1e-9) if finite else np.inf)
    theirs = by_crepes(residual, 0.9)[1]
    if n in (9, 19):
        assert theirs > ours  # if this fails, crepes no longer rounds down
    else:
        assert theirs == ours


def mapie_answers(residual, symmetric, infinite):
    """Upper end by MAPIE, or None where it refuses."""
    try:
        return by_mapie(residual, 0.9, symmetric, infinite)[1]
    except ValueError:
        return None


@pytest.mark.parametrize("n", [10, 15, 18, 19])
def test_a_quantile_of_one_side_is_infinite_where_it_does_not_exist(n):
    """MAPIE 974: 5 % on a side need 19 records."""
    residual = np.random.default_rng(n).normal(size=n)
    above = Calibration.of(residual - residual.min(), np.arange(n)).half_width(0.95)
    assert np.isinf(above) == (n < 19)
    assert (alone(residual).remark(0.95) is None) == (n == 19)
    theirs = mapie_answers(residual, symmetric=False, infinite=True)
    if n == 19:
        assert theirs == pytest.approx(residual.max())
    else:  # the largest score is the defect of the issue
        assert theirs is None or np.isinf(theirs) or theirs == pytest.approx(residual.max())


@pytest.mark.parametrize("n", [1, 2, 5, 8, 9])
def test_the_largest_residual_never_stands_in_for_an_infinite_end(n):
    """MAPIE 980: with infinite bounds allowed the size of the calibration is not looked at."""
    residual = np.random.default_rng(n).normal(size=n)
    low, high = alone(residual).interval([0.0], 0.9)
    largest = np.abs(residual).max()
    assert (-low[0], high[0]) == ((largest, largest) if n == 9 else (np.inf, np.inf))
    theirs = mapie_answers(residual, symmetric=True, infinite=True)
    assert theirs is None or np.isinf(theirs) or theirs == pytest.approx(largest)


def data(n=40):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(n, 2))
    return X, X @ [1.0, -2.0] + rng.normal(size=n)


@pytest.mark.parametrize("folds", [None, 5])
def test_groups_of_one_record_give_the_jackknife_plus_and_cv_plus_of_mapie(folds):
    X, y = data()
    asked = np.array([[0.0, 0.0], [2.0, -1.0], [-3.0, 3.0]])
    ours = CrossConformal.fit(lambda r: LinearRegression().fit(X[r], y[r]), X, y,
                              np.arange(len(y)), n_folds=folds, seed=1)  # fmt: skip
    splits = LeaveOneOut() if folds is None else KFold(folds)
    if folds:  # the same folds: MAPIE's are of neighbouring rows
        order = np.argsort(ours.fold, kind="stable")
        X, y = X[order], y[order]
    theirs = mapie.CrossConformalRegressor(
        LinearRegression(), confidence_level=0.9, method="plus", cv=splits
    ).fit_conformalize(X, y)
    ends = theirs.predict_interval(asked)[1][:, :, 0]
    assert np.stack(ours.interval(asked, 0.9), axis=1) == pytest.approx(ends, rel=1e-9)


def test_conformalised_quantiles_are_those_of_mapie():
    """Symmetric correction of two given quantiles."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 1))
    y = rng.normal(size=60) * (1 + X[:, 0] ** 2)

    class Line(RegressorMixin, BaseEstimator):
        def __init__(self, slope=0.0):
            self.slope = slope

        def fit(self, X, y):
            self.n_features_in_ = X.shape[1]
            return self

        def predict(self, X):
            return self.slope * (1 + X[:, 0] ** 2)

    models = [Line(s).fit(X, y) for s in (-1.0, 1.0, 0.0)]
    theirs = mapie.ConformalizedQuantileRegressor(models, confidence_level=0.9, prefit=True)
    asked = np.array([[0.0], [1.5]])
    ends = theirs.conformalize(X, y).predict_interval(asked, symmetric_correction=True)[1]
    low, high = (m.predict(X) for m in models[:2])
    ours = QuantileCalibration.of(low, high, y, np.arange(60))
    found = ours.interval(*(m.predict(asked) for m in models[:2]), 0.9)
    assert np.stack(found, axis=1) == pytest.approx(ends[:, :, 0], rel=1e-9)
