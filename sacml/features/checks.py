"""Checks of the columns of a `CandidateTable`."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.domain.conditions import LIMITS


def read_only(given: ArrayLike, kind: type, name: str) -> NDArray[Any]:
    """Return a read-only array of a type, or raise where the values do not fit it."""
    array = np.asarray(given)
    if array.dtype != kind:
        cast: NDArray[Any] = array.astype(kind)
        if not np.array_equal(cast, array, equal_nan=array.dtype.kind == "f"):
            raise ValueError(f"{name} does not fit {np.dtype(kind)}")
        array = cast
    elif array.flags.writeable and array is given:
        array = array.copy()  # the caller may go on writing to it
    array.setflags(write=False)
    return array


def check_range(name: str, index: NDArray[Any], low: int, end: int) -> None:
    """Raise where an index lies outside low to end - 1."""
    if index.size and not (low <= index.min() and index.max() < end):
        raise ValueError(
            f"{name} holds {index.min()} to {index.max()}; allowed: {low} to {end - 1}"
        )


def check_condition(name: str, values: NDArray[np.float64]) -> None:
    """Raise where a condition lies outside its limits."""
    rows = outside(name, values)
    if rows.size:
        row, (low, high) = int(rows[0]), LIMITS[name]
        raise ValueError(f"row {row}: {name} = {values[row]:g} lies outside {low:g} to {high:g}")


def outside(name: str, values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows where a condition lies outside its limits; NaN (not stated) lies inside."""
    low, high = LIMITS[name]
    # a current or capacity of zero is no test
    below = values < low if name == "temperature_C" else values <= low
    return np.flatnonzero(below | (values > high))
