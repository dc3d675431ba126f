"""Score a table with a predictor, every distinct row once."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sacml.features import FEATURE_NAMES, describe
from sacml.models.predictors import Predictor
from sacml.models.rows import combine, distinct
from sacml.uncertainty.limits import Limits

if TYPE_CHECKING:
    from sacml.features import CandidateTable

_CONDITIONS = ("current_density_mA_cm2", "areal_capacity_mAh_cm2", "temperature_C",
               "electrolyte_index", "cell_index", "role_index")  # fmt: skip
_SITE = ("centre_index", "shell_index", "host_index")
_DEPENDS = {
    "metal_": ("centre_index",),
    "shell_": (*_SITE, "surrounding_index"),
    "host_": _SITE,
    "alkali_": ("alkali_index",),
    "cond_": _CONDITIONS,
    "mod_": ("modifier_index",),
    "pair_": (*_SITE, "modifier_index", "alkali_index"),
}
"""Start of a feature's name -> columns of the table it is computed from (held by a test)."""


def components(feature_names: list[str]) -> tuple[str, ...]:
    """Name the columns of a `CandidateTable` that these features are computed from."""
    found = (c for n in feature_names for k, cs in _DEPENDS.items() if n.startswith(k) for c in cs)
    return tuple(dict.fromkeys(found))


def score(predictor: Predictor, table: "CandidateTable") -> NDArray[np.float64]:
    """Predict every row (n,) of a table of known shells, on the modelling scale."""
    return score_rows(predictor, table)[0]


def score_rows(
    predictor: Predictor,
    table: "CandidateTable",
    limits: Limits | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, NDArray[np.uint32]]:
    """Predict every row (n,) of a table of known shells, with spread and bits.

    Rows that agree in the components the predictor reads are described once, and rows that agree
    in the columns it reads are predicted and judged once.

    Parameters
    ----------
    limits
        Limits of the applicability domain; they are about columns that the predictor reads.

    Returns
    -------
    values, spread, bits
        On the modelling scale; the spread is None where the predictor has none.
    """
    n, own = len(table), getattr(predictor, "spread", None)
    if getattr(predictor, "reads_candidates", False):
        return _score_candidates(predictor, table, limits)
    if not n:
        return np.empty(0), None if own is None else np.empty(0), np.empty(0, dtype=np.uint32)
    parts = components([FEATURE_NAMES[i] for i in predictor.columns])
    key = combine([getattr(table, part) for part in parts], n)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    some = table if len(first) > n // 2 else table.take(first)
    read = np.take(describe(some), predictor.columns, axis=1)
    once, again = distinct(read)
    to_row, asked = again if some is table else again[inverse.reshape(-1)], read[once]
    bits = np.zeros(n, dtype=np.uint32)
    if limits is not None and limits.space is not None:
        kept = np.isin(predictor.columns, limits.space.columns)
        bits = limits.bits(asked if kept.all() else asked[:, kept])[to_row]
    if own is None:
        return predictor.predict(asked)[to_row], None, bits
    both = getattr(predictor, "predict_with_spread", None)  # where one pass gives both
    values, spread = both(asked) if both else (predictor.predict(asked), own(asked))
    return values[to_row], spread[to_row], bits


def _score_candidates(
    predictor: Any, table: "CandidateTable", limits: Limits | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint32]]:
    """Predict rows of a predictor that reads candidates; those equal in all it reads once."""
    n = len(table)
    if not n:
        return np.empty(0), np.empty(0), np.empty(0, dtype=np.uint32)
    parts = components([FEATURE_NAMES[i] for i in predictor.columns])
    key = combine([getattr(table, part) for part in parts], n)
    _, first, to_row = np.unique(key, return_index=True, return_inverse=True)
    some, to_row = table.take(first), to_row.reshape(-1)
    bits = np.zeros(n, dtype=np.uint32)
    if limits is not None and limits.space is not None:
        bits = limits.bits(np.take(describe(some), limits.space.columns, axis=1))[to_row]
    values, spread = predictor.predict_with_spread(some)
    return values[to_row], spread[to_row], bits
