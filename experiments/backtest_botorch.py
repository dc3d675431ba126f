"""Would BoTorch choose better batches? The same posteriors, starts and batches, chosen by each.

    pip install -c constraints.txt torch && pip install botorch     # no part of sacml
    python experiments/backtest_botorch.py --data ../shared/data/public

BoTorch maximises the Monte Carlo q-log expected improvement over the rows of the pool, one after
the other, earlier picks pending (`optimize_acqf_discrete`); sacml the closed form, earlier picks
believed. Prints medians over seeds, the mean difference of labels with its standard error, seconds.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import torch
from backtest_pools import public
from botorch.acquisition.logei import qLogExpectedImprovement
from botorch.acquisition.objective import GenericMCObjective
from botorch.models.model import Model
from botorch.optim import optimize_acqf_discrete
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.sampling.normal import SobolQMCNormalSampler
from gpytorch.distributions import MultivariateNormal

from sacml.design.acquisition.posteriors import posterior
from sacml.design.acquisition.strategies import best_of, choose
from sacml.design.backtest.run import Rules
from sacml.design.backtest.summary import SMALL
from sacml.models.gaussian_process import GaussianProcess

SAMPLES = 256


class Rows(Model):
    """A joint posterior over the rows of a pool, as a model of the row number."""

    num_outputs = 1

    def __init__(self, found):
        super().__init__()
        K = np.stack([found.column(i) for i in range(len(found.mean))])
        jitter = 1e-6 * float(np.diag(K).mean()) * np.eye(len(K))
        self.mean, self.K = torch.tensor(found.mean), torch.tensor((K + K.T) / 2 + jitter)

    @property
    def batch_shape(self):
        """There are no batches of models."""
        return torch.Size([])

    def posterior(self, X, *unused, **unused_too):
        """Joint posterior of the rows X (..., q, 1)."""
        rows = X[..., 0].long()
        K = self.K[rows.unsqueeze(-1), rows.unsqueeze(-2)]
        return GPyTorchPosterior(MultivariateNormal(self.mean[rows], K))


def by_botorch(found, goal, y, free, n, top, seed):
    def margin(samples, X=None):
        value = samples[..., 0]
        if goal.direction == "window":
            return torch.minimum(value - goal.low, goal.high - value)
        return value if goal.direction == "high" else -value

    acquisition = qLogExpectedImprovement(
        Rows(found), best_of(goal.margin(y), top),
        SobolQMCNormalSampler(torch.Size([SAMPLES]), seed=seed), GenericMCObjective(margin),
    )  # fmt: skip
    open_rows = torch.tensor(np.flatnonzero(free).astype(float)[:, None])
    chosen, _ = optimize_acqf_discrete(acquisition, q=min(n, len(open_rows)), choices=open_rows)
    return [int(row) for row in chosen[:, 0]]


def by_sacml(found, goal, y, free, n, top, seed):
    chosen = choose([found], [goal], y[:, None], free, n, strategy="expected_improvement",
                    top=top, seed=seed)  # fmt: skip
    return [c.row for c in chosen]


def labels_of(pool, chooser, seed, rules):
    """Labels until enough of the best are found, as `sacml.design.backtest.run.run_once`."""
    top = rules.top(pool)
    needed = int(np.ceil(rules.found * len(top) - 1e-9))
    order = list(np.random.default_rng(seed).permutation(len(pool.y))[: rules.starts])
    free = np.ones(len(pool.y), dtype=bool)
    free[order] = False
    while np.isin(order, top).sum() < needed:
        model = GaussianProcess(pool.blocks).fit(pool.X[order], pool.y[order])
        found = posterior(model, pool.X)
        rows = chooser(found, pool.goal, pool.y[order], free, rules.batch, len(top),
                       seed + len(order))  # fmt: skip
        order += rows
        free[rows] = False
    return int(np.flatnonzero(np.isin(order, top))[needed - 1]) + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/backtest/backtest_botorch.csv"))
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rules, table = Rules(), []
    for pool in public(options.data):
        if len(pool.y) < SMALL:
            continue
        row = {"pool": pool.name}
        labels = {}
        for name, chooser in (("botorch", by_botorch), ("sacml", by_sacml)):
            start = time.process_time()
            labels[name] = [labels_of(pool, chooser, s, rules) for s in range(options.seeds)]
            row[f"{name}_labels"] = float(np.median(labels[name]))
            row[f"{name}_seconds"] = round(time.process_time() - start, 1)
        more = np.subtract(labels["botorch"], labels["sacml"])
        row["botorch_minus_sacml"] = round(float(more.mean()), 2)
        row["standard_error"] = round(float(more.std(ddof=1)) / len(more) ** 0.5, 2)
        table.append(row)
        print(row, flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


if __name__ == "__main__":
    main()
