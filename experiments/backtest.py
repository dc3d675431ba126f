"""Backtests of what to label next, on our labels and on published tables.

    python experiments/backtest.py --data ../shared/data/public

The published tables are no part of sacml; without them our labels alone are run, which are too
few for a verdict. Finished runs stand in ``runs/backtest/runs.csv`` and are not repeated; the
result is the same for any number of workers. Each run starts from ten random labels and asks for
five at a time, the model fitted anew before each; a seed gives every strategy the same starts.

Beside each pool stands how well the Gaussian process tells rows it has not seen (five random
folds): the rank correlation by what is wanted, its mean absolute error, and the range of what is
wanted among the best. Where the error is many times that range, no strategy can spare many labels.
"""

import argparse
import csv
import sys
import tomllib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from itertools import cycle
from pathlib import Path

import numpy as np
from backtest_pools import our_labels, public
from scipy.stats import spearmanr
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from sacml.design.backtest import backtest
from sacml.design.backtest.run import Arm, Rules
from sacml.design.backtest.summary import GOAL, SMALL, Summary, summarise
from sacml.errors import SacmlError
from sacml.models.gaussian_process import GaussianProcess
from sacml.reports import style


def told_apart(pool, rules):
    """Rank correlation and error of rows held out in five folds, and the range of the best."""
    expected = np.empty(len(pool.y))
    for train, test in KFold(5, shuffle=True, random_state=0).split(pool.X):
        model = GaussianProcess(pool.blocks).fit(pool.X[train], pool.y[train])
        expected[test] = model.predict(pool.X[test])
    margins = pool.goal.margin(pool.y)
    return {
        "rank_correlation": float(spearmanr(pool.goal.margin(expected), margins).statistic),
        "held_out_error": float(np.abs(expected - pool.y).mean()),
        "range_of_best": float(np.ptp(margins[rules.top(pool)])),
    }


def write_tables(summaries, runs, told, folder):
    """Write the summary, and every run, as CSV."""
    with (folder / "backtest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [f.name for f in fields(Summary)]
        writer.writerow([*names, *next(iter(told.values())), "verdict"])
        for s in summaries:
            values = [*(getattr(s, n) for n in names), *told[s.pool].values()]
            cells = [f"{v:.4g}" if isinstance(v, float) else v for v in values]
            writer.writerow([*cells, s.verdict])
    with (folder / "backtest_runs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["pool", "arm", "seed", "labels"])
        writer.writerows([r.pool, r.arm, r.seed, r.labels] for r in runs)


def figure(summaries, judged, path):
    """Draw the share of the labels of random choice, pool by pool."""
    pools = list(dict.fromkeys(s.pool for s in summaries))
    arms = [a for a in dict.fromkeys(s.arm for s in summaries) if a != "random"]
    colours = cycle((style.BLUE, style.SKY, style.ORANGE, style.GREEN, style.BASELINE))
    others = dict(zip([a for a in arms if a != judged], colours, strict=False))
    with style.styled():
        drawn = style.new_figure(7.6, 0.52 * len(pools) + 1.5)
        axes = drawn.subplots()
        for arm in arms:
            own = [s for s in summaries if s.arm == arm]
            at = [pools.index(s.pool) + 0.7 * (arms.index(arm) / max(len(arms) - 1, 1) - 0.5)
                  for s in own]  # fmt: skip
            ends = [[s.share - s.share_low for s in own], [s.share_high - s.share for s in own]]
            colour = style.VERMILION if arm == judged else others[arm]
            axes.errorbar(
                [s.share for s in own], at, xerr=ends, fmt="D" if arm == judged else "o",
                color=colour, markersize=5 if arm == judged else 3, linewidth=1.0,
                label=arm.replace("_", " ").replace("/", ", "),
            )  # fmt: skip
        axes.axvline(GOAL, color=style.INK, linewidth=0.8, linestyle="--")
        axes.axvline(1.0, color=style.MUTED, linewidth=0.8)
        size = {s.pool: s.n_pool for s in summaries}
        small = {p: ", too few for a verdict" if size[p] < SMALL else "" for p in pools}
        axes.set_yticks(range(len(pools)), [f"{p}\n({size[p]} rows{small[p]})" for p in pools])
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        axes.set_xlabel(
            "Labels until 80 % of the best 5 % are found / those of random choice\n"
            "(medians over seeds, 95 % bootstrap; dashed: one third)"
        )
        drawn.legend(loc="outside lower center", ncols=2)
        style.rows_only(axes)
        style.save(drawn, path)


def show(summaries, told, judged):
    """Print the table and the verdict on the judged arm."""
    pool = None
    for s in summaries:
        if s.pool != pool:
            pool = s.pool
            print(
                f"\n{pool}: {s.n_pool} rows, {s.needed} of the best {s.n_top}; held out: rank "
                f"correlation {told[pool]['rank_correlation']:.2f}, error "
                f"{told[pool]['held_out_error']:.2g}; range of the best "
                f"{told[pool]['range_of_best']:.2g}"
            )
        print(
            f"  {s.arm:<38}{s.labels:6.1f} labels [{s.labels_low:.1f}, {s.labels_high:.1f}]"
            f"  share {s.share:.2f} [{s.share_low:.2f}, {s.share_high:.2f}]"
            f"  fewer in {s.wins:.0%} of seeds"
        )
    own = [s for s in summaries if s.arm == judged]
    print(f"\n{judged}, named before the runs:")
    for verdict, n in Counter(s.verdict for s in own).most_common():
        print(f"  {n} pool{'s' * (n != 1)}: {verdict}")
    print(
        f"\nmedian share over the pools of {SMALL} rows or more, and how many are a third at most:"
    )
    for arm in dict.fromkeys(s.arm for s in summaries):
        shares = [s.share for s in summaries if s.arm == arm and s.n_pool >= SMALL]
        if shares:
            met = sum(x <= GOAL for x in shares)
            print(f"  {arm:<38}{np.median(shares):.2f}  {met} of {len(shares)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=Path("experiments/backtest.toml"))
    parser.add_argument("--data", type=Path, help="folder with the published tables")
    parser.add_argument("--store", type=Path, default=Path("runs/backtest/runs.csv"))
    parser.add_argument("--out", type=Path, default=Path("runs/backtest"))
    parser.add_argument("--seeds", type=int, help="default: that of the config")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    config = tomllib.loads(options.config.read_text(encoding="utf-8"))
    judged = Arm(**config["judged"])
    arms = [Arm(**a) for a in config["arms"]]
    arms = [*arms[:1], judged, *arms[1:]]
    rules = Rules(**{k: config[k] for k in ("starts", "batch", "best", "found")})
    pools = [our_labels(), *(public(options.data) if options.data else ())]
    total = len(pools) * len(arms) * (options.seeds or config["seeds"])
    done = []

    def on_run(run):
        done.append(run)
        if len(done) % 100 == 0:
            print(f"{len(done)} runs done of at most {total}", flush=True)

    # one thread each: the workers are what runs at once
    with ProcessPoolExecutor(options.workers, None, threadpool_limits, (1,)) as executor:
        runs = backtest(
            pools, arms, options.seeds or config["seeds"], rules,
            store=options.store, executor=executor, on_run=on_run,
        )  # fmt: skip
    summaries = summarise(runs)
    options.out.mkdir(parents=True, exist_ok=True)
    told = {p.name: told_apart(p, rules) for p in pools}
    write_tables(summaries, runs, told, options.out)
    figure(summaries, judged.name, options.out / "backtest.png")
    show(summaries, told, judged.name)


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"backtest: {error}")
