"""Checks of the arrays that a stored model is made of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.errors import ModelFileError


def check_array(name: str, array: NDArray[Any], dtype: str, shape: tuple[int | None, ...]) -> None:
    """Check type, shape and finiteness, and lock the array."""
    if array.dtype != np.dtype(dtype):
        raise ModelFileError(f"array {name!r} is {array.dtype}, expected {dtype}")
    fits = array.ndim == len(shape) and all(
        s is None or s == a for s, a in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise ModelFileError(f"array {name!r} has shape {array.shape}, expected {shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelFileError(f"array {name!r} holds values that are not finite")
    array.flags.writeable = False


def check_columns(columns: NDArray[np.intp]) -> None:
    """Check that the columns are whole numbers from 0, each once."""
    check_array("columns", columns, "int64", (None,))
    if (columns < 0).any() or np.unique(columns).size != columns.size:
        raise ModelFileError("array 'columns' holds a negative or repeated column")


def check_ends(low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
    """Check that no range is upside down."""
    if (low > high).any():
        raise ModelFileError("low lies above high in a column")
