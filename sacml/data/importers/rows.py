"""What all values of a row share: site, conditions, provenance."""

import json
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from sacml.data.importers.cells import FLAGS, Cells, one_of, read_flag
from sacml.data.importers.headers import Layout, Quantity
from sacml.data.records import CONFIDENCES, FIDELITIES, YEARS, Record
from sacml.data.rules import fit_refusal
from sacml.domain import BOUNDS, MODIFIER_CLASSES, REFERENCES, TARGETS, Conditions, Modifier, Site
from sacml.domain.candidates import check_alkali
from sacml.domain.conditions import CELLS, ELECTROLYTES, LIMITS, ROLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Objects = NDArray[np.object_]

_TEXTS = ("level_of_theory", "control_kind", "material", "source_group", "source_doi", "citation",
          "locator", "not_for_fit", "notes")  # fmt: skip


def _year(text: str) -> int:
    if not text.isdecimal() or not YEARS[0] <= int(text) <= YEARS[1]:
        raise ValueError(f"not a year: write four digits between {YEARS[0]} and {YEARS[1]}")
    return int(text)


def _facts(text: str) -> tuple[tuple[str, str], ...]:
    try:
        found = json.loads(text)
        return tuple((str(k), str(v)) for k, v in found.items())
    except (ValueError, AttributeError):
        raise ValueError('cannot read facts: write a JSON object, e.g. {"cycles": "300"}') from None


def _derived(text: str) -> frozenset[str]:
    """Read which targets of a row are derived: 1 for all, 0 for none, or their names."""
    if text.lower() in FLAGS:
        return frozenset(TARGETS) if FLAGS[text.lower()] else frozenset()
    check = one_of("target", tuple(TARGETS))
    return frozenset(check(t.strip()) for t in text.split(";"))


@dataclass(frozen=True)
class Rows:
    """One array per shared attribute, each as long as the table."""

    ids: "Objects"
    site: "Objects"
    alkali: "Objects"
    target: "Objects"
    reference: "Objects"
    level_of_theory: "Objects"
    fidelity: "Objects"
    modifier: "Objects"
    conditions: "list[Conditions]"
    bounds: "dict[str, Objects]"
    derived: "Objects"
    is_control: "Objects"
    control_ids: "Objects"
    year: "Objects"
    confidence: "Objects"
    texts: "dict[str, Objects]"
    facts: "list[tuple[tuple[str, str], ...]]"

    def records(self, values: "list[tuple[Quantity, NDArray[np.float64]]]") -> list[Record]:
        """Make one record per finite value, row by row."""
        made = []
        finite = [np.isfinite(numbers) for _, numbers in values]
        for i in range(len(self.ids)):
            for (quantity, numbers), held in zip(values, finite, strict=True):
                if held[i]:
                    made.append(self._record(i, quantity, float(numbers[i])))
        return made

    def _record(self, i: int, quantity: Quantity, value: float) -> Record:
        name, text = quantity.name, self.texts
        bound = self.bounds.get(name, self.bounds[""])[i]
        reference = None
        if name == "binding_energy":
            reference = quantity.reference or self.reference[i]
        ident = self.ids[i]
        named = ident.rpartition("/")[2].startswith(name)  # a table written by us
        conditions, fidelity, facts = self.conditions[i], self.fidelity[i], self.facts[i]
        reason = text["not_for_fit"][i]
        return Record(  # by position: a million rows make a million calls
            ident if named else f"{ident}/{quantity.what}",
            self.site[i],
            self.alkali[i],
            name,
            value,
            bound or "reported",
            conditions,
            reference,
            text["level_of_theory"][i] or None,
            fidelity,
            self.modifier[i],
            self.is_control[i],
            text["control_kind"][i] or None,
            self.control_ids[i],
            text["material"][i],
            text["source_group"][i],
            text["source_doi"][i],
            text["citation"][i],
            text["locator"][i],
            self.year[i],
            self.confidence[i],
            name in self.derived[i],
            reason or fit_refusal(name, reference, fidelity, conditions, facts),
            text["notes"][i],
            facts,
        )


def read_rows(cells: Cells, layout: Layout) -> Rows:
    """Read and check what the values of a row share; problems are noted in `cells`."""
    site = cells.words(
        "site", Site.parse, needed="the site is missing; write e.g. Co-N4@graphene or @graphene"
    )
    alkali = cells.words(
        "alkali", check_alkali, needed="the alkali metal is missing; write Li, Na or K"
    )
    bounds = {
        target: cells.words(column, one_of("bound", BOUNDS))
        for target, column in layout.bounds.items()
    }
    bounds[""] = cells.words("bound", one_of("bound", BOUNDS))
    target = cells.words(
        "target", one_of("target", tuple(TARGETS)),
        needed="the target is missing; write e.g. cycle_life",
    )  # fmt: skip
    none: tuple[str, ...] = ()
    return Rows(
        ids=_ids(cells, layout),
        site=site,
        alkali=alkali,
        target=target,
        reference=cells.words("reference", one_of("reference", REFERENCES)),
        level_of_theory=cells.words("level_of_theory", str),
        fidelity=cells.words("fidelity", one_of("fidelity", FIDELITIES), "experiment"),
        modifier=_modifiers(cells, site),
        conditions=_conditions(cells),
        bounds=bounds,
        derived=cells.words("derived", _derived, frozenset()),
        is_control=cells.words("is_control", read_flag, False),
        control_ids=cells.words("control_ids", _split, none),
        year=cells.words("year", _year),
        confidence=cells.words("confidence", one_of("confidence", CONFIDENCES), "unstated"),
        texts={name: cells.words(name, str, "") for name in _TEXTS},
        facts=_all_facts(cells, layout),
    )


def _split(text: str) -> tuple[str, ...]:
    if text.startswith("["):
        return tuple(json.loads(text))
    return tuple(t.strip() for t in text.split(";") if t.strip())


def _ids(cells: Cells, layout: Layout) -> "Objects":
    if "record_id" not in cells.table:
        return np.array([f"line{n}" for n in cells.lines], dtype=object)
    ids = cells.texts("record_id")
    cells.refuse(~cells.filled("record_id"), "record_id",
                 "the id is missing; give one, or drop the column to number the rows")  # fmt: skip
    key = cells.table["record_id"]
    if layout.is_long:
        key = key + "\0" + cells.table["target"]
    again = key.duplicated().to_numpy(bool) & cells.filled("record_id")
    if again.any():
        first = dict(zip(key[::-1], cells.lines[::-1], strict=True))
        for i in np.flatnonzero(again):
            cells.refuse(np.array([i]), "record_id",
                         f"this id stands already in line {first[key.iloc[i]]}; give each row an "
                         "id of its own")  # fmt: skip
    return ids


def _modifiers(cells: Cells, site: "Objects") -> "Objects":
    classes = cells.words("modifier_class", one_of("modifier class", MODIFIER_CLASSES))

    def elements(text: str) -> tuple[str, ...]:
        return Modifier("other", tuple(text.replace(";", "-").split("-"))).active_elements

    active = cells.words("active_elements", elements, ())
    made: dict[tuple[Any, ...], Modifier | None] = {}
    out = np.empty(len(cells), dtype=object)
    for i, key in enumerate(zip(classes, active, site, strict=True)):
        if key not in made:
            word, symbols, place = key
            made[key] = None
            if place is not None:
                made[key] = (
                    Modifier(word, symbols or place.metals) if word else Modifier.of_site(place)
                )
        out[i] = made[key]
    return out


def _conditions(cells: Cells) -> list[Conditions]:
    unstated = np.full(len(cells), np.nan)
    numbers = [cells.conditions.get(name, unstated) for name in LIMITS]
    words = [
        cells.words(name, one_of(name, allowed))
        for name, allowed in (("electrolyte", ELECTROLYTES), ("cell", CELLS), ("role", ROLES))
    ]
    made: dict[tuple[Any, ...], Conditions] = {}
    out = []
    for key in zip(*numbers, *words, strict=True):
        # NaN differs from itself and would never be found again
        plain = tuple(None if isinstance(k, float) and isnan(k) else k for k in key)
        if plain not in made:
            try:
                made[plain] = Conditions(*plain)
            except ValueError:  # already noted with its line
                made[plain] = Conditions()
        out.append(made[plain])
    return out


def _all_facts(cells: Cells, layout: Layout) -> list[tuple[tuple[str, str], ...]]:
    columns = [(n, cells.texts(n)) for n in sorted(layout.facts)]
    given = cells.words("facts", _facts, ())
    return [
        tuple(sorted([*given[i], *((n, str(t[i])) for n, t in columns if t[i])]))
        for i in range(len(cells))
    ]
