"""Fit an ensemble: inner grouped folds say when to stop, scalers come from the rows given."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch_geometric.data import Data

from sacml.errors import SacmlError
from sacml.models.gnn.batches import Loader
from sacml.models.gnn.ensemble import Ensemble
from sacml.models.gnn.network import Network, NetworkOptions
from sacml.models.gnn.trim import trim

INNER_FOLDS = 5
"""Each network stops early on one of these; the others of an ensemble on the next ones."""
VALIDATION_BATCH = 256


@dataclass(frozen=True)
class TrainingOptions:
    """How networks are trained.

    Attributes
    ----------
    members
        Number of networks; each stops early on another inner fold, so that all rows teach.
    epochs, patience
        Largest number of passes, and passes without a gain on the inner fold before stopping.
    batch
        Graphs of one step.
    rate, decay
        Learning rate at the start (it falls along a cosine) and weight decay of AdamW.
    body_rate
        Learning rate of a body that was taken over, as a part of `rate`; 0 freezes it.
    accelerator
        ``cpu``, ``gpu`` or ``auto``, as lightning reads it.
    """

    members: int = 3
    epochs: int = 100
    patience: int = 40
    batch: int = 16
    rate: float = 3e-3
    decay: float = 1e-3
    body_rate: float = 1.0
    accelerator: str = "cpu"

    def __post_init__(self) -> None:
        for name in ("members", "epochs", "patience", "batch"):
            value = getattr(self, name)
            if not (isinstance(value, int) and value >= 1):
                raise SacmlError(f"{name} = {value!r}: give a whole number of at least 1")
        if not (0 < self.rate < 1 and self.decay >= 0 and self.body_rate >= 0):
            raise SacmlError(
                f"rate = {self.rate!r}, decay = {self.decay!r}, body_rate = {self.body_rate!r}: "
                "give a rate between 0 and 1, the others from 0"
            )


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
            members.append(_train(new, loaders, training, place, initial is not None))
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


def _train(
    network: Network, loaders: list[Loader], training: TrainingOptions, folder: Path | None,
    taken_over: bool,
) -> Network:  # fmt: skip
    """Train one network; the state that did best on the inner fold is kept."""
    import lightning.pytorch as pl
    from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint

    from sacml.models.gnn.lightning_module import Fitting, KeepBest

    train, validation = loaders
    watched = bool(len(validation))
    best = KeepBest()
    callbacks: list[Callback] = []
    if watched:
        callbacks += [best, EarlyStopping("held_out", patience=training.patience)]
    last = None
    if folder is not None:
        callbacks.append(ModelCheckpoint(folder, save_last=True, every_n_epochs=10))
        last = folder / "last.ckpt" if (folder / "last.ckpt").is_file() else None
    module = Fitting(network, training, train, taken_over)
    quiet = logging.getLogger("lightning.pytorch")
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    deterministic = torch.are_deterministic_algorithms_enabled()
    try:
        with warnings.catch_warnings():
            # lightning's advice on workers, steps and folders; nothing a user can mend
            warnings.filterwarnings("ignore", module="lightning")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            pl.Trainer(
                max_epochs=training.epochs, accelerator=training.accelerator, devices=1,
                callbacks=callbacks, logger=False, enable_progress_bar=False,
                enable_model_summary=False, enable_checkpointing=folder is not None,
                num_sanity_val_steps=0, gradient_clip_val=1.0,
                deterministic=training.accelerator == "cpu",
            ).fit(module, train, validation if watched else None, ckpt_path=last,
                  weights_only=True)  # fmt: skip
    finally:
        quiet.setLevel(level)
        torch.use_deterministic_algorithms(deterministic)
    if best.state is not None:
        network.load_state_dict(best.state)
    return network.cpu().eval()
