"""The graph network as one of the models: fits and predicts on a table of candidates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from sacml.domain import Candidate
from sacml.errors import ModelFileError, SacmlError
from sacml.features import FEATURE_NAMES
from sacml.models.base import check_bound
from sacml.models.epochs import OnEpoch
from sacml.models.gnn import NETWORK, WEIGHTS
from sacml.models.gnn.candidates import CandidateGraphs, shared_graphs
from sacml.models.gnn.ensemble import Ensemble
from sacml.models.gnn.fitting import fit_ensemble
from sacml.models.gnn.network import NetworkOptions
from sacml.models.gnn.store import ensemble_files, read_ensemble
from sacml.models.gnn.training import TrainingOptions, one_thread
from sacml.models.registry import register

if TYPE_CHECKING:
    from sacml.features import CandidateTable

EXAMPLES = ("Co-N4@graphene;Li", "Fe-N4@graphene;Na;j=1;q=1", "@graphene;Li")
"""Candidates by whose graphs stored networks are checked."""
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

    def files(self) -> dict[str, bytes]:
        """Content of the files by name, see `sacml.models.gnn.store`."""
        examples = self.graphs.of([Candidate.parse(text) for text in EXAMPLES])
        return ensemble_files(self.ensemble, examples, {"with_alkali": self.with_alkali})

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> "GraphPredictor":
        """Read what `files` gave; the networks are checked by their examples.

        Raises
        ------
        ModelFileError
            If a file is missing or does not hold networks of this version.
        """
        if set(files) != {NETWORK, WEIGHTS}:
            raise ModelFileError(
                f"a model of kind {cls.kind!r} holds {NETWORK} and {WEIGHTS} alone"
            )
        ensemble, facts = read_ensemble(files)
        return cls(ensemble, bool(facts["with_alkali"]))


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
    X is a `CandidateTable`, as `reads_candidates` tells; `refused` names the rows of which no
    structure can be built, which can be neither fitted nor predicted. A row of unknown shell
    teaches through all shells its host admits, with equal weights. A bound is taken as the
    demonstrated value.
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
        self,
        X: "CandidateTable",
        y: Any,
        bound: Any = None,
        groups: Sequence[Any] | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> "GraphRegressor":
        """Fit on n candidates and y (n,) on the modelling scale.

        Parameters
        ----------
        groups
            What inner folds must not separate (n,); the centre of each site where None.
        on_epoch
            Called after every epoch of every network.

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
        with one_thread():
            ensemble = fit_ensemble(
                made.of(resolved), values[parent], list(kept[parent]), targets=("y",),
                inputs=made.inputs, weight=weight, network=options, training=self.training,
                seed=self.seed, on_epoch=on_epoch,
            )  # fmt: skip
        self.predictor_ = GraphPredictor(ensemble, self.with_alkali)
        return self

    def predict(self, X: "CandidateTable") -> NDArray[np.float64]:
        """Predict (n,) on the modelling scale; shells have to be known."""
        check_is_fitted(self)
        return self.predictor_.predict(X)

    def predict_with_spread(
        self, X: "CandidateTable"
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation over the networks (n,) on the modelling scale."""
        check_is_fitted(self)
        return self.predictor_.predict_with_spread(X)

    def refused(self, X: "CandidateTable") -> dict[int, str]:
        """Rows of which a structure cannot be built, of any shell they may have -> why."""
        options = self.network or NetworkOptions()
        resolved, parent, _ = X.resolve_shells()
        found = shared_graphs(options.cutoff_A, self.with_alkali).refused(resolved)
        refused: dict[int, str] = {}
        for k, why in found.items():
            refused.setdefault(int(parent[k]), why)
        return refused

    def predictor(self) -> GraphPredictor:
        """What is stored and predicts."""
        check_is_fitted(self)
        return self.predictor_


TRAINING = TrainingOptions(members=3, epochs=60, patience=20)
"""Of the registered model: seconds per fold for tens of rows; chosen for that, not tuned."""


@register("gnn")
def _gnn(seed: int, feature_names: Sequence[str]) -> GraphRegressor:
    return GraphRegressor(NetworkOptions(), TRAINING, seed=seed)
