"""Bodies of graph networks, taught by structures of other groups; each lacks a fifth of the metals.

    python experiments/bodies.py sites      # H, O, OH and OOH on single-atom sites
    python experiments/bodies.py dual       # stability of dual-atom sites, unrelaxed structures

``transfer.py`` asks what they bring to our labels. The data are of He, Wang and Ouyang (Chem.
Mater. 2023, doi:10.1021/acs.chemmater.3c02549) and of Yin and others (arXiv 2503.19445); they are
read by path and are no part of sacml, and no weights of this are released. Body k of a source has
seen no metal of fold k; it is stored as soon as it is trained, and what is stored is not trained
again. The error printed is that on the metals of the fold beside the mean of the others.
"""

import argparse
import json
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import torch
from ase import Atoms
from ase.io import read

from sacml.errors import ModelFileError, SacmlError
from sacml.models.gnn import store
from sacml.models.gnn.ensemble import Ensemble
from sacml.models.gnn.fitting import fit_ensemble
from sacml.models.gnn.network import NetworkOptions
from sacml.models.gnn.training import TrainingOptions
from sacml.structures.graphs import GraphOptions, Marks, graphs

PUBLIC = "../shared/data/public"
SOURCES = ("sites", "dual")
ADSORBATES = ("H", "O", "OH", "OOH")
FOLDS = 5


def settings(path: str, convolution: str | None) -> tuple[dict, NetworkOptions, TrainingOptions]:
    content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    network = content["network"] | ({"convolution": convolution} if convolution else {})
    return content, NetworkOptions(**network), TrainingOptions(**content["training"])


def metal_folds(public: Path, metals: set[str]) -> dict[str, int]:
    """Fold of each metal: that of the single-atom data where they have it, else in turn."""
    path = public / "sac_hoer" / "splits.json"
    given = json.loads(path.read_text(encoding="utf-8"))["metal_fold5"]
    rest = sorted(metals.difference(given))
    return given | {metal: k % FOLDS for k, metal in enumerate(rest)}


Structures = tuple[list[Atoms], list[Marks], np.ndarray, list[tuple[str, ...]]]


def sites(public: Path) -> Structures:
    """Bare sites, marked, free energies of the adsorbates (sites, 4) in eV, and the metals."""
    frames = read(public / "sac_hoer" / "sac_hoer.extxyz", index=":")
    bare = {(f.info["metal"], int(f.info["n_N"])): f for f in frames
            if f.info["adsorbate"] == "none"}  # fmt: skip
    labels = {key: np.full(len(ADSORBATES), np.nan) for key in bare}
    for frame in frames:
        key = frame.info["metal"], int(frame.info["n_N"])
        if frame.info["quality"] in ("clean", "recovered") and key in bare:
            labels[key][ADSORBATES.index(frame.info["adsorbate"])] = frame.info["dG_eV"]
    keys = [k for k in bare if np.isfinite(labels[k]).any()]
    marks = [Marks((int(bare[k].info["metal_index"]),)) for k in keys]
    y = np.array([labels[k] for k in keys])
    return [bare[k] for k in keys], marks, y, [(metal,) for metal, _ in keys]


def dual(public: Path) -> Structures:
    """Unrelaxed dual sites, marked, their stability (sites, 1) in eV, and the metals."""
    frames = read(public / "dac_stability" / "dac_stability_sub.extxyz", index=":")
    marks = [Marks(tuple(int(k) for k in f.info["metal_indices"])) for f in frames]
    y = np.array([[f.info["E_stability_eV"]] for f in frames], dtype=float)
    return frames, marks, y, [(f.info["metal1"], f.info["metal2"]) for f in frames]


READ = {"sites": (sites, ADSORBATES), "dual": (dual, ("stability",))}


def body_path(folder: Path, source: str, network: NetworkOptions, fold: int) -> Path:
    return folder / f"{source}_{network.convolution}_{fold}"


def load(folder: Path, source: str, network: NetworkOptions, public: Path) -> dict:
    """Metal -> body taught without it; None for metals that the source does not hold."""
    try:
        found = [store.load(body_path(folder, source, network, k))[0] for k in range(FOLDS)]
    except ModelFileError as error:
        sys.exit(f"transfer: {error}; run experiments/bodies.py {source} first")
    *_, metals = READ[source][0](public)
    seen = {m for pair in metals for m in pair}
    folds = metal_folds(public, seen)
    return {m: found[folds[m]] for m in seen} | {None: found[0]}


def teach(source: str, options: argparse.Namespace) -> None:
    content, network, training = settings(options.config, options.convolution)
    frames, marks, y, metals = READ[source][0](options.public)
    names = [str(f.info["id"]) for f in frames]
    made = graphs(frames, marks=marks, options=GraphOptions(network.cutoff_A), names=names)
    folds = metal_folds(options.public, {m for pair in metals for m in pair})
    inside = np.array([[k in {folds[m] for m in pair} for pair in metals] for k in range(FOLDS)])
    print(f"{source}: {len(made)} structures, {int(np.isfinite(y).sum())} labels")
    for k in range(FOLDS):
        path = body_path(options.out, source, network, k)
        if path.is_dir():
            continue
        began, taught = time.process_time(), np.flatnonzero(~inside[k])
        asked = np.flatnonzero([all(folds[m] == k for m in pair) for pair in metals])
        groups = ["+".join(metals[i]) for i in taught]
        ensemble: Ensemble = fit_ensemble(
            [made[i] for i in taught], y[taught], groups, targets=READ[source][1],
            network=network, training=training, seed=content["seed"],
        )  # fmt: skip
        store.save(ensemble, path, made[:2])
        errors = np.abs(ensemble.predict([made[i] for i in asked]) - y[asked])
        plain = np.abs(np.nanmean(y[taught], axis=0) - y[asked])
        print(f"{source}, fold {k}: {np.nanmean(errors):.3f} eV on {len(asked)} structures of "
              f"metals not seen, mean {np.nanmean(plain):.3f}, taught by {len(taught)} in "
              f"{time.process_time() - began:.0f} s", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="+", choices=SOURCES)
    parser.add_argument("--config", default="experiments/gnn.toml")
    parser.add_argument("--convolution", choices=("invariant", "equivariant"))
    parser.add_argument("--public", type=Path, default=Path(PUBLIC))
    parser.add_argument("--out", type=Path, default=Path("runs/gnn/bodies"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    for source in options.sources:
        teach(source, options)


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"bodies: {error}")
