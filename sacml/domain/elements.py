"""The frozen element table: what `datasets/elements/elements.csv` says about an element.

The table is read once, on first use, and only if it is the table whose digest was accepted. A gap
is None as an attribute and an error from `element_property`; nothing is filled in.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sacml._resources import dataset_path
from sacml.errors import SacmlError, UnknownNameError, unknown

TABLE, SCHEMA, DIGEST = "elements.csv", "schema.json", "elements.sha256"

# fmt: off
METALS: tuple[str, ...] = (
    "Be", "Mg", "Al", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge",
    "As", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te",
    "Ba", "La", "Ce", "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi",
)
# fmt: on
"""Symbols that may be a site's metal centre, by atomic number.

Li, Na and K are left out because the site binds them, B and Si because they enter a support as
dopants and count as ligands. The metalloids Ge, As, Sb and Te are in: they may be anchored.
"""

LIGANDS: tuple[str, ...] = ("N", "C", "O", "S", "P", "B", "F", "Cl", "Br", "Se", "Te", "Si")
"""Symbols that may stand in a first shell. Te is a centre too: which one it is, the site says."""

ALKALI: tuple[str, ...] = ("Li", "Na", "K")
"""The anode metals."""


class UnknownElementError(UnknownNameError):
    """A symbol is not in the element table."""


class MissingPropertyError(SacmlError, ValueError):
    """A property was asked for that the source does not give for this element."""


class AlteredTableError(SacmlError, ValueError):
    """The element table is not the one whose digest was accepted."""


@dataclass(frozen=True, slots=True)
class Element:
    """One row of the table; `column_info` tells unit, meaning and source of each attribute."""

    symbol: str
    name: str
    atomic_number: int
    group: int | None
    period: int
    block: str
    atomic_mass_u: float
    covalent_radius_A: float
    metallic_radius_A: float | None
    ionic_radius_A: float | None
    ionic_radius_charge: int | None
    electronegativity_pauling: float
    electronegativity_allen_eV: float | None
    first_ionization_energy_eV: float
    second_ionization_energy_eV: float | None
    electron_affinity_eV: float | None
    dipole_polarizability_au: float
    valence_electrons: int
    s_electrons: int
    p_electrons: int
    d_electrons: int
    f_electrons: int
    unpaired_electrons: int
    cohesive_energy_eV: float
    melting_point_K: float | None
    crustal_abundance_mg_per_kg: float | None
    price_usd_per_kg: float | None
    price_year: int | None
    hhi_production: float | None
    hhi_reserves: float | None
    eu_critical_raw_material: bool | None
    eu_strategic_raw_material: bool | None
    ich_q3d_class: str | None


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """What one column of the table holds; None where a detail does not apply."""

    name: str
    unit: str | None
    description: str
    source: str
    library: str | None
    """Library and version that the build script read the values from."""
    year: int | None
    dtype: str
    """``str``, ``int``, ``float`` or ``bool``."""
    range: tuple[float, float] | None
    """Closed interval that every number lies in."""
    allowed: tuple[Any, ...] | None
    gap_symbols: tuple[str, ...]
    """Elements without a value."""

    @property
    def gaps(self) -> int:
        """Number of elements without a value."""
        return len(self.gap_symbols)


PROPERTIES: tuple[str, ...] = tuple(f.name for f in fields(Element))
"""All columns, in the order of the table."""

_PARSE: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": lambda text: bool(int(text)),
}


def load_columns(folder: Path) -> Mapping[str, ColumnInfo]:
    """Read the description of the columns from a folder."""
    described = json.loads((folder / SCHEMA).read_text(encoding="utf-8"))["columns"]
    columns = {}
    for column in described:
        del column["gaps"]
        for key in ("range", "allowed", "gap_symbols"):
            column[key] = None if column[key] is None else tuple(column[key])
        columns[column["name"]] = ColumnInfo(**column)
    return MappingProxyType(columns)


def load_elements(folder: Path) -> Mapping[str, Element]:
    """Read and check the table of a folder.

    Raises
    ------
    AlteredTableError
        If the table's digest is not the one beside it.
    """
    content = (folder / TABLE).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    expected = (folder / DIGEST).read_text(encoding="utf-8").split()[0]
    if found != expected:
        raise AlteredTableError(
            f"{folder / TABLE} has sha256 {found}, but {folder / DIGEST} accepts {expected}; "
            "rebuild the table with datasets/elements/build.py, or, if it was changed on purpose, "
            "rebuild with --accept to write the new digest"
        )
    reader = csv.DictReader(content.decode("utf-8").splitlines())
    columns = load_columns(folder)
    if tuple(reader.fieldnames or ()) != PROPERTIES or tuple(columns) != PROPERTIES:
        raise AlteredTableError(
            f"the columns of {folder / TABLE} or {SCHEMA} are not those of this version of sacml: "
            f"given {reader.fieldnames}, expected {list(PROPERTIES)}; reinstall sacml"
        )
    rows = []
    for cells in reader:
        values: dict[str, Any] = dict.fromkeys(cells)
        values |= {k: _PARSE[columns[k].dtype](text) for k, text in cells.items() if text}
        rows.append(Element(**values))
    return MappingProxyType({row.symbol: row for row in rows})


@cache
def elements() -> Mapping[str, Element]:
    """All elements by symbol, in order of atomic number."""
    return load_elements(dataset_path("elements"))


@cache
def _columns() -> Mapping[str, ColumnInfo]:
    return load_columns(dataset_path("elements"))


def element(symbol: str) -> Element:
    """Row of one element.

    Raises
    ------
    UnknownElementError
        If the symbol is not in the table; names the nearest symbols.
    """
    table = elements()
    if symbol in table:
        return table[symbol]
    given = str(symbol).lower()
    words = {e.name.lower(): e.symbol for e in table.values()} | {s.lower(): s for s in table}
    near = [given] if given in words else get_close_matches(given, words, n=3, cutoff=0.5)
    meant = " or ".join(dict.fromkeys(repr(words[word]) for word in near))
    raise UnknownElementError(
        f"unknown element {symbol!r}; "
        + (f"did you mean {meant}? " if meant else "write a chemical symbol ")
        + f"(allowed: {', '.join(table)})"
    )


def column_info(name: str) -> ColumnInfo:
    """Unit, meaning, source, range and gaps of one column."""
    if name not in _columns():
        raise unknown("element property", name, PROPERTIES)
    return _columns()[name]


def element_property(symbol: str, prop: str) -> float:
    """Numeric property of one element.

    Raises
    ------
    MissingPropertyError
        If the property is a gap for this element, or is a text.
    """
    info = column_info(prop)
    if info.dtype == "str":
        numeric = [p for p in PROPERTIES if _columns()[p].dtype != "str"]
        raise MissingPropertyError(
            f"{prop!r} is a text, not a number: read it as element({symbol!r}).{prop}, or take "
            f"one of {', '.join(numeric)}"
        )
    value = getattr(element(symbol), prop)
    if value is None:
        raise MissingPropertyError(
            f"{symbol} has no {prop}: its source gives none ({info.source}); drop {symbol}, take "
            f"another property, or treat the gap explicitly. {info.description}"
        )
    return float(value)


def table_digest() -> str:
    """Sha256 of the table as it lies on disk, in hexadecimal."""
    return hashlib.sha256(dataset_path("elements", TABLE).read_bytes()).hexdigest()


def __getattr__(name: str) -> Any:
    """Give ``ELEMENTS`` lazily, so that importing the module reads no file."""
    if name == "ELEMENTS":
        return elements()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
