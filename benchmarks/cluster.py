"""Folds by Dask on one machine against a pool of processes, and one worker against two.

Both pools are warm, and they are timed in turns, so that what else the machine does falls on all
alike: ratios of medians are reported.
"""

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import ExitStack

os.environ.setdefault("OMP_NUM_THREADS", "1")

MODEL, SEEDS, TURNS = "gaussian_process", range(16), 5
"""The job: fit and judge one model on held-out metals, about half a second of a core."""


def jobs(executor: Executor) -> Callable[[], list]:
    """Return what computes the jobs; each has a seed of its own."""
    from sacml.data import training_records
    from sacml.evaluation.cells import Cell, run_cell
    from sacml.evaluation.groups import make_splits
    from sacml.models.described import Described

    dataset = training_records("binding_energy")
    described = Described.of(tuple(dataset.records), "binding_energy")
    split = make_splits(described, ["leave_one_metal_out"], 0)[0]["leave_one_metal_out"]
    cells = [Cell(split.name, MODEL, "sac", seed) for seed in SEEDS]

    def run() -> list:
        futures = [executor.submit(run_cell, described, split, cell) for cell in cells]
        return [future.result()["predicted"].tolist() for future in futures]

    return run


def timed(function: Callable[[], list]) -> tuple[float, list]:
    start = time.perf_counter()
    found = function()
    return time.perf_counter() - start, found


def run() -> dict[str, float | int | str]:
    """Measure; without the package distributed there is nothing to measure."""
    try:
        from distributed import LocalCluster
    except ImportError:
        return {"dask": "the package distributed is not installed"}
    from sacml.executors import dask_executor, processes

    with ExitStack() as stack:
        pools: dict[str, Executor] = {}
        pool = stack.enter_context(processes(2))
        assert pool is not None
        pools["processes, 2"] = pool
        for n in (1, 2):
            cluster = stack.enter_context(
                LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=None)
            )
            pools[f"dask, {n}"] = stack.enter_context(dask_executor(cluster.scheduler_address))
        runs = {name: jobs(pool) for name, pool in pools.items()}
        seconds: dict[str, list[float]] = {name: [] for name in runs}
        answers = {name: function() for name, function in runs.items()}  # warms them up
        for _ in range(TURNS):
            for name, function in runs.items():
                seconds[name].append(timed(function)[0])
    median = {name: statistics.median(times) for name, times in seconds.items()}
    return {
        "dask_jobs": len(SEEDS),
        "dask_cores": os.cpu_count() or 0,
        "dask_same_numbers": str(len({str(a) for a in answers.values()}) == 1),
        "dask_over_processes_time": median["dask, 2"] / median["processes, 2"],
        "dask_speed_up_2_over_1": median["dask, 1"] / median["dask, 2"],
        "dask_seconds_2_workers": median["dask, 2"],
        "processes_seconds_2_workers": median["processes, 2"],
    }
