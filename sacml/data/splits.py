"""Named, hashed splits of a table into training and test rows.

Groups that belong together (one metal, one source) never stand on both sides of a fold.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.errors import SacmlError


class SplitError(SacmlError, ValueError):
    """A split cannot be made from these rows, or a stored one does not hold together."""


def _indices(values: ArrayLike, what: str) -> NDArray[np.intp]:
    given = np.asarray(values)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise SplitError(f"{what}: give a flat list of row numbers, got {values!r}")
    rows = np.sort(given.astype(np.intp))
    if rows.size and rows[0] < 0:
        raise SplitError(f"{what}: row {rows[0]} is negative; rows count from 0")
    if np.unique(rows).size != rows.size:
        raise SplitError(f"{what}: a row stands twice")
    rows.flags.writeable = False
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One fold: rows to train on, rows to test on, and the group that is held out.

    Attributes
    ----------
    train, test
        Row numbers from 0, ascending, disjoint and not empty. Rows in neither are left out.
    group
        What is held out, in words.
    """

    train: NDArray[np.intp]
    test: NDArray[np.intp]
    group: str

    def __post_init__(self) -> None:
        for name in ("train", "test"):
            rows = _indices(getattr(self, name), f"fold {self.group!r}, {name} rows")
            if not rows.size:
                raise SplitError(f"fold {self.group!r} has no {name} rows")
            object.__setattr__(self, name, rows)
        both = np.intersect1d(self.train, self.test)
        if both.size:
            raise SplitError(
                f"fold {self.group!r}: rows {both[:10].tolist()} are both trained on and tested"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Several folds of one table of `n_rows` rows.

    Attributes
    ----------
    ids
        Record id of every row, or None; with them the digest does not depend on row order.
    digest
        sha256 over the sorted membership of the folds.
    """

    name: str
    folds: tuple[Fold, ...]
    n_rows: int
    ids: tuple[str, ...] | None = None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folds", tuple(self.folds))
        if not self.folds:
            raise SplitError(f"split {self.name!r} has no folds")
        if self.ids is not None:
            object.__setattr__(self, "ids", tuple(self.ids))
            if len(self.ids) != self.n_rows or len(set(self.ids)) != self.n_rows:
                raise SplitError(
                    f"split {self.name!r}: {len(self.ids)} ids, {len(set(self.ids))} of them "
                    f"distinct, for {self.n_rows} rows; every row needs an id of its own"
                )
        names = [fold.group for fold in self.folds]
        if len(set(names)) != len(names):
            raise SplitError(f"split {self.name!r}: a group is held out by more than one fold")
        for fold in self.folds:
            last = int(max(fold.train[-1], fold.test[-1]))
            if last >= self.n_rows:
                raise SplitError(
                    f"split {self.name!r}, fold {fold.group!r}: row {last} of a table of "
                    f"{self.n_rows} rows"
                )
        tested = np.concatenate([fold.test for fold in self.folds])
        if np.unique(tested).size != tested.size:
            raise SplitError(f"split {self.name!r}: a row is tested by more than one fold")
        object.__setattr__(self, "digest", self._digest())

    def __len__(self) -> int:
        return len(self.folds)

    def _members(self, rows: NDArray[np.intp]) -> list[str]:
        return sorted(self.ids[i] if self.ids is not None else str(i) for i in rows)

    def _digest(self) -> str:
        folds = sorted([f.group, self._members(f.test), self._members(f.train)] for f in self.folds)
        return hashlib.sha256(json.dumps(folds).encode()).hexdigest()

    def to_json(self) -> str:
        """Write the split, with its digest, as JSON text."""
        folds = [
            {"group": f.group, "train": f.train.tolist(), "test": f.test.tolist()}
            for f in self.folds
        ]
        ids = None if self.ids is None else list(self.ids)
        return json.dumps(
            {"name": self.name, "n_rows": self.n_rows, "digest": self.digest, "ids": ids,
             "folds": folds}
        )  # fmt: skip

    @classmethod
    def from_json(cls, text: str) -> "Split":
        """Read what `to_json` wrote.

        Raises
        ------
        SplitError
            If the text is not a split, or its membership does not match its digest.
        """
        try:
            raw = json.loads(text)
            folds = tuple(Fold(f["train"], f["test"], f["group"]) for f in raw["folds"])
            ids = None if raw["ids"] is None else tuple(raw["ids"])
            split = cls(raw["name"], folds, raw["n_rows"], ids)
            stored = raw["digest"]
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, SplitError):
                raise
            raise SplitError(f"this text is not a stored split: {error!r}") from None
        if stored != split.digest:
            raise SplitError(
                f"split {split.name!r} was altered: its digest is {split.digest}, the stored one "
                f"{stored}; make the split again"
            )
        return split


def _mask(test_mask: ArrayLike | None, n: int, name: str) -> NDArray[np.bool_]:
    mask = np.ones(n, dtype=bool) if test_mask is None else np.asarray(test_mask)
    if mask.dtype != bool or mask.shape != (n,):
        raise SplitError(f"split {name!r}: the test mask needs one true or false for each of {n}")
    return mask


def leave_one_group_out(
    groups: Sequence[str],
    name: str,
    test_mask: ArrayLike | None = None,
    *,
    ids: Sequence[str] | None = None,
    tags: Sequence[Collection[str]] | None = None,
) -> Split:
    """Hold out each group once.

    Parameters
    ----------
    groups
        Group of every row; rows outside `test_mask` may have an empty one.
    test_mask : (n,) bool
        Only these rows are ever tested; the others of a held-out group are still never trained on.
    tags
        What each row must not share with the rows it is tested by: a row that carries a tag of a
        held-out test row is kept out of the training rows too (e.g. the metals of a dual site).
    """
    n = len(groups)
    mask = _mask(test_mask, n, name)
    labels = np.array([str(g) if isinstance(g, str) else "" for g in groups], dtype=object)
    nameless = np.flatnonzero((labels == "") & mask)
    if nameless.size:
        raise SplitError(
            f"split {name!r}: {nameless.size} rows to be tested have no group, the first is row "
            f"{nameless[0]}; fill the group in or leave the rows out"
        )
    if tags is not None and len(tags) != n:
        raise SplitError(f"split {name!r}: {len(tags)} tags for {n} rows")
    tested = sorted(set(labels[mask]))
    if len(tested) < 2:
        raise SplitError(
            f"split {name!r} needs at least two groups to test, there "
            + ("is only " + repr(tested[0]) if tested else "are none")
        )
    folds = []
    for group in tested:
        test = (labels == group) & mask
        held = labels == group
        if tags is not None:
            banned = {t for i in np.flatnonzero(test).tolist() for t in tags[i]}
            held |= np.array([not banned.isdisjoint(row) for row in tags], dtype=bool)
        folds.append(Fold(np.flatnonzero(~held), np.flatnonzero(test), group))
    return Split(name, tuple(folds), n, None if ids is None else tuple(ids))


def random_folds(
    n: int,
    k: int,
    seed: int,
    test_mask: ArrayLike | None = None,
    *,
    name: str = "random",
    ids: Sequence[str] | None = None,
) -> Split:
    """Shuffle the rows that may be tested into `k` folds; every other row trains in each."""
    mask = _mask(test_mask, n, name)
    rows = np.flatnonzero(mask)
    if not 2 <= k <= rows.size:
        raise SplitError(
            f"split {name!r}: {k} folds of {rows.size} rows to test; k lies between 2 and the "
            "number of rows"
        )
    shuffled = np.random.default_rng(seed).permutation(rows)
    folds = tuple(
        Fold(np.setdiff1d(np.arange(n), part), part, f"fold {i + 1}")
        for i, part in enumerate(np.array_split(shuffled, k))
    )
    return Split(name, folds, n, None if ids is None else tuple(ids))
