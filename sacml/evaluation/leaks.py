"""What stands on both sides of a fold: the same value, source, site or descriptors."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sacml.data.splits import Split
from sacml.models.described import Described

Key = Callable[[int], Any]

FORBIDDEN = {
    "leave_one_source_out": ("same source",),
    "by_year": ("same source",),
    "leave_one_metal_out": ("same metal",),
    "leave_one_host_out": ("same host",),
    "leave_one_alkali_out": ("same alkali",),
}
"""What each split promises to keep apart; the rest is listed, not forbidden."""


def find_leaks(described: Described, split: Split) -> pd.DataFrame:
    """List test records that share something with a training record of their fold.

    Kinds: ``same value`` (candidate and value agree: a duplicate), ``same descriptors`` (all
    columns agree), ``same site`` (site and alkali), ``same structure`` (the site, with any
    alkali), ``same source``, ``same metal``, ``same host``, ``same alkali``.

    Returns
    -------
    DataFrame
        split, fold, kind, record_id (tested), train_record_id (the first that agrees), n_train
        (how many do), forbidden (whether the split promises that there is none).
    """
    keys = _keys(described)
    forbidden = FORBIDDEN.get(split.name, ())
    rows = []
    for fold in split.folds:
        for kind, key in keys.items():
            held: dict[Any, list[int]] = defaultdict(list)
            for i in fold.train.tolist():
                for part in key(i):
                    held[part].append(i)
            for i in fold.test.tolist():
                shared = sorted({j for part in key(i) for j in held.get(part, ())})
                if shared:
                    rows.append((split.name, fold.group, kind, described.records[i].record_id,
                                 described.records[shared[0]].record_id, len(shared),
                                 kind in forbidden))  # fmt: skip
    return pd.DataFrame(rows, columns=["split", "fold", "kind", "record_id", "train_record_id",
                                       "n_train", "forbidden"])  # fmt: skip


def count_leaks(leaks: pd.DataFrame, described: Described, split: Split) -> pd.DataFrame:
    """Count tested records per kind: split, kind, n_records, n_tested, forbidden."""
    tested = int(sum(len(f.test) for f in split.folds))
    rows = []
    for kind in _keys(described):
        mine = leaks[leaks["kind"] == kind]
        rows.append((split.name, kind, len(mine), tested, kind in FORBIDDEN.get(split.name, ())))
    return pd.DataFrame(rows, columns=["split", "kind", "n_records", "n_tested", "forbidden"])


def _keys(described: Described) -> dict[str, Key]:
    records = described.records
    rows = np.unique(described.X, axis=0, return_inverse=True)[1].reshape(-1).tolist()
    return {
        "same value": lambda i: [(str(records[i].candidate), records[i].value)],
        "same descriptors": lambda i: [rows[i]],
        "same site": lambda i: [(str(records[i].site), records[i].alkali)] * records[i].is_sac,
        "same structure": lambda i: [str(records[i].site)] * records[i].is_sac,
        "same source": lambda i: [records[i].source_group],
        "same metal": lambda i: (
            {*records[i].site.metals, *records[i].modifier.active_elements}
            if records[i].is_sac
            else ()
        ),
        "same host": lambda i: [records[i].site.host.name],
        "same alkali": lambda i: [records[i].alkali],
    }
