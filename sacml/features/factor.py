"""Factorising: unique values and, for each row, the position of its value among them."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=Hashable)

DENSE = 1 << 22
"""Up to this many possible combinations are marked in a table instead of being sorted."""


class Unique(Generic[T]):
    """A list of different values that remembers the position of each."""

    def __init__(self) -> None:
        self._position: dict[T, int] = {}

    def add(self, value: T) -> int:
        """Position of a value, appended if it is new."""
        return self._position.setdefault(value, len(self._position))

    def extend(self, values: Iterable[T]) -> NDArray[np.int32]:
        """Positions of several values."""
        return np.fromiter((self.add(v) for v in values), dtype=np.int32)

    @property
    def values(self) -> tuple[T, ...]:
        """The values in order of appearance."""
        return tuple(self._position)


def combine(
    indices: Sequence[NDArray[Any]], sizes: Sequence[int]
) -> tuple[tuple[NDArray[np.intp], ...], NDArray[np.int32]]:
    """Find the combinations of several indices that occur.

    Parameters
    ----------
    indices, sizes
        Arrays (n,) with values from 0 to the size below.

    Returns
    -------
    parts, position
        The different combinations, one array (u,) per index, and for each row the position of its
        combination (n,).
    """
    total = int(np.prod([max(s, 1) for s in sizes], dtype=object))
    n = len(indices[0])
    code = np.zeros(n, dtype=np.int64)
    if total > np.iinfo(np.int64).max:
        raise OverflowError(f"{total} combinations of components are too many to number")
    for index, size in zip(indices, sizes, strict=True):
        code *= max(size, 1)
        code += index
    if total <= max(DENSE, 2 * n):
        # marking and counting costs no sort
        seen = np.zeros(total, dtype=bool)
        seen[code] = True
        used = np.flatnonzero(seen)
        rank = np.empty(total, dtype=np.int32)
        rank[used] = np.arange(len(used), dtype=np.int32)
        position = rank[code]
    else:
        used, inverse = np.unique(code, return_inverse=True)
        position = inverse.astype(np.int32)
    parts = np.unravel_index(used, [max(s, 1) for s in sizes]) if sizes else ()
    return tuple(parts), position
