"""Which interval is best, and does the in-domain flag tell anything? On the bundled records.

    python experiments/intervals.py                       # all targets: two tables, two CSV files
    python experiments/intervals.py --targets cycle_life --models constant extra_trees

Every record is held out with its group (binding energy: metal, otherwise: source). The interval
of a record comes from the residuals of the other held-out groups, so a method sees of the record
no more than a surrogate does. For CV+ and jackknife+ the fold models are fitted anew without the
record's group. A difference in the interval score is paired by record; its interval resamples
groups. The flag is built from the training records of each fold alone.
"""

import argparse
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingRegressor
from threadpoolctl import threadpool_limits

from sacml.data import training_records
from sacml.data.splits import Fold
from sacml.domain import PRIMARY
from sacml.evaluation import make_splits, one_sided_error
from sacml.evaluation.groups import exchangeable_groups
from sacml.evaluation.metrics import GroupBootstrap
from sacml.features import FEATURE_NAMES
from sacml.models.described import Described
from sacml.models.registry import make_model
from sacml.uncertainty import (
    Applicability,
    Calibration,
    CrossConformal,
    QuantileCalibration,
    judge_flag,
)
from sacml.uncertainty.domain import Flag, parts_read

REPO = Path(__file__).parents[1]
LEVEL = 0.9
MODELS = ("constant", "ridge", "extra_trees", "conditions_only", "gaussian_process")
CROSS, MANY_FOLDS = ("constant", "ridge"), 20
"""Models fast enough to be fitted anew per pair of folds (jackknife+: of at most `MANY_FOLDS`)."""
SPLIT = {"binding_energy": "leave_one_metal_out"}
Floats = NDArray[np.float64]
Ends = tuple[Floats, Floats]


@dataclass
class HeldOut:
    """Held-out predictions of one model, and the flags of its folds; NaN where nothing was."""

    name: str
    d: Described
    folds: list[Fold]
    groups: NDArray[np.str_]
    make: Callable[[], Any]
    middle: Floats
    spread: Floats
    domains: list[tuple[Fold, Any]]

    @property
    def rows(self) -> NDArray[np.intp]:
        """Records that were held out."""
        return np.flatnonzero(~np.isnan(self.middle))

    @property
    def has_spread(self) -> bool:
        """Whether the models of all folds gave a spread."""
        return not np.isnan(self.spread[self.rows]).any()


def fit(held_d: Described, make: Callable[[], Any], groups: Any, rows: NDArray[np.intp]) -> Any:
    """Fit on some rows, as an evaluation does."""
    model = make()
    return model.fit(held_d.X[rows], held_d.y[rows], bound=held_d.bound[rows], groups=groups[rows])


def hold_out(target: str, name: str, seed: int) -> HeldOut:
    """Predict every test record by the model that did not see its group."""
    d = Described.of(training_records(target).records, target)
    split_name = SPLIT.get(target, "leave_one_source_out")
    split = make_splits(d, (split_name,), seed)[0][split_name]
    groups = exchangeable_groups(d, split)
    out = HeldOut(name, d, list(split.folds), groups, lambda: make_model(name, seed),
                  np.full(len(d), np.nan), np.full(len(d), np.nan), [])  # fmt: skip
    for fold in out.folds:
        model = fit(d, out.make, groups, fold.train)
        out.middle[fold.test] = d.predict(model)[0][fold.test]
        predictor = model.predictor()
        own = getattr(predictor, "spread", None)
        if own is not None:
            Z = np.ascontiguousarray(d.X[fold.test][:, predictor.columns])
            out.spread[fold.test] = own(Z)
        out.domains.append((fold, predictor))
    return out


def by_group(held: HeldOut, ends: Callable[[Any, Any], Ends]) -> Ends:
    """Ends of every held-out record from ``ends(calibration rows, rows asked)``."""
    rows, low, high = held.rows, np.full(len(held.d), np.nan), np.full(len(held.d), np.nan)
    for group in np.unique(held.groups[rows]):
        here = held.groups[rows] == group
        low[rows[here]], high[rows[here]] = ends(rows[~here], rows[here])
    return low, high


def quantile_pairs(held: HeldOut, seed: int) -> tuple[Floats, Floats]:
    """Held-out 5 and 95 % quantiles of boosted trees."""
    d = held.d
    found = np.full((2, len(d)), np.nan)
    for fold in held.folds:
        for k, share in enumerate(((1 - LEVEL) / 2, (1 + LEVEL) / 2)):
            trees = GradientBoostingRegressor(
                loss="quantile", alpha=share, n_estimators=50, max_depth=2, learning_rate=0.1,
                subsample=0.8, max_features=0.5, random_state=seed,
            ).fit(d.X[fold.train], d.y[fold.train])  # fmt: skip
            found[k, fold.test] = trees.predict(d.X[fold.test])
    return found[0], found[1]


def methods(held: HeldOut, seed: int) -> Iterator[tuple[str, Ends, Ends]]:
    """Name of each method with its pessimistic and its optimistic interval."""
    d, groups, residual = held.d, held.groups, held.d.y - held.middle

    def split(normalise: bool | None, alone: bool, optimistic: bool) -> Ends:
        def ends(others: Any, asked: Any) -> Ends:
            label = others if alone else groups[others]
            c = Calibration.of(residual[others], label, bound=d.bound[others],
                               spread=held.spread[others] if held.has_spread else None,
                               normalise=normalise)  # fmt: skip
            return c.interval(held.middle[asked], LEVEL, held.spread[asked], optimistic=optimistic)

        return by_group(held, ends)

    yield "grouped", *(split(False, False, o) for o in (False, True))
    yield "records (groups ignored)", *(split(False, True, o) for o in (False, True))
    if held.has_spread and held.spread[held.rows].max() > 0:
        yield "grouped, normalised", *(split(True, False, o) for o in (False, True))
        yield "grouped, normalised if it pays", *(split(None, False, o) for o in (False, True))
    for name, n_folds in (("jackknife+, grouped", None), ("CV+ (5 folds), grouped", 5)):
        if held.name not in CROSS or (n_folds is None and len(held.folds) > MANY_FOLDS):
            continue
        found = [tuple(np.full(len(d), np.nan) for _ in range(2)) for _ in range(2)]
        for fold in held.folds:
            train = fold.train
            # rows of no group of their own are always trained on
            tested = train[groups[train] != ""]
            always = train[groups[train] == ""]
            cross = CrossConformal.fit(
                lambda r, tested=tested, always=always: fit(
                    d, held.make, groups, np.concatenate([always, tested[r]])),
                d.X[tested], d.y[tested], groups[tested], bound=d.bound[tested],
                n_folds=n_folds, seed=seed,
            )  # fmt: skip
            for k, optimistic in enumerate((False, True)):
                ends = cross.interval(d.X[fold.test], LEVEL, optimistic=optimistic)
                for end, value in zip(found[k], ends, strict=True):
                    end[fold.test] = value
        yield name, found[0], found[1]
    if held.name != "constant":  # the quantiles have models of their own, once is enough
        return
    low, high = quantile_pairs(held, seed)

    def conformal(optimistic: bool) -> Ends:
        def ends(others: Any, asked: Any) -> Ends:
            c = QuantileCalibration.of(low[others], high[others], d.y[others], groups[others],
                                       bound=d.bound[others])  # fmt: skip
            return c.interval(low[asked], high[asked], LEVEL, optimistic=optimistic)

        return by_group(held, ends)

    yield "CQR (boosted quantiles), grouped", conformal(False), conformal(True)


def interval_score(y: Floats, low: Floats, high: Floats, bound: NDArray[np.str_] | None) -> Floats:
    """Interval score of Gneiting and Raftery, doi:10.1198/016214506000001437, eq. 43.

    With `bound`, a value that the bound allows to lie inside costs the width alone.
    """
    below, above = np.maximum(low - y, 0), np.maximum(y - high, 0)
    if bound is not None:
        below = np.where(bound == "lower", 0.0, below)
        above = np.where(bound == "upper", 0.0, above)
    return high - low + 2 / (1 - LEVEL) * (below + above)


def compare(held: HeldOut, seed: int) -> list[dict[str, Any]]:
    """One row per method."""
    d, rows = held.d, held.rows
    y, bound, groups = d.y[rows], d.bound[rows], held.groups[rows]
    draws = GroupBootstrap.of(groups, seed)
    out, base = [], None
    found = list(methods(held, seed))
    for name, pessimistic, optimistic in found:
        (low, high), (low_o, high_o) = ([e[rows] for e in ends] for ends in
                                        (pessimistic, optimistic))  # fmt: skip
        score = interval_score(y, low, high, None)
        covered = (low <= y) & (y <= high)
        at_least = np.where(bound == "lower", True, low_o <= y)
        kept = at_least & np.where(bound == "upper", True, y <= high_o)
        base = score if name == "grouped" else base
        row = {
            "model": "boosted quantiles" if name.startswith("CQR") else held.name,
            "method": name,
            "n": len(rows),
            "groups": draws.n_groups,
            "infinite": int(np.isinf(high - low).sum()),
            "coverage": covered.mean(),
            "coverage_low": draws.interval(covered.astype(float))[0],
            "coverage_high": draws.interval(covered.astype(float))[1],
            "group_coverage": pd.Series(covered).groupby(groups).mean().mean(),
            "mean_width": (high - low).mean(),
            "interval_score": score.mean(),
            "optimistic_coverage": kept.mean(),
            "optimistic_width": (high_o - low_o).mean(),
            "optimistic_score": interval_score(y, low_o, high_o, bound).mean(),
        }
        if base is not None and name != "grouped" and np.isfinite(score).all():
            row["score_minus_grouped"] = (score - base).mean()
            row["minus_low"], row["minus_high"] = draws.interval(score - base)
        out.append(row)
    return out


def applicability(held: HeldOut, seed: int) -> list[dict[str, Any]]:
    """The flag of each fold: names alone, then with what is measured."""
    d, rows = held.d, held.rows
    names, measured = (np.zeros(len(d), dtype=np.uint32) for _ in range(2))
    masks = np.zeros((2, len(d)), dtype=np.uint32)
    for fold, predictor in held.domains:
        read = parts_read([FEATURE_NAMES[i] for i in predictor.columns])
        table = d.table.take(fold.train)
        plain = Applicability.of(table, read)
        # a metal was simply unseen before it was measured how near it lies
        bare = Applicability.from_dict({k: v for k, v in plain.to_dict().items() if k != "limits"})
        full = Applicability.of(
            table, read, X=d.X[fold.train], columns=predictor.columns,
            groups=held.groups[fold.train],
            spread=held.spread[fold.train] if held.has_spread else None,
        )  # fmt: skip
        asked = d.table.take(fold.test)
        spread = held.spread[fold.test] if held.has_spread else None
        names[fold.test] = bare.flags(asked)
        measured[fold.test] = full.flags(asked, spread)
        masks[0, fold.test], masks[1, fold.test] = int(bare.breaking), int(full.breaking)
    error = one_sided_error(d.y[rows], held.middle[rows], d.bound[rows])
    out = []
    for rule, bits, mask in (
        ("names", names, masks[0]),
        ("names and measured", measured, masks[1]),
    ):
        broken = (bits & mask)[rows]
        verdict = judge_flag(error, broken == 0, held.groups[rows], seed)
        by_flag = {
            f.name: int(((broken & int(f)) > 0).sum()) for f in Flag if (broken & int(f)).any()
        }
        out.append({
            "rules": rule, "n": verdict.n, "groups": verdict.n_groups,
            "share_inside": verdict.share_inside, "error_inside": verdict.error_inside,
            "error_outside": verdict.error_outside, "ratio": verdict.ratio,
            "ratio_low": verdict.ratio_low, "ratio_high": verdict.ratio_high,
            "informative": verdict.informative,
            "broken_by": " ".join(f"{k}:{v}" for k, v in by_flag.items() if v),
            "verdict": verdict.words,
        })  # fmt: skip
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="*", default=PRIMARY, choices=PRIMARY)
    parser.add_argument("--models", nargs="*", default=MODELS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=REPO / "experiments" / "results")
    arguments = parser.parse_args()
    intervals, flags = [], []
    for target in arguments.targets:
        for model in arguments.models:
            with threadpool_limits(limits=1), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a fold without a varying column
                held = hold_out(target, model, arguments.seed)
                about = {"target": target, "model": model}
                intervals += [{"target": target} | row for row in compare(held, arguments.seed)]
                flags += [about | row for row in applicability(held, arguments.seed)]
            print(f"{target} {model} done", flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("intervals", intervals), ("applicability", flags)):
        table = pd.DataFrame(rows)
        table.to_csv(arguments.out / f"{name}.csv", index=False, float_format="%.4f")
        with pd.option_context("display.width", 250, "display.max_columns", 99,
                               "display.max_rows", 999, "display.max_colwidth", 60,
                               "display.float_format", "{:.3f}".format):  # fmt: skip
            print(f"\n== {name}")
            print(table.drop(columns="verdict", errors="ignore").to_string(index=False))


if __name__ == "__main__":
    main()
