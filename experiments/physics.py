"""Does physics help tens of records? Each idea with whole sources held out, beside its baseline.

Ideas: (a) the binding energy that a surrogate of our DFT labels predicts, as a further column;
(b) power laws in current density and capacity; (c) the difference to the paper's own control as
the target; (d) a level of its own for every source; (e) monotonic in the current density; (f) all
classes of materials against single-atom sites alone. Writes one row per variant.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from held_out import N_FOLDS, Variant, compare, hold_out, row, source_folds, with_verdicts
from numpy.typing import NDArray

from sacml._resources import dataset_path
from sacml.data import training_records
from sacml.errors import SacmlError
from sacml.evaluation.metrics import one_sided_error
from sacml.features import FEATURE_NAMES
from sacml.models import make_model
from sacml.models.boosting import HistBoosting
from sacml.models.described import Described
from sacml.models.gaussian_process import GaussianProcess
from sacml.models.processes import LINES, blocks_of

NAMES = list(FEATURE_NAMES)
CURRENT = NAMES.index("cond_log10_current_density_mA_cm2")
CAPACITY = NAMES.index("cond_log10_areal_capacity_mAh_cm2")
IS_SITE = NAMES.index("metal_applicable")
TARGETS = ("nucleation_overpotential", "cycle_life")
SITES = " (sites)"  # ends the name of a variant that is judged on sites alone

# Mechanisms.
# Overpotential: the first adatom needs the energy by which it is bound less than in the bulk metal
#   (Nagy et al., ACS Appl. Mater. Interfaces 11 (2019) 7954, doi:10.1021/acsami.8b19787), so a
#   weaker binding means more overpotential; nuclei shrink as 1/eta and their number grows as eta^3
#   (Pei et al., Nano Lett. 2017, "Nanoscale Nucleation and Growth of Electrodeposited Lithium
#   Metal"), so that the overpotential rises with the current density. No exponent in the current
#   follows from these alone: it is fitted.
# Life: N cycles of capacity Q at current density j last t = 2 N Q / j, whatever ends them: at equal
#   N, log t falls by one per decade of j and rises by one per decade of Q.


def cycles_identity(X: NDArray[Any]) -> NDArray[np.float64]:
    """log10 of Q / j where both are stated (the columns of what is unstated are 0)."""
    both = X[:, NAMES.index("cond_current_density_known")] > 0
    both &= X[:, NAMES.index("cond_areal_capacity_known")] > 0
    return np.where(both, X[:, CAPACITY].astype(np.float64) - X[:, CURRENT], 0.0)


def binding_column(seed: int) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Append the predicted binding energy of sites, and its mean for everything else.

    The surrogate sees our DFT labels alone, none of which is a literature record: it is the same
    in every fold, and no held-out value enters it.
    """
    d = Described.of(training_records("binding_energy").records, "binding_energy")
    rows = np.flatnonzero(d.is_sac)
    metals = np.array(["-".join(r.site.centre) for r in d.records])
    model = make_model("gaussian_process", seed)
    model.fit(d.X[rows], d.y[rows], groups=metals[rows])
    mean = float(d.y[rows].mean())

    def extend(X: NDArray[Any]) -> NDArray[Any]:
        energy = np.where(X[:, IS_SITE] > 0, model.predict(X), mean)
        return np.column_stack([X, energy.astype(X.dtype)])

    return extend


def process(terms: Any, **settings: Any) -> Callable[[], GaussianProcess]:
    return lambda: GaussianProcess(blocks_of(NAMES, terms), **settings)


def variants(target: str, seed: int) -> list[Variant]:
    """Every idea for one target, baselines first."""
    make = lambda name: partial(make_model, name, seed)  # noqa: E731
    extend = binding_column(seed)
    energy = (*blocks_of(NAMES, LINES), ("linear", (len(NAMES),)))
    levels = (("linear", ("alkali_is",)), ("linear", ("mod_",)))
    laws = (*levels, ("linear", ("cond_log10_current", "cond_log10_areal")))
    rises = target == "nucleation_overpotential"
    monotone = {"rising": (CURRENT,)} if rises else {"falling": (CURRENT,)}
    base = [
        Variant("baseline", name, make(name), name)
        for name in ("constant", "conditions_only", "ridge", "mixed_linear", "gaussian_process",
                     "extra_trees", "hist_boosting")
    ] + [Variant("baseline", "levels", process(levels), "levels")]  # fmt: skip
    ideas = [
        Variant("a binding energy", "mixed_linear + binding",
                lambda: GaussianProcess(energy), "mixed_linear", extend),
        Variant("a binding energy", "ridge + binding", make("ridge"), "ridge", extend),
        Variant("a binding energy", "extra_trees + binding", make("extra_trees"), "extra_trees",
                extend),
        Variant("b power laws", "levels + power laws", process(laws), "levels"),
        Variant("d source level", "mixed_linear without source level",
                process(LINES, group_effect=False), "mixed_linear"),
        Variant("d source level", "gaussian_process without source level",
                lambda: make_model("gaussian_process", seed).set_params(group_effect=False),
                "gaussian_process"),
        Variant("e monotonic", "hist_boosting monotonic in current",
                lambda: HistBoosting(random_state=seed, **monotone), "hist_boosting"),
    ]  # fmt: skip
    if target == "cycle_life":
        ideas.append(
            Variant("b power laws", "mixed_linear on t j / Q", make("mixed_linear"), "mixed_linear",
                    offset=cycles_identity)
        )  # fmt: skip
    ideas += [
        Variant("a binding energy", v.name + SITES, v.make, v.baseline, v.extend,
                judged_on="sac")
        for v in ideas[:3]
    ]  # fmt: skip
    ideas += [
        Variant("f sites alone", f"{name} taught by sites", make(name), name, trained_on="sac",
                judged_on="sac")
        for name in ("constant", "conditions_only", "ridge", "mixed_linear", "extra_trees")
    ]  # fmt: skip
    return base + ideas


def differences(
    target: str, middle: NDArray[np.float64], d: Described, seed: int
) -> list[dict[str, Any]]:
    """Idea (c): log ratio to the paper's own control, whole sources held out of the mean.

    Three answers for the same records: the model that does not know the control (`middle`), the
    control's own value, and that value plus the mean log ratio of the other sources.
    """
    number = {r.record_id: i for i, r in enumerate(d.records)}
    table = pd.read_csv(dataset_path("literature") / "differences.csv")
    table = table[table["target"] == target]
    pairs = [
        (number[a], number[b])
        for a, b in zip(table["record_id"], table["control_record_id"], strict=True)
        if a in number and b in number
    ]
    a, b = np.array(pairs).T
    groups = np.array([d.records[i].source_group for i in a])
    own_ratio = pd.Series(d.y[a] - d.y[b]).groupby(groups).mean()
    mean = np.array([own_ratio.drop(g).mean() for g in groups])
    answers = {"mixed_linear": middle[a], "control": d.y[b], "control + mean ratio": d.y[b] + mean}
    errors = {n: one_sided_error(d.y[a], found, d.bound[a]) for n, found in answers.items()}
    return [
        row({"target": target, "idea": "c difference to control", "variant": f"{name} (pairs)",
             "baseline": "mixed_linear", "trained_on": "all", "judged_on": "pairs"},
            own, errors["mixed_linear"], groups, seed)
        for name, own in errors.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="experiments/results/physics.csv")
    parser.add_argument("--target", choices=TARGETS, action="append")
    parser.add_argument("--folds", type=int, default=N_FOLDS, help="folds of whole sources")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rows = []
    for target in arguments.target or TARGETS:
        d = Described.of(training_records(target).records, target)
        folds, groups = source_folds(d, arguments.folds)
        tried, middles = variants(target, arguments.seed), {}
        for v in tried:
            alike = v.name.removesuffix(SITES)
            if alike not in middles:
                middles[alike], _ = hold_out(d, folds, groups, v)
            middles[v.name] = middles[alike]
            print(f"{target}: {v.name}", file=sys.stderr, flush=True)
        rows += compare(d, groups, tried, middles, arguments.seed)
        rows += differences(target, middles["mixed_linear"], d, arguments.seed)
    table = with_verdicts(rows).round(4)
    Path(arguments.out).parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(arguments.out, index=False)
    print(table.drop(columns=["baseline", "p"]).to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    try:
        main()
    except SacmlError as error:
        sys.exit(f"physics: {error}")
