import warnings

import numpy as np
import pytest
import scipy.optimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from sacml.errors import ModelFileError, UnknownNameError
from sacml.models import evidence
from sacml.models.files import predictor_files, read_predictor
from sacml.models.gaussian_process import GaussianProcess
from sacml.models.kernels import FORMS, comparisons


def smooth(n=40, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2, 2, size=(n, 3))
    return X, 5 + np.sin(1.5 * X[:, 0]) + 0.5 * X[:, 1] + 0.05 * rng.normal(size=n)


def test_mean_and_spread_are_those_of_the_library():
    X, y = smooth()
    model = GaussianProcess().fit(X, y)
    f, unit = model.fitted_, y.std()
    kernel = ConstantKernel(evidence.CONSTANT) + f.amplitude[0] ** 2 * RBF(f.length[0] * np.sqrt(3))
    library = GaussianProcessRegressor(kernel, alpha=f.noise**2, optimizer=None)
    scale = np.maximum(X.std(0), np.ptp(X, axis=0) / 4)
    Z, asked = (X - X.mean(0)) / scale, smooth(30, 5)[0]
    library.fit(Z, (y - y.mean()) / unit)
    mean, std = library.predict((asked - X.mean(0)) / scale, return_std=True)
    assert model.predict(asked) == pytest.approx(y.mean() + unit * mean)
    spread = model.predictor().spread(asked)
    assert spread == pytest.approx(unit * np.hypot(std, f.noise))


def test_blocks_find_a_sum_and_report_how_far_they_know():
    X, y = smooth(60)
    X = np.column_stack([X, np.full(60, 7.0)])  # a flat column is dropped, wherever it goes
    model = GaussianProcess([("rbf", (0,)), ("linear", (1, 3)), ("rbf", (3,))]).fit(X, y)
    assert model.predictor().columns.tolist() == [0, 1]
    asked = np.array([[1.0, 1.0, 0.0, 7.0], [1.0, 1.0, 9.0, -900.0]])
    assert model.predict(asked) == pytest.approx(5 + np.sin(1.5) + 0.5, abs=0.1)
    inside, outside = model.predictor().spread(np.array([[0.0, 0.0], [60.0, 0.0]]))
    assert inside < 0.1 < outside
    edge, beyond = model.predict(np.array([[0, X[:, 1].max(), 0, 7], [0, 50, 0, 7]]))
    assert edge == beyond  # a line is not followed beyond training


def test_the_slope_of_the_evidence_is_that_of_finite_differences(monkeypatch):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(20, 3))
    y = Z[:, 0] + 0.3 * rng.normal(size=20)
    side = rng.choice([0.0, 1.0, -1.0], 20)
    group = np.repeat(np.arange(5), 4)
    kept = {}

    def remember(loss, start, **settings):
        kept["loss"] = loss
        return scipy.optimize.OptimizeResult(x=start)

    monkeypatch.setattr(evidence, "minimize", remember)
    member = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=bool)
    form = np.array([FORMS["rbf"], FORMS["linear"], FORMS["exponential"]])
    same = group[:, None] == group[None, :]
    evidence.maximise(comparisons(member, form, Z, Z), form, same, y, side)
    theta, h = np.array([-0.4, 0.1, -0.6, 0.6, 0.3, -0.8, -0.7]), 1e-5
    numeric = [
        (kept["loss"](theta + e)[0] - kept["loss"](theta - e)[0]) / (2 * h) for e in h * np.eye(7)
    ]
    assert kept["loss"](theta)[1] == pytest.approx(numeric, rel=1e-4)


def test_a_rough_term_follows_steps_that_a_smooth_one_rounds():
    rng = np.random.default_rng(0)
    electrons = np.repeat(np.arange(3.0, 13.0), 6)
    level = rng.normal(size=10)[electrons.astype(int) - 3]
    X = np.column_stack([electrons, rng.normal(size=60)])
    y = level + 0.3 * X[:, 1] + 0.02 * rng.normal(size=60)
    new = np.arange(60) % 6 == 0
    error = {}
    for form in ("rbf", "exponential"):
        model = GaussianProcess([(form, (0,)), ("linear", (1,))]).fit(X[~new], y[~new])
        error[form] = np.abs(model.predict(X[new]) - y[new]).mean()
        files = predictor_files(model.predictor())
        assert (read_predictor("kernel", files).predict(X[new]) == model.predict(X[new])).all()
    assert error["exponential"] < 0.05
    # between two columns of the table nothing was taught: the spread says so
    far = model.predictor().spread(np.array([[5.0, 0.0], [30.0, 0.0]]))
    assert far[1] > 3 * far[0]


def sources(n_sources=30, each=5, between=1.0, seed=0):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_sources), each)
    x = rng.normal(size=n_sources * each)
    y = 2 * x + between * rng.normal(size=n_sources)[group] + 0.3 * rng.normal(size=len(x))
    return x[:, None], y, group


def test_the_level_of_a_source_is_found_and_enters_the_spread():
    X, y, group = sources()
    known = GaussianProcess([("linear", (0,))]).fit(X, y, groups=group)
    blind = GaussianProcess([("linear", (0,))], group_effect=False).fit(X, y, groups=group)
    unit = y.std()
    assert unit * known.fitted_.group == pytest.approx(1.0, rel=0.3)
    assert unit * known.fitted_.noise == pytest.approx(0.3, rel=0.2)
    assert blind.fitted_.group == 0
    assert known.predictor().spread(np.zeros((1, 1)))[0] == pytest.approx(np.hypot(1, 0.3), rel=0.3)
    # without sources between them there is next to no level to find
    flat = GaussianProcess([("linear", (0,))]).fit(*sources(between=0.0)[:2], groups=group)
    assert flat.fitted_.group < 0.5 * flat.fitted_.noise


def test_the_spread_covers_new_sources():
    X, y, group = sources(60, seed=1)
    old = group < 30
    model = GaussianProcess([("linear", (0,))]).fit(X[old], y[old], groups=group[old])
    spread = model.predictor().spread(X[~old])
    inside = np.abs(y[~old] - model.predict(X[~old])) < 1.645 * spread
    assert 0.8 <= inside.mean() <= 0.98


@pytest.mark.parametrize("groups", [["one"] * 40, list(range(40))])
def test_one_group_or_one_row_a_group_is_no_effect(groups):
    X, y = smooth()
    told = GaussianProcess().fit(X, y, groups=groups)
    assert (told.predict(X) == GaussianProcess().fit(X, y).predict(X)).all()


def test_a_censored_fit_sees_past_the_end_of_the_tests():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(80, 1))
    truth = 1 + 0.5 * X[:, 0]
    life = truth + 0.2 * rng.normal(size=80)
    y, bound = np.minimum(life, 1.0), np.where(life > 1.0, "lower", "failure")
    plain = GaussianProcess([("linear", (0,))]).fit(X, y, bound=bound)
    aware = GaussianProcess([("linear", (0,))], censored=True).fit(X, y, bound=bound)
    error = [np.abs(m.predict(X) - truth).mean() for m in (plain, aware)]
    assert error[1] < 0.1 < error[0]


def test_the_same_rows_give_the_same_numbers_and_bytes():
    X, y = smooth()
    one, two = (GaussianProcess().fit(X, y).predictor() for _ in range(2))
    files = predictor_files(one)
    assert files == predictor_files(two)
    again = read_predictor("kernel", files)
    asked = smooth(5000, 9)[0].astype(np.float32)
    assert (again.predict(asked) == one.predict(asked)).all()
    assert (again.spread(asked) == one.spread(asked)).all()


@pytest.mark.parametrize(("n", "value"), [(1, 3.0), (2, 3.0), (20, 3.0)])
def test_few_or_equal_values_give_the_value(n, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = GaussianProcess().fit(smooth(n)[0], np.full(n, value))
    assert model.predict(smooth(4)[0]) == pytest.approx(value)
    predictor = model.predictor()
    assert np.isfinite(predictor.spread(smooth(4)[0][:, predictor.columns])).all()


def test_an_unknown_form_is_said():
    with pytest.raises(UnknownNameError, match=r"'cubic'.*rbf, linear"):
        GaussianProcess([("cubic", (0,))]).fit(*smooth())


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("weights", np.zeros(3), "'weights' has shape"),
        ("scale", np.zeros(3), "not positive"),
        ("variance", np.array([-1.0]), "negative variance"),
        ("form", np.array([7]), "unknown form"),
        ("level", np.array([np.nan]), "not finite"),
        ("member", np.zeros((1, 3), dtype=bool), "no column"),
        ("low", np.full(3, 1e9), "low lies above high"),
    ],
)
def test_arrays_are_checked_before_use(name, value, text):
    good = GaussianProcess().fit(*smooth()).predictor()
    arrays = {n: getattr(good, n) for n in good.__dataclass_fields__ if n != "kind"}
    with pytest.raises(ModelFileError, match=text):
        type(good)(**(arrays | {name: value}))


def test_what_one_row_alone_has_is_no_more_than_four_deviations_away():
    X, y = smooth(100)
    X[:, 2] = np.arange(100) == 7
    support = GaussianProcess().fit(X, y).predictor().support
    assert (np.ptp(support, axis=0) <= 4 + 1e-9).all()
    assert np.ptp(support[:, 2]) == pytest.approx(4)
