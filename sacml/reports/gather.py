"""From a study to the plain frames that figures, tables and sentences are made of.

Figures as PNG and as HTML are drawn from the same frames, so they show the same numbers.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sacml.domain import ALKALI, METALS, Candidate, Site, Target, element
from sacml.reports.words import SPLITS

if TYPE_CHECKING:
    from sacml.evaluation import Evaluation
    from sacml.workflows.results import StudyResult

RECORD_COLUMNS = (
    "target",
    "record_id",
    "site",
    "metals",
    "alkali",
    "modifier_class",
    "bound",
    "value",
    "material",
    "source_group",
    "is_sac",
)


def records(study: "StudyResult") -> pd.DataFrame:
    """Return the records of a study: columns `RECORD_COLUMNS`, value in the target's unit."""
    rows = [
        (
            r.target,
            r.record_id,
            str(r.site),
            "+".join(r.site.metals),
            r.alkali,
            r.kind.modifier_class,
            r.bound,
            r.value,
            r.material,
            r.source_group,
            r.is_sac,
        )
        for dataset in study.datasets.values()
        for r in dataset.records
    ]
    table = pd.DataFrame(rows, columns=list(RECORD_COLUMNS))
    return table.drop_duplicates(["target", "record_id"], ignore_index=True)


def counts(table: pd.DataFrame, by: str, order: list[str]) -> pd.DataFrame:
    """Count records: a row per value of `by` in the order given, a column per alkali."""
    found = pd.crosstab(table[by], table["alkali"])
    return found.reindex(index=order, columns=list(ALKALI), fill_value=0)


def labels_per_metal(table: pd.DataFrame) -> pd.Series:
    """Number of records whose site holds the metal, for every metal (zero where there is none)."""
    metals = table.loc[table["is_sac"].astype(bool), "metals"].str.split("+").explode()
    return metals.value_counts().reindex(METALS, fill_value=0)


def predicted_per_metal(study: "StudyResult", alkali: str, shell: str = "N4") -> pd.DataFrame:
    """Predicted binding energy of M-N4@graphene for every metal.

    Returns
    -------
    DataFrame
        Index metal; columns value, lower, upper (eV), in_domain. Empty where the study has no
        surrogate of the binding energy.
    """
    surrogate = study.surrogates.get("binding_energy")
    if surrogate is None:
        return pd.DataFrame(columns=["value", "lower", "upper", "in_domain"])
    from sacml.features import CandidateTable

    sites = [Candidate(Site.parse(f"{m}-{shell}@graphene"), alkali) for m in METALS]
    found = surrogate.predict(CandidateTable.from_candidates(sites), level=level(study))
    return pd.DataFrame(
        {
            "value": found.value,
            "lower": found.lower,
            "upper": found.upper,
            "in_domain": found.in_domain,
        },
        index=list(METALS),
    )


def binding_alkalis(study: "StudyResult") -> tuple[str, ...]:
    """Alkali metals to map the predicted binding energy of: those proposed for, else all."""
    if "binding_energy" not in study.surrogates:
        return ()
    return tuple(a for a in ALKALI if a in study.proposals) or ALKALI


def level(study: "StudyResult") -> float:
    """Level of the intervals of a study, 0 to 1."""
    return float(study.config.get("level", 0.9))


def places() -> dict[str, tuple[int, int]]:
    """Column (1 to 18) and row of each element in the periodic table; the f block is row 8."""
    found = {}
    for symbol in (
        "H",
        *ALKALI,
        *METALS,
        "B",
        "C",
        "N",
        "O",
        "F",
        "Si",
        "P",
        "S",
        "Cl",
        "Se",
        "Br",
    ):
        e = element(symbol)
        if e.block == "f" or e.group is None or symbol in ("La", "Ce"):
            found[symbol] = (e.atomic_number - 57 + 3, 8)
        else:
            found[symbol] = (e.group, e.period)
    return found


def split_names(evaluation: "Evaluation") -> tuple[str, ...]:
    """Splits of an evaluation, the grouped ones first."""
    there = list(dict.fromkeys(evaluation.scores["split"]))
    return (*(s for s in SPLITS if s in there), *(s for s in there if s not in SPLITS))


def headline(name: str, study: "StudyResult") -> pd.Series | None:
    """Return the score over held-out sites that stands for a target.

    That of the released model on the split that decides on the release; of the best model where
    the study released none, and of the strictest split where that one was not made.
    """
    from sacml.evaluation.select import primary_split

    evaluation, surrogate = study.evaluations[name], study.surrogates.get(name)
    there = split_names(evaluation)
    split = primary_split(name) if primary_split(name) in there else there[0]
    ranked = scores(evaluation, split)
    if surrogate is not None:
        released = (ranked["model"] == surrogate.model) & (
            ranked["trained_on"] == surrogate.trained_on
        )
        ranked = ranked[released] if released.any() else ranked
    return None if ranked.empty else ranked.iloc[0]


def all_splits(study: "StudyResult") -> tuple[str, ...]:
    """Splits of all evaluations of a study, in the order of `split_names`."""
    there = [s for e in study.evaluations.values() for s in split_names(e)]
    return (*(s for s in SPLITS if s in there), *dict.fromkeys(s for s in there if s not in SPLITS))


def scores(evaluation: "Evaluation", split: str, rows: str = "sac") -> pd.DataFrame:
    """Scores of one split over one kind of held-out rows, the best first."""
    table = evaluation.scores
    chosen = table[(table["split"] == split) & (table["rows"] == rows)]
    return chosen.sort_values("mae", kind="stable", ignore_index=True)


def parity(name: str, study: "StudyResult", split: str) -> pd.DataFrame:
    """Held-out predictions of the best model of a split, joined with what the records are.

    `observed`, `predicted`, `lower` and `upper` are in the target's unit. Empty where nothing was
    scored.
    """
    evaluation = study.evaluations[name]
    ranked = scores(evaluation, split)
    if ranked.empty:
        return evaluation.predictions.iloc[:0]
    best = ranked.iloc[0]
    rows = evaluation.predictions
    keep = np.ones(len(rows), dtype=bool)
    for column in ("model", "trained_on", "split"):
        keep &= (rows[column] == best[column]).to_numpy()
    about = records(study)
    about = about.loc[about["target"] == name, ["record_id", "site", "alkali", "material"]]
    return rows[keep].merge(about, on="record_id", how="left")


def ticks(what: Target, low: float, high: float) -> tuple[list[float], list[str]] | None:
    """Places on the modelling scale and labels in the unit; None for a linear scale."""
    if what.scale == "linear":
        return None
    decades = range(-3, 7)
    plain = [10.0**d for d in decades]
    finer = [m * 10.0**d for d in decades for m in (1, 2, 5)]
    for values in (plain, finer):
        if what.scale == "log10_plus_1":
            values = [0.0, *(v for v in values if v >= 1)]
        at = what.forward(values)
        inside = [(float(p), v) for p, v in zip(at, values, strict=True) if low <= p <= high]
        if len(inside) > 2:
            break
    return [p for p, _ in inside], [_tick(v) for _, v in inside]


def _tick(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:,g}"
