"""What a body trained on H, O, OH and OOH brings to alkali binding energies, fold by fold.

    python experiments/gnn.py sites --split metal          # first: bodies that lack some metals
    python experiments/transfer.py

Every metal of the bundled DFT records is held out once. The body that the fine-tuned network
starts from was trained without that metal too; the network from scratch has the same size, seeds
and inner folds. Relaxed structures of `datasets/dft` may teach beside the built ones; both are then
asked about built and about relaxed structures of the metal held out. A reported experiment: no
weights of it are released.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from ase import Atoms
from ase.io import read
from gnn import settings

from sacml._resources import dataset_path
from sacml.data.catalogue import training_records
from sacml.errors import ModelFileError, SacmlError
from sacml.models.described import Described
from sacml.models.gnn import store
from sacml.models.gnn.candidates import CandidateGraphs
from sacml.models.gnn.fitting import fit_ensemble
from sacml.structures.graphs import GraphOptions, Marks, graphs
from sacml.structures.graphs_inputs import graph_inputs


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
    return graphs(found, inputs, marks, GraphOptions(cutoff_A), names)


def bodies(folder: Path, convolution: str, data: str) -> dict:
    """Metal -> ensemble trained without it; None for what the other data set does not hold.

    A metal whose fold was not trained has None: every body there is has seen it.
    """
    given = json.loads((Path(data) / "splits.json").read_text(encoding="utf-8"))["metal_fold5"]
    made = {}
    for k in sorted({*given.values()}):
        try:
            made[k] = store.load(folder / f"sites_metal_{convolution}_{k}")[0]
        except ModelFileError:
            print(f"no body of fold {k} in {folder}; run experiments/gnn.py sites --split metal")
    if not made:
        sys.exit("transfer: nothing was trained before")
    return {m: made.get(k) for m, k in given.items()} | {None: made[min(made)]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="experiments/gnn.toml")
    parser.add_argument("--convolution", choices=("invariant", "equivariant"))
    parser.add_argument("--bodies", default="runs/gnn")
    parser.add_argument("--data", default="../shared/data/public/sac_hoer")
    parser.add_argument("--out", default="runs/gnn")
    parser.add_argument("--metals", nargs="*", help="hold out these alone")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    content, network, training = settings(arguments.config, arguments.convolution)
    described = Described.of(training_records("binding_energy").records, "binding_energy")
    source = CandidateGraphs(network.cutoff_A)
    built, after = source.of(described.table), relaxed(described, network.cutoff_A)
    before = bodies(Path(arguments.bodies), network.convolution, arguments.data)
    metals = np.array([r.site.centre for r in described.records])
    seen, rows = {"scratch": None, "fine-tuned": before}, []
    asked_for = arguments.metals or [m for m in np.unique(metals) if m and m != "vac"]
    lacking = sorted({*asked_for}.difference(metals))
    if lacking:
        sys.exit(f"transfer: no record has the centre {', '.join(lacking)}")
    for metal in asked_for:
        test, train = np.flatnonzero(metals == metal), np.flatnonzero(metals != metal)
        y, groups = described.y[train], metals[train]
        answers = {"constant": np.full(len(test), y.mean())}
        for name, given in seen.items():
            start = None if given is None else given.get(metal, given[None])
            if given is not None and start is None:
                sys.exit(f"transfer: no body was trained without {metal}; leave it out by --metals")
            for taught in ("built", "built and relaxed"):
                both = taught != "built"
                learned = [built[i] for i in train] + ([after[i] for i in train] if both else [])
                repeats = 2 if both else 1
                ensemble = fit_ensemble(
                    learned, np.tile(y, repeats), np.tile(groups, repeats), targets=("y",),
                    inputs=source.inputs, network=network, training=training, initial=start,
                    seed=content["seed"],
                )  # fmt: skip
                for asked, made in (("built", built), ("relaxed", after)):
                    answers[f"{name}, taught {taught}, asked {asked}"] = ensemble.predict(
                        [made[i] for i in test]
                    )[:, 0]
        rows += [
            {
                "metal": metal,
                "record_id": described.records[i].record_id,
                "observed": described.y[i],
            }
            | {name: values[k] for name, values in answers.items()}
            for k, i in enumerate(test)
        ]
        table = pd.DataFrame(rows)
        folder = Path(arguments.out)
        folder.mkdir(parents=True, exist_ok=True)
        table.to_csv(folder / f"transfer_{network.convolution}.csv", index=False)
        here = table[table["metal"] == metal]
        maes = [f"{a} {(here[a] - here['observed']).abs().mean():.3f}" for a in answers]
        print(f"{metal}: " + ", ".join(maes), flush=True)
    print(f"all {len(table)} rows, {table['metal'].nunique()} metals, MAE in eV:")
    for name in answers:
        error = (table[name] - table["observed"]).abs()
        print(f"  {name:<48} {error.mean():.3f}")


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"transfer: {error}")
