import numpy as np
import pytest
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from sacml.models.tobit import find_mode, log_likelihood, side_of

rng = np.random.default_rng(1)
X = rng.normal(size=(15, 2))
Y = X[:, 0] + 0.3 * rng.normal(size=15)
K = RBF(1.2)(X)
NOISE = 0.4
EXACT = np.zeros(15)


def test_words_become_sides():
    assert side_of(["lower", "upper", "failure", "reported"]).tolist() == [1, -1, 0, 0]


@pytest.mark.parametrize("side", [-1.0, 0.0, 1.0])
def test_the_likelihood_is_a_density_or_a_probability(side):
    y, f = np.array([1.0, -0.5, 30.0]), np.array([0.2, 0.4, 1.0])
    value = log_likelihood(y, np.full(3, side), f, NOISE)[0]
    expected = {
        0.0: norm.logpdf(y, f, NOISE), 1.0: norm.logsf(y, f, NOISE), -1.0: norm.logcdf(y, f, NOISE),
    }[side]  # fmt: skip
    assert value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("side", [-1.0, 0.0, 1.0])
def test_its_derivatives_are_those_of_finite_differences(side):
    y, f, h = np.array([1.0, -0.5, 3.0]), np.array([0.2, 0.4, 1.0]), 1e-5
    s = np.full(3, side)
    up, down = log_likelihood(y, s, f + h, NOISE), log_likelihood(y, s, f - h, NOISE)
    here = log_likelihood(y, s, f, NOISE)
    for order in (1, 2, 3):
        slope = (up[order - 1] - down[order - 1]) / (2 * h)
        assert here[order] == pytest.approx(slope, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("far", [49.0, 51.0, 1e3, 1e6, 1e12, 1e200])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_far_from_a_bound_the_slopes_stay_right(far, side):
    y, s = np.zeros(1), np.full(1, side)
    with np.errstate(all="raise", under="ignore"):
        kept = log_likelihood(y, s, np.array([far * side]), 1.0)
        broken = log_likelihood(y, s, np.array([-far * side]), 1.0)
    assert [float(v[0]) for v in kept] == pytest.approx([0, 0, 0, 0])
    assert side * broken[1][0] == pytest.approx(min(far, 1e100), rel=1e-3)
    assert broken[2][0] == pytest.approx(-1, rel=1e-3)
    assert side * broken[3][0] == pytest.approx(2 / min(far, 1e100) ** 3, rel=2e-2)


def test_exact_values_give_the_evidence_and_mean_of_the_library():
    library = GaussianProcessRegressor(RBF(1.2), alpha=NOISE**2, optimizer=None).fit(X, Y)
    mode = find_mode(K, Y, EXACT, NOISE)
    assert mode.evidence == pytest.approx(library.log_marginal_likelihood_value_)
    assert mode.f == pytest.approx(library.predict(X))
    inverse = np.linalg.inv(K + NOISE**2 * np.eye(15))
    assert mode.root.T @ mode.root == pytest.approx(inverse)


def test_the_mode_is_where_prior_and_likelihood_balance():
    side = rng.choice([0.0, 1.0, -1.0], 15)
    mode = find_mode(K, Y, side, NOISE)
    assert K @ mode.weights == pytest.approx(mode.f, abs=1e-6)
    assert mode.weights == pytest.approx(log_likelihood(Y, side, mode.f, NOISE)[1])


def test_a_lower_bound_lifts_and_a_kept_one_says_nothing():
    exact = find_mode(K, Y, EXACT, NOISE).f
    lifted = find_mode(K, Y, np.ones(15), NOISE).f
    assert (lifted > exact).all()
    kept = find_mode(K, np.full(15, -50.0), np.ones(15), NOISE)
    assert kept.f == pytest.approx(np.zeros(15), abs=1e-6)
    assert kept.evidence == pytest.approx(0, abs=1e-6)


def test_a_start_far_away_reaches_the_same_mode():
    side = np.ones(15)
    near, far = find_mode(K, Y, side, 0.05), find_mode(K, Y, side, 0.05, np.full(15, 40.0))
    assert far.f == pytest.approx(near.f, abs=1e-5)
