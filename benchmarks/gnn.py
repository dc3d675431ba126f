"""Training of the networks on one core beside torch-geometric's own SchNet of equal width.

The same graphs (sites in graphene with an alkali, 32 atoms, all edges within 6 A), batches of 32,
collation, forward pass, backward pass and a step of AdamW. Processor time, as the machine may be
shared; networks take turns. SchNet's far Gaussians are denormal numbers, which slow its products
of matrices down; it runs once as it comes and once with such numbers taken as zero.
"""

import resource
import time

import numpy as np

from sacml.structures import build
from sacml.structures.graphs import graphs

METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu")
GRAPHS, BATCH, ROUNDS = 96, 32, 2
FLUSHED = "schnet without denormals"
WIDTH, LAYERS, BASIS, CUTOFF_A = 64, 3, 50, 6.0


def batch(seed: int = 0) -> list:
    rng = np.random.default_rng(seed)
    sites = [build(f"{metal}-N4@graphene", "Li").to_atoms() for metal in METALS]
    found = []
    for i in range(GRAPHS):
        atoms = sites[i % len(sites)].copy()
        atoms.positions += rng.normal(0.0, 0.02, atoms.positions.shape)
        found.append(atoms)
    return graphs(found)


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def own(data: list, convolution: str):
    """One pass over all graphs with a network of ours."""
    import torch

    from sacml.models.gnn.batches import Loader
    from sacml.models.gnn.network import Network, NetworkOptions
    from sacml.models.gnn.trim import trim

    options = NetworkOptions(convolution, WIDTH, LAYERS, BASIS, CUTOFF_A)
    network = Network(options, 0, 1)
    optimizer = torch.optim.AdamW(network.parameters())
    trimmed = [trim(d, LAYERS) for d in data]
    loader = Loader(trimmed, torch.zeros(len(data), 1), torch.ones(len(data)), LAYERS, BATCH, 0)

    def epoch() -> None:
        for part in loader:
            optimizer.zero_grad()
            torch.nn.functional.huber_loss(network(part), part.y).backward()
            optimizer.step()

    return epoch, sum(p.numel() for p in network.parameters())


def schnet(data: list):
    """One pass over all graphs with SchNet of torch-geometric, which is handed our edges."""
    import torch
    from torch_geometric.data import Batch, Data
    from torch_geometric.nn.models import SchNet

    edges: list = [None]
    network = SchNet(WIDTH, WIDTH, LAYERS, BASIS, CUTOFF_A,
                     interaction_graph=lambda pos, batch: edges[0])  # fmt: skip
    optimizer = torch.optim.AdamW(network.parameters())
    plain = [Data(z=d.z, pos=d.x[:, :3], edge_index=d.edge_index, distance=d.distance)
             for d in data]  # fmt: skip
    y = torch.zeros(len(data), 1)

    def epoch() -> None:
        order = torch.randperm(len(data))
        for rows in order.split(BATCH):
            part = Batch.from_data_list([plain[k] for k in rows.tolist()])
            edges[0] = part.edge_index, part.distance
            optimizer.zero_grad()
            found = network(part.z, part.pos, part.batch)
            torch.nn.functional.huber_loss(found, y[rows]).backward()
            optimizer.step()

    return epoch, sum(p.numel() for p in network.parameters())


def run() -> dict[str, float]:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    data = batch()
    start = peak_megabytes()
    passes, peaks, sizes = {}, {}, {}
    # in order of their need of memory, so that each peak is its own
    for name in ("invariant", "equivariant", "schnet", FLUSHED):
        made = schnet(data) if name.startswith("schnet") else own(data, name)
        passes[name], sizes[name] = made
        passes[name]()
        peaks[name] = peak_megabytes()
    times = {name: [] for name in passes}
    for _ in range(ROUNDS):
        for name, epoch in passes.items():
            torch.set_flush_denormal(name == FLUSHED)
            began = time.process_time()
            epoch()
            times[name].append(time.process_time() - began)
    torch.set_flush_denormal(False)
    rate = {name: GRAPHS / min(t) for name, t in times.items()}
    found = {"edges per graph": float(np.mean([d.edge_index.shape[1] for d in data]))}
    for name, value in rate.items():
        found[f"{name}, graphs per second"] = value
        found[f"{name}, parameters"] = float(sizes[name])
        found[f"{name}, peak of the process after a pass (MB)"] = peaks[name]
    found["before the first pass (MB)"] = start
    for name in ("invariant", "equivariant"):
        found[f"{name} over schnet"] = rate[name] / rate["schnet"]
        found[f"{name} over {FLUSHED}"] = rate[name] / rate[FLUSHED]
    return found


if __name__ == "__main__":
    for label, value in run().items():
        print(f"{label:<64} {value:.4g}")
