"""The training of one network, as lightning runs it."""

from collections.abc import Callable
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor

from sacml.models.gnn.batches import Batch


class Fitting(pl.LightningModule):
    """Fits a network with a Huber loss over the labels that are there.

    Parameters
    ----------
    network, training
        A `Network` and `TrainingOptions`.
    loader
        Its batches follow the epoch.
    taken_over
        Whether the body was trained before and learns at its own rate.
    """

    def __init__(self, network: Any, training: Any, loader: Any, taken_over: bool) -> None:
        super().__init__()
        self.network, self.training_options = network, training
        self.loader, self.taken_over = loader, taken_over

    def on_train_epoch_start(self) -> None:
        """Tell the loader which epoch this is; it differs from a count where a run goes on."""
        self.loader.epoch = self.current_epoch

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Weighted mean of the Huber loss over all labels of the batch."""
        there, error = _errors(self.network(batch), batch.y)
        each = torch.nn.functional.huber_loss(error, torch.zeros_like(error), reduction="none")
        weight = there * batch.weight[:, None]
        loss = (each * weight).sum() / weight.sum().clamp(min=1e-12)
        self.log("train_loss", loss, batch_size=max(int(weight.sum()), 1), on_step=False,
                 on_epoch=True)  # fmt: skip
        return loss

    def validation_step(self, batch: Batch, index: int) -> None:
        """Log the mean absolute error, in standard deviations of the targets."""
        there, error = _errors(self.network(batch), batch.y)
        weight = there * batch.weight[:, None]
        value = (error.abs() * weight).sum() / weight.sum().clamp(min=1e-12)
        self.log("held_out", value, batch_size=max(int(weight.sum()), 1), on_epoch=True)

    def configure_optimizers(self) -> Any:
        """AdamW; the rate falls along a cosine over all epochs."""
        given = self.training_options
        body = [p for part in self.network.body() for p in part.parameters()]
        inside = {id(p) for p in body}
        head = [p for p in self.network.parameters() if id(p) not in inside]
        rate = given.rate * (given.body_rate if self.taken_over else 1.0)
        parts = [{"params": head, "lr": given.rate}, {"params": body, "lr": rate}]
        optimizer = torch.optim.AdamW(parts, weight_decay=given.decay, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, given.epochs)
        return {"optimizer": optimizer, "lr_scheduler": schedule}


def _errors(found: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Which labels are there, and the errors (0 where they are not); both (g, t)."""
    there = ~torch.isnan(y)
    return there.to(found.dtype), found * there - torch.nan_to_num(y)


class Tell(pl.Callback):
    """Tells the number of each epoch and what was logged in it."""

    def __init__(self, tell: Callable[[int, dict[str, float]], None]) -> None:
        self.tell = tell

    def on_train_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Tell the epoch that has ended, its inner fold included."""
        logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.tell(trainer.current_epoch, logged)


class KeepBest(pl.Callback):
    """Keeps the state with the smallest error on the inner fold, also across a resumed run."""

    def __init__(self) -> None:
        self.value = float("inf")
        self.state: dict[str, Tensor] | None = None

    def on_validation_epoch_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Copy the weights after an epoch that did best."""
        value = float(trainer.callback_metrics["held_out"])
        if value < self.value:
            self.value = value
            network: Any = module.network
            self.state = {k: v.detach().clone() for k, v in network.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"value": self.value, "state": self.state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.value, self.state = state_dict["value"], state_dict["state"]
