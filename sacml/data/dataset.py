"""A dataset: records that belong together, and what was refused on the way in."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sacml.data.records import COLUMNS, Record
from sacml.domain.conditions import LIMITS
from sacml.errors import SacmlError, unknown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something a source prints that is not used in full, and why.

    Attributes
    ----------
    row_id
        Row of the source table, or the record where `kept` is true.
    column, value
        What was printed.
    reason
        Why it is refused and what would mend it.
    kept
        True: a record exists and can be queried, but it is kept out of fits. False: no record.
    """

    row_id: str
    column: str
    value: str
    reason: str
    kept: bool


_KEYS: dict[str, Callable[[Record], Any]] = {
    "record_id": lambda r: r.record_id,
    "row_id": lambda r: r.row_id,
    "site": lambda r: str(r.site),
    "centre": lambda r: r.site.centre,
    "host": lambda r: r.site.host.name,
    "alkali": lambda r: r.alkali,
    "target": lambda r: r.target,
    "bound": lambda r: r.bound,
    "reference": lambda r: r.reference,
    "level_of_theory": lambda r: r.level_of_theory,
    "fidelity": lambda r: r.fidelity,
    "modifier_class": lambda r: r.modifier.modifier_class,
    "cell": lambda r: r.conditions.cell,
    "electrolyte": lambda r: r.conditions.electrolyte,
    "role": lambda r: r.conditions.role,
    "is_sac": lambda r: r.is_sac,
    "is_control": lambda r: r.is_control,
    "source_group": lambda r: r.source_group,
    "confidence": lambda r: r.confidence,
    "derived": lambda r: r.derived,
    "for_fit": lambda r: not r.not_for_fit,
}


@dataclass(frozen=True)
class Dataset:
    """Records under one name.

    Attributes
    ----------
    name
        Name in the catalogue, or of the file it was read from.
    records
        In the order of the source.
    digest
        SHA-256 of the source files, as hexadecimal text.
    refused
        What was not used in full, with the reason.
    """

    name: str
    records: tuple[Record, ...]
    digest: str = ""
    refused: tuple[Refusal, ...] = ()

    def __post_init__(self) -> None:
        ids = Counter(r.record_id for r in self.records)
        twice = [i for i, n in ids.items() if n > 1]
        if twice:
            shown = ", ".join(map(repr, twice[:10])) + (" ..." if len(twice) > 10 else "")
            raise SacmlError(
                f"dataset {self.name!r} holds {len(twice)} record ids more than once: {shown}; "
                "give each record an id of its own"
            )

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def select(self, **criteria: Any) -> "Dataset":
        """Keep the records that meet every criterion.

        Parameters
        ----------
        **criteria
            Name and value, or a tuple, list or set of values of which one must fit, e.g.
            ``select(target="cycle_life", alkali=("Na", "K"), is_sac=True)``. Names: target,
            alkali, site, centre, host, fidelity, reference, level_of_theory, bound,
            modifier_class, cell, electrolyte, role, is_sac, is_control, source_group, confidence,
            derived, for_fit, record_id, row_id. A value of None keeps what is not stated.

        Returns
        -------
        Dataset
            Without what was refused.
        """
        tests = []
        for name, value in criteria.items():
            if name not in _KEYS:
                raise unknown("criterion", name, list(_KEYS))
            many = isinstance(value, tuple | list | set | frozenset)
            allowed = {str(v) if name == "site" else v for v in (value if many else (value,))}
            tests.append((_KEYS[name], allowed))
        kept = tuple(r for r in self.records if all(key(r) in ok for key, ok in tests))
        return replace(self, records=kept, refused=())

    def values(self) -> "list[float]":
        """Return the values of one target, in its unit.

        Raises
        ------
        SacmlError
            If there is more than one target.
        MixedReferenceError
            If energies of different reference states or levels of theory would be pooled.
        """
        from sacml.data.checks import require_poolable

        require_poolable(self.records)
        return [r.value for r in self.records]

    def frame(self) -> "pd.DataFrame":
        """Return one row per record, columns as `sacml.data.COLUMNS`.

        Numbers are float64 with NaN where not stated, `year` is nullable, flags are bool, words
        are text with an empty text where not stated.
        """
        import pandas as pd

        table = pd.DataFrame([r.to_dict() for r in self.records], columns=list(COLUMNS), dtype=str)
        for column in ("value", *LIMITS):
            table[column] = pd.to_numeric(table[column].where(table[column] != "")).astype(float)
        table["year"] = pd.to_numeric(table["year"].where(table["year"] != "")).astype("Int64")
        for column in ("is_control", "derived"):
            table[column] = table[column] == "1"
        return table

    def counts(self) -> dict[tuple[str, str], int]:
        """Count records by (target, bound)."""
        return dict(sorted(Counter((r.target, r.bound) for r in self.records).items()))


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What the catalogue says about a bundled dataset without loading its records."""

    name: str
    title: str
    licence: str
    folder: str
    files: tuple[str, ...]
    card: str
    """Text of the data card."""
