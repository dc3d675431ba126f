"""The named splits of a set of records, and the reasons why one cannot be made."""

from collections.abc import Iterable

import numpy as np

from sacml.data.splits import Split, SplitError, leave_one_group_out, random_folds
from sacml.errors import unknown
from sacml.models.described import Described

SPLITS = ("leave_one_metal_out", "leave_one_source_out", "random")
RANDOM_FOLDS = 5


def make_splits(
    described: Described, names: Iterable[str], seed: int
) -> tuple[dict[str, Split], dict[str, str]]:
    """Make splits by name.

    - `leave_one_metal_out`: groups are the centres of the sites; only sites are tested. No row
      that holds a metal of the held-out centre is trained on, neither a dual site with it nor
      another material that names it as active.
    - `leave_one_source_out`: groups are the primary papers; all rows are tested.
    - `random`: five folds of all rows.

    Returns
    -------
    splits, skipped
        Name -> split, and name -> why it cannot be made.
    """
    makers = {
        "leave_one_metal_out": _metals,
        "leave_one_source_out": _sources,
        "random": lambda d, s: random_folds(len(d), min(RANDOM_FOLDS, len(d)), s, ids=_ids(d)),
    }
    splits: dict[str, Split] = {}
    skipped: dict[str, str] = {}
    for name in names:
        if name not in makers:
            raise unknown("split", name, SPLITS)
        try:
            splits[name] = makers[name](described, seed)
        except SplitError as error:
            skipped[name] = str(error)
    return splits, skipped


def exchangeable_groups(described: Described, split: Split) -> np.ndarray:
    """Group of every row (n,): what is held out, or the record itself where folds are random."""
    if split.name == "random":
        return np.array(_ids(described))
    groups = np.full(len(described), "", dtype=object)
    for fold in split.folds:
        groups[fold.test] = fold.group
    return groups.astype(str)


def _ids(described: Described) -> list[str]:
    return [r.record_id for r in described.records]


def _metals(described: Described, seed: int) -> Split:
    records = described.records
    return leave_one_group_out(
        [r.site.centre for r in records],
        "leave_one_metal_out",
        test_mask=[bool(r.site.metals) and r.is_sac for r in records],
        ids=_ids(described),
        tags=[{*r.site.metals, *r.modifier.active_elements} for r in records],
    )


def _sources(described: Described, seed: int) -> Split:
    groups = [r.source_group for r in described.records]
    return leave_one_group_out(groups, "leave_one_source_out", ids=_ids(described))
