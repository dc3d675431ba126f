"""Cells of an evaluation, computed here or wherever an executor runs them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor

import pandas as pd

from sacml.data.splits import Split
from sacml.evaluation.cells import Cell, run_cell
from sacml.executors import outcome
from sacml.models.described import Described
from sacml.models.epochs import Epoch

OnFold = Callable[[str, float, int, Cell], None]
OnEpoch = Callable[[str, Epoch, Cell], None]


def run_cells(
    described: Described,
    wanted: Sequence[tuple[Split, Cell]],
    executor: Executor | None = None,
    *,
    domain: bool = False,
    on_fold: OnFold | None = None,
    on_epoch: OnEpoch | None = None,
) -> Iterator[pd.DataFrame]:
    """Compute cells, see `run_cell`; tables and calls come in the order of the cells.

    With an executor a cell's folds and epochs are told when the cell is done.
    """
    if executor is None:
        for split, cell in wanted:
            yield run_cell(
                described, split, cell, domain=domain, on_fold=on_fold, on_epoch=on_epoch
            )
        return
    told = on_epoch is not None
    futures = [executor.submit(_away, described, s, c, domain, told) for s, c in wanted]
    try:
        for (_, cell), future in zip(wanted, futures, strict=True):
            table, folds, epochs = outcome(future)
            for name, mae, n in folds:
                if on_fold is not None:
                    on_fold(name, mae, n, cell)
            for name, epoch in epochs:
                if on_epoch is not None:
                    on_epoch(name, epoch, cell)
            yield table
    finally:
        for future in futures:
            future.cancel()


def _away(
    described: Described, split: Split, cell: Cell, domain: bool, epochs: bool
) -> tuple[pd.DataFrame, list[tuple[str, float, int]], list[tuple[str, Epoch]]]:
    """Compute a cell and gather what its observers would have been told."""
    folds: list[tuple[str, float, int]] = []
    told: list[tuple[str, Epoch]] = []
    table = run_cell(
        described, split, cell, domain=domain,
        on_fold=lambda fold, mae, n, _: folds.append((fold, mae, n)),
        on_epoch=(lambda fold, epoch, _: told.append((fold, epoch))) if epochs else None,
    )  # fmt: skip
    return table, folds, told
