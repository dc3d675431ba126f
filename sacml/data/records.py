"""A record: one value of one target for one candidate, with where it comes from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sacml.data.rules import reference_problem, value_problem
from sacml.domain import BOUNDS, Candidate, Conditions, Modifier, Site, target
from sacml.domain.candidates import check_alkali
from sacml.errors import NotationError, unknown

FIDELITIES = ("experiment", "dft_own", "dft_other_settings", "practice", "theory_literature")
"""`dft_own`: the protocol of `datasets/dft`; `dft_other_settings`: calculations at hand, with other
settings or codes; `practice`: an engine that is no DFT; `theory_literature`: printed in a paper."""
CONFIDENCES = ("high", "medium", "low", "unstated")
YEARS = (1900, 2100)
UNSTATED = Conditions()
FROM_SITE = Modifier("other")
"""Stands for "what the site says" until the record is made; told by identity, not by value."""

CONDITION_COLUMNS = tuple(f.name for f in fields(Conditions))
COLUMNS = (
    "record_id", "site", "alkali", "target", "value", "unit", "bound", "reference",
    "level_of_theory", "fidelity", "modifier_class", "active_elements", *CONDITION_COLUMNS,
    "is_control", "control_kind", "control_ids", "material", "source_group", "source_doi",
    "citation", "locator", "year", "confidence", "derived", "not_for_fit", "notes", "facts",
)  # fmt: skip
"""Canonical order of columns of a table with one record per row."""


@dataclass(frozen=True, slots=True)
class Record:
    """One value with its provenance.

    Attributes
    ----------
    record_id
        Unique in a dataset: the row of the source table and what was read from it, joined by
        ``/``, e.g. ``REV-50-01/nucleation_overpotential``.
    site, alkali, conditions
        What was measured or computed, see `candidate`.
    target, value
        Name in `sacml.domain.TARGETS` and the value in the unit of that target.
    bound
        One of `BOUNDS`.
    reference
        One of `REFERENCES` for a binding energy, otherwise None.
    level_of_theory
        Method of a calculation; required for a binding energy.
    fidelity
        One of `FIDELITIES`.
    modifier
        Class of the material and the elements named as active; by default what the site says.
    is_control, control_kind, control_ids
        Whether this is a source's own unmodified electrode, of what kind, and the ids of the rows
        that are the controls of this one.
    material
        The material as printed.
    source_group
        The primary paper, whoever printed the value. Splits by source group by it.
    source_doi, citation, locator, year
        DOI and place where the value was read, the primary paper and its year.
    confidence
        One of `CONFIDENCES`.
    derived
        Whether the value was computed from others of the same row.
    not_for_fit
        Why the record is kept out of fits; empty where it is not.
    facts
        Further facts of the row as printed, ``((name, text), ...)`` sorted by name.
    """

    record_id: str
    site: Site
    alkali: str
    target: str
    value: float
    bound: str = "reported"
    conditions: Conditions = UNSTATED
    reference: str | None = None
    level_of_theory: str | None = None
    fidelity: str = "experiment"
    modifier: Modifier = FROM_SITE
    is_control: bool = False
    control_kind: str | None = None
    control_ids: tuple[str, ...] = ()
    material: str = ""
    source_group: str = ""
    source_doi: str = ""
    citation: str = ""
    locator: str = ""
    year: int | None = None
    confidence: str = "unstated"
    derived: bool = False
    not_for_fit: str = ""
    notes: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        if not self.record_id or self.record_id != self.record_id.strip():
            raise NotationError(f"record id {self.record_id!r}: give a text without outer blanks")
        check_alkali(self.alkali)
        kind = target(self.target)
        number = float(self.value)
        problem = value_problem(self.target, number)
        if problem:
            raise NotationError(f"record {self.record_id!r}: {kind.name} = {number:g}: {problem}")
        put(self, "value", number)
        for name, word, allowed in (
            ("bound", self.bound, BOUNDS),
            ("fidelity", self.fidelity, FIDELITIES),
            ("confidence", self.confidence, CONFIDENCES),
        ):
            if word not in allowed:
                raise unknown(name, word, allowed)
        problem = reference_problem(self.target, number, self.reference, self.level_of_theory)
        if problem:
            raise NotationError(f"record {self.record_id!r}: {problem}")
        if self.modifier is FROM_SITE:
            put(self, "modifier", Modifier.of_site(self.site))
        if self.year is not None and not YEARS[0] <= self.year <= YEARS[1]:
            raise NotationError(f"record {self.record_id!r}: year {self.year} is no year")
        put(self, "facts", tuple(sorted(self.facts)))

    @property
    def candidate(self) -> Candidate:
        """Site, alkali and conditions."""
        return Candidate(self.site, self.alkali, self.conditions)

    @property
    def row_id(self) -> str:
        """The row of the source table, which may hold several values."""
        return self.record_id.rpartition("/")[0] or self.record_id

    @property
    def kind(self) -> Modifier:
        """Another name of `modifier`."""
        return self.modifier

    @property
    def is_sac(self) -> bool:
        """Whether the material is a single- or dual-atom site."""
        return self.modifier.is_site

    @property
    def unit(self) -> str:
        """Unit of the value."""
        return target(self.target).unit

    def fact(self, name: str) -> str | None:
        """Look up a fact of the row, or None."""
        return dict(self.facts).get(name)

    def to_dict(self) -> dict[str, str]:
        """Write as text, one entry per name in `COLUMNS`; None is an empty text."""
        row: dict[str, Any] = {n: getattr(self, n) for n in _OWN}
        row |= {n: getattr(self.conditions, n) for n in CONDITION_COLUMNS}
        row |= {
            "unit": self.unit,
            "modifier_class": self.modifier.modifier_class,
            "active_elements": "-".join(self.modifier.active_elements),
            "control_ids": json.dumps(self.control_ids) if self.control_ids else "",
            "facts": json.dumps(dict(self.facts), ensure_ascii=False) if self.facts else "",
        }
        return {name: _text(row[name]) for name in COLUMNS}

    @classmethod
    def from_dict(cls, row: Mapping[str, str]) -> "Record":
        """Read what `to_dict` wrote.

        Raises
        ------
        SacmlError
            If a cell does not fit; `unit` must be the unit of the target.
        """
        given = {name: row.get(name, "") for name in COLUMNS}
        kind = target(given["target"])
        if given["unit"] not in ("", kind.unit):
            raise NotationError(
                f"record {given['record_id']!r}: unit {given['unit']!r}; {kind.name} is stored in "
                f"{kind.unit}: convert with sacml.data.importers.read_table"
            )
        texts = {n: given[n] for n in _TEXTS}
        optional: dict[str, Any] = {
            n: given[n] or None for n in ("reference", "level_of_theory", "control_kind")
        }
        conditions: dict[str, Any] = {n: given[n] or None for n in CONDITION_COLUMNS}
        elements = tuple(filter(None, given["active_elements"].split("-")))
        return cls(
            site=Site.parse(given["site"]),
            value=float(given["value"]),
            conditions=Conditions(**conditions),
            modifier=Modifier(given["modifier_class"], elements),
            is_control=_flag(given["is_control"]),
            control_ids=tuple(json.loads(given["control_ids"] or "[]")),
            year=int(given["year"]) if given["year"] else None,
            derived=_flag(given["derived"]),
            facts=tuple(json.loads(given["facts"] or "{}").items()),
            **texts,
            **optional,
        )


_OWN = tuple(
    n for n in COLUMNS
    if n not in (*CONDITION_COLUMNS, "unit", "modifier_class", "active_elements", "control_ids",
                 "facts")
)  # fmt: skip
_OPTIONAL = ("reference", "level_of_theory", "control_kind")
_TEXTS = ("record_id", "alkali", "target", "bound", "fidelity", "material", "source_group",
          "source_doi", "citation", "locator", "confidence", "not_for_fit", "notes")  # fmt: skip


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise NotationError(f"cannot read {text!r} as a flag: write 1 or 0")
    return text == "1"
