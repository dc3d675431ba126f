"""The evaluation: models x training rows x splits, every fitted step inside its fold."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from sacml.data.splits import Split
from sacml.domain import target as find_target
from sacml.errors import SacmlError
from sacml.evaluation.away import run_cells
from sacml.evaluation.cells import Cell, left_out, no_rows, trainable
from sacml.evaluation.fits import unread
from sacml.evaluation.groups import make_splits
from sacml.evaluation.held_out import finish
from sacml.evaluation.intervals import spread_of
from sacml.evaluation.scores import score_table
from sacml.evaluation.select import MIN_SAC_GROUPS, Choice, choose, enough_sac
from sacml.models.described import TRAINED_ON, Described
from sacml.models.epochs import Epoch
from sacml.models.registry import TABULAR
from sacml.uncertainty.grouped import Calibration

if TYPE_CHECKING:
    from sacml.data import Dataset


@dataclass(frozen=True, slots=True)
class FoldDone:
    """One fold of one model, for progress and tracking; `mae` is one-sided, on the scale."""

    target: str
    model: str
    trained_on: str
    split: str
    fold: str
    mae: float
    n_test: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One epoch of one model in one fold, for tracking; no split: the fit on all rows."""

    target: str
    model: str
    trained_on: str
    split: str
    fold: str
    epoch: Epoch


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What an evaluation found.

    Attributes
    ----------
    target, dataset, seed, level
        What was evaluated, and with which settings.
    predictions
        One row per model, training rows, split and held-out record: model, trained_on, split,
        seed, fold, group, record_id, is_sac, bound; observed, predicted, lower, upper in the unit
        of the target; error (one-sided), residual (observed minus predicted, a bound taken as the
        demonstrated value), middle, shell_low, shell_high, spread on the modelling scale; what
        `sacml.evaluation.intervals.with_intervals` adds; flags and in_domain if asked for.
    scores
        One row per model, training rows, split and rows judged, see `score_table`.
    splits
        Name -> split that was used.
    skipped
        What could not be done -> why: a split, or a fold without rows to train on.
    """

    target: str
    dataset: str
    predictions: pd.DataFrame
    scores: pd.DataFrame
    splits: Mapping[str, Split]
    seed: int
    level: float
    min_sac_groups: int = MIN_SAC_GROUPS
    skipped: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        target: str,
        dataset: str,
        tables: Sequence[pd.DataFrame],
        splits: Mapping[str, Split],
        seed: int,
        level: float,
        min_sac_groups: int,
        skipped: Mapping[str, str],
    ) -> "Evaluation":
        """Put the held-out rows of all cells (see `run_cell`) together and score them."""
        predictions = pd.concat(
            [finish(table, target, level, min_sac_groups) for table in tables], ignore_index=True
        )
        return cls(
            target=target,
            dataset=dataset,
            predictions=predictions,
            scores=score_table(predictions, find_target(target), seed),
            splits=splits,
            seed=seed,
            level=level,
            min_sac_groups=min_sac_groups,
            skipped=skipped,
        )

    def best(self, split: str | None = None) -> Choice:
        """Return the model that wins a split (default: the one that decides on the release)."""
        return choose(self, split)

    def calibration(self, model: str, trained_on: str, split: str) -> Calibration:
        """Held-out residuals of a model, by group: of sites where enough groups hold one."""
        p = self.predictions
        rows = p[(p["model"] == model) & (p["trained_on"] == trained_on) & (p["split"] == split)]
        if enough_sac(rows["is_sac"], rows["group"], self.min_sac_groups):
            rows = rows[rows["is_sac"]]
        spread = spread_of(rows)
        return Calibration.of(
            rows["residual"].to_numpy(),
            rows["group"].to_numpy(dtype=str),
            bound=rows["bound"].to_numpy(dtype=str),
            spread=spread,
        )


def evaluate(
    dataset: "Dataset",
    target: str,
    models: Sequence[str] = TABULAR,
    splits: Sequence[str] = ("leave_one_metal_out", "leave_one_source_out", "random"),
    seed: int = 0,
    on_fold: Callable[[FoldDone], None] | None = None,
    on_epoch: Callable[[EpochDone], None] | None = None,
    *,
    trained_on: Sequence[str] = TRAINED_ON,
    level: float = 0.9,
    min_sac_groups: int = MIN_SAC_GROUPS,
    domain: bool = False,
    executor: Executor | None = None,
) -> Evaluation:
    """Evaluate models on held-out groups.

    Parameters
    ----------
    dataset
        Records; those of other targets are left out.
    models
        Names; ``"constant"`` must be among them, as every score stands beside it.
    splits
        Names, see `sacml.evaluation.make_splits`.
    on_fold
        Called after each fold of each model.
    on_epoch
        Called after each epoch of each fold, of models that have any.
    trained_on
        ``"sac"``: fit on single- and dual-atom sites alone; ``"all"``: on every record. Both are
        tested on the same rows.
    level
        Probability of the intervals whose coverage is reported.
    domain
        Whether to judge every held-out row by the applicability domain of its fold's training
        rows; this takes about as long as a simple model.
    executor
        Where models are fitted and judged, each model and split on its own; None: here.

    Notes
    -----
    The interval of a held-out row comes from the residuals of the *other* held-out groups of the
    same model and split (in the random split every record is a group of its own), by the rule of
    the surrogate: a site's from sites alone where at least `min_sac_groups` groups hold one. The
    models that gave those residuals were fitted with the row's group among their training rows, as
    in a cross-conformal interval, so coverage is estimated, not guaranteed.
    A bound counts as the demonstrated value for residuals and coverage (a pessimistic coverage,
    the optimistic one stands beside it); only `error` is one-sided.
    """
    if "constant" not in models:
        raise SacmlError("'constant' must be among the models: every score stands beside it")
    described = Described.of(tuple(dataset.records), target)
    made, skipped = make_splits(described, splits, seed)
    refused = {model: unread(described, model) for model in models}
    skipped |= {f"{m}, rows": left_out(m, described, r) for m, r in refused.items() if r}
    wanted: list[tuple[Split, Cell]] = []
    done = 0
    total = len(models) * len(trained_on) * sum(len(split) for split in made.values())

    def tell_fold(fold: str, mae: float, n: int, cell: Cell) -> None:
        nonlocal done
        done += 1
        if on_fold is not None:
            on_fold(FoldDone(target, cell.model, cell.trained_on, cell.split, fold, mae, n, done,
                             total))  # fmt: skip

    def tell_epoch(fold: str, epoch: Epoch, cell: Cell) -> None:
        if on_epoch is not None:
            on_epoch(EpochDone(target, cell.model, cell.trained_on, cell.split, fold, epoch))

    for split in made.values():
        for which in trained_on:
            kept, without = trainable(described, split, which)
            if without:
                skipped[f"{split.name}, trained on {which}"] = no_rows(split, without)
                done += len(without) * len(models)
            if not kept:
                continue
            for model in models:
                here = trainable(described, split, which, refused[model])[0]
                done += len(kept) - len(here)
                if not here:
                    skipped[f"{model}, {split.name}, trained on {which}"] = (
                        f"no fold has rows to train on and to test that {model} can read"
                    )
                    continue

                wanted.append((split, Cell(split.name, model, which, seed)))
    frames = list(run_cells(described, wanted, executor, domain=domain, on_fold=tell_fold,
                            on_epoch=tell_epoch if on_epoch else None))  # fmt: skip
    if not frames:
        why = "; ".join(skipped.values())
        raise SacmlError(f"no split of the {len(described)} records of {target} can be made: {why}")
    return Evaluation.of(target, dataset.name, frames, made, seed, level, min_sac_groups, skipped)
