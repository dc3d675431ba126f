"""The graph network beside tabular models, on identical rows and folds.

    python experiments/gnn.py targets --target binding_energy
    python experiments/gnn.py sites --split metal --data ../shared/data/public/sac_hoer

``targets``: a bundled target; the rows are those of which a structure can be built, and every model
is evaluated on these. ``sites``: free energies of H, O, OH and OOH on the bare site of another
group's data set, which is read by path and no part of this repository; which adsorbate is asked for
is the choice of the output. Predictions per row are written to ``--out``.
"""

import argparse
import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from ase.io import read
from sklearn.model_selection import GroupKFold

from sacml.data.catalogue import training_records
from sacml.errors import SacmlError
from sacml.evaluation.cells import Cell, run_cell
from sacml.evaluation.fits import Found
from sacml.evaluation.groups import exchangeable_groups, make_splits
from sacml.evaluation.held_out import HeldOut
from sacml.evaluation.protocol import Evaluation
from sacml.evaluation.select import MIN_SAC_GROUPS
from sacml.models.described import Described
from sacml.models.gnn import store
from sacml.models.gnn.candidates import CandidateGraphs, buildable
from sacml.models.gnn.estimator import GraphRegressor
from sacml.models.gnn.fitting import TrainingOptions, fit_ensemble
from sacml.models.gnn.network import NetworkOptions
from sacml.structures.graphs import GraphOptions, Marks, graphs

ADSORBATES = ("H", "O", "OH", "OOH")
SPLITS = ("leave_one_metal_out", "leave_one_source_out", "random")
MIN_ROWS = 20
"""Below this number of buildable rows a target is shown as having too few of them."""


def settings(path: str, convolution: str | None) -> tuple[dict, NetworkOptions, TrainingOptions]:
    content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    network = content["network"] | ({"convolution": convolution} if convolution else {})
    return content, NetworkOptions(**network), TrainingOptions(**content["training"])


# --- a bundled target --------------------------------------------------------------------------


def held_out_graphs(described, split, model: GraphRegressor, name: str) -> pd.DataFrame:
    """Held-out rows of the network, as `run_cell` gives them for a tabular model."""
    groups = exchangeable_groups(described, split)
    out = HeldOut(described, split.name, groups)
    for fold in split.folds:
        model.fit(described.table.take(fold.train), described.y[fold.train],
                  bound=described.bound[fold.train], groups=groups[fold.train])  # fmt: skip
        resolved, parent, weight = described.table.take(fold.test).resolve_shells()
        values, within = model.predictor().predict_with_spread(resolved)
        first = np.flatnonzero(np.diff(parent, prepend=-1))
        middle = np.add.reduceat(values * weight, first)
        square = np.add.reduceat(weight * (within**2 + values**2), first)
        spread = np.sqrt(np.maximum(square - middle**2, 0.0))
        low, high = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
        out.add(fold, Found(middle, low, high, spread))
        error = out.errors(fold.test, middle)
        print(f"{name} {split.name} {fold.group}: {error.mean():.3f} (n {len(error)})", flush=True)
    return out.table(name, "all", model.seed)


def targets(arguments: argparse.Namespace) -> None:
    content, network, training = settings(arguments.config, arguments.convolution)
    dataset = training_records(arguments.target)
    described = Described.of(dataset.records, arguments.target)
    kept = buildable(described.table, CandidateGraphs(network.cutoff_A))
    sites = int((kept & described.is_sac).sum())
    head = (
        f"{arguments.target}: structures of {int(kept.sum())} of {len(kept)} rows can be built, "
        f"{sites} of {int(described.is_sac.sum())} of sites"
    )
    print(head, flush=True)
    if kept.sum() < MIN_ROWS:
        print(f"too few buildable rows (at least {MIN_ROWS}): no network is fitted")
        return
    rows = tuple(r for r, k in zip(described.records, kept, strict=True) if k)
    described = Described.of(rows, arguments.target)
    made, skipped = make_splits(described, arguments.splits, content["seed"])
    tables = []
    for split in made.values():
        for name in content["tabular"]["models"]:
            cell = Cell(split.name, name, "all", content["seed"])
            tables.append(run_cell(described, split, cell))
        model = GraphRegressor(network, training, not arguments.bare, content["seed"])
        name = f"gnn_{network.convolution}" + ("_bare" if arguments.bare else "")
        tables.append(held_out_graphs(described, split, model, name))
    evaluation = Evaluation.of(arguments.target, f"{dataset.name}, buildable", tables, made,
                               content["seed"], 0.9, MIN_SAC_GROUPS, skipped)  # fmt: skip
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    evaluation.predictions.to_csv(folder / f"{arguments.target}_{name}.csv", index=False)
    columns = ["split", "rows", "model", "n_records", "n_groups", "mae", "mae_low", "mae_high"]
    print(evaluation.scores[columns].round(3).to_string(index=False))
    print(head)
    for what, why in skipped.items():
        print(f"skipped {what}: {why}")


# --- adsorbates on bare sites --------------------------------------------------------------------


def hoer(folder: str, cutoff_A: float) -> tuple[list, np.ndarray, pd.DataFrame]:
    """Graphs of bare sites, labels (sites, 4) in eV, and one row of facts per site."""
    frames = read(Path(folder) / "sac_hoer.extxyz", index=":")
    bare = {(f.info["metal"], int(f.info["n_N"])): f for f in frames
            if f.info["adsorbate"] == "none"}  # fmt: skip
    labels = {key: np.full(len(ADSORBATES), np.nan) for key in bare}
    without = 0
    for frame in frames:
        if frame.info["quality"] in ("clean", "recovered"):
            key = frame.info["metal"], int(frame.info["n_N"])
            if key in bare:
                labels[key][ADSORBATES.index(frame.info["adsorbate"])] = frame.info["dG_eV"]
            else:
                without += 1
    keys = [k for k in bare if np.isfinite(labels[k]).any()]
    made = graphs(
        [bare[k] for k in keys],
        marks=[Marks((int(bare[k].info["metal_index"]),)) for k in keys],
        options=GraphOptions(cutoff_A),
        names=[str(bare[k].info["id"]) for k in keys],
    )
    y = np.array([labels[k] for k in keys])
    print(f"{len(keys)} sites, {int(np.isfinite(y).sum())} rows; {without} rows have no bare site")
    return made, y, pd.DataFrame(keys, columns=["metal", "n_N"])


def folds_of(split: str, y: np.ndarray, facts: pd.DataFrame, folder: str, seed: int) -> np.ndarray:
    """Fold of each label (sites, 4)."""
    shape = y.shape
    if split == "random":
        given = json.loads((Path(folder) / "splits.json").read_text(encoding="utf-8"))
        letters = given["random_fold5"]
        out = np.full(shape, -1)
        for i, (metal, n) in enumerate(facts.itertuples(index=False)):
            for j, adsorbate in enumerate(ADSORBATES):
                out[i, j] = letters.get(f"{n}N{n}_{metal}_{adsorbate}", -1)
        return out
    if split == "site":
        fold = np.zeros(len(facts), dtype=int)
        for k, (_, test) in enumerate(
            GroupKFold(5, shuffle=True, random_state=seed).split(facts, groups=facts.index)
        ):
            fold[test] = k
    elif split == "metal":
        given = json.loads((Path(folder) / "splits.json").read_text(encoding="utf-8"))
        fold = facts["metal"].map(given["metal_fold5"]).to_numpy()
    else:
        fold = np.unique(facts["metal"], return_inverse=True)[1]
    return np.repeat(fold[:, None], shape[1], axis=1)


def baselines(y: np.ndarray, train: np.ndarray, n_N: np.ndarray) -> dict[str, np.ndarray]:
    """Means over the training labels: of the adsorbate, and of the adsorbate at each n_N."""
    seen = np.where(train, y, np.nan)
    mean = np.tile(np.nanmean(seen, axis=0), (len(y), 1))
    by_n = mean.copy()
    for n in np.unique(n_N):
        rows = n_N == n
        for j in range(y.shape[1]):
            if np.isfinite(seen[rows, j]).any():
                by_n[rows, j] = np.nanmean(seen[rows, j])
    return {"adsorbate_mean": mean, "adsorbate_x_n_N_mean": by_n}


def sites(arguments: argparse.Namespace) -> None:
    content, network, training = settings(arguments.config, arguments.convolution)
    made, y, facts = hoer(arguments.data, network.cutoff_A)
    there = np.isfinite(y)
    fold = folds_of(arguments.split, y, facts, arguments.data, content["seed"])
    if (fold[there] < 0).any():
        sys.exit(f"{int((fold[there] < 0).sum())} rows have no fold in splits.json")
    folder, frames = Path(arguments.out), []
    folder.mkdir(parents=True, exist_ok=True)
    for k in np.unique(fold[there]):
        test, train = there & (fold == k), there & (fold != k)
        rows = np.flatnonzero(train.any(axis=1))
        labels = np.where(train, y, np.nan)[rows]
        metals = facts["metal"].to_numpy()[rows]
        groups = metals if arguments.split in ("metal", "lomo") else facts.index.to_numpy()[rows]
        ensemble = fit_ensemble([made[i] for i in rows], labels, groups, targets=ADSORBATES,
                                network=network, training=training,
                                seed=content["seed"])  # fmt: skip
        name = f"sites_{arguments.split}_{network.convolution}"
        store.save(ensemble, folder / f"{name}_{k}", made[:2])
        asked = np.flatnonzero(test.any(axis=1))
        found = np.full(y.shape, np.nan)
        found[asked] = ensemble.predict([made[i] for i in asked])
        answers = baselines(y, train, facts["n_N"].to_numpy()) | {"gnn": found}
        for i, j in np.argwhere(test):
            row = {"fold": k, "metal": facts["metal"][i], "n_N": facts["n_N"][i],
                   "adsorbate": ADSORBATES[j], "observed": y[i, j]}  # fmt: skip
            frames.append(row | {model: values[i, j] for model, values in answers.items()})
        table = pd.DataFrame(frames)
        here = table[table["fold"] == k]
        print(f"fold {k}: " + _maes(here), flush=True)
        table.to_csv(folder / f"{name}.csv", index=False)
    print(f"{arguments.split}, {network.convolution}: " + _maes(table) + f" (n {len(table)})")


def _maes(table: pd.DataFrame) -> str:
    models = ("adsorbate_mean", "adsorbate_x_n_N_mean", "gnn")
    return ", ".join(f"{m} {(table[m] - table['observed']).abs().mean():.3f}" for m in models)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("targets", "sites"))
    parser.add_argument("--config", default="experiments/gnn.toml")
    parser.add_argument("--out", default="runs/gnn")
    parser.add_argument("--convolution", choices=("invariant", "equivariant"))
    parser.add_argument("--target", default="binding_energy")
    parser.add_argument("--splits", nargs="*", default=SPLITS)
    parser.add_argument("--bare", action="store_true", help="the alkali is an input alone")
    parser.add_argument("--data", default="../shared/data/public/sac_hoer")
    parser.add_argument("--split", default="metal", choices=("random", "site", "metal", "lomo"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    {"targets": targets, "sites": sites}[arguments.what](arguments)


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"gnn: {error}")
