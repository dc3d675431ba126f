"""The release rule: which model of a target becomes its surrogate."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.errors import SacmlError
from sacml.models.described import TRAINED_ON
from sacml.models.registry import MODEL_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from sacml.evaluation.protocol import Evaluation

MIN_SAC_GROUPS = 10
"""Held-out groups with a site from which on the figures of sites alone decide."""

_PRIMARY = {"binding_energy": "leave_one_metal_out"}
_ORDER = ("leave_one_source_out", "leave_one_metal_out", "random")


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that wins a split, with the figures that decided.

    Attributes
    ----------
    rows
        Which held-out rows decided, ``"sac"`` or ``"all"``.
    mae, mae_low, mae_high, scale_unit
        Mean absolute error on the modelling scale with its 95 % group bootstrap.
    constant_mae
        The same of the constant fitted on the same rows.
    sentence
        All of it in words.
    """

    target: str
    model: str
    trained_on: str
    split: str
    rows: str
    mae: float
    mae_low: float
    mae_high: float
    scale_unit: str
    constant_mae: float
    sentence: str


def enough_sac(is_sac: Any, groups: Any, least: int) -> bool:
    """Whether at least `least` groups hold a site, so that sites alone may be judged."""
    return len(np.unique(np.asarray(groups)[np.asarray(is_sac, dtype=bool)])) >= least


def primary_split(target: str) -> str:
    """Name of the split that decides on the release of a target."""
    return _PRIMARY.get(target, "leave_one_source_out")


def deciding_split(target: str, made: "Iterable[str]") -> str | None:
    """Name of the split that decides: the primary one, else the strictest that could be made."""
    names = set(made)
    order = (primary_split(target), *_ORDER)
    return next((name for name in order if name in names), None)


def winner(part: "pd.DataFrame", min_sac_groups: int) -> tuple["pd.DataFrame", str, "pd.Series"]:
    """Find the lowest error among the scores of one split.

    Returns
    -------
    ranked, rows, best
        The scores that may be compared, which held-out rows decide (``"sac"`` or ``"all"``), and
        the score that wins.
    """
    sac = part[part["rows"] == "sac"]
    n_sac_groups = int(sac["n_groups"].max()) if len(sac) else 0
    rows = "sac" if n_sac_groups >= min_sac_groups else "all"
    ranked = part[part["rows"] == rows].copy()
    # a model that some folds could not train was judged on fewer rows: not comparable
    ranked = ranked[ranked["n_records"] == ranked["n_records"].max()]
    tied = ranked[ranked["mae"] <= ranked["mae"].min() + 1e-9]
    order = [
        (MODEL_NAMES.index(m), TRAINED_ON.index(t))
        for m, t in zip(tied["model"], tied["trained_on"], strict=True)
    ]
    return ranked, rows, tied.iloc[min(range(len(order)), key=order.__getitem__)]


def choose(evaluation: "Evaluation", split: str | None = None) -> Choice:
    """Apply the release rule.

    The lowest pooled error on the primary split wins (binding energy: leave-one-metal-out; others:
    leave-one-source-out), on held-out sites where at least `Evaluation.min_sac_groups` groups hold
    one, otherwise on all held-out rows. A tie goes to the simpler model. Where the primary split
    cannot be made, the next stricter one is used, and the sentence says so.

    Raises
    ------
    SacmlError
        If the split that was asked for was not evaluated.
    """
    scores, wanted = evaluation.scores, split or primary_split(evaluation.target)
    made = set(scores["split"])
    if wanted in made:
        used, remark = wanted, ""
    elif split is not None:
        raise SacmlError(
            f"split {split!r} of {evaluation.target} was not evaluated"
            + (f": {evaluation.skipped[split]}" if split in evaluation.skipped else "")
            + f"; evaluated are {', '.join(sorted(made))}"
        )
    else:
        used = str(deciding_split(evaluation.target, made))
        why = evaluation.skipped.get(wanted, "it was not asked for")
        remark = f" ({wanted} was not used: {why})"
    ranked, rows, best = winner(scores[scores["split"] == used], evaluation.min_sac_groups)
    same = (ranked["model"] == "constant") & (ranked["trained_on"] == best["trained_on"])
    constant = float(ranked[same]["mae"].iloc[0])
    what = "single-atom sites" if rows == "sac" else "records of all classes"
    taught = "sites alone" if best["trained_on"] == "sac" else "all records"
    against = (
        "it is the featureless baseline"
        if best["model"] == "constant"
        else f"the constant fitted on the same rows has {constant:.3f}; paired difference "
        f"{best['delta_constant']:+.3f} ({best['delta_low']:+.3f} to {best['delta_high']:+.3f})"
        + ("" if best["delta_high"] < 0 else ", so these data do not tell the two apart")
    )
    sentence = (
        f"{evaluation.target}: {best['model']} trained on {taught} has the lowest mean absolute "
        f"error under {used}, {best['mae']:.3f} {best['scale_unit']} (95 % group bootstrap "
        f"{best['mae_low']:.3f} to {best['mae_high']:.3f}) on {best['n_records']} held-out {what} "
        f"in {best['n_groups']} groups; {against}{remark}."
    )
    return Choice(
        target=evaluation.target,
        model=str(best["model"]),
        trained_on=str(best["trained_on"]),
        split=used,
        rows=rows,
        mae=float(best["mae"]),
        mae_low=float(best["mae_low"]),
        mae_high=float(best["mae_high"]),
        scale_unit=str(best["scale_unit"]),
        constant_mae=constant,
        sentence=sentence,
    )
