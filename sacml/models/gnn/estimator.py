"""The graph network as one of the models: fits and predicts on a table of candidates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from sacml.errors import SacmlError
from sacml.features import FEATURE_NAMES
from sacml.models.base import check_bound
from sacml.models.gnn.candidates import CandidateGraphs, shared_graphs
from sacml.models.gnn.ensemble import Ensemble
from sacml.models.gnn.fitting import TrainingOptions, fit_ensemble
from sacml.models.gnn.network import NetworkOptions

if TYPE_CHECKING:
    from sacml.features import CandidateTable

PARTS = ("metal", "shell", "host", "alkali", "cond")
"""Parts of a candidate that structure and inputs of the graph show; the modifier is not among them.
"""


@dataclass(frozen=True, eq=False)
class GraphPredictor:
    """A fitted ensemble that reads candidates.

    Attributes
    ----------
    ensemble
        Networks of one target, on the modelling scale.
    with_alkali
        See `CandidateGraphs`.
    graphs
        Builds the candidates; shared by all models of one cutoff.
    """

    ensemble: Ensemble
    with_alkali: bool
    graphs: CandidateGraphs = field(init=False, repr=False)
    kind: ClassVar[str] = "graphs"
    reads_candidates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if len(self.ensemble.targets) != 1:
            raise SacmlError(f"one target is predicted, not {', '.join(self.ensemble.targets)}")
        graphs = shared_graphs(self.ensemble.options.cutoff_A, self.with_alkali)
        if self.ensemble.inputs != graphs.inputs:
            raise SacmlError(
                "the inputs of the networks are not those of a candidate; train the model again"
            )
        object.__setattr__(self, "graphs", graphs)

    @property
    def columns(self) -> NDArray[np.intp]:
        """Columns of the descriptor matrix that say the same as what is read.

        They are not read themselves: they tell the applicability domain, and what rows differ in.
        """
        parts = tuple(f"{part}_" for part in PARTS)
        return np.array([k for k, n in enumerate(FEATURE_NAMES) if n.startswith(parts)], np.int64)

    def predict(self, table: "CandidateTable") -> NDArray[np.float64]:
        """Predict n candidates of known shells (n,) on the modelling scale."""
        return self.predict_with_spread(table)[0]

    def spread(self, table: "CandidateTable") -> NDArray[np.float64]:
        """Standard deviation over the networks (n,) on the modelling scale."""
        return self.predict_with_spread(table)[1]

    def predict_with_spread(
        self, table: "CandidateTable"
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation over the networks in one pass."""
        values, spread = self.ensemble.predict_with_spread(self.graphs.of(table))
        return values[:, 0], spread[:, 0]


class GraphRegressor(RegressorMixin, BaseEstimator):
    """An ensemble of graph networks on built, unrelaxed structures.

    Parameters
    ----------
    network, training
        Size and kind of the networks, and how they are trained; defaults where None.
    with_alkali
        Whether the alkali stands on the site in the structure, or is an input alone.
    seed
        Seed of weights, order and inner folds.

    Notes
    -----
    X is a `CandidateTable`, as `reads_candidates` tells. A row of unknown shell teaches through
    all shells its host admits, with equal weights. A bound is taken as the demonstrated value.
    """

    reads_candidates: ClassVar[bool] = True

    def __init__(
        self,
        network: NetworkOptions | None = None,
        training: TrainingOptions | None = None,
        with_alkali: bool = True,
        seed: int = 0,
    ) -> None:
        self.network = network
        self.training = training
        self.with_alkali = with_alkali
        self.seed = seed

    def fit(
        self, X: "CandidateTable", y: Any, bound: Any = None, groups: Sequence[Any] | None = None
    ) -> "GraphRegressor":
        """Fit on n candidates and y (n,) on the modelling scale.

        Parameters
        ----------
        groups
            What inner folds must not separate (n,); the centre of each site where None.

        Raises
        ------
        GraphError
            Naming every candidate of which no structure can be built.
        """
        values = np.asarray(y, dtype=np.float64)
        if values.shape != (len(X),) or not np.isfinite(values).all():
            raise SacmlError(f"y has shape {values.shape}: give a number for each of {len(X)} rows")
        check_bound(bound, len(X))
        if groups is not None and len(groups) != len(X):
            raise ValueError(f"groups has {len(groups)} entries for {len(X)} rows")
        kept = np.asarray(X.centre_index if groups is None else groups)
        resolved, parent, weight = X.resolve_shells()
        options = self.network or NetworkOptions()
        made = shared_graphs(options.cutoff_A, self.with_alkali)
        ensemble = fit_ensemble(
            made.of(resolved), values[parent], list(kept[parent]), targets=("y",),
            inputs=made.inputs, weight=weight, network=options, training=self.training,
            seed=self.seed,
        )  # fmt: skip
        self.predictor_ = GraphPredictor(ensemble, self.with_alkali)
        return self

    def predict(self, X: "CandidateTable") -> NDArray[np.float64]:
        """Predict (n,) on the modelling scale; shells have to be known."""
        check_is_fitted(self)
        return self.predictor_.predict(X)

    def predictor(self) -> GraphPredictor:
        """What is stored and predicts."""
        check_is_fitted(self)
        return self.predictor_
