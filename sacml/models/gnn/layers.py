"""Two message-passing layers over the same features: an invariant and an equivariant one.

Both take node features (n, F), the radial basis of the edges (e, B), which falls to zero at the
cutoff, and unit vectors of the edges (e, 3), and update the first `targets` nodes only. Vector
features are None before the first layer.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch_geometric.nn import MessagePassing
from torch_geometric.typing import OptTensor

FAR = -30.0
"""Exponent below which a Gaussian counts as its value there, 1e-13."""


class RadialBasis(nn.Module):
    r"""Gaussians of the distance times a smooth cutoff.

    .. math:: e_k(d) = \exp(-(d - \mu_k)^2 / 2 \sigma^2) \cdot (1 + \cos(\pi d / r_c)) / 2

    with centres spaced by :math:`\sigma` from 0 to :math:`r_c`, as in SchNet
    (10.1063/1.5019779); the cutoff function makes the output smooth where an edge appears.
    """

    centres: Tensor

    def __init__(self, cutoff_A: float, size: int) -> None:
        super().__init__()
        self.cutoff_A = cutoff_A
        self.register_buffer("centres", torch.linspace(0.0, cutoff_A, size), persistent=False)
        self.width = cutoff_A / (size - 1)

    def forward(self, distance: Tensor, bonded: Tensor) -> Tensor:
        """Distances in Angstrom (e,) and bond flags (e,) -> (e, size + 2)."""
        steps = (distance[:, None] - self.centres) / self.width
        smooth = 0.5 * (1.0 + torch.cos(distance * (torch.pi / self.cutoff_A)))
        # far tails would be denormal numbers, which take a matrix product ten times as long
        gaussians = torch.exp((-0.5 * steps**2).clamp(min=FAR))
        columns = [gaussians, torch.ones_like(distance)[:, None], bonded[:, None]]
        return torch.cat(columns, dim=1) * smooth[:, None]


class InvariantLayer(MessagePassing):
    r"""Gated convolution of the class of CGCNN (10.1103/PhysRevLett.120.145301).

    .. math:: x_i' = x_i + W \sum_j \sigma(g_{ij}) \odot (f(e_{ij}) \odot V x_j)

    where :math:`g_{ij} = A x_i + B x_j + C e_{ij}` and :math:`f` is linear without a constant, so
    that a message vanishes at the cutoff.
    """

    def __init__(self, width: int, basis: int) -> None:
        super().__init__(aggr="sum")
        self.own = nn.Linear(width, width)
        self.other = nn.Linear(width, 2 * width, bias=False)
        self.edge = nn.Linear(basis, 2 * width, bias=False)
        self.after = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(
        self, x: Tensor, v: Tensor | None, edge_index: Tensor, basis: Tensor, unit: Tensor,
        targets: int,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """Update the first `targets` nodes; `v` and `unit` are not read."""
        found = self.propagate(
            edge_index, size=(len(x), targets), own=(None, self.own(x[:targets])),
            other=(self.other(x), None), edge=self.edge(basis),
        )  # fmt: skip
        return x[:targets] + self.after(found), v

    def message(self, own_i: Tensor, other_j: Tensor, edge: Tensor) -> Tensor:
        """Messages of the edges (e, F)."""
        gate, content = (other_j).chunk(2, dim=-1)
        weight, scale = edge.chunk(2, dim=-1)
        return torch.sigmoid(own_i + gate + weight) * content * scale


class EquivariantLayer(MessagePassing):
    r"""Message and update of the class of PaiNN (arXiv 2102.03150).

    Scalars :math:`x` (n, F) and vectors :math:`v` (n, 3, F) exchange messages; the vectors turn
    with the structure, the scalars do not. Before the first layer all vectors are zero: what they
    would carry along the edges is not computed.
    """

    def __init__(self, width: int, basis: int) -> None:
        super().__init__(aggr="sum")
        self.other = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 3 * width))
        self.edge = nn.Linear(basis, 3 * width, bias=False)
        self.mix = nn.Linear(width, 2 * width, bias=False)
        self.update_ = nn.Sequential(
            nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, 3 * width)
        )

    def forward(
        self, x: Tensor, v: Tensor | None, edge_index: Tensor, basis: Tensor, unit: Tensor,
        targets: int,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Update scalars (n, F) and vectors (n, 3, F) of the first `targets` nodes."""
        width = x.shape[1]
        other, weight = self.other(x), self.edge.weight
        if v is None:
            other = torch.cat([other[:, :width], other[:, 2 * width :]], dim=1)
            weight = torch.cat([weight[:width], weight[2 * width :]])
        found = self.propagate(
            edge_index, size=(len(x), targets), other=(other, None),
            turned=(None if v is None else v.flatten(1), None), edge=linear(basis, weight),
            unit=unit,
        )  # fmt: skip
        x = x[:targets] + found[:, :width]
        moved = found[:, width:].view(targets, 3, width)
        v = moved if v is None else v[:targets] + moved
        left, right = self.mix(v).chunk(2, dim=-1)
        # the small number keeps the derivative of the length finite at zero
        length = torch.sqrt((right**2).sum(dim=1) + 1e-8)
        a, b, c = self.update_(torch.cat([x, length], dim=1)).chunk(3, dim=-1)
        x = x + a + b * (left * right).sum(dim=1)
        return x, v + c[:, None] * left

    def message(self, other_j: Tensor, turned_j: OptTensor, edge: Tensor, unit: Tensor) -> Tensor:
        """Messages of the edges: scalars and flattened vectors (e, 4 F)."""
        parts = (other_j * edge).chunk(2 if turned_j is None else 3, dim=-1)
        vector = parts[-1][:, None] * unit[:, :, None]
        if turned_j is not None:
            vector = vector + parts[1][:, None] * turned_j.view(len(unit), 3, -1)
        return torch.cat([parts[0], vector.flatten(1)], dim=1)


LAYERS: dict[str, Any] = {"invariant": InvariantLayer, "equivariant": EquivariantLayer}
"""Name of a convolution -> layer."""
