"""Equal rows of a table: found once, scored once."""

import numpy as np
from numpy.typing import NDArray


def match_rows(keys: NDArray[np.floating], rows: NDArray[np.floating]) -> NDArray[np.intp]:
    """Number of the key (k, c) that equals each row (n, c); -1 where none does."""
    k = len(keys)
    if keys.shape[1] == 0:
        return np.full(len(rows), 0 if k else -1)
    _, inverse = np.unique(np.concatenate([keys, rows]), axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    number = np.full(inverse.max(initial=-1) + 1, -1, dtype=np.intp)
    number[inverse[:k]] = np.arange(k)
    return number[inverse[k:]]


def combine(columns: list[NDArray], n: int) -> NDArray[np.int64]:
    """Combine columns of n whole numbers (>= -1) or floats (NaN = unstated) into one key a row.

    Equal keys mean equal rows, exactly: when the product of the ranges would overflow, the key
    so far is renumbered.
    """
    key, size = np.zeros(n, dtype=np.int64), 1
    for column in columns:
        if np.issubdtype(column.dtype, np.floating):
            found, codes = np.unique(column, return_inverse=True)
            codes, width = codes.reshape(-1), len(found)
        else:
            codes = column.astype(np.int64) + 1
            width = int(codes.max(initial=0)) + 1
        if width <= 1:
            continue
        if size > np.iinfo(np.int64).max // width:
            found, key = np.unique(key, return_inverse=True)
            key, size = key.reshape(-1).astype(np.int64), len(found)
        key = key * width + codes
        size *= width
    return key


def distinct(X: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First row of each set of equal rows, and for every row the number of its set.

    Rows are compared by a 64-bit hash of their bits, and the result is checked row by row.
    """
    n, width = X.shape
    if width == 0:
        return np.zeros(min(n, 1), dtype=np.intp), np.zeros(n, dtype=np.intp)
    words = np.ascontiguousarray(X + np.float32(0)).view(np.uint32)  # + 0 makes -0 a 0
    # a sum of words times odd random factors; floats such as 1.5 end in many zero bits, so their
    # high bits are folded down first, else few bits of the sum would tell rows apart
    mixed = words ^ (words >> np.uint32(16))
    draws = np.random.default_rng(0).integers(0, 2**63, size=width, dtype=np.uint64)
    odd = np.asarray(draws, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    key = np.empty(n, dtype=np.uint64)
    for start in range(0, n, _BLOCK):
        key[start : start + _BLOCK] = mixed[start : start + _BLOCK].astype(np.uint64) @ odd
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    same = len(first) == n or np.array_equal(words[first][inverse], words)
    if not same:  # two rows share a hash: compare in full
        _, first, inverse = np.unique(words, axis=0, return_index=True, return_inverse=True)
        inverse = inverse.reshape(-1)
    return first, inverse


_BLOCK = 4096  # rows hashed at a time, so that the wide words stay in the processor's cache
