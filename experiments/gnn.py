"""The graph network beside tabular models, on identical folds and rows.

    python experiments/gnn.py
    python experiments/gnn.py --targets binding_energy

The bundled targets, on the folds of the release. Every model is judged on the rows of
which a structure can be built; the tabular ones were taught by all rows of a fold and, where that
is another number, by these rows alone (``all, readable``). ``gnn_TARGET.csv`` holds the scores and
``gnn_TARGET_paired.csv`` the paired differences, network minus the other.
Structures of another group are judged by `experiments/structures.py`, what they bring to these
targets by `experiments/transfer.py`.
"""

import argparse
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import torch

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

SPLITS = ("leave_one_metal_out", "leave_one_source_out", "random")
SAME = "all, readable"
SCORES = ["target", "split", "rows", "model", "trained_on", "readable", "n_records", "n_groups",
          "mae", "mae_low", "mae_high", "scale_unit", "delta_constant", "delta_low",
          "delta_high"]  # fmt: skip
PAIRS = ["target", "split", "rows", "model", "trained_on", "readable", "against",
         "against_trained_on", "n_records", "n_groups", "ratio", "delta", "delta_low", "delta_high",
         "p", "p_holm"]  # fmt: skip


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="experiments/gnn.toml")
    parser.add_argument("--out", default="runs/gnn")
    parser.add_argument("--targets", nargs="*", default=PRIMARY)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    targets(arguments)


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"gnn: {error}")
