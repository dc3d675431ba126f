"""Descriptors of the test conditions. What is not stated is a state of its own."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sacml.domain.conditions import CELLS, ELECTROLYTES, ROLES
from sacml.features.feature import Block, Feature, one_hots

if TYPE_CHECKING:
    from sacml.features.table import CandidateTable

UNSTATED = "unstated"
_COND = "candidate: conditions"


def _numbers(name: str, unit: str, words: str, source: str, mask: str) -> tuple[Feature, Feature]:
    return (
        Feature(name, unit, "conditions", "value", f"{words}; known where {mask}", source),
        Feature(mask, "1", "conditions", "mask", f"1 where {words} is stated", _COND),
    )


NUMBERS = (
    *_numbers("cond_log10_current_density_mA_cm2", "log10(mA cm-2)",
              "log10 of the current density", _COND, "cond_current_density_known"),
    *_numbers("cond_log10_areal_capacity_mAh_cm2", "log10(mAh cm-2)",
              "log10 of the areal capacity per half cycle", _COND, "cond_areal_capacity_known"),
    *_numbers("cond_log10_plating_time_h", "log10(h)", "log10 of the time of one plating step",
              "formula: log10(q / j)", "cond_plating_time_known"),
    *_numbers("cond_temperature_C", "degC", "the temperature", _COND, "cond_temperature_known"),
)  # fmt: skip
"""Computed row by row, in this order."""

WORDS = (
    *one_hots("cond_electrolyte", (*ELECTROLYTES, UNSTATED), "conditions",
              "the class of electrolyte", _COND),
    *one_hots("cond_cell", (*CELLS, UNSTATED), "conditions", "the type of cell", _COND),
    *one_hots("cond_role", (*ROLES, UNSTATED), "conditions", "the role of the material", _COND),
)  # fmt: skip
FEATURES = (*NUMBERS, *WORDS)


def fill_numbers(table: "CandidateTable", rows: slice, out: NDArray[np.float32]) -> None:
    """Write the columns of `NUMBERS` for some rows into ``out`` (len(rows), 8).

    `table` holds NaN where a condition is not stated; the value is then 0 and its mask 0.
    """
    log_j = np.log10(table.current_density_mA_cm2[rows])
    log_q = np.log10(table.areal_capacity_mAh_cm2[rows])
    for i, value in enumerate((log_j, log_q, log_q - log_j, table.temperature_C[rows])):
        known = np.isfinite(value)
        out[:, 2 * i] = np.where(known, value, 0.0)
        out[:, 2 * i + 1] = known


def _word_row(component: tuple[int, int, int]) -> dict[str, float]:
    row = {}
    for name, words, index in zip(
        ("electrolyte", "cell", "role"), (ELECTROLYTES, CELLS, ROLES), component, strict=True
    ):
        row[f"cond_{name}_{words[index] if index >= 0 else UNSTATED}"] = 1.0
    return row


WORD_BLOCK = Block(WORDS, _word_row)
"""Component: indices into `ELECTROLYTES`, `CELLS` and `ROLES`, -1 where not stated."""
