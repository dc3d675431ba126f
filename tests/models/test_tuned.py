import numpy as np
import pytest

from sacml.errors import UnknownNameError
from sacml.models.processes import SPECIFICATIONS
from sacml.models.registry import make_model
from sacml.models.tuned import PARTS, SPACES, Tuned

NAMES = ("metal_a", "cond_a", "alkali_is_li", "mod_a")
rng = np.random.default_rng(0)
GROUP = np.repeat(np.arange(10), 4)
X = rng.normal(size=(40, 4)).astype(np.float32)
X[:, 0] = rng.normal(size=10)[GROUP]  # tells the group, and nothing of a new one
Y = X[:, 1] + 0.1 * rng.normal(size=40) + rng.normal(size=10)[GROUP]


@pytest.mark.parametrize("model", SPACES)
def test_the_stored_model_predicts_what_the_estimator_does(model):
    tuned = Tuned(model, NAMES, n_trials=2, random_state=1).fit(X, Y, groups=GROUP)
    predictor = tuned.predictor()
    stored = predictor.predict(X[:, predictor.columns])
    assert stored == pytest.approx(tuned.predict(X), abs=1e-5)
    assert len(tuned.tuning_.trials) == 2


def test_the_groups_decide_which_features_are_kept():
    tuned = Tuned("ridge", NAMES, n_trials=12, random_state=0).fit(X, Y, groups=GROUP)
    assert "metal_a" not in np.array(NAMES)[tuned.predictor().columns]
    assert tuned.tuning_.params["features"] in {"test", "class_and_test"}


def test_without_groups_to_hold_out_the_defaults_are_fitted():
    tuned = Tuned("ridge", NAMES).fit(X, Y, groups=np.zeros(40))
    assert tuned.tuning_.params == {}
    assert tuned.model_.alphas == (100.0,)
    assert tuned.model_.columns == (0, 1, 2, 3)


def test_a_gaussian_process_is_tried_with_every_sum_of_terms():
    names = ("metal_a", "metal_valence_electrons_mean", "alkali_is_li", "mod_a")
    tuned = make_model("gaussian_process_tuned", 0, names).fit(X, Y, groups=GROUP)
    assert sorted(tuned.tuning_.trials["terms"]) == sorted(SPECIFICATIONS)
    best = tuned.tuning_.trials.set_index("score")["terms"]
    assert tuned.tuning_.params["terms"] == best[best.index.min()]


def test_a_set_of_features_that_is_not_there_is_not_offered():
    tuned = Tuned("ridge", ("mod_a", "mod_b", "x", "y"), n_trials=12, random_state=0)
    tuned.fit(X, Y, groups=GROUP)
    assert set(tuned.tuning_.trials["features"]) <= set(PARTS) - {"site", "test"}


def test_an_unknown_model_is_said():
    with pytest.raises(UnknownNameError, match=r"'ridges'.*did you mean 'ridge'"):
        Tuned("ridges").fit(X, Y)
