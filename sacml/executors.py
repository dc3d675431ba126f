"""Where work runs: threads or processes of this machine, or the workers of a Dask cluster.

Everything that maps over candidates, folds or labels takes a `concurrent.futures.Executor`; these
make one. The results are those of the serial run.
"""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sacml.errors import SacmlError

CONNECT_S = 10
"""Seconds to look for a scheduler."""

T = TypeVar("T")


class ExecutorError(SacmlError):
    """No executor can be made from what was given, or it broke."""


@contextmanager
def chosen(workers: int = 1, dask: str | None = None) -> Iterator[Executor | None]:
    """Executor of a Dask cluster or of processes; None for one process, which needs none.

    Parameters
    ----------
    workers
        Processes of this machine.
    dask
        Address of a scheduler, which goes before `workers`; see `dask_executor`.
    """
    if dask is not None:
        with dask_executor(dask) as executor:
            yield executor
    else:
        with processes(workers) as pool:
            yield pool


@contextmanager
def processes(n: int) -> Iterator[Executor | None]:
    """Executor of `n` processes; None for one, which needs none."""
    if n == 1:
        yield None
        return
    # threads of libraries do not survive a fork
    with ProcessPoolExecutor(n, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """Executor of a Dask cluster that is running.

    Its workers need this package, the engines, and the folders of the work under the same paths.
    A task whose worker dies is given to another one by the scheduler.

    Parameters
    ----------
    address
        Of the scheduler: ``tcp://HOST:PORT``.

    Raises
    ------
    ExecutorError
        If the package is missing, or no scheduler answers.
    """
    try:
        from distributed import Client
        from distributed.comm import parse_address
        from distributed.comm.registry import get_backend
    except ImportError:
        raise ExecutorError(
            "a Dask cluster needs the package distributed: pip install 'sacml[cluster]'"
        ) from None
    try:
        get_backend(parse_address(address)[0])  # a client of no known kind cannot even be closed
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ExecutorError(
            f"no Dask scheduler answers at {address!r} ({error}): start one with `dask scheduler` "
            "and workers with `dask worker ADDRESS`, and give its address as tcp://HOST:PORT"
        ) from None
    try:
        yield client.get_executor(pure=False)
    finally:
        client.close()


def outcome(future: "Future[T]") -> T:
    """Return the result of a future.

    Raises
    ------
    ExecutorError
        If the executor broke, or gave the task up because each of its workers died. What the task
        itself raised comes as it is.
    """
    try:
        return future.result()
    except (BrokenExecutor, CancelledError) as error:
        raise _broken(error) from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "distributed":  # e.g. KilledWorker
            raise _broken(error) from None
        raise


def _broken(error: BaseException) -> ExecutorError:
    said = (str(error).strip().splitlines() or ["it cancelled the tasks in hand"])[0][:300]
    return ExecutorError(
        f"the executor broke: {said}; a worker may have run out of memory. What was stored stays: "
        "run the same command again, with fewer or larger workers"
    )
