import sys

import pytest

from sacml import executors
from sacml.executors import ExecutorError, dask_executor


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
