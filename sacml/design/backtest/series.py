"""Backtests: how many labels a strategy needs to find the best of a pool whose labels are known."""

import csv
import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from sacml.design.backtest.run import Arm, KnownPool, Rules, Run, run_once
from sacml.errors import DesignError

COLUMNS = ("pool", "arm", "seed", "digest", "n_pool", "n_top", "needed", "labels", "found_at")


def backtest(
    pools: Sequence[KnownPool],
    arms: Sequence[Arm],
    seeds: int,
    rules: Rules | None = None,
    *,
    store: str | Path | None = None,
    executor: Executor | None = None,
    on_run: Callable[[Run], None] | None = None,
) -> tuple[Run, ...]:
    """Run every arm on every pool from every seed.

    Parameters
    ----------
    seeds
        Number of seeds, from 0.
    store
        CSV file to which each finished run is appended; runs that stand there are not repeated.
    executor
        Where the runs are mapped; the results are the same without.
    on_run
        Called after each run.

    Returns
    -------
    tuple of Run
        In order of pools, arms and seeds.

    Raises
    ------
    DesignError
        For a number of seeds below 1, or a store of other data or rules.
    """
    rules = Rules() if rules is None else rules
    if seeds < 1:
        raise DesignError(f"seeds = {seeds}: 1 or more, e.g. 20")
    jobs = {(p.name, a.name, s): (p, a, s) for p in pools for a in arms for s in range(seeds)}
    digests = {p.name: _digest(p, rules) for p in pools}
    done = {} if store is None else _read(Path(store), digests)
    missing = [job for key, job in jobs.items() if key not in done]
    mapped: Iterable[Run]
    columns = [*zip(*missing, strict=True)] or [(), (), ()]
    mapped = (map if executor is None else executor.map)(run_once, *columns, [rules] * len(missing))
    for run in mapped:
        done[run.pool, run.arm, run.seed] = run
        if store is not None:
            _append(Path(store), run, digests[run.pool])
        if on_run is not None:
            on_run(run)
    return tuple(done[key] for key in jobs)


def _digest(pool: KnownPool, rules: Rules) -> str:
    total = hashlib.sha256(repr((rules, pool.goal, pool.blocks, pool.X.shape)).encode())
    for array in (pool.X, pool.y):  # digits of a descriptor may differ in the last place
        total.update(np.round(array.astype(np.float64), 9).tobytes())
    return total.hexdigest()[:16]


def _read(path: Path, digests: dict[str, str]) -> dict[tuple[str, str, int], Run]:
    if not path.exists():
        return {}
    found: dict[tuple[str, str, int], Run] = {}
    whole, _, torn = path.read_text(encoding="utf-8").rpartition("\n")
    if torn:  # killed while the last line was written
        path.write_text(whole + "\n" if whole else "", encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["pool"] in digests and row["digest"] != digests[row["pool"]]:
                raise DesignError(
                    f"{path} holds runs of other data or rules for pool {row['pool']}; give "
                    "another file, or delete it"
                )
            numbers = {k: int(row[k]) for k in ("seed", "n_pool", "n_top", "needed", "labels")}
            at = tuple(int(x) for x in row["found_at"].split())
            run = Run(row["pool"], row["arm"], **numbers, found_at=at)
            found[run.pool, run.arm, run.seed] = run
    return found


def _append(path: Path, run: Run, digest: str) -> None:
    new = not path.exists() or not path.stat().st_size
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        writer.writerow([
            run.pool, run.arm, run.seed, digest, run.n_pool, run.n_top, run.needed, run.labels,
            " ".join(map(str, run.found_at)),
        ])  # fmt: skip
