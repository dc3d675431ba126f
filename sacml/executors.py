"""Where work runs: threads or processes of this machine, or the workers of a Dask cluster."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from sacml.errors import SacmlError

CONNECT_S = 10
"""Seconds to look for a scheduler."""


class ExecutorError(SacmlError):
    """No executor can be made from what was given."""


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
    except ImportError:
        raise ExecutorError(
            "a Dask cluster needs the package distributed: pip install 'sacml[cluster]'"
        ) from None
    try:
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
