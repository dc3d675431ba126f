"""Folds of several groups at a time, and folds that test on later years."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.data.splits import Fold, Split, SplitError

LEAST_PAST = 10
"""Rows of earlier years without which a year is not tested."""


def grouped_folds(
    groups: Sequence[str],
    k: int,
    seed: int,
    rows: ArrayLike | None = None,
    test_mask: ArrayLike | None = None,
    tags: Sequence[Collection[str]] | None = None,
) -> tuple[Fold, ...]:
    """Share whole groups over `k` folds at random; fewer where there are fewer groups.

    Parameters
    ----------
    groups : (n,)
        Group of every row.
    rows
        Rows that may be used at all; None: all.
    test_mask, tags
        As in `sacml.data.splits.leave_one_group_out`.

    Returns
    -------
    tuple of Fold
        Empty with fewer than two groups. A fold that would leave nothing to train on is left out.
    """
    n = len(groups)
    labels = np.array([str(g) for g in groups], dtype=object)
    allowed = np.zeros(n, dtype=bool)
    allowed[np.arange(n) if rows is None else np.asarray(rows, dtype=np.intp)] = True
    tested = allowed if test_mask is None else allowed & np.asarray(test_mask, dtype=bool)
    names = sorted(set(labels[tested]))
    if len(names) < 2:
        return ()
    order = np.random.default_rng(seed).permutation(len(names))
    folds = []
    for i, part in enumerate(np.array_split(order, min(k, len(names)))):
        held_names = {names[j] for j in part}
        held = np.array([label in held_names for label in labels], dtype=bool)
        test = held & tested
        if tags is not None:
            banned = {t for j in np.flatnonzero(test).tolist() for t in tags[j]}
            held |= np.array([not banned.isdisjoint(row) for row in tags], dtype=bool)
        train = allowed & ~held
        if train.any():
            folds.append(Fold(np.flatnonzero(train), np.flatnonzero(test), f"fold {i + 1}"))
    return tuple(folds)


def train_on_the_past(
    years: Sequence[int | None],
    groups: Sequence[str],
    name: str,
    *,
    ids: Sequence[str] | None = None,
    least: int = LEAST_PAST,
) -> Split:
    """Test each year on what was known before it; rows without a year are in no fold.

    Parameters
    ----------
    years, groups : (n,)
        Year of every row, and what must not stand on both sides of a fold (its source).
    least
        Rows of earlier years below which a year is not tested.

    Raises
    ------
    SplitError
        If no year has so many rows before it.
    """
    n = len(years)
    when = np.array([-1 if y is None else y for y in years], dtype=np.int64)
    source = np.array([str(g) for g in groups], dtype=object)
    folds = []
    for year in np.unique(when[when >= 0]).tolist():
        test = when == year
        train = (when >= 0) & (when < year) & ~_among(source, source[test])
        if int(train.sum()) >= least:
            folds.append(Fold(np.flatnonzero(train), np.flatnonzero(test), str(year)))
    if not folds:
        raise SplitError(
            f"split {name!r} needs a year with at least {least} rows of earlier years; the rows "
            f"are of {len(np.unique(when[when >= 0]))} years, {int((when < 0).sum())} of {n} "
            "without one"
        )
    return Split(name, tuple(folds), n, None if ids is None else tuple(ids))


def _among(values: NDArray[np.object_], wanted: NDArray[np.object_]) -> NDArray[np.bool_]:
    names = set(wanted.tolist())
    return np.array([v in names for v in values], dtype=bool)
