"""Leave out of a graph what cannot reach the site, exactly.

The readout looks at centre, shell and guest alone. A network of L layers carries to them what lies
within L steps along edges: nodes farther away, and edges into nodes that are L steps away, change
nothing. Nodes are put in order of their steps, so that each layer updates only a leading part.
"""

import torch
from torch_geometric.data import Data


def trim(data: Data, layers: int) -> Data:
    """Keep what `layers` layers can see, in order of the steps to the site.

    Adds ``steps`` (n,) int64 and drops ``z`` (nothing reads it any more).
    """
    source, target = data.edge_index
    steps = torch.full((len(data.x),), layers + 1, dtype=torch.long)
    reached = data.marks.any(dim=1)
    steps[reached] = 0
    for k in range(1, layers + 1):
        # sources of edges into what was reached so far
        new = torch.zeros_like(reached)
        new[source[reached[target]]] = True
        new &= ~reached
        steps[new] = k
        reached = reached | new
    nodes = torch.nonzero(reached).ravel()
    nodes = nodes[torch.argsort(steps[nodes], stable=True)]
    number = torch.full_like(steps, -1)
    number[nodes] = torch.arange(len(nodes))
    edges = steps[target] < layers
    kept = {k: data[k][edges] for k in ("distance", "vector", "bonded")}
    return Data(
        x=data.x[nodes], known=data.known[nodes], marks=data.marks[nodes], steps=steps[nodes],
        edge_index=number[data.edge_index[:, edges]], inputs=data.inputs, **kept,
    )  # fmt: skip
