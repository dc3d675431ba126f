"""What one descriptor column is, and a block of columns computed from one kind of component."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["value", "mask", "one_hot"]

PREFIXES: Mapping[str, str] = {
    "metal": "metal_",
    "shell": "shell_",
    "host": "host_",
    "alkali": "alkali_",
    "conditions": "cond_",
    "modifier": "mod_",
    "pair": "pair_",
}
"""Group of a feature -> how its name starts."""

CACHED_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the descriptor matrix.

    Attributes
    ----------
    name, unit
        Column name (with its unit) and unit; ``1`` where there is none.
    group
        One of `PREFIXES`.
    kind
        `value` (0 where its mask is 0), `mask` (1 where a value applies or is known) or `one_hot`.
    definition
        What the number is, in words, and which mask tells that it is not applicable or unknown.
    source
        Column of the element table, formula, or part of the notation it is read from.
    """

    name: str
    unit: str
    group: str
    kind: Kind
    definition: str
    source: str

    def __post_init__(self) -> None:
        if not self.name.startswith(PREFIXES[self.group]):
            raise ValueError(f"feature {self.name!r} of {self.group!r} starts otherwise")


def one_hots(
    prefix: str, words: Iterable[str], group: str, meaning: str, source: str
) -> tuple[Feature, ...]:
    """One column ``{prefix}_{word}`` for each word; `meaning` completes "1 where ... is WORD"."""
    return tuple(
        Feature(
            f"{prefix}_{w.lower().replace(' ', '_')}", "1", group, "one_hot",
            f"1 where {meaning} is {w.replace('_', ' ')}", source,
        )
        for w in words
    )  # fmt: skip


class Block:
    """Columns that depend on one component alone (a centre, a shell, a host, ...).

    Parameters
    ----------
    features
        The columns.
    row
        Function from a component to the values that are not zero, by column name.
    """

    def __init__(
        self, features: tuple[Feature, ...], row: Callable[[Any], Mapping[str, float]]
    ) -> None:
        self.features = features
        self.names = tuple(f.name for f in features)
        self.position = {name: i for i, name in enumerate(self.names)}
        self._row = row
        self._cached = lru_cache(maxsize=CACHED_ROWS)(self._values)

    def _values(self, component: Hashable) -> NDArray[np.float64]:
        row = np.zeros(len(self.features))
        for name, value in self._row(component).items():
            row[self.position[name]] = value
        if not np.isfinite(row).all():
            bad = [n for n, v in zip(self.names, row, strict=True) if not np.isfinite(v)]
            raise ArithmeticError(f"{component!r} gives no finite {', '.join(bad)}")
        row.setflags(write=False)
        return row

    def matrix(self, components: Iterable[Hashable]) -> NDArray[np.float64]:
        """Values of each component, shape (n_components, n_features)."""
        rows = [self._cached(c) for c in components]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self.features))
