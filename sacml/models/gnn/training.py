"""How one network is trained: lightning's loop, early stopping, checkpoints."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from sacml.errors import SacmlError
from sacml.models.gnn.batches import Loader
from sacml.models.gnn.network import Network


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


def train_network(
    network: Network, loaders: list[Loader], training: TrainingOptions, folder: Path | None,
    taken_over: bool, tell: Callable[[int, dict[str, float]], None] | None,
) -> Network:  # fmt: skip
    """Train one network; the state that did best on the inner fold is kept."""
    import lightning.pytorch as pl
    from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint

    from sacml.models.gnn.lightning_module import Fitting, KeepBest, Tell

    train, validation = loaders
    watched = bool(len(validation))
    best = KeepBest()
    callbacks: list[Callback] = []
    if watched:
        callbacks += [best, EarlyStopping("held_out", patience=training.patience)]
    if tell is not None:
        callbacks.append(Tell(tell))
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


@contextmanager
def one_thread() -> Iterator[None]:
    """Graphs of tens of atoms are only slowed down by threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
