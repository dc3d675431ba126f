"""A search as nested runs, with plots; taken up again where it stopped."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sacml.models import make_model
from sacml.models.tuning import tune
from sacml.tracking import StudyTracker
from sacml.tracking.backend import connect
from sacml.tracking.trials import search

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5))
Y = X[:, 0] + 0.1 * RNG.normal(size=40)
GROUPS = np.array([f"g{i % 8}" for i in range(40)])


def make(trial):
    names = [f"x{i}" for i in range(5)]
    return make_model("extra_trees", 0, names).set_params(
        n_estimators=10, min_samples_leaf=trial.suggest_int("min_samples_leaf", 1, 12)
    )


def look(run, storage, n_trials, executor=None):
    with search(run, "extra_trees", storage, "tiny", {"model": "extra_trees"}) as log:
        found = tune(
            make, X, Y, groups=GROUPS, n_trials=n_trials, storage=storage, study_name="tiny",
            on_trial=log.on_trial, executor=executor,
        )  # fmt: skip
        log.finish(found)
    return found, log.run_id


def test_each_trial_is_a_nested_run_and_a_search_goes_on_where_it_stopped(store, tmp_path):
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    with StudyTracker(store, prefix="search") as tracker, tracker.target("cycle_life") as run:
        first, first_id = look(run, storage, 3)
        with ThreadPoolExecutor(2) as pool:
            found, run_id = look(run, storage, 5, pool)
    client = connect(store)
    experiment = client.get_experiment_by_name("search-cycle_life")
    runs = client.search_runs([experiment.experiment_id])
    trials = {
        parent: [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parent]
        for parent in (first_id, run_id)
    }
    assert {k: len(v) for k, v in trials.items()} == {first_id: 3, run_id: 2}
    assert {r.info.run_name for r in trials[run_id]} == {"trial 3", "trial 4"}
    scores = found.trials.set_index("number")["score"]
    for trial in trials[first_id] + trials[run_id]:
        number = int(trial.info.run_name.split()[1])
        assert trial.data.metrics["inner_mae"] == scores[number]
        assert trial.data.tags["sacml.kind"] == "trial"
        assert set(trial.data.params) == {"min_samples_leaf"}
    parent = client.get_run(run_id)
    assert parent.data.metrics["best_score"] == found.score == scores.min()
    assert parent.data.params["best.min_samples_leaf"] == str(found.params["min_samples_leaf"])
    best = {m.step: m.value for m in client.get_metric_history(run_id, "best_inner_mae")}
    assert best == {3: scores[:4].min(), 4: scores.min()}
    files = {f.path for f in client.list_artifacts(run_id, "figures")}
    assert files == {"figures/history.png", "figures/importance.png"}
    assert len(first.trials) == 3


def test_an_interrupted_search_is_killed_and_its_trials_stay(store, tmp_path):
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    prefix = "interrupted"

    def stop(trial):
        if trial.number == 2:
            raise KeyboardInterrupt
        return make(trial)

    with (
        pytest.raises(KeyboardInterrupt),
        StudyTracker(store, prefix=prefix) as tracker,
        tracker.target("cycle_life") as run,
        search(run, "extra_trees", storage, "cut", {}) as log,
    ):
        tune(stop, X, Y, groups=GROUPS, n_trials=5, storage=storage, study_name="cut",
             on_trial=log.on_trial)  # fmt: skip
    client = connect(store)
    experiment = client.get_experiment_by_name(f"{prefix}-cycle_life")
    runs = client.search_runs([experiment.experiment_id])
    status = {r.info.run_name.partition(" ·")[0]: r.info.status for r in runs}
    assert status["trial 0"] == status["trial 1"] == "FINISHED"
    assert status["search"] == "KILLED"
