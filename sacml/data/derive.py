"""Values that follow from others of the same row; each record made here is marked as derived."""

from collections.abc import Sequence
from dataclasses import replace

from sacml.data.records import Record
from sacml.domain import Conditions


def hours_from_cycles(cycles: str | float | None, conditions: Conditions) -> float | None:
    """Return t = 2 N Q / j in hours, or None where cycles, capacity or current is not stated."""
    j, q = conditions.current_density_mA_cm2, conditions.areal_capacity_mAh_cm2
    if not cycles or j is None or q is None:
        return None
    return 2.0 * float(cycles) * q / j


def cumulative_capacity(hours: float, conditions: Conditions) -> float | None:
    """Return the charge plated in all half cycles together, j t / 2, in mAh cm-2.

    None where the current is not stated, or in a full cell, which rests and charges at other rates.
    """
    j = conditions.current_density_mA_cm2
    if j is None or conditions.cell == "full":
        return None
    return j * hours / 2.0


def complete(records: Sequence[Record]) -> tuple[Record, ...]:
    """Add the cumulative capacity beside every life whose current is stated.

    Rows that hold one already keep theirs.
    """
    held = {r.row_id for r in records if r.target == "cumulative_capacity"}
    out: list[Record] = []
    for r in records:
        out.append(r)
        if r.target == "cycle_life" and r.row_id not in held:
            charge = cumulative_capacity(r.value, r.conditions)
            if charge is not None:
                out.append(
                    replace(
                        r, record_id=f"{r.row_id}/cumulative_capacity",
                        target="cumulative_capacity", value=charge, derived=True,
                    )
                )  # fmt: skip
    return tuple(out)
