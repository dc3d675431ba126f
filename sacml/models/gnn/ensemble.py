"""A fitted ensemble of networks: what is stored, and what predicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data

from sacml.errors import SacmlError
from sacml.models.gnn.batches import collate
from sacml.models.gnn.network import Network, NetworkOptions
from sacml.models.gnn.trim import trim

BATCH = 64
"""Graphs that are predicted at a time."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Networks of equal shape fitted on the same targets.

    Attributes
    ----------
    options
        Size and kind of the networks; their cutoff is that of the graphs.
    inputs, targets
        Names of the inputs of a graph as a whole (q), and of the targets (t).
    mean, scale
        Of the targets in training (t,) float64: networks predict ``(y - mean) / scale``.
    members
        The networks, in evaluation mode.
    """

    options: NetworkOptions
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    members: tuple[Network, ...]

    def __post_init__(self) -> None:
        if not self.members:
            raise SacmlError("an ensemble needs at least one network")
        for network in self.members:
            network.eval()
        for array in (self.mean, self.scale):
            if array.shape != (len(self.targets),) or not np.isfinite(array).all():
                raise SacmlError(f"mean and scale of {len(self.targets)} targets: {array!r}")

    def predict_members(self, graphs: Sequence[Data]) -> NDArray[np.float64]:
        """Predictions of each network, shape (members, g, t), in the unit of the targets."""
        for k, data in enumerate(graphs):
            if data.inputs.shape != (1, len(self.inputs)):
                raise SacmlError(
                    f"graph {k} has {data.inputs.shape[1]} inputs, the network reads "
                    f"{len(self.inputs)}: {', '.join(self.inputs)}"
                )
        layers = self.options.layers
        trimmed = [trim(data, layers) for data in graphs]
        device = next(self.members[0].parameters()).device
        out = np.empty((len(self.members), len(graphs), len(self.targets)))
        with torch.inference_mode():
            for start in range(0, len(trimmed), BATCH):
                part = trimmed[start : start + BATCH]
                nothing = torch.zeros(len(part), 0)
                batch = collate(part, nothing, nothing, layers).to(device)
                for k, network in enumerate(self.members):
                    out[k, start : start + len(part)] = network(batch).double().cpu().numpy()
        return out * self.scale + self.mean

    def predict(self, graphs: Sequence[Data]) -> NDArray[np.float64]:
        """Mean over the networks, shape (g, t)."""
        return self.predict_with_spread(graphs)[0]

    def spread(self, graphs: Sequence[Data]) -> NDArray[np.float64]:
        """Sample standard deviation over the networks, shape (g, t); 0 for a single network."""
        return self.predict_with_spread(graphs)[1]

    def predict_with_spread(
        self, graphs: Sequence[Data]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Both in one pass."""
        members = self.predict_members(graphs)
        freedom = min(1, len(members) - 1)
        return members.mean(axis=0), members.std(axis=0, ddof=freedom)

    def facts(self) -> dict[str, Any]:
        """Plain values that describe the ensemble without its weights."""
        return {
            "options": self.options.to_dict(),
            "inputs": list(self.inputs),
            "targets": list(self.targets),
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "members": len(self.members),
        }
