"""From a table of candidates to the descriptor matrix.

Values are computed once per different component (or combination of components) and then copied
row by row, in chunks that stay in the processor's cache.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.domain.conditions import WORDS
from sacml.domain.elements import ALKALI
from sacml.errors import NotationError
from sacml.features import (
    alkali,
    anchoring,
    conditions,
    host,
    metal,
    modifier,
    pair,
    shell,
    surroundings,
)
from sacml.features.catalogue import FEATURE_NAMES
from sacml.features.factor import combine
from sacml.features.pair import Rows
from sacml.features.resolve import unknown_shells
from sacml.features.table import CandidateTable

CHUNK = 2048
"""Rows written at a time."""

Lookup = tuple[NDArray[np.float32], NDArray[Any]]
"""Matrix (u, k) of values per component, and the component of each row (n,)."""


def describe(table: CandidateTable) -> NDArray[np.float32]:
    """Compute the descriptors of every row.

    Parameters
    ----------
    table
        Candidates whose shells are known (bare hosts included); see
        `CandidateTable.resolve_shells`.

    Returns
    -------
    ndarray
        Shape (n, n_features), float32, columns as in `FEATURE_NAMES`, no NaN.

    Raises
    ------
    NotationError
        Naming sites whose shell is not known.
    """
    _check_shells(table)
    out = np.empty((len(table), len(FEATURE_NAMES)), dtype=np.float32)
    before, after = _lookups(table)
    n_numbers = len(conditions.NUMBERS)
    for start in range(0, len(table), CHUNK):
        rows = slice(start, min(start + CHUNK, len(table)))
        column = 0
        for matrix, index in before:
            out[rows, column : column + matrix.shape[1]] = matrix[index[rows]]
            column += matrix.shape[1]
        conditions.fill_numbers(table, rows, out[rows, column : column + n_numbers])
        column += n_numbers
        for matrix, index in after:
            out[rows, column : column + matrix.shape[1]] = matrix[index[rows]]
            column += matrix.shape[1]
    return out


def _check_shells(table: CandidateTable) -> None:
    unknown = np.flatnonzero(unknown_shells(table))
    if len(unknown):
        named = ", ".join(dict.fromkeys(str(table.site(int(i))) for i in unknown[:3]))
        raise NotationError(
            f"{len(unknown)} of {len(table)} rows have a shell that is not known (first: {named}); "
            "call CandidateTable.resolve_shells() first"
        )


def _lookups(table: CandidateTable) -> tuple[list[Lookup], list[Lookup]]:
    """Give matrices and indices in column order: before and after the numbers of conditions."""
    c, s, h = table.centre_index, table.shell_index, table.host_index
    a, m = table.alkali_index, table.modifier_index
    # an unknown shell may be listed without being used
    known = [None if x is None or not x.is_known else x for x in table.shells]
    metals = metal.BLOCK.matrix(table.centres)
    shells = shell.BLOCK.matrix(known)
    hosts = host.BLOCK.matrix(table.hosts)
    alkalis = alkali.BLOCK.matrix(ALKALI)
    modifiers = modifier.BLOCK.matrix(table.modifiers)

    dual = np.array([len(x) == 2 for x in table.centres], dtype=np.int8)
    (ps, ph, pd), anchored = combine([s, h, dual[c]], [len(known), len(hosts), 2])
    combinations = zip(ps.tolist(), ph.tolist(), pd.tolist(), strict=True)
    anchors = anchoring.BLOCK.matrix((known[i], table.hosts[j], k > 0) for i, j, k in combinations)

    (qc, qs, qa), sited = combine([c, s, a], [len(metals), len(shells), len(ALKALI)])
    site_pairs = pair.site_pairs(
        Rows(metal.BLOCK, metals, qc), Rows(shell.BLOCK, shells, qs),
        Rows(alkali.BLOCK, alkalis, qa),
    )  # fmt: skip
    (rh, rm, ra), supported = combine([h, m, a], [len(hosts), len(modifiers), len(ALKALI)])
    support_pairs = pair.support_pairs(
        Rows(host.BLOCK, hosts, rh), Rows(modifier.BLOCK, modifiers, rm),
        Rows(alkali.BLOCK, alkalis, ra),
    )  # fmt: skip

    columns = [getattr(table, f"{name}_index").astype(np.intp) + 1 for name in WORDS]
    words, worded = combine(columns, [len(w) + 1 for w in WORDS.values()])
    word_rows = conditions.WORD_BLOCK.matrix(
        (e - 1, f - 1, g - 1) for e, f, g in zip(*(w.tolist() for w in words), strict=True)
    )
    before: list[tuple[NDArray[np.float64], NDArray[Any]]] = [
        (metals, c), (shells, s), (surroundings.BLOCK.matrix(table.surroundings),
                                   table.surrounding_index),
        (anchors, anchored), (hosts, h), (alkalis, a),
    ]  # fmt: skip
    after = [(word_rows, worded), (modifiers, m), (site_pairs, sited), (support_pairs, supported)]
    return _single(before), _single(after)


def _single(lookups: Sequence[tuple[NDArray[np.float64], NDArray[Any]]]) -> list[Lookup]:
    return [(matrix.astype(np.float32), index) for matrix, index in lookups]
