"""Folds and whole loops on a Dask cluster of real processes, one killed in mid-run."""

import os
import signal
import threading
import time

import pandas as pd
import pytest
from workflows.loop.fakes import Physics, loop

from sacml.data import training_records
from sacml.evaluation import evaluate
from sacml.executors import ExecutorError, dask_executor
from sacml.workflows.evaluate import evaluate as evaluate_fully
from sacml.workflows.evaluate_config import EvaluationConfig
from sacml.workflows.loop import run_loop

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.long

ASKED = {"models": ("constant", "ridge", "extra_trees"), "splits": ("leave_one_metal_out",)}


@pytest.fixture
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as found:
        yield found


def pids(cluster):
    with distributed.Client(cluster, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def busy(cluster):
    """Wait until each worker has a task in hand."""
    with distributed.Client(cluster, set_as_default=False) as client:
        end = time.monotonic() + 120
        while sum(bool(t) for t in client.processing().values()) < 2:
            assert time.monotonic() < end
            time.sleep(0.02)
    time.sleep(0.3)


def kill_one(cluster):
    """Kill a worker once it works; give the thread that does."""
    victim = pids(cluster)[0]

    def kill():
        busy(cluster)
        os.kill(victim, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_folds_are_judged_as_here_though_a_worker_dies(cluster):
    dataset = training_records("binding_energy")
    told: list[str] = []
    here = evaluate(dataset, "binding_energy", **ASKED, on_fold=lambda f: told.append(str(f)))
    there: list[str] = []
    with dask_executor(cluster.scheduler_address) as pool:
        killer = kill_one(cluster)
        found = evaluate(dataset, "binding_energy", **ASKED, executor=pool,
                         on_fold=lambda f: there.append(str(f)))  # fmt: skip
        killer.join()
    pd.testing.assert_frame_equal(found.predictions, here.predictions)
    pd.testing.assert_frame_equal(found.scores, here.scores)
    assert there == told


def test_an_evaluation_at_depth_is_the_same_though_a_worker_dies(cluster, tmp_path):
    config = EvaluationConfig.make({
        "targets": ["binding_energy"], "models": ["constant", "ridge", "extra_trees"],
        "splits": ["leave_one_metal_out", "random"], "trained_on": ["sac"],
    })  # fmt: skip
    parts = ("scores", "nested")
    here = evaluate_fully(config, folder=tmp_path / "here", parts=parts, figures=False)
    with dask_executor(cluster.scheduler_address) as pool:
        killer = kill_one(cluster)
        found = evaluate_fully(
            config, folder=tmp_path / "there", parts=parts, figures=False, executor=pool
        )
        killer.join()
    assert found.tables.keys() == here.tables.keys()
    for name, table in here.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], table)


def test_a_loop_labels_each_task_once_though_a_worker_dies(cluster, tmp_path):
    config = loop(budget=6, batch=3, alkali=["Li", "Na"])
    here = run_loop(config, tmp_path / "here", track=False, engine=Physics(tmp_path / "a"))
    engine = Physics(tmp_path / "b", seconds=0.5)
    with dask_executor(cluster.scheduler_address) as pool:
        killer = kill_one(cluster)
        found = run_loop(config, tmp_path / "there", track=False, engine=engine, workers=2,
                         executor=pool)  # fmt: skip
        killer.join()
    keep = ("site", "alkali", "predicted_eV", "label_eV", "no_label_because")
    assert [[r[k] for k in keep] for r in found.labels] == [[r[k] for k in keep]
                                                            for r in here.labels]  # fmt: skip
    # nothing but what the dead worker had in hand was begun twice
    assert len(engine.keys) - len(set(engine.keys)) <= 1


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_task_that_kills_every_worker_ends_with_a_message(cluster):
    from sacml.executors import outcome

    with dask_executor(cluster.scheduler_address) as pool:
        future = pool.submit(die)
        with pytest.raises(ExecutorError, match="the executor broke"):
            outcome(future)
