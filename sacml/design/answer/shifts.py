"""How a list changes when the window of the binding energy is moved."""

from collections.abc import Sequence

from sacml.design.answer.findings import WindowShift
from sacml.design.objectives.objective import Objective

SHIFTS_EV = (-0.3, 0.3)
"""Added to both ends of the window, eV."""


def shifted(objectives: Sequence[Objective], counts: Sequence[bool]) -> tuple[Objective, ...]:
    """Return the window of the binding energy moved by each of `SHIFTS_EV`.

    Empty where no such window is among the objectives that count.
    """
    for objective, counted in zip(objectives, counts, strict=True):
        if (objective.quantity, objective.direction) == ("binding_energy", "window") and counted:
            return tuple(
                objective.replace(low=objective.low + x, high=objective.high + x) for x in SHIFTS_EV
            )
    return ()


def compare(
    moved: Sequence[Objective], listed: Sequence[str], others: Sequence[Sequence[str]]
) -> tuple[WindowShift, ...]:
    """Compare the list with those under each moved window; candidates as text, best first."""
    found = []
    for shift, objective, other in zip(SHIFTS_EV, moved, others, strict=bool(moved)):
        found.append(
            WindowShift(
                shift=shift,
                objective=objective.name,
                unit=objective.unit or "",
                kept=len(set(listed) & set(other)),
                entered=tuple(c for c in other if c not in listed),
                left=tuple(c for c in listed if c not in other),
            )
        )
    return tuple(found)
