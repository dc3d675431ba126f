"""What each column of a table means, read from its header."""

from dataclasses import dataclass, field
from typing import NoReturn

from sacml.data.importers.units import CONDITION_UNITS, conversion
from sacml.domain import REFERENCES, TARGETS
from sacml.errors import RowProblem, SacmlError, TableError, UnitError, unknown

WORDS = (
    "record_id", "site", "alkali", "target", "value", "unit", "bound", "reference",
    "level_of_theory", "fidelity", "modifier_class", "active_elements", "electrolyte", "cell",
    "role", "is_control", "control_kind", "control_ids", "material", "source_group", "source_doi",
    "citation", "locator", "year", "confidence", "derived", "not_for_fit", "notes", "facts",
)  # fmt: skip
FACTS = (
    "cycles", "c_rate_1_h", "transference_number", "unstated_overpotential_mV", "adsorbate",
    "adsorption_place", "coordination", "electrolyte_as_printed", "other_quantity", "as_printed",
    "read_in",
)  # fmt: skip
"""Columns kept as text with each record; a user's own start with ``x_``."""
USER_PREFIX = "x_"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A column of numbers: a target or a condition, with its unit."""

    column: str
    name: str
    """Name of the target or condition, without unit."""
    to: str
    """Unit of storage."""
    unit: str | None
    """Unit in the header; None where another column gives it."""
    unit_column: str | None = None
    reference: str | None = None
    """Reference state in the header of a binding energy, e.g. ``binding_energy_bulk_eV``."""

    @property
    def what(self) -> str:
        """What a record id ends with."""
        return self.name + (f"_{self.reference}" if self.reference else "")


@dataclass(frozen=True, slots=True)
class Layout:
    """All columns of a table by what they are."""

    words: tuple[str, ...]
    targets: tuple[Quantity, ...]
    conditions: tuple[Quantity, ...]
    facts: tuple[str, ...]
    bounds: dict[str, str] = field(default_factory=dict)
    """Target -> column with its bound."""

    @property
    def is_long(self) -> bool:
        """Whether each row names its target."""
        return "target" in self.words


_QUANTITIES = {**{n: t.unit for n, t in TARGETS.items()}, **CONDITION_UNITS}


def _quantity(header: str) -> tuple[str, str] | None:
    plain = header.lower().replace(" ", "_")
    for name in sorted(_QUANTITIES, key=len, reverse=True):
        rest = header[len(name) :]
        if plain.startswith(name) and (not rest or rest[0] in " _([/"):
            return name, rest
    return None


def read_layout(file: str, header: list[str], facts: tuple[str, ...] = ()) -> Layout:
    """Read a header.

    Raises
    ------
    TableError
        With every column that is unknown, lacks its unit or is missing.
    """
    problems: list[RowProblem] = []
    words, own_facts, bounds = [], [], {}
    found: list[Quantity] = []
    for column in header:
        try:
            pair = _quantity(column)
            if column in WORDS:
                words.append(column)
            elif column in FACTS or column in facts or column.startswith(USER_PREFIX):
                own_facts.append(column)
            elif pair is None:
                _refuse(column, facts)
            elif pair[1] == "_bound":
                bounds[pair[0]] = column
            elif pair[1] != "_unit":
                found.append(_read_quantity(column, *pair, header))
        except SacmlError as error:
            problems.append(RowProblem(1, column, column, str(error)))
    problems += _missing(header, words, found, bounds)
    if problems:
        raise TableError(file, problems)
    return Layout(
        tuple(words),
        tuple(q for q in found if q.name in TARGETS),
        tuple(q for q in found if q.name in CONDITION_UNITS),
        tuple(own_facts),
        bounds,
    )


def _refuse(column: str, facts: tuple[str, ...]) -> NoReturn:
    stored = [t.column for t in TARGETS.values()]
    conditions = ["current_density_mA_cm2", "areal_capacity_mAh_cm2", "temperature_C"]
    allowed = [*WORDS, *stored, *conditions, *FACTS, *facts]
    raise unknown("column", column, allowed, f"a column of your own starts with {USER_PREFIX!r}")


def _read_quantity(column: str, name: str, rest: str, header: list[str]) -> Quantity:
    reference = None
    for word in REFERENCES if name == "binding_energy" else ():
        if rest[1:].startswith(word):
            reference, rest = word, rest[1 + len(word) :]
    text = rest.strip(" _()[]/")
    to = _QUANTITIES[name]
    if not text:
        if f"{column}_unit" not in header:
            raise UnitError(
                f"{name} has no unit; name the column {name}_{_suffix(name)} (or another unit), "
                f"or add a column {column}_unit"
            )
        return Quantity(column, name, to, None, f"{column}_unit", reference)
    conversion(text, to, name)  # raises for a unit that is unknown or does not fit
    return Quantity(column, name, to, text, None, reference)


def _suffix(name: str) -> str:
    if name in TARGETS:
        return TARGETS[name].unit_suffix
    return {"current_density": "mA_cm2", "areal_capacity": "mAh_cm2", "temperature": "C"}[name]


def _missing(
    header: list[str], words: list[str], found: list[Quantity], bounds: dict[str, str]
) -> list[RowProblem]:
    def problem(column: str, text: str) -> RowProblem:
        return RowProblem(1, column, "", text)

    problems = []
    examples = {"site": "Co-N4@graphene", "alkali": "Li"}
    for column, example in examples.items():
        if column not in words:
            problems.append(problem(column, f"this column is missing; it holds e.g. {example}"))
    targets = [q for q in found if q.name in TARGETS]
    if "target" in words:
        problems += [
            problem(c, "a table with a column 'target' needs this column as well")
            for c in ("value", "unit") if c not in words
        ]  # fmt: skip
        problems += [
            RowProblem(1, q.column, q.column, "a table with a column 'target' takes its values "
                       "from the column 'value'; drop one of the two forms")
            for q in targets
        ]  # fmt: skip
    else:
        problems += [
            RowProblem(1, c, c, "this column belongs to the long form with columns target, value "
                       "and unit; add them")
            for c in ("value", "unit") if c in words
        ]  # fmt: skip
        columns = ", ".join(t.column for t in TARGETS.values() if t.primary)
        if not targets and not any(_quantity(h) for h in header):
            problems.append(
                problem("(values)", f"no column holds a value; add e.g. {columns}, or the long "
                        "form with columns target, value and unit")
            )  # fmt: skip
        if "bound" in words and len({q.name for q in targets}) > 1:
            text = "several targets: name one column per target, e.g. cycle_life_bound"
            problems.append(RowProblem(1, "bound", "bound", text))
    twice = {q.what for q in found if sum(o.what == q.what for o in found) > 1}
    problems += [
        RowProblem(1, q.column, q.column, f"{q.what} stands in more than one column; keep one")
        for q in found if q.what in twice
    ]  # fmt: skip
    return problems
