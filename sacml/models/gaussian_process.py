"""Gaussian process with one covariance term per part of a site, for tens of rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sacml.errors import unknown
from sacml.models.base import ColumnRegressor
from sacml.models.evidence import CONSTANT, maximise
from sacml.models.kernel_predictor import KernelPredictor
from sacml.models.kernels import FORMS, comparisons
from sacml.models.tobit import side_of

Block = tuple[str, Sequence[int]]


class GaussianProcess(ColumnRegressor):
    """A sum of terms, each a smooth or rough function of, or a line in, the columns of one block.

    The prediction is the posterior mean (for bounds Laplace's approximation of it); its `spread`
    is the predictive standard deviation for a new measurement in a new group.

    Parameters
    ----------
    blocks : sequence of (form, columns), optional
        ``("rbf", (3, 4))``, ``("exponential", (3,))`` or ``("linear", (7,))``, see
        `sacml.models.kernels.FORMS`; None makes one RBF term of all columns.
        Columns that do not vary in training are dropped, the others scaled by their standard
        deviation or a quarter of their range, whichever is larger; a linear column beyond its
        range in training counts as the end of that range.
    censored : bool
        Take ``lower`` and ``upper`` of `bound` as bounds. False takes all values as exact.
    group_effect : bool
        Where `groups` are given, each has a level of its own, drawn from a normal distribution
        whose variance is fitted. A new group's level is integrated out: it adds nothing to the
        mean and its variance to the spread.
    """

    columns = None

    def __init__(
        self,
        blocks: Sequence[Block] | None = None,
        censored: bool = False,
        group_effect: bool = True,
    ) -> None:
        self.blocks = blocks
        self.censored = censored
        self.group_effect = group_effect

    def _fit(self, X: NDArray[Any], y: NDArray[np.float64], bound: Any, groups: Any) -> None:
        X = X.astype(np.float64)
        self.centre_, self.low_, self.high_ = X.mean(axis=0), X.min(axis=0), X.max(axis=0)
        spread = X.std(axis=0)
        varies = spread > 1e-6 * np.maximum(1.0, np.abs(self.centre_))
        # what only a few rows have must not count as many standard deviations
        scale = np.maximum(spread, (self.high_ - self.low_) / 4)
        self.scale_ = np.where(varies, scale, 1.0)
        member, form = self._members(X.shape[1])
        kept = (member & varies).any(axis=1)
        self.member_, self.form_ = (member & varies)[kept], form[kept]
        self.level_, self.unit_ = float(y.mean()), float(y.std()) or 1.0
        side = side_of(bound) if self.censored and bound is not None else np.zeros(len(y))
        same = None
        if self.group_effect and groups is not None:
            label = np.asarray(groups)
            same = label[:, None] == label[None, :]
            if same.all() or same.sum() == len(y):  # one group, or each row its own: no effect
                same = None
        self.Z_ = self._standardise(X)
        compared = comparisons(self.member_, self.form_, self.Z_, self.Z_)
        self.fitted_ = maximise(compared, self.form_, same, (y - self.level_) / self.unit_, side)
        self.predictor_ = self._predictor()

    def _members(self, width: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        blocks = [("rbf", range(width))] if self.blocks is None else self.blocks
        member = np.zeros((len(blocks), width), dtype=bool)
        form = np.empty(len(blocks), dtype=np.int64)
        for i, (kind, columns) in enumerate(blocks):
            if kind not in FORMS:
                raise unknown("form of a block", kind, list(FORMS))
            form[i] = FORMS[kind]
            member[i, list(columns)] = True
        return member, form

    def _standardise(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return (X - self.centre_) / self.scale_

    def _predictor(self) -> KernelPredictor:
        used, fitted = self.member_.any(axis=0), self.fitted_
        return KernelPredictor(
            columns=self.columns_[used].astype(np.int64),
            member=self.member_[:, used],
            form=self.form_,
            variance=(self.unit_ * fitted.amplitude) ** 2,
            length=fitted.length,
            constant=np.array([CONSTANT * self.unit_**2]),
            centre=self.centre_[used],
            scale=self.scale_[used],
            low=self.low_[used],
            high=self.high_[used],
            support=self.Z_[:, used],
            weights=fitted.mode.weights / self.unit_,
            root=fitted.mode.root / self.unit_,
            level=np.array([self.level_]),
            beyond=np.array([self.unit_**2 * (fitted.group**2 + fitted.noise**2)]),
        )

    def _predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        return self.predictor_.predict(X[:, self.predictor_.columns])

    def predictor(self) -> KernelPredictor:
        """Return the fitted model without scikit-learn."""
        return self.predictor_
