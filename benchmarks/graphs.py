"""Graphs of structures on one core, and the neighbour list beside those of ASE and pymatgen.

Sites in graphene and on other hosts of 31 to 57 atoms, moved at random, all edges within 6 A.
"""

import time

import numpy as np
from geometry import batch

from sacml.structures import build
from sacml.structures.graphs import graphs
from sacml.structures.graphs_edges import Edges

SITES = ("Co-N4@graphene", "Fe-N4@graphene", "Ti-N4@graphene", "Pt-S3@mos2", "Co-N3@g-c3n4")
STRUCTURES = 300
CUTOFF_A = 6.0


def seconds(function, repeats: int = 3) -> float:
    """Smallest processor time: the machine may be shared."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def run() -> dict[str, float]:
    import torch
    from ase.neighborlist import neighbor_list
    from pymatgen.io.ase import AseAtomsAdaptor

    torch.set_num_threads(1)
    atoms = batch([build(site, "Li").to_atoms() for site in SITES], STRUCTURES)
    graphs(atoms[:5])
    whole = seconds(lambda: graphs(atoms))
    part = atoms[:50]
    ours = seconds(lambda: [Edges.of(a, CUTOFF_A) for a in part])
    ase = seconds(lambda: [neighbor_list("ijSdD", a, CUTOFF_A) for a in part])
    # pymatgen knows no mixed periodicity of Atoms; the vacuum of all of them is wider than 6 A
    crystals = [AseAtomsAdaptor.get_structure(a) for a in part]
    pymatgen = seconds(lambda: [c.get_neighbor_list(CUTOFF_A) for c in crystals])
    return {
        "atoms, smallest": float(min(map(len, atoms))),
        "atoms, largest": float(max(map(len, atoms))),
        "edges per structure": float(np.mean([len(Edges.of(a, CUTOFF_A)) for a in part])),
        "graphs per second of one core": STRUCTURES / whole,
        "edges with bond flags, structures per second": len(part) / ours,
        "ASE's list takes times longer": ase / ours,
        "pymatgen's list takes times longer": pymatgen / ours,
    }


if __name__ == "__main__":
    for label, value in run().items():
        print(f"{label:<64} {value:.4g}")
