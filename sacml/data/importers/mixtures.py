"""Binding energies of one table that could never be fitted together."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sacml.data.importers.cells import Cells
from sacml.data.importers.headers import Quantity
from sacml.data.importers.rows import Rows
from sacml.data.rules import fit_refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REMEDY = (
    "their differences reach electronvolts. Convert it, move it to a table of its own, or say in a "
    "column not_for_fit why it stays out of fits"
)


@dataclass(frozen=True, slots=True)
class _Energy:
    row: int
    column: str
    """Where its reference state is written."""
    reference: str
    level: str
    pair: tuple[object, object]


def refuse_mixtures(
    cells: Cells, rows: Rows, values: "list[tuple[Quantity, NDArray[np.float64]]]"
) -> None:
    """Note the energies that differ from the others in level of theory or reference state.

    A site and alkali may be given against several references, as long as one of them is given for
    every pair. Energies that are kept out of fits anyway do not count.
    """
    energies = list(_energies(rows, values))
    levels = Counter(e.level for e in energies)
    if len(levels) > 1:
        main, n = levels.most_common(1)[0]
        for e in (e for e in energies if e.level != main):
            cells.refuse(
                np.array([e.row]), "level_of_theory", f"mixed levels of theory: {n} "
                f"energies of this table are of {main!r}, this one is not; {_REMEDY}",
            )  # fmt: skip
    by_pair: dict[tuple[object, object], set[str]] = {}
    for e in energies:
        by_pair.setdefault(e.pair, set()).add(e.reference)
    if not by_pair or set.intersection(*by_pair.values()):
        return
    # sorted, so that a tie does not go by the order of a set
    counts = Counter(r for states in by_pair.values() for r in sorted(states))
    main, n = counts.most_common(1)[0]
    for e in (e for e in energies if main not in by_pair[e.pair]):
        cells.refuse(
            np.array([e.row]), e.column, f"mixed references: {n} pairs of site and alkali of this "
            f"table are given against {main!r}, this one is not; {_REMEDY}",
        )  # fmt: skip


def _energies(rows: Rows, values: "list[tuple[Quantity, NDArray[np.float64]]]") -> "list[_Energy]":
    found = []
    for quantity, numbers in values:
        if quantity.name != "binding_energy":
            continue
        for i in np.flatnonzero(np.isfinite(numbers)):
            reference = quantity.reference or rows.reference[i]
            level = rows.level_of_theory[i]
            reason = rows.texts["not_for_fit"][i] or fit_refusal(
                "binding_energy", reference, rows.fidelity[i], rows.conditions[i], rows.facts[i]
            )
            if reference and level and not reason:  # what is missing was noted already
                column = quantity.column if quantity.reference else "reference"
                pair = (rows.site[i], rows.alkali[i])
                found.append(_Energy(int(i), column, reference, level, pair))
    return found
