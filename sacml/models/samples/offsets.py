"""A mean per category (adsorbate), taken off before a model is fitted and put back after."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def category_of(X: NDArray[np.float64], column: int | None) -> NDArray[np.intp]:
    """Number of the category of each row (n,), -1 for one never seen; 0 without a column."""
    if column is None:
        return np.zeros(len(X), dtype=np.intp)
    return np.maximum(X[:, column].astype(np.intp), -1)


def offsets(
    codes: NDArray[np.intp], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of each category and, last, of all rows (k + 1,); and y without them (n,).

    A category without rows has the mean of all.
    """
    k = int(codes.max(initial=-1)) + 1
    known = codes[codes >= 0]
    counts = np.bincount(known, minlength=k)
    sums = np.bincount(known, weights=y[codes >= 0], minlength=k)
    overall = float(y.mean())
    means = np.append(np.where(counts > 0, sums / np.maximum(counts, 1), overall), overall)
    return means, y - means[codes]


def one_hots(codes: NDArray[np.intp], k: int) -> NDArray[Any]:
    """Columns (n, k) of zero and one; a category never seen is all zero."""
    out = np.zeros((len(codes), k))
    known = (codes >= 0) & (codes < k)
    out[np.flatnonzero(known), codes[known]] = 1.0
    return out
