"""Matched controls: the same paper, alkali, cell and conditions without the modifier."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from sacml.data.records import Record


@dataclass(frozen=True, slots=True)
class Difference:
    """A value minus that of its control, in the unit of the target.

    `bound` is what the bounds of both leave: a value known as at least this much minus one known
    exactly is at least the difference; two lower bounds leave it `undetermined`.
    """

    record_id: str
    control_record_id: str
    target: str
    unit: str
    value: float
    control_value: float
    difference: float
    bound: str
    site: str
    control_site: str
    alkali: str
    source_group: str
    control_kind: str
    note: str


def _key(record: Record) -> tuple[object, ...]:
    c = record.conditions
    return (
        record.source_group, record.alkali, record.target, record.reference,
        record.level_of_theory, record.fidelity, c.cell, c.current_density_mA_cm2,
        c.areal_capacity_mAh_cm2, c.temperature_C, c.electrolyte, record.fact("adsorption_place"),
        record.fact("c_rate_1_h"), record.fact("series"),
    )  # fmt: skip


def matched(records: Iterable[Record]) -> tuple[tuple[Record, Record], ...]:
    """Pair every record with each control of the same source group, alkali, cell and conditions.

    The class of the electrolyte must agree, its additives need not: they may be the modifier.
    What both do not state agrees. Records without a source group have no control.
    """
    rows = [r for r in records if r.source_group]
    controls: dict[tuple[object, ...], list[Record]] = {}
    for r in rows:
        if r.is_control:
            controls.setdefault(_key(r), []).append(r)
    return tuple((r, c) for r in rows if not r.is_control for c in controls.get(_key(r), ()))


def match_rows(records: Sequence[Record]) -> dict[str, tuple[str, ...]]:
    """Return row id -> row ids of its controls."""
    found: dict[str, dict[str, None]] = {}
    for record, control in matched(records):
        found.setdefault(record.row_id, {})[control.row_id] = None
    return {row: tuple(controls) for row, controls in found.items()}


_SIGNS = {"lower": {"lower"}, "upper": {"upper"}, "failure": set(), "reported": set()}
_TURNED = {"lower": {"upper"}, "upper": {"lower"}, "failure": set(), "reported": set()}


def _bound(value: str, control: str) -> str:
    known = _SIGNS[value] | _TURNED[control]
    if not known:
        return "reported"
    return known.pop() if len(known) == 1 else "undetermined"


def _note(record: Record, control: Record) -> str:
    mine, its = record.fact("cycles"), control.fact("cycles")
    return f"after {mine or 'unstated'} and {its or 'unstated'} cycles" if mine != its else ""


def differences(records: Iterable[Record]) -> tuple[Difference, ...]:
    """Subtract the control from every record that has one."""
    return tuple(
        Difference(
            r.record_id, c.record_id, r.target, r.unit, r.value, c.value,
            round(r.value - c.value, 6), _bound(r.bound, c.bound), str(r.site), str(c.site),
            r.alkali, r.source_group, c.control_kind or "", _note(r, c),
        )
        for r, c in matched(records)
    )  # fmt: skip


def write_differences(path: Path, records: Iterable[Record]) -> int:
    """Write the differences as CSV; returns their number."""
    rows = differences(records)
    names = [f.name for f in fields(Difference)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([getattr(row, n) for n in names] for row in rows)
    return len(rows)
