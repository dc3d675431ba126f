"""The network: descriptors of atoms, messages, and a readout at the site."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.utils import scatter

from sacml.errors import SacmlError, unknown
from sacml.models.gnn.layers import LAYERS, RadialBasis
from sacml.structures.graphs_elements import PROPERTIES
from sacml.structures.graphs_marks import ROLES


@dataclass(frozen=True)
class NetworkOptions:
    """Size and kind of a network.

    Attributes
    ----------
    convolution
        ``invariant`` (class of CGCNN) or ``equivariant`` (class of PaiNN).
    width, layers, basis
        Number of features of a node, of layers, and of Gaussians.
    cutoff_A
        The cutoff that the graphs were made with, in Angstrom.
    dropout
        Share of features dropped before the last layers of the readout in training.
    """

    convolution: str = "equivariant"
    width: int = 32
    layers: int = 2
    basis: int = 16
    cutoff_A: float = 3.5
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.convolution not in LAYERS:
            raise unknown("convolution", self.convolution, list(LAYERS))
        for name, low, high in (("width", 4, 1024), ("layers", 1, 12), ("basis", 4, 256)):
            value = getattr(self, name)
            if not (isinstance(value, int) and low <= value <= high):
                raise SacmlError(f"{name} = {value!r}: give a whole number from {low} to {high}")
        if not (0.5 <= self.cutoff_A <= 20.0 and 0.0 <= self.dropout < 1.0):
            raise SacmlError(
                f"cutoff_A = {self.cutoff_A!r}, dropout = {self.dropout!r}: give 0.5 to 20 "
                "Angstrom, and a share from 0 to below 1"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


class Network(nn.Module):
    """Predicts standardised targets (g, t) of g graphs.

    Parameters
    ----------
    n_inputs, n_targets
        Number of inputs of a graph as a whole, and of targets.

    Notes
    -----
    The readout takes the mean over the atoms of each mark (centre, shell, guest), never over the
    cell, so that neither the size of the cell nor the number of equal sites in it matters.
    `input_mean`, `input_scale` (n_inputs,) are buffers that the training sets.
    """

    input_mean: Tensor
    input_scale: Tensor

    def __init__(self, options: NetworkOptions, n_inputs: int, n_targets: int) -> None:
        super().__init__()
        self.options = options
        width, parts = options.width, len(ROLES)
        self.embed = nn.Sequential(
            nn.Linear(2 * len(PROPERTIES) + parts, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.radial = RadialBasis(options.cutoff_A, options.basis)
        layer = LAYERS[options.convolution]
        self.layers = nn.ModuleList(layer(width, options.basis + 2) for _ in range(options.layers))
        self.body_norm = nn.LayerNorm(width)
        self.register_buffer("input_mean", torch.zeros(n_inputs))
        self.register_buffer("input_scale", torch.ones(n_inputs))
        # embedding and final features of each mark, whether it is there, and the inputs
        self.head = nn.Sequential(
            nn.Linear(parts * (2 * width + 1) + n_inputs, width), nn.SiLU(),
            nn.Dropout(options.dropout), nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, n_targets),
        )  # fmt: skip

    def body(self) -> list[nn.Module]:
        """What can be taken over from a network of other inputs and targets."""
        return [self.embed, self.layers, self.body_norm]

    def forward(self, batch: Any) -> Tensor:
        """Trimmed graphs of one batch (see `trim.trim`, `batches.collate`) -> (g, t)."""
        start = self.embed(torch.cat([batch.x, batch.known, batch.marks], dim=1))
        basis = self.radial(batch.distance, batch.bonded)
        unit = batch.vector / batch.distance[:, None]
        x, v = start, None
        edges = batch.edge_index
        for k, layer in enumerate(self.layers):
            # nodes and edges are in order of their steps to the site
            nodes = batch.node_counts[self.options.layers - 1 - k]
            rows = batch.edge_counts[self.options.layers - 1 - k]
            x, v = layer(x, v, edges[:, :rows], basis[:rows], unit[:rows], nodes)
        return self.head(self._readout(start, self.body_norm(x), batch))

    def _readout(self, start: Tensor, x: Tensor, batch: Any) -> Tensor:
        sites = len(x)
        both, marks, graph = torch.cat([start[:sites], x], dim=1), batch.marks[:sites], batch.graph
        n = len(batch.inputs)
        counts = scatter(marks, graph[:sites], dim=0, dim_size=n, reduce="sum")
        parts = []
        for k in range(marks.shape[1]):
            total = scatter(both * marks[:, k : k + 1], graph[:sites], dim=0, dim_size=n)
            parts.append(total / counts[:, k : k + 1].clamp(min=1.0))
        scaled = (batch.inputs - self.input_mean) / self.input_scale
        return torch.cat([*parts, (counts > 0).to(x.dtype), scaled], dim=1)
