"""Scores of an evaluation, each beside the constant that was fitted on the same rows."""

from typing import Any

import pandas as pd

from sacml.domain import Target
from sacml.evaluation.metrics import GroupBootstrap
from sacml.evaluation.metrics_bounds import concordance

SCALE_UNITS = {"linear": "{unit}", "log10": "log10({unit})", "log10_plus_1": "log10({unit} + 1)"}


def scale_unit(target: Target) -> str:
    """Unit of errors on the modelling scale."""
    return SCALE_UNITS[target.scale].format(unit=target.unit)


def score_table(predictions: pd.DataFrame, target: Target, seed: int) -> pd.DataFrame:
    """Pool held-out predictions into scores.

    Returns
    -------
    DataFrame
        model, trained_on, split, rows (``"sac"``: held-out sites alone, ``"all"``: every held-out
        row), n_records, n_groups, n_bounds; mae with its 95 % group bootstrap mae_low to mae_high
        and its scale_unit; coverage (share of records, a bound counted as the value),
        coverage_optimistic (a bound counted as any value it allows) and group_coverage (mean over
        groups, what the interval promises), mean_width, interval_score, log_density (mean censored
        log likelihood), concordance; delta_constant (mae minus that of the constant) with
        delta_low to delta_high, a paired group bootstrap. Intervals are NaN with one group.
    """
    rows: list[dict[str, Any]] = []
    for (split, which), part in predictions.groupby(["split", "trained_on"], sort=False):
        for judged in ("sac", "all"):
            chosen = part[part["is_sac"]] if judged == "sac" else part
            if not len(chosen):
                continue
            by_model = {m: p.set_index("record_id") for m, p in chosen.groupby("model", sort=False)}
            constant = by_model["constant"]
            whole = GroupBootstrap.of(constant["group"].to_numpy(dtype=str), seed)
            for model, table in by_model.items():
                # in the constant's order, so that errors are paired record by record; a model
                # that cannot read some rows is paired on the others
                base = constant[constant.index.isin(table.index)]
                table = table.loc[base.index]
                bootstrap = whole
                if len(base) < len(constant):
                    bootstrap = GroupBootstrap.of(base["group"].to_numpy(dtype=str), seed)
                error = table["error"].to_numpy()
                delta = error - base["error"].to_numpy()
                low, high = bootstrap.interval(error)
                delta_low, delta_high = bootstrap.interval(delta)
                rows.append(
                    {
                        "model": model,
                        "trained_on": which,
                        "split": split,
                        "rows": judged,
                        "n_records": len(table),
                        "n_groups": bootstrap.n_groups,
                        "n_bounds": int(table["bound"].isin(("lower", "upper")).sum()),
                        "mae": float(error.mean()),
                        "mae_low": low,
                        "mae_high": high,
                        "scale_unit": scale_unit(target),
                        "coverage": float(table["covered"].mean()),
                        "coverage_optimistic": float(table["covered_optimistic"].mean()),
                        "group_coverage": float(table.groupby("group")["covered"].mean().mean()),
                        "mean_width": float(table["width"].mean()),
                        "interval_score": float(table["interval_score"].mean()),
                        "log_density": float(table["log_density"].mean(skipna=False)),
                        "concordance": _concordance(table),
                        "delta_constant": float(delta.mean()),
                        "delta_low": delta_low,
                        "delta_high": delta_high,
                    }
                )
    return pd.DataFrame(rows)


def _concordance(table: pd.DataFrame) -> float:
    observed = (table["middle"] + table["residual"]).to_numpy()
    return concordance(observed, table["bound"].to_numpy(), table["middle"].to_numpy())[0]
