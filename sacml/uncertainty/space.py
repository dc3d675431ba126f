"""The space of descriptors that a model was trained in: distance and leverage of a candidate.

Both are taken on the columns that the model reads and that vary over its training records, each
divided by its standard deviation there, after a rotation to the principal axes that hold
`VARIANCE` of the variance.

- *Distance*: to the nearest training record along those axes, with what a candidate has beside
  them added in quadrature; per column, so that 1 is one standard deviation in every column. The
  nearest-neighbour domain, as in Sahigara, Ballabio, Todeschini and Consonni, J. Cheminform. 5, 27
  (2013), doi:10.1186/1758-2946-5-27.
- *Leverage*: the hat value ``1/n + t' (T'T)^-1 t`` of the linear model on those axes, as in the
  Williams plot (Sahigara et al., Molecules 17, 4791 (2012), doi:10.3390/molecules17054791).

The limits are conformal quantiles over the training groups, each judged as if it had been left
out: a record of a new group like them exceeds one with a probability of at most ``1 - level``.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sacml.uncertainty.quantile import group_weights, upper_quantile

VARIANCE = 0.95
_DIGITS = 6  # of what is stored; the same is used before storing, so that no flag changes
_BLOCK = 20_000  # rows at a time; bounds the matrix of rows x training records
_SLACK = 1e-4  # of a limit: float32 sums differ with the number of rows


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Training records of one model in its descriptors.

    Attributes
    ----------
    columns : (c,) int
        Columns of the descriptor matrix.
    centre, scale : (c,) float32
        Mean and standard deviation of each over the training records.
    axes : (c, k) float32
        Principal axes.
    spans : (k,) float32
        Reciprocal sum of squares of the training records along each.
    points : (m, k) float32
        Distinct training records along the axes.
    n_rows
        Number of training records.
    distance_limit, leverage_limit
        Infinite where the groups were too few to say.
    """

    columns: NDArray[np.intp]
    centre: NDArray[np.float32]
    scale: NDArray[np.float32]
    axes: NDArray[np.float32]
    spans: NDArray[np.float32]
    points: NDArray[np.float32]
    n_rows: int
    distance_limit: float
    leverage_limit: float

    @classmethod
    def of(
        cls, X: NDArray[np.floating], columns: ArrayLike, groups: ArrayLike, level: float
    ) -> "Space | None":
        """Learn the space of training records; None where nothing that is read varies.

        Parameters
        ----------
        X : (n, p) float32
            Descriptors, all columns.
        columns : (c,) int
            Those that the model reads.
        groups : (n,)
            What is held out together.
        """
        read = np.asarray(columns, dtype=np.intp)
        given = np.asarray(X, dtype=np.float64)[:, read]
        if len(given) < 2 or not read.size:
            return None
        scale = given.std(axis=0)
        # float32 noise in a column that does not vary must not be blown up
        varies = scale > 1e-6 * np.maximum(1.0, np.abs(given.mean(axis=0)))
        if not varies.any():
            return None
        read, given = read[varies], given[:, varies]
        centre, scale = _short(given.mean(axis=0)), _short(scale[varies])
        Z = (given - centre) / scale
        _, size, rotation = np.linalg.svd(Z, full_matrices=False)
        held = np.cumsum(size**2) / (size**2).sum()
        k = int(np.searchsorted(held, VARIANCE)) + 1
        axes = rotation[:k].T
        axes = _short(axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(k)]))
        T = Z @ axes
        spans = _short(1 / (T**2).sum(axis=0))
        aside = np.maximum((Z**2).sum(axis=1) - (T**2).sum(axis=1), 0.0)
        weights, n_groups = group_weights(groups)
        labels = np.asarray(groups)
        distance = np.sqrt((_held_out_squares(T, labels) + aside) / len(read))
        limits = [
            float(upper_quantile(values, weights, n_groups, level))
            for values in (distance, _held_out_leverage(T, spans, labels))
        ]
        points = np.unique(_short(T).astype(np.float32), axis=0)
        return cls(
            columns=read,
            centre=centre.astype(np.float32),
            scale=scale.astype(np.float32),
            axes=axes.astype(np.float32),
            spans=spans.astype(np.float32),
            points=points,
            n_rows=len(given),
            distance_limit=limits[0],
            leverage_limit=limits[1],
        )

    def judge(self, X: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each row of `columns` (n, c) is too far off, and of too much leverage, (n,)."""
        n, width = len(X), len(self.columns)
        far, strong = np.empty(n, dtype=bool), np.empty(n, dtype=bool)
        near = (self.points**2).sum(axis=1) / 2
        for start in range(0, n, _BLOCK):
            rows = slice(start, start + _BLOCK)
            Z = (X[rows] - self.centre) / self.scale
            T = Z @ self.axes
            inside = np.einsum("ij,ij->i", T, T)
            leverage = 1 / self.n_rows + T**2 @ self.spans
            strong[rows] = leverage > self.leverage_limit * (1 + _SLACK)
            if np.isinf(self.distance_limit):
                far[rows] = False
                continue
            # |t - p|^2 = |t|^2 - 2 (t.p - |p|^2 / 2); with what lies beside the axes it is
            # |z|^2 less the second term
            best = (T @ self.points.T - near).max(axis=1)
            square = np.maximum(inside - 2 * best, 0) + np.maximum(
                np.einsum("ij,ij->i", Z, Z) - inside, 0
            )
            far[rows] = square > width * (self.distance_limit * (1 + _SLACK)) ** 2
        return far, strong

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; an infinite limit is written as None."""
        raw = {name: getattr(self, name).tolist() for name in _ARRAYS}
        for name in ("distance_limit", "leverage_limit"):
            value = getattr(self, name)
            raw[name] = None if np.isinf(value) else value
        return raw | {"n_rows": self.n_rows}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Space":
        """Read what `to_dict` wrote.

        Raises
        ------
        ValueError
            If the shapes do not fit each other, or a value is not finite.
        """
        given: dict[str, Any] = {name: np.array(raw[name], dtype=np.float32) for name in _ARRAYS}
        given["columns"] = np.array(raw["columns"], dtype=np.intp)
        for name in ("distance_limit", "leverage_limit"):
            given[name] = np.inf if raw[name] is None else float(raw[name])
        c, k = len(given["columns"]), len(given["spans"])
        shapes = {"centre": (c,), "scale": (c,), "axes": (c, k), "spans": (k,)}
        wrong = [n for n, shape in shapes.items() if given[n].shape != shape]
        if wrong or given["points"].shape[1:] != (k,) or (given["columns"] < 0).any():
            raise ValueError(f"the descriptor space does not fit together: {wrong or 'points'}")
        if not all(np.isfinite(given[n]).all() for n in _ARRAYS) or (given["scale"] <= 0).any():
            raise ValueError("the descriptor space holds values that are not finite")
        return cls(n_rows=int(raw["n_rows"]), **given)

    def __eq__(self, other: object) -> bool:
        """Whether all values are equal."""
        return isinstance(other, Space) and all(
            np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)
        )

    __hash__ = None  # type: ignore[assignment]


_ARRAYS = ("columns", "centre", "scale", "axes", "spans", "points")


def _short(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to the digits that are stored."""
    return np.array([float(f"{v:.{_DIGITS}g}") for v in values.ravel()]).reshape(values.shape)


def _held_out_squares(T: NDArray[np.float64], groups: NDArray[Any]) -> NDArray[np.float64]:
    """Squared distance (n,) to the nearest record of another group; infinite with one group."""
    square = (T**2).sum(axis=1)
    apart = np.maximum(square[:, None] + square[None] - 2 * T @ T.T, 0.0)
    apart[groups[:, None] == groups[None]] = np.inf
    return apart.min(axis=1)


def _held_out_leverage(
    T: NDArray[np.float64], spans: NDArray[np.float64], groups: NDArray[Any]
) -> NDArray[np.float64]:
    """Leverage (n,) of each record in the design without its group.

    With H the hat matrix of all records and G a group it is the diagonal of
    ``H_GG (1 - H_GG)^-1``, by the matrix inversion lemma; infinite where the other groups do not
    span the axes.
    """
    out = np.empty(len(T))
    for group in np.unique(groups):
        here = np.flatnonzero(groups == group)
        hat = (T[here] * spans) @ T[here].T + 1 / len(T)
        value, vector = np.linalg.eigh(hat)
        with np.errstate(divide="ignore"):
            ratio = np.where(value < 1 - 1e-9, value / np.maximum(1 - value, 1e-300), np.inf)
        part = vector**2
        # an axis in which the record takes no part adds nothing, be its ratio infinite
        shares = np.multiply(part, ratio, where=part > 1e-12, out=np.zeros_like(part))
        out[here] = shares.sum(axis=1)
    return out
