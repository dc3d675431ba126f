"""Inputs of a graph as a whole: alkali, conditions and level of theory, as named numbers."""

from collections.abc import Sequence

import numpy as np

from sacml.domain import Candidate
from sacml.domain.conditions import WORDS
from sacml.domain.elements import ALKALI, element
from sacml.errors import unknown
from sacml.structures.graphs_elements import PROPERTIES, element_table

UNSTATED = "unstated"
_NUMBERS = {
    "log10_current_density_mA_cm2": "current_density_mA_cm2",
    "log10_areal_capacity_mAh_cm2": "areal_capacity_mAh_cm2",
}


def graph_inputs(
    candidate: Candidate, level: str | None = None, levels: Sequence[str] = ()
) -> dict[str, float]:
    """Describe what a structure does not show.

    Parameters
    ----------
    candidate
        Its alkali (one-hot, and the element descriptors of a node) and its conditions: log10 of
        current density and capacity, the temperature in degrees Celsius, each with a mask that is
        0 where it is not stated; electrolyte, cell and role one-hot, ``unstated`` being a state of
        its own.
    level
        Level of theory of the label, or None where there is none (an experiment).
    levels
        All levels that the graphs may have; one-hot. None is all zeros.

    Returns
    -------
    dict
        Name -> value; names and order depend on `levels` alone.
    """
    if level is not None and levels and level not in levels:
        raise unknown("level of theory", level, levels)
    found = {f"alkali_is_{a}": float(candidate.alkali == a) for a in ALKALI}
    values, known = element_table()
    z = element(candidate.alkali).atomic_number
    for k, name in enumerate(PROPERTIES):
        # a property that any alkali lacks tells them apart by the gap alone
        if all(known[element(a).atomic_number, k] for a in ALKALI):
            found[f"alkali_{name}"] = float(values[z, k])
    given = candidate.conditions
    for name, column in _NUMBERS.items():
        value = getattr(given, column)
        found[name] = 0.0 if value is None else float(np.log10(value))
        found[f"{column}_known"] = float(value is not None)
    found["temperature_C"] = given.temperature_C or 0.0
    found["temperature_C_known"] = float(given.temperature_C is not None)
    for name, words in WORDS.items():
        word = getattr(given, name)
        for other in (*words, UNSTATED):
            found[f"{name}_is_{other}"] = float((word or UNSTATED) == other)
    for other in levels:
        found[f"level_is_{other}"] = float(level == other)
    return found
