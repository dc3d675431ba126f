"""Folds of a user's structures: random, by site, by metal, by a column, predefined."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sacml.data.samples import Samples
from sacml.errors import SacmlError
from sacml.features.samples import SampleTable

RANDOM_FOLDS = 5
MOST_FOLDS = 30
"""With more groups than this, groups are dealt to this many folds."""
_TEST, _TRAIN = ("test",), ("train", "training", "val", "valid", "validation")


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """One way to hold rows out.

    Attributes
    ----------
    name, groups
        What it is called; the group of every row (n,).
    pairs
        Rows to train on and rows to test, fold by fold.
    """

    name: str
    groups: NDArray[np.str_]
    pairs: tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]


def make_folds(
    samples: Samples, table: SampleTable, seed: int, group: str | None, split: str | None
) -> tuple[dict[str, Folds], dict[str, str]]:
    """Make every split that the samples allow; the rest with the reason.

    Frames of the same structure and adsorbate are never parted: they are one group everywhere.
    """
    same = np.array([s.identity() for s in samples.samples])
    made: dict[str, Folds] = {}
    skipped: dict[str, str] = {}
    wanted = {
        "random": same,
        "by_site": np.array(table.sites),
        "leave_one_metal_out": np.array(table.metals),
    }
    if group:
        wanted[f"by_{group}"] = np.array([s.group for s in samples.samples])
    for name, groups in wanted.items():
        joined = _joined(groups, same)
        n = len(np.unique(joined))
        if n < 2:
            skipped[name] = f"all {len(samples)} structures are of one group"
            continue
        k = RANDOM_FOLDS if name == "random" else MOST_FOLDS
        made[name] = Folds(name, joined, _group_folds(joined, min(k, n), seed))
    if split:
        made["predefined"] = _predefined(samples, same, split)
    if not made:
        raise SacmlError(f"{samples.source}: {len(samples)} structure: at least two are needed")
    return made, skipped


def _joined(groups: NDArray[np.str_], same: NDArray[np.str_]) -> NDArray[np.str_]:
    """Groups with those united that share a structure."""
    out = groups.astype(object)
    for identity in np.unique(same):
        names = sorted(set(out[same == identity]))
        for name in names[1:]:
            out[out == name] = names[0]
    return out.astype(str)


def _group_folds(
    groups: NDArray[np.str_], k: int, seed: int
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]:
    from sklearn.model_selection import GroupKFold

    splitter = GroupKFold(k, shuffle=True, random_state=seed)
    return tuple((tr, te) for tr, te in splitter.split(groups, groups=groups))


def _predefined(samples: Samples, same: NDArray[np.str_], key: str) -> Folds:
    words = np.array([s.split for s in samples.samples])
    lower = np.char.lower(words)
    known = set(_TEST + _TRAIN)
    rows = np.arange(len(words))
    if set(lower) <= known:
        test = np.isin(lower, _TEST)
        if not test.any() or test.all():
            raise SacmlError(
                f"{key!r} holds {', '.join(sorted(set(words)))}: a predefined split needs rows "
                "of 'test' and of 'train'"
            )
        shared = set(same[test]) & set(same[~test])
        if shared:
            names = [samples.samples[i].frame for i in rows[test] if same[i] in shared]
            raise SacmlError(
                f"{len(names)} test structures of {key!r} stand in the training rows too: "
                + ", ".join(names[:10])
            )
        return Folds("predefined", same, ((rows[~test], rows[test]),))
    found = sorted(set(words))
    if len(found) < 2:
        raise SacmlError(f"{key!r} holds only {found[0]!r}: write train and test, or fold numbers")
    return Folds("predefined", words, tuple((rows[words != f], rows[words == f]) for f in found))
