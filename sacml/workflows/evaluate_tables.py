"""The tables of an evaluation at full depth, one function per part."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from sacml.workflows.evaluate_state import Key, State

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Part:
    """What a part needs to be computed besides the scores, and how its tables are made."""

    needs: tuple[str, ...]
    make: Callable[[State], Tables]
    title: str


def _scores(state: State) -> Tables:
    e = state.evaluation
    why = pd.DataFrame(e.skipped.items(), columns=["what", "why"])
    return {"scores": e.scores, "predictions": e.predictions, "skipped": why}


def _rule(state: State) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the rule picked in each outer fold, and its held-out rows with intervals."""
    from sacml.evaluation.held_out import finish
    from sacml.evaluation.nested import picks, rule_predictions

    e, split = state.evaluation, state.choice.split
    outer = [fold.group for fold in state.splits[split].folds]
    inner = pd.concat(state.tables("nested"), ignore_index=True)
    chosen = picks(inner, outer, e.min_sac_groups)
    p = e.predictions
    rule = rule_predictions(p[p["split"] == split], chosen)
    return chosen, finish(rule, e.target, e.level, e.min_sac_groups)


def _nested(state: State) -> Tables:
    from sacml.evaluation.metrics import GroupBootstrap

    chosen, rule = _rule(state)
    choice, p = state.choice, state.decisive
    asked = {
        "the rule itself": state.judged(rule),
        "naive winner": _of(p, state.winner),
        "constant on the winner's rows": _of(p, ("constant", choice.trained_on)),
    }
    base = _of(p, ("constant", choice.trained_on)).set_index("record_id")["error"]
    rows = []
    for what, table in asked.items():
        error = table["error"].to_numpy()
        delta = error - base.loc[table["record_id"]].to_numpy()
        bootstrap = GroupBootstrap.of(table["group"].to_numpy(dtype=str), state.settings.seed)
        low, high = bootstrap.interval(error)
        delta_low, delta_high = bootstrap.interval(delta)
        model = f"{choice.model} on {choice.trained_on}" if what == "naive winner" else ""
        rows.append({
            "what": what, "model": model, "split": choice.split, "rows": choice.rows,
            "n_records": len(table), "n_groups": bootstrap.n_groups, "mae": float(error.mean()),
            "mae_low": low, "mae_high": high, "scale_unit": choice.scale_unit,
            "delta_constant": float(delta.mean()), "delta_low": delta_low,
            "delta_high": delta_high, "coverage": float(table["covered"].mean()),
            "interval_score": float(table["interval_score"].mean()),
        })  # fmt: skip
    return {"nested": pd.DataFrame(rows), "picks": chosen}


def _seeds(state: State) -> Tables:
    tables = [t for _, t in state.done["scores"]] + state.tables("seeds")
    maes = pd.concat([state.judged(t) for t in tables]).groupby(
        ["split", "model", "trained_on", "seed"], as_index=False)["error"].mean()  # fmt: skip
    by = maes.groupby(["split", "model", "trained_on"], as_index=False)["error"]
    found = by.agg(["count", "mean", "std", "min", "max"]).rename(
        columns={"count": "n_seeds", "mean": "mae", "std": "mae_sd", "min": "mae_min",
                 "max": "mae_max"})  # fmt: skip
    return {"seeds": found[found["n_seeds"] > 1]}


def _comparisons(state: State) -> Tables:
    from sacml.evaluation.significance import compare
    from sacml.evaluation.verdicts import BINDING_BASELINES, FEATURELESS, TEST_BASELINES, best_of

    binding = state.target == "binding_energy"
    names = BINDING_BASELINES if binding else TEST_BASELINES
    learned = [m for m in state.models if m not in FEATURELESS]
    against = [key for name in names if (key := best_of(state.decisive, (name,))) is not None]
    found = compare(state.decisive, against, state.settings.seed, learned)
    found.insert(0, "split", state.choice.split)
    return {"comparisons": found}


def _coverage(state: State) -> Tables:
    from sacml.evaluation.coverage import group_coverage, pooled_coverage

    e, pooled, groups = state.evaluation, [], []
    for (split, which), part in e.predictions.groupby(["split", "trained_on"], sort=False):
        part = state.judged(part)
        constant = part[part["model"] == "constant"]
        for model, table in part.groupby("model", sort=False):
            labels: dict[str, Any] = {"split": split, "model": model, "trained_on": which}
            c = asdict(pooled_coverage(table, constant, e.level, e.seed))
            pooled.append(labels | c | {"short": ", ".join(c["short"])})
            if split == state.choice.split:
                groups.append(group_coverage(table, e.level).assign(**labels))
    return {"coverage": pd.DataFrame(pooled), "coverage_groups": pd.concat(groups)}


def _calibration(state: State) -> Tables:
    from sacml.evaluation.coverage import calibration_curve

    e, p, found = state.evaluation, state.decisive, []
    for key in dict.fromkeys([state.winner, ("constant", state.winner[1]), *state.studied]):
        curve = calibration_curve(_of(p, key), e.min_sac_groups, seed=e.seed)
        found.append(curve.assign(split=state.choice.split, model=key[0], trained_on=key[1]))
    return {"calibration": pd.concat(found)}


def _learning(state: State) -> Tables:
    from sacml.evaluation.learning import curve_points
    from sacml.evaluation.power_law import fit_power_law, records_needed

    points, needed = [], []
    for table in state.tables("learning"):
        rows = state.judged(table)
        if rows.empty or rows["share"].nunique() < 3:
            continue
        law, draws = fit_power_law(rows, state.settings.seed)
        key = rows["model"].iloc[0], rows["trained_on"].iloc[0]
        fitted = {"factor": law.factor, "slope": law.slope, "slope_low": law.slope_low,
                  "slope_high": law.slope_high}  # fmt: skip
        points.append(curve_points(rows).assign(**fitted, scale_unit=state.choice.scale_unit))
        for base, goal in _goals(state).items():
            if base != key:
                n = records_needed(law, draws, goal)
                needed.append({
                    "model": key[0], "trained_on": key[1], "against": base[0],
                    "against_trained_on": base[1], "goal": goal, "records": n.records,
                    "low": n.low, "high": n.high, "sentence": n.sentence, **fitted,
                })  # fmt: skip
    empty = pd.DataFrame()
    return {"learning": pd.concat(points) if points else empty, "needed": pd.DataFrame(needed)}


def _goals(state: State) -> dict[Key, float]:
    """Errors that a learning curve is asked to reach."""
    from sacml.evaluation.verdicts import (
        BINDING_BASELINES,
        MOST_OF_BASELINE,
        TEST_BASELINES,
        best_of,
    )

    binding = state.target == "binding_energy"
    names = BINDING_BASELINES if binding else TEST_BASELINES
    found = {}
    for name in names:
        key = best_of(state.decisive, (name,))
        if key is not None:
            mae = float(_of(state.decisive, key)["error"].mean())
            found[key] = mae * MOST_OF_BASELINE if binding else mae
    return found


def _scramble(state: State) -> Tables:
    found = []
    for job, table in state.done["scramble"]:
        chance = table["mae"].to_numpy()[1:]
        found.append({
            "split": job.cell.split, "model": job.cell.model, "trained_on": job.cell.trained_on,
            "mae": table["mae"].iloc[0], "p": table["p"].iloc[0], "n": len(chance),
            "scrambled_mean": chance.mean(), "scrambled_min": chance.min(),
            "scrambled": " ".join(f"{v:.4f}" for v in chance),
            "scale_unit": state.choice.scale_unit,
        })  # fmt: skip
    return {"scramble": pd.DataFrame(found)}


def _leaks(state: State) -> Tables:
    from sacml.evaluation.leaks import count_leaks, find_leaks

    listed = {name: find_leaks(state.described, split) for name, split in state.splits.items()}
    counts = [count_leaks(found, state.described, state.splits[n]) for n, found in listed.items()]
    return {"leaks": pd.concat(listed.values()), "leak_counts": pd.concat(counts)}


def _verdicts(state: State) -> Tables:
    from sacml.evaluation.power_law import Needed
    from sacml.evaluation.verdicts import Judge, verdicts

    maes = pd.concat([t for t in [t for _, t in state.done["scores"]] + state.tables("seeds")
                      if t["split"].iloc[0] == "random"] or [pd.DataFrame()])  # fmt: skip
    random: dict[Key, list[float]] = {}
    if len(maes):
        means = state.judged(maes).groupby(["model", "trained_on", "seed"])["error"].mean()
        for row in means.reset_index().to_dict("records"):
            random.setdefault((row["model"], row["trained_on"]), []).append(float(row["error"]))
    needed = {
        ((r["model"], r["trained_on"]), (r["against"], r["against_trained_on"])): Needed(
            r["goal"], None, None, None, r["sentence"]
        )
        for r in _learning(state)["needed"].to_dict("records")
    }
    judge = Judge(
        evaluation=state.evaluation,
        records={r.record_id: r for r in state.described.records},
        rule=_rule(state)[1],
        random_mae=random,
        needed=needed,
        noise_floor=state.settings.noise_floor_eV,
    )
    return {"verdicts": verdicts(judge).drop(columns="target")}


def _of(predictions: pd.DataFrame, key: Key) -> pd.DataFrame:
    mine = (predictions["model"] == key[0]) & (predictions["trained_on"] == key[1])
    return predictions[mine]


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "scores": Part((), _scores, "Every model under every split"),
        "nested": Part(("nested",), _nested, "The release rule scored with selection inside"),
        "seeds": Part(("seeds",), _seeds, "Other seeds"),
        "comparisons": Part((), _comparisons, "Paired comparisons with the baselines"),
        "coverage": Part((), _coverage, "Coverage of the intervals"),
        "calibration": Part((), _calibration, "Promised against observed coverage"),
        "learning": Part(("learning",), _learning, "Learning curves over groups"),
        "scramble": Part(("scramble",), _scramble, "y-scrambling"),
        "leaks": Part((), _leaks, "What stands on both sides of a fold"),
        "verdicts": Part(("nested", "seeds", "learning"), _verdicts, "Verdicts"),
    }
)
"""What may be asked for, in the order of the summary."""
