"""Geometry descriptors, files and pictures of structures, on one core.

The batch is M-N4 sites in graphene of 31 atoms, moved at random so that no two are alike.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from sacml.features.geometry import describe_geometry
from sacml.structures import build
from sacml.structures.files import read, write
from sacml.structures.render import png

STRUCTURES = 3000
METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Pd")


def batch(sites: list, n: int = STRUCTURES, seed: int = 0) -> list:
    """Repeat the sites, every atom shaken a little."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(n):
        atoms = sites[i % len(sites)].copy()
        atoms.positions += rng.normal(0.0, 0.02, atoms.positions.shape)
        found.append(atoms)
    return found


def seconds(function, repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def run() -> dict[str, float]:
    sites = [build(f"{metal}-N4@graphene", "Li", "ring6").to_atoms() for metal in METALS]
    structures = batch(sites)
    describe_geometry(structures[:20])
    whole = seconds(lambda: describe_geometry(structures))
    png(structures[0])
    with tempfile.TemporaryDirectory() as folder:
        paths = write(structures[0], folder)
        written = seconds(lambda: write(structures[0], folder), 10)
        taken = seconds(lambda: [read(Path(p)) for p in paths.values()], 10)
    return {
        f"geometry descriptors, {STRUCTURES} structures of 32 atoms (s)": whole,
        "geometry descriptors, structures per second": STRUCTURES / whole,
        "write extxyz, CIF and POSCAR of one structure (s)": written,
        "read them (s)": taken,
        "one PNG (s)": seconds(lambda: png(structures[0])),
    }


if __name__ == "__main__":
    for label, value in run().items():
        print(f"{label:<64} {value:.4g}")
