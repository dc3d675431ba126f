"""The named splits of a set of records, and the reasons why one cannot be made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.data.folds import grouped_folds, train_on_the_past
from sacml.data.splits import Fold, Split, SplitError, leave_one_group_out, random_folds
from sacml.errors import unknown
from sacml.models.described import Described

RANDOM_FOLDS = 5
BY_YEAR = "by_year"


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a split holds out: label of every row, rows that are tested, tags that are banned."""

    labels: tuple[str, ...]
    tested: tuple[bool, ...]
    tags: tuple[frozenset[str], ...] | None = None


def _all(described: Described) -> tuple[bool, ...]:
    return (True,) * len(described)


def _metals(described: Described) -> Grouping:
    records = described.records
    return Grouping(
        tuple(r.site.centre for r in records),
        tuple(bool(r.site.metals) and r.is_sac for r in records),
        tuple(frozenset({*r.site.metals, *r.modifier.active_elements}) for r in records),
    )


def _hosts(described: Described) -> Grouping:
    names = tuple(r.site.host.name for r in described.records)
    return Grouping(names, _all(described), tuple(frozenset(n.split("|")) for n in names))


def _alkalis(described: Described) -> Grouping:
    return Grouping(tuple(r.alkali for r in described.records), _all(described))


def _sources(described: Described) -> Grouping:
    return Grouping(tuple(r.source_group for r in described.records), _all(described))


def _records(described: Described) -> Grouping:
    return Grouping(tuple(_ids(described)), _all(described))


_GROUPINGS: dict[str, Callable[[Described], Grouping]] = {
    "leave_one_metal_out": _metals,
    "leave_one_source_out": _sources,
    "leave_one_host_out": _hosts,
    "leave_one_alkali_out": _alkalis,
    BY_YEAR: _sources,
    "random": _records,
}
SPLITS = tuple(_GROUPINGS)


def make_splits(
    described: Described, names: Iterable[str], seed: int
) -> tuple[dict[str, Split], dict[str, str]]:
    """Make splits by name.

    - `leave_one_metal_out`: groups are the centres of the sites; only sites are tested. No row
      that holds a metal of the held-out centre is trained on, neither a dual site with it nor
      another material that names it as active.
    - `leave_one_source_out`: groups are the primary papers; all rows are tested.
    - `leave_one_host_out`: groups are the hosts; a junction is not trained on where one of its
      hosts is held out. All rows are tested.
    - `leave_one_alkali_out`: groups are Li, Na and K.
    - `by_year`: every year is tested on the papers of the years before it.
    - `random`: five folds of all rows.

    Returns
    -------
    splits, skipped
        Name -> split, and name -> why it cannot be made.
    """
    splits: dict[str, Split] = {}
    skipped: dict[str, str] = {}
    for name in names:
        if name not in _GROUPINGS:
            raise unknown("split", name, SPLITS)
        try:
            splits[name] = _make(described, name, seed)
        except SplitError as error:
            skipped[name] = str(error)
    return splits, skipped


def _make(described: Described, name: str, seed: int) -> Split:
    ids = _ids(described)
    if name == "random":
        return random_folds(len(described), min(RANDOM_FOLDS, len(described)), seed, ids=ids)
    held = _GROUPINGS[name](described)
    if name == BY_YEAR:
        if all(r.fidelity == "dft_own" for r in described.records):
            raise SplitError(
                f"split {name!r} is about papers; all records are our own calculations"
            )
        return train_on_the_past([r.year for r in described.records], held.labels, name, ids=ids)
    return leave_one_group_out(held.labels, name, np.array(held.tested), ids=ids, tags=held.tags)


def folds_within(
    described: Described, name: str, k: int, seed: int, rows: ArrayLike | None = None
) -> tuple[Fold, ...]:
    """Share what a split holds out over `k` folds of some rows (None: all); may be empty."""
    held = _GROUPINGS[name](described)
    return grouped_folds(held.labels, k, seed, rows, np.array(held.tested), held.tags)


def exchangeable_groups(described: Described, split: Split) -> NDArray[np.str_]:
    """Group of every row (n,): what is held out; a paper by year, a record where folds are random.

    A row that is never tested has the group ``""``.
    """
    if split.name in ("random", BY_YEAR):
        return np.array(_GROUPINGS[split.name](described).labels)
    groups = np.full(len(described), "", dtype=object)
    for fold in split.folds:
        groups[fold.test] = fold.group
    return groups.astype(str)


def _ids(described: Described) -> list[str]:
    return [r.record_id for r in described.records]
