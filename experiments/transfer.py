"""What a body taught by structures of other groups brings to alkali binding energies, by metal.

    python experiments/bodies.py sites dual         # first: bodies that lack some metals
    python experiments/transfer.py

Every metal of the bundled DFT records is held out once. The body that a fine-tuned network starts
from was taught without that metal too; the network from scratch has the same size, seeds and inner
folds. Relaxed structures of `datasets/dft` may teach beside the built ones (from scratch); both are
asked about built and about relaxed structures of the metal held out. ``transfer_rows.csv`` (in
``--out``) holds every prediction, and what is there is not computed again;
``experiments/results/transfer.csv`` the errors per metal, ``transfer_paired.csv`` those over all
metals with differences to the network from scratch. A reported experiment: no weights are released.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from ase import Atoms
from ase.io import read
from bodies import PUBLIC, SOURCES, load, settings

from sacml._resources import dataset_path
from sacml.data.catalogue import training_records
from sacml.errors import SacmlError
from sacml.evaluation.metrics import GroupBootstrap
from sacml.models.described import Described
from sacml.models.gnn.candidates import CandidateGraphs
from sacml.models.gnn.fitting import fit_ensemble
from sacml.structures.graphs import GraphOptions, Marks, graphs
from sacml.structures.graphs_inputs import graph_inputs

SCRATCH, BOTH = "from scratch", "from scratch, relaxed ones too"
KEYS = ["metal", "record_id", "observed"]


def relaxed(described: Described, cutoff_A: float) -> list:
    """Graphs of the relaxed structures of the records, alkali included, in their order."""
    frames = {a.info["key"]: a for a in read(dataset_path("dft", "structures.extxyz"), ":")}
    found, marks, inputs, names = [], [], [], []
    for record in described.records:
        frame: Atoms = frames[record.record_id.rpartition("/")[0]]
        guest = tuple(np.flatnonzero([s == record.alkali for s in frame.symbols]).tolist())
        found.append(frame)
        if "metal_index" in frame.info and int(frame.info["metal_index"]) >= 0:
            marks.append(Marks((int(frame.info["metal_index"]),), None, guest))
        else:
            marks.append(Marks((), (), guest))
        inputs.append(graph_inputs(record.candidate))
        names.append(record.record_id)
    return graphs(found, inputs, marks, GraphOptions(cutoff_A, molecules=True), names)


class Task:
    """Records with their graphs, and networks taught without one metal."""

    def __init__(self, options: argparse.Namespace) -> None:
        content, self.network, self.training = settings(options.config, options.convolution)
        self.seed = content["seed"]
        self.described = Described.of(training_records("binding_energy").records, "binding_energy")
        source = CandidateGraphs(self.network.cutoff_A)
        self.inputs = source.inputs
        self.built = source.of(self.described.table)
        self.relaxed = relaxed(self.described, self.network.cutoff_A)
        self.metals = np.array([r.site.centre for r in self.described.records])
        self.bodies = {s: load(options.bodies, s, self.network, options.public) for s in SOURCES}

    def without(self, metal: str) -> pd.DataFrame:
        """Predictions for the records of a metal, by everything that was taught without it."""
        test, train = (np.flatnonzero(f) for f in (self.metals == metal, self.metals != metal))
        y = self.described.y
        answers = {"constant": np.full(len(test), y[train].mean())}
        for name, start, repeats in (
            (SCRATCH, None, 1), (BOTH, None, 2),
            *((f"body of {s}", b.get(metal, b[None]), 1) for s, b in self.bodies.items()),
        ):  # fmt: skip
            given = [self.built[i] for i in train]
            ensemble = fit_ensemble(
                given if repeats == 1 else given + [self.relaxed[i] for i in train],
                np.tile(y[train], repeats), np.tile(self.metals[train], repeats),
                targets=("y",), inputs=self.inputs, network=self.network, training=self.training,
                initial=start, seed=self.seed,
            )  # fmt: skip
            answers[name] = ensemble.predict([self.built[i] for i in test])[:, 0]
            if start is None:
                answers[f"{name}; asked relaxed"] = ensemble.predict(
                    [self.relaxed[i] for i in test]
                )[:, 0]
        ids = [self.described.records[i].record_id for i in test]
        return pd.DataFrame({"metal": metal, "record_id": ids, "observed": y[test], **answers})


def paired(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Error of each answer over all metals, and its difference to the network from scratch."""
    boot = GroupBootstrap.of(rows["metal"], seed)
    errors = {n: (rows[n] - rows["observed"]).abs().to_numpy() for n in rows if n not in KEYS}
    found = []
    for name, error in errors.items():
        low, high = boot.interval(error)
        difference = error - errors[SCRATCH]
        d_low, d_high = boot.interval(difference)
        better = sum(
            part[name].sub(part["observed"]).abs().mean()
            < part[SCRATCH].sub(part["observed"]).abs().mean()
            for _, part in rows.groupby("metal")
        )
        found.append({
            "answer": name, "n": len(error), "metals": boot.n_groups, "mae": error.mean(),
            "mae_low": low, "mae_high": high, "difference": difference.mean(),
            "difference_low": d_low, "difference_high": d_high, "better_metals": better,
        })  # fmt: skip
    return pd.DataFrame(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="experiments/gnn.toml")
    parser.add_argument("--convolution", choices=("invariant", "equivariant"))
    parser.add_argument("--public", type=Path, default=Path(PUBLIC))
    parser.add_argument("--bodies", type=Path, default=Path("runs/gnn/bodies"))
    parser.add_argument("--out", type=Path, default=Path("runs/gnn"))
    parser.add_argument("--results", type=Path, default=Path("experiments/results"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    task, path = Task(options), options.out / "transfer_rows.csv"
    rows = pd.read_csv(path) if path.exists() else pd.DataFrame()
    for metal in sorted({*task.metals.tolist()} - {None, "", "vac"}):
        if len(rows) and metal in set(rows["metal"]):
            continue
        rows = pd.concat([rows, task.without(metal)], ignore_index=True)
        rows.to_csv(path, index=False, float_format="%.6g")
        here = rows[rows["metal"] == metal]
        maes = [f"{a} {(here[a] - here['observed']).abs().mean():.3f}" for a in here
                if a not in KEYS]  # fmt: skip
        print(f"{metal} ({len(here)}): " + ", ".join(maes), flush=True)
    by_metal = pd.DataFrame([
        {"metal": metal, "n": len(part)}
        | {n: (part[n] - part["observed"]).abs().mean() for n in part if n not in KEYS}
        for metal, part in rows.groupby("metal")
    ])  # fmt: skip
    by_metal.to_csv(options.results / "transfer.csv", index=False, float_format="%.4g")
    found = paired(rows, task.seed)
    found.to_csv(options.results / "transfer_paired.csv", index=False, float_format="%.4g")
    print(found.round(3).to_string(index=False))


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"transfer: {error}")
