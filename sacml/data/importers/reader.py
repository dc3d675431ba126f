"""From a file of texts to a dataset: every cell is checked before the first record is made."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sacml.data.dataset import Dataset, Refusal
from sacml.data.derive import complete, hours_from_cycles
from sacml.data.importers.cells import Cells
from sacml.data.importers.files import read_texts
from sacml.data.importers.headers import Layout, Quantity, read_layout
from sacml.data.importers.mixtures import refuse_mixtures
from sacml.data.importers.rows import Rows, read_rows
from sacml.data.importers.units import CONDITION_UNITS, conversion
from sacml.data.rules import reference_problem, value_problem
from sacml.domain import TARGETS
from sacml.domain.conditions import LIMITS
from sacml.errors import SacmlError, TableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LIMITS = dict(zip(CONDITION_UNITS, LIMITS.values(), strict=True))
_ATTRIBUTES = dict(zip(CONDITION_UNITS, LIMITS, strict=True))


def read_table(path: str | Path, *, name: str | None = None) -> Dataset:
    """Read an own CSV file.

    Every row names a site in the line notation and an alkali metal. Values stand either in wide
    form, one column per target with the unit in the header (``nucleation_overpotential_V``,
    ``cycle_life_days``) or in a column beside it (``cycle_life`` and ``cycle_life_unit``), or in
    long form, with the columns ``target``, ``value`` and ``unit``. Conditions are written alike
    (``current_density_mA_cm2``). Units are converted once, here.

    Parameters
    ----------
    path
        A CSV file in UTF-8, delimited by commas, semicolons or tabs.
    name
        Name of the dataset; by default that of the file.

    Returns
    -------
    Dataset
        Lives that follow from cycles in symmetric cells, and cumulative capacities, are added and
        marked as derived.

    Raises
    ------
    TableError
        Naming file, line, column, value and remedy of every bad cell.
    SacmlError
        If the file is missing, empty or not a table.
    """
    path = Path(path)
    dataset = read_records(path, name or path.stem)
    records = complete(dataset.records)
    return Dataset(dataset.name, records, dataset.digest, dataset.refused)


def read_records(
    path: Path, name: str, *, facts: tuple[str, ...] = (), lenient: bool = False
) -> Dataset:
    """Read a table of records as it stands, without deriving anything.

    Parameters
    ----------
    path
        A CSV file.
    name
        Name of the dataset.
    facts
        Further columns to keep as facts.
    lenient
        Keep going where a row holds no value of a target: it is listed as refused. Otherwise it
        is a bad row.
    """
    table, lines = read_texts(path)
    layout = read_layout(str(path), list(table.columns), facts)
    cells = Cells(table, lines)
    for quantity in layout.conditions:
        _condition(cells, quantity)
    rows = read_rows(cells, layout)
    values = _long(cells, rows) if layout.is_long else _wide(cells, layout, rows)
    if "cycles" in layout.facts:
        _lives(cells, rows, values)
    if "also_in" in layout.facts:
        copies = cells.filled("also_in")
        values = [(q, np.where(copies, np.nan, numbers)) for q, numbers in values]
    held = np.zeros(len(cells), dtype=bool)
    for _, numbers in values:
        held |= np.isfinite(numbers)
    if not lenient:
        bare = ~held
        bare[[int(i) for i in np.searchsorted(lines, [p.row for p in cells.problems])]] = False
        cells.refuse(bare, "(values)", "the row holds no value; fill one in or remove the row")
        refuse_mixtures(cells, rows, values)
    if cells.problems:
        problems = sorted(cells.problems, key=lambda p: (p.row, p.column))
        raise TableError(str(path), problems)
    records = rows.records(values)
    refused = tuple(_not_stored(cells, layout, held)) + tuple(
        Refusal(r.record_id, r.target, f"{r.value:g} {r.unit}", r.not_for_fit, kept=True)
        for r in records
        if r.not_for_fit
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Dataset(name, tuple(records), digest, refused)


def _convert(cells: Cells, quantity: Quantity) -> "NDArray[np.float64]":
    numbers = cells.numbers(quantity.column)
    if quantity.unit is not None:
        factor, offset = conversion(quantity.unit, quantity.to, quantity.name)
        return numbers if (factor, offset) == (1.0, 0.0) else numbers * factor + offset
    assert quantity.unit_column is not None
    rule = cells.words(
        quantity.unit_column, lambda u: conversion(u, quantity.to, quantity.name), (np.nan, 0.0)
    )
    factors, offsets = np.array(list(rule), dtype=float).reshape(-1, 2).T
    converted = numbers * factors + offsets
    bare = ~np.isnan(numbers) & ~cells.filled(quantity.unit_column)
    cells.refuse(bare, quantity.unit_column, f"{quantity.name} has no unit; write e.g. "
                 f"{quantity.to}")  # fmt: skip
    return converted


def _condition(cells: Cells, quantity: Quantity) -> None:
    numbers = _convert(cells, quantity)
    low, high = _LIMITS[quantity.name]
    # a current or a capacity of zero is no test
    below = numbers < low if quantity.name == "temperature" else numbers <= low
    with np.errstate(invalid="ignore"):
        wrong = below | (numbers > high)
    cells.refuse(
        wrong, quantity.column, f"out of range: {quantity.name} lies between {low:g} and {high:g} "
        f"{quantity.to}; check the unit, or leave the cell empty where it is not stated",
    )  # fmt: skip
    cells.conditions[_ATTRIBUTES[quantity.name]] = np.where(wrong, np.nan, numbers)


def _check(
    cells: Cells, rows: Rows, target: str, numbers: "NDArray[np.float64]", column: str,
    reference: str | None,
) -> "NDArray[np.float64]":  # fmt: skip
    low, high = TARGETS[target].limits
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero((numbers < low) | (numbers > high))
    for i in wrong:
        cells.refuse(np.array([i]), column, value_problem(target, float(numbers[i])) or "")
    if target == "binding_energy":
        for i in np.flatnonzero(np.isfinite(numbers)):
            state = reference or rows.reference[i]
            problem = reference_problem(target, float(numbers[i]), state, rows.level_of_theory[i])
            if problem:
                name = "level_of_theory" if "level of theory" in problem else "reference"
                cells.refuse(np.array([i]), column if "sign" in problem else name, problem)
    return numbers


def _wide(cells: Cells, layout: Layout, rows: Rows) -> "list[tuple[Quantity, NDArray[np.float64]]]":
    values = []
    for quantity in layout.targets:
        numbers = _convert(cells, quantity)
        _check(cells, rows, quantity.name, numbers, quantity.column, quantity.reference)
        values.append((quantity, numbers))
    return values


def _lives(cells: Cells, rows: Rows, values: "list[tuple[Quantity, NDArray[np.float64]]]") -> None:
    """Add the lives that follow from cycles in symmetric cells, marked as derived."""
    cycles = cells.numbers("cycles")
    cells.refuse(cycles <= 0, "cycles", "out of range: a number of cycles is above zero")
    hours = np.full(len(cells), np.nan)
    known = np.zeros(len(cells), dtype=bool)
    for quantity, numbers in values:
        if quantity.name == "cycle_life":
            known |= np.isfinite(numbers)
    for i in np.flatnonzero((cycles > 0) & ~known):
        if rows.conditions[i].cell == "symmetric":
            life = hours_from_cycles(cycles[i], rows.conditions[i])
            if life is not None:
                hours[i] = life
                rows.derived[i] = rows.derived[i] | {"cycle_life"}
    if np.isfinite(hours).any():
        values.append((Quantity("cycles", "cycle_life", "h", "h"), hours))


def _long(cells: Cells, rows: Rows) -> "list[tuple[Quantity, NDArray[np.float64]]]":
    numbers = cells.numbers("value")
    empty = ~cells.filled("value")
    cells.refuse(empty, "value", "the value is missing; fill it in or remove the row")
    bare = ~cells.filled("unit")
    values = []
    for name in dict.fromkeys(t for t in rows.target if t is not None):
        mine = np.array([t == name for t in rows.target])
        to = TARGETS[name].unit
        cells.refuse(mine & bare, "unit", f"{name} has no unit; write e.g. {to}")
        converted = np.full(len(cells), np.nan)
        for unit in dict.fromkeys(cells.texts("unit")[mine & ~bare]):
            chosen = mine & (cells.texts("unit") == unit)
            try:
                factor, offset = conversion(str(unit), to, name)
            except SacmlError as error:
                cells.refuse(chosen, "unit", str(error))
                continue
            converted[chosen] = numbers[chosen] * factor + offset
        _check(cells, rows, name, converted, "value", None)
        values.append((Quantity("value", name, to, to), converted))
    return values


def _not_stored(cells: Cells, layout: Layout, held: "NDArray[np.bool_]") -> list[Refusal]:
    """List what is printed but is no value of a target."""
    texts = {str(c): cells.texts(str(c)) for c in cells.table}
    names = texts.get("record_id", cells.lines.astype(object))
    refused = []

    def refuse(i: int, column: str, reason: str) -> None:
        refused.append(Refusal(str(names[i]), column, str(texts[column][i]), reason, kept=False))

    column = "unstated_overpotential_mV"
    if column in texts:
        for i in np.flatnonzero(cells.filled(column)):
            refuse(int(i), column, "the source does not say whether this overpotential is that of "
                   "nucleation or of plating")  # fmt: skip
    for i in np.flatnonzero(~held):
        if column in texts and texts[column][i]:
            continue
        if texts.get("also_in", [""] * len(cells))[i]:
            refuse(int(i), "also_in", "the same value stands in the dataset 'literature'")
        elif "cycles" in texts and texts["cycles"][i]:
            refuse(int(i), "cycles", "a number of cycles alone is no life: hours follow from it "
                   "only for a symmetric cell with current and capacity stated")  # fmt: skip
        else:
            shown = "material" if "material" in texts else "site"
            refuse(int(i), shown, "the row prints no value of a target (only conditions or other "
                   "quantities)")  # fmt: skip
    return refused
