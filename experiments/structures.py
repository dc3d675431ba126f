"""Adsorption on 140 single-atom sites in N-doped graphene, data of another group.

The data are of He, Wang and Ouyang (Chem. Mater. 2023, doi:10.1021/acs.chemmater.3c02549), VASP,
for H, O, OH and OOH; they are read by path and are no part of sacml:

    python experiments/structures.py judge --models trees gp stack
    python experiments/structures.py judge --models gnn
    python experiments/structures.py table
    python experiments/structures.py curve

Input is the relaxed *bare* site with the adsorbate's name; `--with-adsorbate` takes the relaxed
structure with the adsorbate in it, which nobody has for a candidate: an upper bound. ``judge``
writes the held-out rows of each fold as it ends and goes on after the last one; ``table`` puts
together what was judged, with the mean of stack and network as `stack_gnn` (no weights to fit, so
the held-out rows of the two suffice). ``curve`` asks how the error falls with the number of
training sites and metals.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from ase.io import read, write

from sacml.models.samples import IN_STACK, MODELS, make_sample_model
from sacml.reports import style
from sacml.workflows.samples.design import design
from sacml.workflows.samples.folds import Folds, make_folds
from sacml.workflows.samples.judge import BASELINES, KEYS, held_out, in_stack, scores
from sacml.workflows.samples.train import described

USABLE = ("clean", "recovered")
SPLITS = ("random", "by_site", "leave_one_metal_out")
SEED = 0
REPEATS, TEST_SHARE, SHARES = 5, 0.2, (0.125, 0.25, 0.5, 0.75, 1.0)
_TYPES = {"fold": str, "group": str}


def bare_sites(frames: list) -> list:
    """One frame per usable value: the bare site, marked, with the adsorbate's name."""
    bare = {
        (f.info["metal"], int(f.info["n_N"])): f
        for f in frames
        if str(f.info["quality"]).startswith("substrate")
    }
    out = []
    for frame in frames:
        site = (frame.info["metal"], int(frame.info["n_N"]))
        if frame.info["quality"] not in USABLE:
            continue
        if site not in bare:
            print(f"left out: {frame.info['id']}, no structure of its bare site is published")
            continue
        atoms = bare[site].copy()
        atoms.info = {
            "id": frame.info["id"],
            "adsorbate": frame.info["adsorbate"],
            "dG_eV": frame.info["dG_eV"],
            "centre": int(bare[site].info["metal_index"]),
        }
        out.append(atoms)
    return out


class Task:
    """The samples with their matrix, and graphs where a network asks for them."""

    def __init__(self, options: argparse.Namespace) -> None:
        path = options.out / "input.extxyz"
        options.out.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            frames = read(options.data / "sac_hoer.extxyz", index=":")
            usable = [f for f in frames if f.info["quality"] in USABLE]
            write(path, usable if options.with_adsorbate else bare_sites(frames), format="extxyz")
        self.samples, self.table = described(path, "dG_eV", "eV")
        _, self.X, self.columns = design(self.table)
        self.y = self.samples.y
        self._graphs: list = []

    def make(self, name: str):
        """Make an unfitted estimator."""
        c = self.columns
        return make_sample_model(name, c.blocks, self.X.shape[1] - 1, SEED, c.same)

    def predict(self, folds: Folds, names: tuple[str, ...]) -> pd.DataFrame:
        """Held-out predictions of models and baselines."""
        if "gnn" in names and not self._graphs:
            from sacml.models.gnn.samples import sample_graphs

            self._graphs = sample_graphs(self.samples.samples, self.table.adsorbates)
        return held_out(folds, names, self.make, self.table, self.X, self.y, self._graphs,
                        lambda fold, errors: None)  # fmt: skip


def judge(options: argparse.Namespace) -> None:
    task, names = Task(options), tuple(options.models)
    folds, _ = make_folds(task.samples, task.table, SEED, None, None)
    for split in options.splits:
        path = options.out / f"held_out_{split}_{'_'.join(names)}.csv"
        parts = [pd.read_csv(path, dtype=_TYPES)] if path.exists() else []
        done = set(parts[0]["fold"]) if parts else set()
        for k, pair in enumerate(folds[split].pairs, start=1):
            if str(k) in done:
                continue
            one = Folds(split, folds[split].groups, (pair,))
            parts.append(task.predict(one, names).assign(fold=str(k)))
            pd.concat(parts).to_csv(path, index=False, float_format="%.6g")
            so_far = pd.concat(parts)
            errors = [f"{n} {(so_far[n] - so_far['observed']).abs().mean():.3f}" for n in names]
            print(f"{split}: fold {k} of {len(folds[split].pairs)}, {', '.join(errors)} so far",
                  flush=True)  # fmt: skip


def table(options: argparse.Namespace) -> None:
    rows = []
    for split in options.splits:
        frames = [pd.read_csv(p, dtype=_TYPES).set_index("row").sort_index()
                  for p in sorted(options.out.glob(f"held_out_{split}_*.csv"))]  # fmt: skip
        if not frames:
            sys.exit(f"structures: nothing was judged on {split}; run judge")
        full = max(frames, key=len)
        for frame in [f for f in frames if len(f) < len(full)]:
            print(f"{split}: {len(full) - len(frame)} rows of {list(frame)[-1]} are not judged yet")
        frames = [f for f in frames if len(f) == len(full)]
        models = {n: f[n] for f in frames for n in f.columns if n not in KEYS}
        if set(IN_STACK) <= set(models):
            models["stack"] = in_stack(models)
        if {"stack", "gnn"} <= set(models):
            models["stack_gnn"] = (models["stack"] + models["gnn"]) / 2.0
        ordered = [n for n in (*BASELINES, *MODELS, "stack_gnn") if n in models]
        shown = full[["fold", "group", "observed"]].assign(**{n: models[n] for n in ordered})
        found = scores(shown.reset_index(), SEED)
        rows += [
            {"split": split, "model": name, **found[name], **_spread(shown, name)}
            for name in ordered
        ]
    made = pd.DataFrame(rows)
    made.to_csv(options.results / "structures.csv", index=False, float_format="%.6g")
    columns = ["split", "model", "mae", "mae_low", "mae_high", "median", "worst_tenth"]
    print(made[columns].round(3).to_string(index=False))


def _spread(shown: pd.DataFrame, name: str) -> dict[str, float]:
    """Median error, and the share of all error that the worst tenth of the rows carries."""
    errors = (shown[name] - shown["observed"]).abs().sort_values(ascending=False)
    worst = errors.iloc[: round(len(errors) / 10)]
    return {"median": float(errors.median()), "worst_tenth": float(worst.sum() / errors.sum())}


def curve(options: argparse.Namespace) -> None:
    """Repeats of a random test fifth of the groups, and growing shares of the others to learn."""
    task, names, rows = Task(options), tuple(options.models), []
    path = options.results / "structures_curve.csv"
    for kind, words in (("sites", task.table.sites), ("metals", task.table.metals)):
        groups = np.array(words)
        for repeat in range(REPEATS):
            order = np.random.default_rng(repeat).permutation(np.unique(groups))
            n_test = round(TEST_SHARE * len(order))
            test = np.flatnonzero(np.isin(groups, order[:n_test]))
            for share in SHARES:
                n = round(share * (len(order) - n_test))
                train = np.flatnonzero(np.isin(groups, order[n_test : n_test + n]))
                frame = task.predict(Folds(kind, groups, ((train, test),)), names)
                rows += [
                    {"groups": kind, "repeat": repeat, "n_groups": n, "n_rows": len(train),
                     "model": m, "mae": (frame[m] - frame["observed"]).abs().mean()}
                    for m in ("adsorbate_mean", *names)
                ]  # fmt: skip
            pd.DataFrame(rows).to_csv(path, index=False, float_format="%.5g")
            print(f"{kind}: repeat {repeat + 1} of {REPEATS}", flush=True)
    draw(pd.read_csv(path), options.results / "structures_curve.png")


def draw(found: pd.DataFrame, path: Path) -> None:
    """Error against the number of training groups: mean, and range over the repeats."""
    colours = {"trees": style.MUTED, "gp": "#E69F00", "stack": style.MODEL, "gnn": "#009E73"}
    with style.styled():
        figure = style.new_figure(7.0, 3.3)
        for k, (kind, part) in enumerate(found.groupby("groups", sort=False)):
            axes = figure.add_subplot(1, 2, k + 1)
            for model in [m for m in colours if m in set(part["model"])]:
                by = part[part["model"] == model].groupby("n_groups")["mae"]
                mean, low, high = by.mean(), by.min(), by.max()
                axes.plot(mean.index, mean, marker="o", markersize=3, label=model,
                          color=colours[model])  # fmt: skip
                axes.fill_between(mean.index, low, high, color=colours[model], alpha=0.12, lw=0)
            axes.set_xscale("log")
            ticks = sorted(part["n_groups"].unique())
            axes.set_xticks(ticks, [str(t) for t in ticks])
            axes.minorticks_off()
            axes.set_xlabel(f"{kind} to learn from")
            axes.set_title(f"held-out {kind}")
            axes.set_ylim(bottom=0.0)
            if not k:
                axes.set_ylabel("mean absolute error (eV)")
                axes.legend(frameon=False)
        style.save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("judge", "table", "curve"))
    data = Path("../shared/data/public/sac_hoer")
    parser.add_argument("--data", type=Path, default=data, help="folder with sac_hoer.extxyz")
    parser.add_argument("--out", type=Path, default=Path("runs/structures"))
    parser.add_argument("--results", type=Path, default=Path("experiments/results"))
    parser.add_argument("--models", nargs="+", choices=MODELS, default=["trees", "gp", "stack"])
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=list(SPLITS))
    parser.add_argument("--with-adsorbate", action="store_true", help="give it a folder of its own")
    options = parser.parse_args()
    {"judge": judge, "table": table, "curve": curve}[options.what](options)


if __name__ == "__main__":
    main()
