from concurrent.futures import ThreadPoolExecutor

import numpy as np
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from sacml.errors import SacmlError
from sacml.models.ridge import StandardRidge
from sacml.models.tuning import inner_folds, tune

rng = np.random.default_rng(0)
GROUP = np.repeat(np.arange(12), 5)
X = rng.normal(size=(60, 6))
Y = X[:, 0] + rng.normal(size=12)[GROUP] + 0.1 * rng.normal(size=60)


def ridge(trial):
    return StandardRidge(alphas=(trial.suggest_float("alpha", 1e-2, 1e4, log=True),))


def test_groups_stay_whole_in_inner_folds():
    folds = inner_folds(GROUP)
    assert len(folds) == 5
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(60))
    for train, test in folds:
        assert not set(GROUP[train]) & set(GROUP[test])
    assert len(inner_folds([1, 1, 2])) == 2
    assert inner_folds([1, 1]) == inner_folds([]) == []


def test_a_search_repeats_and_finds_a_weak_penalty():
    one, two = (tune(ridge, X, Y, groups=GROUP, n_trials=8, seed=3) for _ in range(2))
    assert one.params == two.params
    assert one.score == two.score == one.trials["score"].min()
    assert one.trials.drop(columns="seconds").equals(two.trials.drop(columns="seconds"))
    assert list(one.trials.columns) == ["number", "score", "state", "seconds", "alpha"]
    assert one.params["alpha"] < 100
    assert tune(ridge, X, Y, groups=GROUP, n_trials=8, seed=4).params != one.params


def test_the_score_is_the_one_sided_error_of_held_out_groups():
    def fixed(trial):
        return StandardRidge(alphas=(1.0,))

    expected = []
    for train, test in inner_folds(GROUP):
        expected += list(np.abs(Y[test] - fixed(None).fit(X[train], Y[train]).predict(X[test])))
    assert tune(fixed, X, Y, groups=GROUP, n_trials=1).score == pytest.approx(np.mean(expected))
    # a bound that is kept costs nothing
    bound = np.full(60, "lower")
    assert tune(fixed, X, Y - 100, bound=bound, groups=GROUP, n_trials=1).score < 1


def test_an_executor_changes_nothing():
    with ThreadPoolExecutor(2) as pool:
        many = tune(ridge, X, Y, groups=GROUP, n_trials=5, executor=pool)
    assert many.params == tune(ridge, X, Y, groups=GROUP, n_trials=5).params


def test_a_stored_study_is_resumed(tmp_path):
    told = []
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))
    settings = {"groups": GROUP, "storage": storage, "study_name": "s"}
    tune(ridge, X, Y, n_trials=2, on_trial=lambda *a: told.append(a), **settings)
    assert [t[0] for t in told] == [0, 1]
    assert all(best <= score for _, score, best in told)
    whole = tune(ridge, X, Y, n_trials=3, on_trial=lambda *a: told.append(a), **settings)
    assert [t[0] for t in told] == [0, 1, 2]
    assert len(whole.trials) == 3
    again = tune(ridge, X, Y, n_trials=3, on_trial=lambda *a: told.append(a), **settings)
    assert len(told) == 3
    assert again.params == whole.params


def test_it_is_quiet_and_leaves_the_logging_as_it_was(capfd):
    optuna.logging.set_verbosity(optuna.logging.INFO)
    tune(ridge, X, Y, groups=GROUP, n_trials=2)
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_one_group_cannot_be_searched():
    found = tune(ridge, X, Y, groups=np.zeros(60))
    assert found.params == {}
    assert np.isnan(found.score)
    assert found.trials.empty


def test_wrong_input_is_said():
    with pytest.raises(SacmlError, match="n_trials 0: at least one"):
        tune(ridge, X, Y, n_trials=0)
    with pytest.raises(SacmlError, match="60 rows of X, 60 of y, 3 groups"):
        tune(ridge, X, Y, groups=[1, 2, 3])


def test_given_points_are_tried_before_the_sampler_is_asked():
    points = [{"alpha": 3.0}, {"alpha": 70.0}]
    found = tune(ridge, X, Y, groups=GROUP, n_trials=3, first=points)
    assert found.trials["alpha"].tolist()[:2] == [3.0, 70.0]
    assert len(found.trials) == 3
