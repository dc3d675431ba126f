"""Batches of trimmed graphs with their targets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data


@dataclass(eq=False)
class Batch:
    """Several graphs as one; nodes and edges in order of their steps to the site.

    Attributes
    ----------
    x, known, marks : (n, p), (n, p), (n, 3)
    edge_index, distance, vector, bonded : (2, e), (e,), (e, 3), (e,)
    graph : (n,)
        Graph of each node.
    inputs, y, weight : (g, q), (g, t), (g,)
        Inputs of each graph; targets, NaN where missing; weight of each graph.
    node_counts, edge_counts
        Number of nodes within k steps of the site, and of edges into them, for k = 0, 1, ...
    """

    x: Tensor
    known: Tensor
    marks: Tensor
    edge_index: Tensor
    distance: Tensor
    vector: Tensor
    bonded: Tensor
    graph: Tensor
    inputs: Tensor
    y: Tensor
    weight: Tensor
    node_counts: list[int]
    edge_counts: list[int]

    def to(self, device: torch.device | str) -> "Batch":
        """Move the tensors."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        moved: dict[str, Any] = {k: v.to(device) for k, v in given.items() if isinstance(v, Tensor)}
        return replace(self, **moved)


def collate(graphs: Sequence[Data], y: Tensor, weight: Tensor, layers: int) -> Batch:
    """Join trimmed graphs.

    Parameters
    ----------
    graphs
        As `trim.trim` returns them for this number of layers.
    y, weight
        Targets (g, t) and weights (g,).
    """
    sizes = torch.tensor([len(d.x) for d in graphs])
    offset = torch.repeat_interleave(
        torch.cumsum(sizes, 0) - sizes, torch.tensor([d.edge_index.shape[1] for d in graphs])
    )
    steps = torch.cat([d.steps for d in graphs])
    order = torch.argsort(steps, stable=True)
    number = torch.empty_like(order)
    number[order] = torch.arange(len(order))
    edge_index = number[torch.cat([d.edge_index for d in graphs], dim=1) + offset]
    into = steps[order][edge_index[1]]
    # by steps for the layers; within a step by target, so that sums read memory in order
    rows = torch.argsort(edge_index[1], stable=True)
    edge_index, into = edge_index[:, rows], into[rows]
    reach = range(layers)
    return Batch(
        x=torch.cat([d.x for d in graphs])[order],
        known=torch.cat([d.known for d in graphs])[order],
        marks=torch.cat([d.marks for d in graphs])[order],
        edge_index=edge_index,
        distance=torch.cat([d.distance for d in graphs])[rows],
        vector=torch.cat([d.vector for d in graphs])[rows],
        bonded=torch.cat([d.bonded for d in graphs])[rows],
        graph=torch.repeat_interleave(torch.arange(len(graphs)), sizes)[order],
        inputs=torch.cat([d.inputs for d in graphs]),
        y=y,
        weight=weight,
        node_counts=[int((steps <= k).sum()) for k in reach],
        edge_counts=[int((into <= k).sum()) for k in reach],
    )


@dataclass(eq=False)
class Loader:
    """Batches in an order that follows from seed and epoch alone, so that a resumed run repeats.

    Without a seed the order is that of the graphs, and the batches are made once.
    """

    graphs: Sequence[Data]
    y: torch.Tensor
    weight: torch.Tensor
    layers: int
    batch: int
    seed: int | None = None
    epoch: int = 0
    _kept: list[Batch] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return (len(self.graphs) + self.batch - 1) // self.batch

    def __iter__(self) -> Iterator[Batch]:
        if self.seed is None:
            self._kept = self._kept or list(self._made(torch.arange(len(self.graphs))))
            yield from self._kept
        else:
            generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
            yield from self._made(torch.randperm(len(self.graphs), generator=generator))

    def _made(self, order: torch.Tensor) -> Iterator[Batch]:
        for rows in order.split(self.batch):
            chosen = [self.graphs[k] for k in rows.tolist()]
            yield collate(chosen, self.y[rows], self.weight[rows], self.layers)
