"""Limits of the applicability domain that are measured, not named: metals, descriptors, spread.

Every limit is a conformal quantile over what was held out, at the level `HELD_OUT`: each rule
alone puts at most one in ten records of a new group out of the domain if that group is like those
trained on. Nothing is fitted to the errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.uncertainty.nearness import metal_limit, nearest_metal
from sacml.uncertainty.quantile import group_weights, upper_quantile
from sacml.uncertainty.rules import Flag
from sacml.uncertainty.space import Space

if TYPE_CHECKING:
    from sacml.features import CandidateTable

HELD_OUT = 0.9
"""Share of held-out records that a limit leaves inside."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a candidate may lie from the training records.

    Attributes
    ----------
    metal
        Distance up to which an unseen metal is near a trained one (see
        `sacml.uncertainty.nearness`), or None: too few metals to say, none is near.
    space
        The descriptors the model was trained in, or None: not judged.
    spread
        Largest spread of the model that is usual on held-out records, or None: not judged.
    """

    metal: float | None = None
    space: Space | None = None
    spread: float | None = None

    @classmethod
    def of(
        cls,
        table: "CandidateTable",
        metals: Sequence[str],
        X: NDArray[np.floating] | None,
        columns: ArrayLike | None,
        groups: ArrayLike | None,
        spread: ArrayLike | None,
    ) -> "Limits":
        """Take the limits from training records; parameters as in `Applicability.of`."""
        labels = None if groups is None else np.asarray(groups)
        space = None
        if X is not None:
            read = np.arange(X.shape[1]) if columns is None else np.asarray(columns, dtype=np.intp)
            alike = labels
            if alike is None:
                alike = np.unique(X[:, read], axis=0, return_inverse=True)[1].reshape(-1)
            resolved, parent, _ = table.resolve_shells()
            if len(resolved) > len(table):
                from sacml.features import describe

                X, alike = describe(resolved), alike[parent]
            space = Space.of(X, read, alike, HELD_OUT)
        near = metal_limit(metals, HELD_OUT)
        return cls(
            metal=near if np.isfinite(near) else None,
            space=space,
            spread=None if spread is None else spread_limit(spread, labels),
        )

    def unseen(self, metal: str, trained: tuple[str, ...]) -> Flag:
        """Bit of a metal that is not among the trained ones."""
        if self.metal is None:
            return Flag.METAL
        distance = nearest_metal(metal, trained)[1]
        return Flag.NEAR_METAL if distance <= self.metal * (1 + 1e-9) else Flag.METAL

    def bits(self, X: NDArray[np.float32]) -> NDArray[np.uint32]:
        """Bits (n,) of distance and leverage, from the columns of the space (n, c)."""
        if self.space is None:
            return np.zeros(len(X), dtype=np.uint32)
        far, strong = self.space.judge(X)
        return far * np.uint32(Flag.DISTANCE) | strong * np.uint32(Flag.LEVERAGE)

    def spread_bits(self, spread: NDArray[np.float64]) -> NDArray[np.uint32]:
        """Bit (n,) of a spread above the usual."""
        limit = np.inf if self.spread is None else self.spread * (1 + 1e-9)
        return (spread > limit) * np.uint32(Flag.SPREAD)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        space = None if self.space is None else self.space.to_dict()
        return {"metal": self.metal, "space": space, "spread": self.spread}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Limits":
        """Read what `to_dict` wrote."""
        numbers = {n: None if raw[n] is None else float(raw[n]) for n in ("metal", "spread")}
        space = None if raw["space"] is None else Space.from_dict(raw["space"])
        return cls(space=space, **numbers)


def spread_limit(spread: ArrayLike, groups: ArrayLike | None) -> float | None:
    """Largest usual spread of the model on records that were held out (n,).

    NaN stands for a record that was not held out. None with too few groups to say, where without
    `groups` every record is one.
    """
    values = np.asarray(spread, dtype=np.float64)
    held = ~np.isnan(values)
    labels = np.arange(values.size) if groups is None else np.asarray(groups)
    weights, n_groups = group_weights(labels[held])
    limit = float(upper_quantile(values[held], weights, n_groups, HELD_OUT))
    return limit if np.isfinite(limit) else None


def held_out_spread_bits(spread: ArrayLike, groups: ArrayLike) -> NDArray[np.uint32]:
    """Bit (n,) of a spread above the usual, each held-out group judged by the others."""
    values, labels = np.asarray(spread, dtype=np.float64), np.asarray(groups)
    bits = np.zeros(values.size, dtype=np.uint32)
    for group in np.unique(labels):
        here = labels == group
        others = Limits(spread=spread_limit(values[~here], labels[~here]))
        bits[here] = others.spread_bits(values[here])
    return bits
