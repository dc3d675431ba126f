"""Many candidates as a struct of arrays: each row points into short lists of unique components."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.domain.candidates import Candidate
from sacml.domain.conditions import LIMITS, WORDS, Conditions
from sacml.domain.elements import ALKALI
from sacml.domain.hosts import Host
from sacml.domain.modifiers import Modifier
from sacml.domain.shells import Shell
from sacml.domain.sites import EMPTY, Site
from sacml.features.checks import check_condition, check_range, read_only
from sacml.features.factor import Unique

if TYPE_CHECKING:
    from sacml.data import Record

Surroundings = tuple[tuple[str, ...], tuple[tuple[str, int], ...]]
"""``(axial, second_shell)`` of a site."""


@dataclass(frozen=True, slots=True, eq=False)
class CandidateTable:
    """Candidates in columns. Arrays are checked, of one length n, and read-only.

    Attributes
    ----------
    centres, centre_index
        Unique centres, ``()`` for a bare host and ``("vac",)`` for an empty site; (n,) int32.
    shells, shell_index
        Unique shells, None for a bare host; (n,) int32.
    hosts, host_index
        Unique hosts; (n,) int32.
    surroundings, surrounding_index
        Unique ``(axial, second_shell)``; (n,) int32.
    modifiers, modifier_index
        Unique modifiers; (n,) int32.
    alkali_index
        Index into `ALKALI`, (n,) int8.
    current_density_mA_cm2, areal_capacity_mAh_cm2, temperature_C
        (n,) float64, NaN where not stated.
    electrolyte_index, cell_index, role_index
        Index into `sacml.domain.conditions.WORDS`, (n,) int8, -1 where not stated.

    Raises
    ------
    ValueError
        For arrays of different lengths, indices out of range, components that stand twice, or a
        condition out of its limits.
    """

    centres: tuple[tuple[str, ...], ...]
    centre_index: NDArray[np.int32]
    shells: tuple[Shell | None, ...]
    shell_index: NDArray[np.int32]
    hosts: tuple[Host, ...]
    host_index: NDArray[np.int32]
    surroundings: tuple[Surroundings, ...]
    surrounding_index: NDArray[np.int32]
    modifiers: tuple[Modifier, ...]
    modifier_index: NDArray[np.int32]
    alkali_index: NDArray[np.int8]
    current_density_mA_cm2: NDArray[np.float64]
    areal_capacity_mAh_cm2: NDArray[np.float64]
    temperature_C: NDArray[np.float64]
    electrolyte_index: NDArray[np.int8]
    cell_index: NDArray[np.int8]
    role_index: NDArray[np.int8]

    COMPONENTS: ClassVar[dict[str, str]] = {
        "centres": "centre_index",
        "shells": "shell_index",
        "hosts": "host_index",
        "surroundings": "surrounding_index",
        "modifiers": "modifier_index",
    }
    """List of unique components -> the column that points into it."""

    def __post_init__(self) -> None:
        columns = self.column_names()
        n = len(self.centre_index)
        for name in columns:
            kind = (
                np.float64
                if name in LIMITS
                else np.int32
                if name in self.COMPONENTS.values()
                else np.int8
            )
            array = read_only(getattr(self, name), kind, name)
            if array.shape != (n,):
                raise ValueError(f"{name} has shape {array.shape}, centre_index has {n} rows")
            object.__setattr__(self, name, array)
        for parts, index in self.COMPONENTS.items():
            object.__setattr__(self, parts, tuple(getattr(self, parts)))
            given = getattr(self, parts)
            if len(set(given)) != len(given):
                raise ValueError(f"{parts} holds a component twice; list each once")
            check_range(index, getattr(self, index), 0, len(given))
        check_range("alkali_index", self.alkali_index, 0, len(ALKALI))
        for name, words in WORDS.items():
            check_range(f"{name}_index", getattr(self, f"{name}_index"), -1, len(words))
        for name in LIMITS:
            check_condition(name, getattr(self, name))
        bare_centre = np.array([not c for c in self.centres], dtype=bool)
        no_shell = np.array([s is None for s in self.shells], dtype=bool)
        wrong = bare_centre[self.centre_index] != no_shell[self.shell_index]
        if wrong.any():
            raise ValueError(
                f"row {int(np.argmax(wrong))}: a bare host has neither centre nor shell, every "
                "other site has both"
            )

    @classmethod
    def column_names(cls) -> tuple[str, ...]:
        """Names of the array columns, in order."""
        return tuple(f.name for f in fields(cls) if f.name not in cls.COMPONENTS)

    @classmethod
    def from_candidates(
        cls, candidates: Iterable[Candidate], modifiers: Sequence[Modifier] | None = None
    ) -> "CandidateTable":
        """Build from candidates; without `modifiers`, each is what `Modifier.of_site` says."""
        from sacml.features.build import from_candidates

        return from_candidates(candidates, modifiers)

    @classmethod
    def from_records(cls, records: "Iterable[Record]") -> "CandidateTable":
        """Build from records, with the modifier that each states."""
        from sacml.features.build import from_candidates

        records = tuple(records)
        found = [Candidate(r.site, r.alkali, r.conditions) for r in records]
        return from_candidates(found, [r.modifier or Modifier.of_site(r.site) for r in records])

    @classmethod
    def from_columns(
        cls, sites: Sequence[str], alkalis: Sequence[str], **conditions: Any
    ) -> "CandidateTable":
        """Build from columns of text and numbers; see `sacml.features.build.from_columns`."""
        from sacml.features.build import from_columns

        return from_columns(sites, alkalis, **conditions)

    @classmethod
    def concat(cls, tables: "Iterable[CandidateTable]") -> "CandidateTable":
        """Stack tables, merging their lists of components."""
        tables = tuple(tables)
        if not tables:
            raise ValueError("concat needs at least one table")
        given: dict[str, Any] = {}
        for parts, index in cls.COMPONENTS.items():
            unique: Unique[Any] = Unique()
            maps = [unique.extend(getattr(t, parts)) for t in tables]
            given[parts] = unique.values
            given[index] = np.concatenate(
                [m[getattr(t, index)] for m, t in zip(maps, tables, strict=True)]
            )
        for name in cls.column_names():
            if name not in given:
                given[name] = np.concatenate([getattr(t, name) for t in tables])
        return cls(**given)

    def __len__(self) -> int:
        return len(self.centre_index)

    def take(self, rows: ArrayLike) -> "CandidateTable":
        """Rows by integer index, boolean mask or slice; the lists of components stay whole."""
        index = rows if isinstance(rows, slice) else np.asarray(rows)
        if isinstance(index, np.ndarray) and index.size == 0 and index.dtype.kind == "f":
            index = index.astype(np.intp)  # np.asarray([]) is an array of floats
        return replace(self, **{name: getattr(self, name)[index] for name in self.column_names()})

    def site(self, row: int) -> Site:
        """Site of one row."""
        centre = self.centres[self.centre_index[row]]
        axial, second = self.surroundings[self.surrounding_index[row]]
        metals = () if centre == (EMPTY,) else centre
        shell, host = self.shells[self.shell_index[row]], self.hosts[self.host_index[row]]
        return Site(metals, shell, host, axial, second)

    def alkali(self, row: int) -> str:
        """Alkali metal of one row."""
        return ALKALI[self.alkali_index[row]]

    def conditions(self, row: int) -> Conditions:
        """Conditions of one row."""
        given: dict[str, Any] = {}
        for name in LIMITS:
            value = float(getattr(self, name)[row])
            given[name] = None if np.isnan(value) else value
        for name, words in WORDS.items():
            index = int(getattr(self, f"{name}_index")[row])
            given[name] = None if index < 0 else words[index]
        return Conditions(**given)

    def candidate(self, row: int) -> Candidate:
        """Candidate of one row."""
        return Candidate(self.site(row), self.alkali(row), self.conditions(row))

    def modifier(self, row: int) -> Modifier:
        """Modifier of one row."""
        return self.modifiers[self.modifier_index[row]]

    def with_conditions(
        self, conditions: Conditions, only_unstated: bool = False
    ) -> "CandidateTable":
        """Set the conditions of all rows, or only fill what a row does not state."""
        new: dict[str, Any] = {}
        for name in LIMITS:
            value = getattr(conditions, name)
            new[name] = np.full(len(self), np.nan if value is None else value)
        for name, words in WORDS.items():
            word = getattr(conditions, name)
            number = -1 if word is None else words.index(word)
            new[f"{name}_index"] = np.full(len(self), number, dtype=np.int8)
        if only_unstated:
            for name, values in new.items():
                old = getattr(self, name)
                new[name] = np.where(np.isnan(old) if name in LIMITS else old < 0, values, old)
        return replace(self, **new)

    def resolve_shells(
        self,
    ) -> "tuple[CandidateTable, NDArray[np.intp], NDArray[np.float64]]":
        """Replace each row of unknown shell by its possible shells, with equal weights.

        Returns
        -------
        table, parent, weight
            m >= n rows in order of their parents, the row of this table each comes from (m,), and
            its weight (m,), which sums to one over each parent.
        """
        from sacml.features.resolve import resolve_shells

        return resolve_shells(self)
