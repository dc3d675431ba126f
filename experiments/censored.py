"""Models that know bounds, for cycle life with whole sources held out: which one is worth keeping?

Two readings of the records. `stated`: `reported` is exact, `lower` and `upper` are bounds.
`failures`: only a stated end of life is exact, every other value but an upper bound is a lower
bound. Each model is fitted under a reading and judged under the same; a model without a spread gets
one standard deviation for all rows, from the residuals of the other sources. `gained` is the
log likelihood per record above the constant's, with its 95 % paired bootstrap over sources and the
sign-flip p-value corrected over the table (Holm).
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from held_out import N_FOLDS, Variant, hold_out, source_folds
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from sacml.data import training_records
from sacml.errors import SacmlError
from sacml.evaluation.metrics import GroupBootstrap, one_sided_error
from sacml.evaluation.metrics_bounds import concordance, log_density
from sacml.evaluation.significance import flip_test, holm
from sacml.features import FEATURE_NAMES
from sacml.models import make_model
from sacml.models.described import Described
from sacml.models.gaussian_process import GaussianProcess
from sacml.models.processes import BY_PART, blocks_of

TARGET = "cycle_life"
READ = [i for i, n in enumerate(FEATURE_NAMES) if n.startswith(("cond_", "alkali_is", "mod_"))]


class Aft(RegressorMixin, BaseEstimator):
    """Accelerated failure time trees of XGBoost (``survival:aft``, normal errors)."""

    def fit(self, X: Any, y: Any, bound: Any = None, groups: Any = None) -> "Aft":
        """Fit the log of lives between their bounds."""
        import xgboost

        life = 10.0 ** np.asarray(y)
        word = np.asarray(bound)
        data = xgboost.DMatrix(np.asarray(X)[:, READ])
        data.set_float_info("label_lower_bound", np.where(word == "upper", 0.0, life))
        data.set_float_info("label_upper_bound", np.where(word == "lower", np.inf, life))
        settings = {"objective": "survival:aft", "aft_loss_distribution": "normal",
                    "aft_loss_distribution_scale": 1.0, "eta": 0.05, "max_depth": 2, "nthread": 1,
                    "base_score": float(np.median(life)), "seed": 0, "verbosity": 0}  # fmt: skip
        self.booster_ = xgboost.train(settings, data, num_boost_round=100)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict log10 of lives in hours."""
        import xgboost

        found = self.booster_.predict(xgboost.DMatrix(np.asarray(X)[:, READ]))
        return np.log10(np.asarray(found, dtype=np.float64))


class SurvivalForest(RegressorMixin, BaseEstimator):
    """Random survival forest of scikit-survival; upper bounds, which it cannot take, are exact."""

    def fit(self, X: Any, y: Any, bound: Any = None, groups: Any = None) -> "SurvivalForest":
        """Fit survival curves over log10 of lives in hours."""
        from sksurv.ensemble import RandomSurvivalForest
        from sksurv.util import Surv

        ended = np.asarray(bound) != "lower"
        forest = RandomSurvivalForest(n_estimators=50, min_samples_leaf=6, random_state=0, n_jobs=1)
        self.forest_ = forest.fit(np.asarray(X)[:, READ], Surv.from_arrays(ended, np.asarray(y)))
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the median of each curve, or its end where it never falls to one half."""
        curves = self.forest_.predict_survival_function(np.asarray(X)[:, READ], return_array=True)
        times = self.forest_.unique_times_
        below = curves <= 0.5
        median = np.where(below.any(axis=1), below.argmax(axis=1), len(times) - 1)
        return times[median]


def models(seed: int) -> dict[str, Callable[[], Any]]:
    names = list(FEATURE_NAMES)
    found: dict[str, Callable[[], Any]] = {
        name: partial(make_model, name, seed)
        for name in ("constant", "conditions_only", "ridge", "mixed_linear", "censored_linear")
    }
    found["censored process by part"] = lambda: GaussianProcess(
        blocks_of(names, BY_PART), censored=True
    )
    for name, module, make in (
        ("XGBoost AFT", "xgboost", Aft), ("survival forest", "sksurv", SurvivalForest),
    ):  # fmt: skip
        try:
            __import__(module)
        except ImportError:
            print(f"{name} left out: {module} is not installed", file=sys.stderr)
        else:
            found[name] = make
    return found


def readings(bound: NDArray[np.str_]) -> dict[str, NDArray[np.str_]]:
    kept = np.isin(bound, ("failure", "upper"))
    return {"stated": bound, "failures": np.where(kept, bound, "lower")}


def scale_of(residual: NDArray[np.float64], groups: NDArray[np.str_]) -> NDArray[np.float64]:
    """Root mean square residual of the other groups (n,)."""
    return np.array([np.sqrt(np.mean(residual[groups != g] ** 2)) for g in groups])


def judge(
    d: Described, bound: NDArray[np.str_], groups: NDArray[np.str_], middle: Any, density: Any,
    against: Any, seed: int,
) -> dict[str, float]:  # fmt: skip
    error = one_sided_error(d.y, middle, bound)
    exact = np.isin(bound, ("failure", "reported"))
    gained = density - against
    low, high = GroupBootstrap.of(groups, seed).interval(gained)
    c, pairs = concordance(d.y, bound, middle)
    return {
        "n": len(d), "n_bounds": int((~exact).sum()), "log_likelihood": density.mean(),
        "gained": gained.mean(), "low": low, "high": high,
        "p": flip_test(gained, groups, seed) if gained.any() else np.nan,
        "concordance": c, "pairs": pairs,
        "one_sided_mae": error.mean(), "mae_of_exact": error[exact].mean(),
        "mae_of_sites": error[d.is_sac].mean(), "median_life_h": 10 ** np.median(middle),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="experiments/results/censored.csv")
    parser.add_argument("--folds", type=int, default=N_FOLDS, help="folds of whole sources")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    d = Described.of(training_records(TARGET).records, TARGET)
    folds, groups = source_folds(d, arguments.folds)
    rows = []
    for reading, bound in readings(d.bound).items():
        against = None
        for name, make in models(arguments.seed).items():
            middle, spread = hold_out(d, folds, groups, Variant("", name, make, name), bound)
            if not np.isfinite(spread).all():
                spread = scale_of(d.y - middle, groups)
            density = log_density(d.y, bound, middle, spread)
            against = density if against is None else against
            found = judge(d, bound, groups, middle, density, against, arguments.seed)
            rows.append({"reading": reading, "model": name, **found})
            print(f"{reading}: {name}", file=sys.stderr, flush=True)
    table = pd.DataFrame(rows)
    table["p"] = holm(table["p"])
    table = table.rename(columns={"p": "p_holm"}).round(4)
    Path(arguments.out).parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(arguments.out, index=False)
    print(table.to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"censored: {error}")
