"""Graph networks on a user's structures: one output per adsorbate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted
from torch_geometric.data import Data

from sacml.errors import SacmlError
from sacml.models.epochs import OnEpoch
from sacml.models.gnn.ensemble import Ensemble
from sacml.models.gnn.fitting import fit_ensemble
from sacml.models.gnn.network import NetworkOptions
from sacml.models.gnn.training import TrainingOptions, one_thread

if TYPE_CHECKING:
    from sacml.data.samples import Sample

TRAINING = TrainingOptions(members=3, epochs=100, patience=40)
"""How networks are trained where nothing else is asked for."""
ONE_FROM = 300
"""From so many structures on one network is trained: thousands of them must take minutes."""


@dataclass(frozen=True, slots=True, eq=False)
class SampleGraph:
    """Graph of a structure, and which adsorbate is asked for.

    Attributes
    ----------
    structure
        Equal for samples that differ in the adsorbate's name alone: they share `data`.
    """

    data: Data
    adsorbate: str
    structure: int


def sample_graphs(samples: "Sequence[Sample]", adsorbates: Sequence[str]) -> list[SampleGraph]:
    """Make the graphs of samples.

    Parameters
    ----------
    adsorbates
        Name of the adsorbate of each, see `sacml.features.samples.SampleTable`.

    Raises
    ------
    GraphError
        Naming every frame that has no graph.
    """
    from sacml.features.samples import marked_atoms
    from sacml.structures.graphs import GraphOptions, Marks, graphs

    number: dict[str, int] = {}
    first, marks, which = [], [], []
    for sample in samples:
        centre, taken = marked_atoms(sample)
        key = f"{replace(sample, adsorbate='').identity()} {taken}"
        if key not in number:
            number[key] = len(number)
            first.append(sample)
            marks.append(Marks(centre, None, taken))
        which.append(number[key])
    made = graphs(
        [s.atoms for s in first], marks=marks, options=GraphOptions(NetworkOptions().cutoff_A),
        names=[s.frame for s in first],
    )  # fmt: skip
    return [SampleGraph(made[k], a, k) for k, a in zip(which, adsorbates, strict=True)]


class SampleNetworks(RegressorMixin, BaseEstimator):
    """An ensemble of graph networks with one output per adsorbate, of missing labels.

    Parameters
    ----------
    network, training
        Size and kind of the networks, and how they are trained; where None, the default size, and
        `TRAINING` with a single network from `ONE_FROM` structures on.
    seed
        Seed of weights, order and inner folds.

    Notes
    -----
    X is a sequence of `SampleGraph`. An adsorbate never seen is predicted by the mean of the
    outputs.
    """

    reads_graphs: ClassVar[bool] = True

    def __init__(
        self,
        network: NetworkOptions | None = None,
        training: TrainingOptions | None = None,
        seed: int = 0,
    ) -> None:
        self.network = network
        self.training = training
        self.seed = seed

    def fit(
        self,
        X: Sequence[SampleGraph],
        y: ArrayLike,
        groups: Sequence[Any] | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> "SampleNetworks":
        """Fit on n samples and y (n,); labels of the same structure and adsorbate are averaged.

        Parameters
        ----------
        groups
            What inner folds must not separate (n,); each structure by itself where None.
        on_epoch
            Called after every epoch of every network.
        """
        values = np.asarray(y, dtype=np.float64)
        if values.shape != (len(X),) or not np.isfinite(values).all():
            raise SacmlError(f"y has shape {values.shape}: give a number for each of {len(X)} rows")
        names = sorted({x.adsorbate for x in X})
        rows = list({x.structure: i for i, x in reversed(list(enumerate(X)))}.values())[::-1]
        place = {X[i].structure: k for k, i in enumerate(rows)}
        total, count = np.zeros((2, len(rows), len(names)))
        for x, value in zip(X, values, strict=True):
            at = place[x.structure], names.index(x.adsorbate)
            total[at] += value
            count[at] += 1
        labels = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        held = None if groups is None else [groups[i] for i in rows]
        training = self.training or (
            TRAINING if len(rows) < ONE_FROM else replace(TRAINING, members=1)
        )
        with one_thread():
            self.ensemble_ = fit_ensemble(
                [X[i].data for i in rows], labels, held, targets=names, network=self.network,
                training=training, seed=self.seed, on_epoch=on_epoch,
            )  # fmt: skip
        self.examples_ = [X[i].data for i in rows[:3]]
        return self

    def predict(self, X: Sequence[SampleGraph]) -> NDArray[np.float64]:
        """Predict (n,)."""
        check_is_fitted(self)
        return predict_graphs(self.ensemble_, X)


def predict_graphs(ensemble: Ensemble, X: Sequence[SampleGraph]) -> NDArray[np.float64]:
    """Predict n samples (n,), each structure once."""
    place = {x.structure: k for k, x in enumerate({x.structure: x for x in X}.values())}
    once = list({x.structure: x.data for x in X}.values())
    found = ensemble.predict(once)
    column = {name: k for k, name in enumerate(ensemble.targets)}
    return np.array([
        found[place[x.structure], column[x.adsorbate]] if x.adsorbate in column
        else found[place[x.structure]].mean()
        for x in X
    ])  # fmt: skip
