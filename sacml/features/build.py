"""Ways to make a `CandidateTable`: from candidates, and from columns of a large file."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.domain.candidates import Candidate, check_alkali
from sacml.domain.conditions import LIMITS, WORDS, Conditions
from sacml.domain.elements import ALKALI
from sacml.domain.modifiers import Modifier
from sacml.domain.sites import EMPTY, Site
from sacml.errors import RowProblem, SacmlError, TableError
from sacml.features.checks import outside
from sacml.features.factor import Unique
from sacml.features.table import CandidateTable

NO_WORD = ("", "nan", "None", "<NA>")
"""Text of the cells that state nothing in a column of words (empty, or missing in pandas)."""


class _Sites:
    """Component lists of unique sites."""

    def __init__(self) -> None:
        self.parts: dict[str, Unique[Any]] = {name: Unique() for name in CandidateTable.COMPONENTS}
        self.rows: list[tuple[int, ...]] = []
        self._position: dict[tuple[Site, Modifier], int] = {}

    def add(self, site: Site, modifier: Modifier) -> int:
        key = (site, modifier)
        if key not in self._position:
            centre = (EMPTY,) if site.is_empty else site.metals
            surroundings = (site.axial, site.second_shell)
            values: tuple[Hashable, ...] = (centre, site.shell, site.host, surroundings, modifier)
            lists = zip(self.parts.values(), values, strict=True)
            self._position[key] = len(self.rows)
            self.rows.append(tuple(unique.add(value) for unique, value in lists))
        return self._position[key]

    def columns(self, index: NDArray[np.intp]) -> dict[str, Any]:
        rows = np.array(self.rows, dtype=np.int32).reshape(len(self.rows), len(self.parts))
        columns: dict[str, Any] = {name: u.values for name, u in self.parts.items()}
        for j, name in enumerate(CandidateTable.COMPONENTS.values()):
            columns[name] = rows[index, j]
        return columns


def from_candidates(
    candidates: Iterable[Candidate], modifiers: Sequence[Modifier] | None = None
) -> CandidateTable:
    """Build a table from candidates; see `CandidateTable.from_candidates`."""
    candidates = tuple(candidates)
    if modifiers is None:
        modifiers = [Modifier.of_site(c.site) for c in candidates]
    if len(modifiers) != len(candidates):
        raise ValueError(f"{len(modifiers)} modifiers for {len(candidates)} candidates")
    sites = _Sites()
    pairs = zip(candidates, modifiers, strict=True)
    index = np.array([sites.add(c.site, m) for c, m in pairs], dtype=np.intp)
    columns = sites.columns(index)
    columns["alkali_index"] = np.array([ALKALI.index(c.alkali) for c in candidates], dtype=np.int8)
    tests = [c.conditions for c in candidates]
    for name in LIMITS:
        given = [getattr(t, name) for t in tests]
        columns[name] = np.array([np.nan if v is None else v for v in given], dtype=np.float64)
    for name, words in WORDS.items():
        given = [getattr(t, name) for t in tests]
        numbers = [-1 if v is None else words.index(v) for v in given]
        columns[f"{name}_index"] = np.array(numbers, dtype=np.int8)
    return CandidateTable(**columns)


def from_columns(
    sites: Sequence[str],
    alkalis: Sequence[str],
    *,
    file: str = "table",
    first_line: int = 2,
    names: Mapping[str, str] | None = None,
    **conditions: ArrayLike | Sequence[str | None] | None,
) -> CandidateTable:
    """Build a table from columns, reading each different text once.

    Parameters
    ----------
    sites, alkalis
        Line notation of each row's site, and its alkali metal.
    file, first_line, names
        File, line of the first row and column names to put into the error (field -> header).
    **conditions
        Columns named as the fields of `Conditions`: numbers with NaN (or None) where not stated,
        words with None or an empty text.

    Raises
    ------
    TableError
        With every bad cell: line, column, value and what is allowed.
    """
    shown = {"sites": "site", "alkalis": "alkali"} | dict(names or {})
    unknown_columns = conditions.keys() - LIMITS.keys() - WORDS.keys()
    if unknown_columns:
        allowed = ", ".join([*LIMITS, *WORDS])
        raise TypeError(f"unknown columns {sorted(unknown_columns)}; allowed: {allowed}")
    n = len(sites)
    problems: list[RowProblem] = []

    def read(name: str, values: Any, convert: Any) -> tuple[list[Any], NDArray[np.intp]]:
        """Convert each different value once; rows of a bad one are noted."""
        if len(values) != n:
            raise ValueError(f"{name} has {len(values)} rows, sites has {n}")
        unique: Unique[Any] = Unique()
        index = unique.extend(values).astype(np.intp)
        found: list[Any] = []
        for position, value in enumerate(unique.values):
            try:
                found.append(convert(value))
            except SacmlError as error:
                found.append(None)
                problems.extend(
                    RowProblem(int(row) + first_line, shown.get(name, name), str(value), str(error))
                    for row in np.flatnonzero(index == position)
                )
        return found, index

    parsed, site_index = read("sites", sites, lambda text: Site.parse(str(text)))
    alkali, alkali_index = read("alkalis", alkalis, lambda t: ALKALI.index(check_alkali(str(t))))
    columns: dict[str, Any] = {}
    for name in LIMITS:
        numbers = _numbers(conditions.get(name), n, name)
        columns[name] = numbers
        for row in outside(name, numbers):
            text = _refusal(name, float(numbers[row]))
            line = int(row) + first_line
            problems.append(RowProblem(line, shown.get(name, name), f"{numbers[row]:g}", text))
    for name, words in WORDS.items():
        given = conditions.get(name)
        if given is None:
            columns[f"{name}_index"] = np.full(n, -1, dtype=np.int8)
            continue
        found, index = read(name, given, lambda w, name=name, words=words: _word(name, words, w))
        columns[f"{name}_index"] = _lookup(found, np.int8)[index]
    if problems:
        raise TableError(file, sorted(problems, key=lambda p: (p.row, p.column)))
    lists = _Sites()
    order = [lists.add(site, Modifier.of_site(site)) for site in parsed]
    columns |= lists.columns(np.array(order, dtype=np.intp)[site_index])
    columns["alkali_index"] = _lookup(alkali, np.int8)[alkali_index]
    return CandidateTable(**columns)


def _lookup(found: list[Any], kind: type) -> NDArray[Any]:
    return np.array([-1 if f is None else f for f in found], dtype=kind)


def _numbers(values: Any, n: int, name: str) -> NDArray[np.float64]:
    if values is None:
        return np.full(n, np.nan)
    numbers = np.array(values, dtype=np.float64)  # None becomes NaN
    if numbers.shape != (n,):
        raise ValueError(f"{name} has shape {numbers.shape}, sites has {n} rows")
    return numbers


def _refusal(name: str, value: float) -> str:
    given: dict[str, Any] = {name: value}
    try:
        Conditions(**given)
    except SacmlError as error:
        return str(error)
    raise AssertionError(f"{name} = {value} was refused but is allowed")


def _word(name: str, words: tuple[str, ...], cell: object) -> int | None:
    text = str(cell).strip()
    if text in NO_WORD:
        return None
    given: dict[str, Any] = {name: text}
    return words.index(getattr(Conditions(**given), name))
