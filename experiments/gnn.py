"""The graph network beside tabular models, on identical folds and rows.

    python experiments/gnn.py targets
    python experiments/gnn.py sites --split metal --data ../shared/data/public/sac_hoer

``targets``: the bundled targets, on the folds of the release. Every model is judged on the rows of
which a structure can be built; the tabular ones were taught by all rows of a fold and, where that
is another number, by these rows alone (``all, readable``). ``gnn_TARGET.csv`` holds the scores and
``gnn_TARGET_paired.csv`` the paired differences, network minus the other.
``sites``: free energies of H, O, OH and OOH on the bare site of another
group's data set, which is read by path and no part of this repository; which adsorbate is asked for
is the choice of the output; predictions per row are written to ``--out``.
"""

import argparse
import json
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from ase.io import read
from sklearn.model_selection import GroupKFold

from sacml.data.catalogue import training_records
from sacml.data.splits import Split
from sacml.domain import PRIMARY
from sacml.domain import target as find_target
from sacml.errors import SacmlError
from sacml.evaluation import FoldDone, evaluate
from sacml.evaluation.fits import fit_folds, readable_folds, unread
from sacml.evaluation.groups import exchangeable_groups
from sacml.evaluation.held_out import HeldOut, finish
from sacml.evaluation.scores import score_table
from sacml.evaluation.select import MIN_SAC_GROUPS
from sacml.evaluation.significance import compare
from sacml.models.described import Described
from sacml.models.gnn import store
from sacml.models.gnn.fitting import fit_ensemble
from sacml.models.gnn.network import NetworkOptions
from sacml.models.gnn.training import TrainingOptions
from sacml.structures.graphs import GraphOptions, Marks, graphs

ADSORBATES = ("H", "O", "OH", "OOH")
SPLITS = ("leave_one_metal_out", "leave_one_source_out", "random")
SAME = "all, readable"
SCORES = ["target", "split", "rows", "model", "trained_on", "readable", "n_records", "n_groups",
          "mae", "mae_low", "mae_high", "scale_unit", "delta_constant", "delta_low",
          "delta_high"]  # fmt: skip
PAIRS = ["target", "split", "rows", "model", "trained_on", "readable", "against",
         "against_trained_on", "n_records", "n_groups", "ratio", "delta", "delta_low", "delta_high",
         "p", "p_holm"]  # fmt: skip


def settings(path: str, convolution: str | None) -> tuple[dict, NetworkOptions, TrainingOptions]:
    content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    network = content["network"] | ({"convolution": convolution} if convolution else {})
    return content, NetworkOptions(**network), TrainingOptions(**content["training"])


# --- the bundled targets -----------------------------------------------------------------------


def same_rows(described: Described, split: Split, model: str, refused: dict, seed: int):
    """Held-out rows of a tabular model that was taught by the rows the network can read alone."""
    mask = np.ones(len(described), dtype=bool)
    mask[list(refused)] = False
    groups = exchangeable_groups(described, split)
    out = HeldOut(described, split.name, groups)
    folds = readable_folds(split.folds, mask, refused)
    for fold, found in fit_folds(described, model, seed, folds, mask, groups):
        out.add(fold, found)
    return out.table(model, SAME, seed)


def judged(target: str, content: dict, say) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of all models and paired differences of the network, on the rows it can read."""
    dataset, seed, names = training_records(target), content["seed"], content["tabular"]["models"]
    described = Described.of(dataset.records, target)
    refused = unread(described, "gnn")
    evaluation = evaluate(dataset, target, (*names, "gnn"), SPLITS, seed, say)
    p = evaluation.predictions
    readable = [r.record_id for i, r in enumerate(described.records) if i not in refused]
    tables = [p[p["record_id"].isin(readable)]]
    if refused:
        more = [same_rows(described, s, m, refused, seed)
                for s in evaluation.splits.values() for m in names]  # fmt: skip
        tables += [finish(t, target, evaluation.level, MIN_SAC_GROUPS) for t in more]
    p = pd.concat(tables, ignore_index=True)
    scores = score_table(p, find_target(target), seed)
    pairs = []
    for (split, rows), part in [
        ((s, r), part[part["is_sac"]] if r == "sac" else part)
        for s, part in p.groupby("split", sort=False) for r in ("sac", "all")
    ]:  # fmt: skip
        mine = part[(part["model"] != "gnn") | (part["trained_on"] == "all")]
        keys = mine[mine["model"] != "gnn"][["model", "trained_on"]].drop_duplicates()
        against = [tuple(k) for k in keys.itertuples(index=False)]
        found = compare(mine, against, seed, models=("gnn",)) if len(part) else pd.DataFrame()
        pairs.append(found.assign(split=split, rows=rows))
    size = f"{len(readable)} of {len(described)} rows"
    scores, paired = (t.assign(target=target, readable=size) for t in (scores, pd.concat(pairs)))
    for name, why in evaluation.skipped.items():
        print(f"{name}: {why}", flush=True)
    return scores, paired


def targets(arguments: argparse.Namespace) -> None:
    content = tomllib.loads(Path(arguments.config).read_text(encoding="utf-8"))
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.process_time()

    def say(fold: FoldDone) -> None:
        if fold.model == "gnn":
            seconds = time.process_time() - began
            print(f"{seconds:7.0f} s  {fold.target} {fold.split} on {fold.trained_on}, "
                  f"{fold.fold}: {fold.mae:.3f} (n {fold.n_test})", flush=True)  # fmt: skip

    for target in arguments.targets:
        scores, paired = judged(target, content, say)
        shown = scores[SCORES]
        shown.to_csv(folder / f"gnn_{target}.csv", index=False, float_format="%.4g")
        paired[PAIRS].to_csv(folder / f"gnn_{target}_paired.csv", index=False,
                             float_format="%.4g")  # fmt: skip
        print(shown.round(3).to_string(index=False))


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
    parser.add_argument("--targets", nargs="*", default=PRIMARY)
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
