"""Two message-passing layers over the same features: an invariant and an equivariant one.

Both take node features (n, F), the radial basis of the edges (e, B), which falls to zero at the
cutoff, and unit vectors of the edges (e, 3), and update the first `targets` nodes only.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing


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
        columns = [torch.exp(-0.5 * steps**2), torch.ones_like(distance)[:, None], bonded[:, None]]
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
        self, x: Tensor, v: Tensor, edge_index: Tensor, basis: Tensor, unit: Tensor, targets: int
    ) -> tuple[Tensor, Tensor]:
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
    with the structure, the scalars do not.
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
        self, x: Tensor, v: Tensor, edge_index: Tensor, basis: Tensor, unit: Tensor, targets: int
    ) -> tuple[Tensor, Tensor]:
        """Update scalars (n, F) and vectors (n, 3, F) of the first `targets` nodes."""
        width = x.shape[1]
        found = self.propagate(
            edge_index, size=(len(x), targets), other=(self.other(x), None),
            turned=(v.flatten(1), None), edge=self.edge(basis), unit=unit,
        )  # fmt: skip
        x = x[:targets] + found[:, :width]
        v = v[:targets] + found[:, width:].view(targets, 3, width)
        left, right = self.mix(v).chunk(2, dim=-1)
        # the small number keeps the derivative of the length finite at zero
        length = torch.sqrt((right**2).sum(dim=1) + 1e-8)
        a, b, c = self.update_(torch.cat([x, length], dim=1)).chunk(3, dim=-1)
        x = x + a + b * (left * right).sum(dim=1)
        return x, v + c[:, None] * left

    def message(self, other_j: Tensor, turned_j: Tensor, edge: Tensor, unit: Tensor) -> Tensor:
        """Messages of the edges: scalars and flattened vectors (e, 4 F)."""
        scalar, along, across = (other_j * edge).chunk(3, dim=-1)
        turned = turned_j.view(len(unit), 3, -1)
        vector = along[:, None] * turned + across[:, None] * unit[:, :, None]
        return torch.cat([scalar, vector.flatten(1)], dim=1)


LAYERS: dict[str, Any] = {"invariant": InvariantLayer, "equivariant": EquivariantLayer}
"""Name of a convolution -> layer."""
