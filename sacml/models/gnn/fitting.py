"""Fit an ensemble: inner grouped folds say when to stop, scalers come from the rows given."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch_geometric.data import Data

from sacml.errors import SacmlError
from sacml.models.epochs import Epoch, OnEpoch
from sacml.models.gnn.batches import Loader
from sacml.models.gnn.ensemble import Ensemble
from sacml.models.gnn.network import Network, NetworkOptions
from sacml.models.gnn.training import TrainingOptions, train_network
from sacml.models.gnn.trim import trim

INNER_FOLDS = 5
"""Each network stops early on one of these; the others of an ensemble on the next ones."""
VALIDATION_BATCH = 256


def inner_folds(groups: Sequence[Any], n: int, seed: int) -> list[NDArray[np.intp]]:
    """Rows held out by each of n inner folds: whole groups, of nearly equal number of rows.

    Empty where there is one group only: nothing can then be held out.
    """
    from sklearn.model_selection import GroupKFold

    codes = np.unique(np.asarray([str(g) for g in groups]), return_inverse=True)[1]
    folds = min(n, int(codes.max()) + 1)
    if folds < 2:
        return []
    splitter = GroupKFold(folds, shuffle=True, random_state=seed)
    return [test for _, test in splitter.split(codes, groups=codes)]


def fit_ensemble(
    graphs: Sequence[Data],
    y: ArrayLike,
    groups: Sequence[Any] | None = None,
    *,
    targets: Sequence[str],
    inputs: Sequence[str] = (),
    weight: ArrayLike | None = None,
    network: NetworkOptions | None = None,
    training: TrainingOptions | None = None,
    initial: Ensemble | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    on_epoch: OnEpoch | None = None,
) -> Ensemble:
    """Fit networks on graphs.

    Parameters
    ----------
    graphs
        From `sacml.structures.graphs`, made with the cutoff of `network`.
    y
        Targets (g, t) or (g,), NaN where a label is missing; every target needs one label.
    groups
        What inner folds must not separate (g,); each graph by itself where None.
    targets, inputs
        Names of the targets and of the inputs of the graphs.
    weight
        Weight of each graph in the loss (g,), 1 by default.
    initial
        Ensemble whose bodies the networks start from, e.g. one trained on more structures.
    folder
        Where checkpoints go; a run that was stopped there goes on from the last one.
    on_epoch
        Called after every epoch of every network.

    Raises
    ------
    SacmlError
        For labels that do not fit the graphs, or a target without any.
    """
    network, training = network or NetworkOptions(), training or TrainingOptions()
    labels, weights = _labels(y, weight, len(graphs), targets)
    columns = {int(d.inputs.shape[1]) for d in graphs}
    if columns != {len(inputs)}:
        raise SacmlError(f"the graphs have {sorted(columns)} inputs, {len(inputs)} are named")
    mean = np.nanmean(labels, axis=0)
    spread = np.nanstd(labels, axis=0)
    scale = np.where(spread > 1e-12, spread, 1.0)
    scaled = torch.from_numpy(((labels - mean) / scale).astype(np.float32))
    trimmed = [trim(d, network.layers) for d in graphs]
    given = torch.cat([d.inputs for d in graphs])
    deviation = torch.from_numpy(given.numpy().std(axis=0))
    held = inner_folds(range(len(graphs)) if groups is None else groups, INNER_FOLDS, seed)
    members = []
    for k in range(training.members):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed * 1009 + k)
            new = Network(network, len(inputs), len(targets))
            new.input_mean.copy_(given.mean(dim=0))
            new.input_scale.copy_(torch.where(deviation > 1e-6, deviation, 1.0))
            if initial is not None:
                _take_over(new, initial, k)
            validation = held[k % len(held)] if held else np.empty(0, dtype=np.intp)
            rest = np.setdiff1d(np.arange(len(graphs)), validation)
            loaders = [
                Loader([trimmed[i] for i in rows], scaled[rows], weights[rows], network.layers,
                       size, shuffle)
                for rows, size, shuffle in (
                    (rest, training.batch, seed * 1009 + k), (validation, VALIDATION_BATCH, None),
                )
            ]  # fmt: skip
            place = Path(folder) / f"member_{k}" if folder is not None else None
            tell = None if on_epoch is None else _teller(on_epoch, k + 1, scale)
            members.append(train_network(new, loaders, training, place, initial is not None, tell))
    return Ensemble(network, tuple(inputs), tuple(targets), mean, scale, tuple(members))


def _labels(
    y: ArrayLike, weight: ArrayLike | None, n: int, targets: Sequence[str]
) -> tuple[NDArray[np.float64], torch.Tensor]:
    labels = np.asarray(y, dtype=np.float64)
    labels = labels[:, None] if labels.ndim == 1 else labels
    if n == 0 or labels.shape != (n, len(targets)):
        raise SacmlError(f"labels of shape {labels.shape} for {n} graphs, {len(targets)} targets")
    if np.isinf(labels).any():
        raise SacmlError(f"rows {np.flatnonzero(np.isinf(labels).any(axis=1))[:10]} are infinite")
    empty = [t for k, t in enumerate(targets) if np.isnan(labels[:, k]).all()]
    if empty:
        raise SacmlError(f"no graph has a label of {', '.join(empty)}")
    weights = np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64)
    if weights.shape != (n,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise SacmlError("weights: give one finite number from 0 for each graph")
    return labels, torch.from_numpy(weights.astype(np.float32))


def _take_over(new: Network, initial: Ensemble, k: int) -> None:
    if initial.options.to_dict() | {"dropout": 0} != new.options.to_dict() | {"dropout": 0}:
        raise SacmlError(
            f"a body of {initial.options} cannot start a network of {new.options}; take the same"
        )
    old = initial.members[k % len(initial.members)]
    for part, source in zip(new.body(), old.body(), strict=True):
        part.load_state_dict(source.state_dict())


def _teller(
    on_epoch: OnEpoch, member: int, scale: NDArray[np.float64]
) -> Callable[[int, dict[str, float]], None]:
    """Name the figures of an epoch, in the unit of a single target."""
    unit = float(scale[0]) if len(scale) == 1 else 1.0

    def tell(number: int, logged: dict[str, float]) -> None:
        figures = {"train_loss": logged["train_loss"]}
        if "held_out" in logged:
            figures["inner_mae"] = logged["held_out"] * unit
        on_epoch(Epoch(member, number, figures))

    return tell
