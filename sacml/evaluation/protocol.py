"""The evaluation: models x training rows x splits, every fitted step inside its fold."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sacml.data.splits import Fold, Split
from sacml.domain import target as find_target
from sacml.errors import SacmlError
from sacml.evaluation.groups import exchangeable_groups, make_splits
from sacml.evaluation.held_out import HeldOut
from sacml.evaluation.scores import score_table
from sacml.evaluation.select import MIN_SAC_GROUPS, Choice, choose, enough_sac
from sacml.models.described import TRAINED_ON, Described
from sacml.models.registry import MODEL_NAMES, make_model
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


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What an evaluation found.

    Attributes
    ----------
    target, dataset, seed, level
        What was evaluated, and with which settings.
    predictions
        One row per model, training rows, split and held-out record: model, trained_on, split,
        fold, group, record_id, is_sac, bound; observed, predicted, lower, upper in the unit of the
        target; error (one-sided), residual (observed minus predicted, a bound taken as the
        demonstrated value) and width of the interval on the modelling scale; covered.
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

    def best(self, split: str | None = None) -> Choice:
        """Return the model that wins a split (default: the one that decides on the release)."""
        return choose(self, split)

    def calibration(self, model: str, trained_on: str, split: str) -> Calibration:
        """Held-out residuals of a model, by group: of sites where enough groups hold one."""
        p = self.predictions
        rows = p[(p["model"] == model) & (p["trained_on"] == trained_on) & (p["split"] == split)]
        if enough_sac(rows["is_sac"], rows["group"], self.min_sac_groups):
            rows = rows[rows["is_sac"]]
        return Calibration.of(rows["residual"].to_numpy(), rows["group"].to_numpy(dtype=str))


def evaluate(
    dataset: "Dataset",
    target: str,
    models: Sequence[str] = MODEL_NAMES,
    splits: Sequence[str] = ("leave_one_metal_out", "leave_one_source_out", "random"),
    seed: int = 0,
    on_fold: Callable[[FoldDone], None] | None = None,
    *,
    trained_on: Sequence[str] = TRAINED_ON,
    level: float = 0.9,
    min_sac_groups: int = MIN_SAC_GROUPS,
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
    trained_on
        ``"sac"``: fit on single- and dual-atom sites alone; ``"all"``: on every record. Both are
        tested on the same rows.
    level
        Probability of the intervals whose coverage is reported.

    Notes
    -----
    The interval of a held-out row comes from the residuals of the *other* held-out groups of the
    same model and split (in the random split every record is a group of its own), by the rule of
    the surrogate: a site's from sites alone where at least `min_sac_groups` groups hold one. The
    models that gave those residuals were fitted with the row's group among their training rows, as
    in a cross-conformal interval, so coverage is estimated, not guaranteed.
    A bound counts as the demonstrated value for residuals and coverage (a pessimistic coverage);
    only `error` is one-sided.
    """
    if "constant" not in models:
        raise SacmlError("'constant' must be among the models: every score stands beside it")
    described = Described.of(tuple(dataset.records), target)
    made, skipped = make_splits(described, splits, seed)
    masks = {which: described.trained_on(which) for which in trained_on}
    frames, done = [], 0
    total = len(models) * len(masks) * sum(len(split) for split in made.values())
    for split in made.values():
        groups = exchangeable_groups(described, split)
        for which, mask in masks.items():
            kept, without = _trainable(split, mask)
            if without:
                skipped[f"{split.name}, trained on {which}"] = (
                    f"{len(without)} of {len(split)} folds have no row to train on: "
                    + ", ".join(without)
                )
                done += len(without) * len(models)
            if not kept:
                continue
            for model in models:
                out = HeldOut(described, split.name, groups)
                for fold, found in _fit(described, model, seed, kept, mask):
                    done += 1
                    out.add(fold, found)
                    if on_fold is not None:
                        mae = float(out.errors(fold.test, found[0]).mean())
                        on_fold(FoldDone(target, model, which, split.name, fold.group, mae,
                                         len(fold.test), done, total))  # fmt: skip
                frames.append(out.frame(model, which, level, min_sac_groups))
    if not frames:
        why = "; ".join(skipped.values())
        raise SacmlError(f"no split of the {len(described)} records of {target} can be made: {why}")
    predictions = pd.concat(frames, ignore_index=True)
    return Evaluation(
        target=target,
        dataset=dataset.name,
        predictions=predictions,
        scores=score_table(predictions, find_target(target), seed),
        splits=made,
        seed=seed,
        level=level,
        min_sac_groups=min_sac_groups,
        skipped=skipped,
    )


def _trainable(split: Split, mask: NDArray[np.bool_]) -> tuple[list[Fold], list[str]]:
    kept = [fold for fold in split.folds if mask[fold.train].any()]
    return kept, [fold.group for fold in split.folds if not mask[fold.train].any()]


def _fit(
    described: Described, model: str, seed: int, folds: list[Fold], mask: NDArray[np.bool_]
) -> Iterator[tuple[Fold, tuple[NDArray[np.float64], ...]]]:
    """Fit per fold; folds whose training rows are the same share one fit."""
    fitted: dict[bytes, tuple[NDArray[np.float64], ...]] = {}
    for fold in folds:
        train = fold.train[mask[fold.train]]
        key = train.tobytes()
        if key not in fitted:
            # matrices this small are only slowed down by threads, most of all on a busy machine
            with threadpool_limits(limits=1, user_api="blas"):
                estimator = make_model(model, seed)
                estimator.fit(described.X[train], described.y[train], bound=described.bound[train])
                fitted[key] = described.predict(estimator)
        yield fold, tuple(values[fold.test] for values in fitted[key])
