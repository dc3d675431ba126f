import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pandas as pd
import pytest

from sacml import executors
from sacml.data import training_records
from sacml.evaluation import evaluate
from sacml.executors import ExecutorError, chosen, dask_executor, outcome


def square(x):
    return x * x


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "CONNECT_S", 0.3)
    with pytest.raises(ExecutorError, match="dask scheduler"), dask_executor("tcp://127.0.0.1:9"):
        pass
    with pytest.raises(ExecutorError, match="tcp://HOST:PORT"), dask_executor("nonsense://x"):
        pass


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutorError, match=r"sacml\[cluster\]"), dask_executor("tcp://x:1"):
        pass


def test_work_is_done_by_the_cluster_and_errors_come_back():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        dask_executor(cluster.scheduler_address) as pool,
    ):
        assert list(pool.map(square, range(5))) == [0, 1, 4, 9, 16]
        assert isinstance(pool.submit(square, "x").exception(), TypeError)


def test_the_executor_that_is_asked_for_is_made():
    with chosen() as pool:
        assert pool is None
    with pytest.raises(ExecutorError), chosen(4, "nonsense://x"):
        pass


class Refusing(Executor):
    """Takes work and breaks, as a pool does whose process was killed."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_exception(BrokenProcessPool("a child process terminated abruptly"))
        return future


def test_an_executor_that_broke_is_a_message_and_errors_of_the_work_are_themselves():
    with pytest.raises(ExecutorError, match=r"terminated abruptly.*run the same command again"):
        outcome(Refusing().submit(square, 1))
    cancelled = Future()
    cancelled.cancel()
    cancelled.set_running_or_notify_cancel()
    with pytest.raises(ExecutorError, match="executor broke"):
        outcome(cancelled)
    own = Future()
    own.set_exception(KeyError("mine"))
    with pytest.raises(KeyError, match="mine"):
        outcome(own)


def test_folds_come_from_an_executor_as_from_here():
    dataset = training_records("binding_energy")
    asked = {"models": ("constant", "ridge"), "splits": ("leave_one_metal_out",)}
    told = {"here": [], "there": []}
    here = evaluate(dataset, "binding_energy", **asked, on_fold=told["here"].append)
    with ThreadPoolExecutor(2) as pool:
        there = evaluate(dataset, "binding_energy", **asked, on_fold=told["there"].append,
                         executor=pool)  # fmt: skip
    pd.testing.assert_frame_equal(there.predictions, here.predictions)
    pd.testing.assert_frame_equal(there.scores, here.scores)
    assert told["there"] == told["here"]
    with pytest.raises(ExecutorError):
        evaluate(dataset, "binding_energy", **asked, executor=Refusing())
