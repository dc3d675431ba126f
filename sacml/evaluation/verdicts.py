"""The figures a release is held to, one row each: found, wanted, and whether it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sacml.data import Record
from sacml.evaluation.coverage import pooled_coverage
from sacml.evaluation.metrics import GroupBootstrap
from sacml.evaluation.power_law import Needed, groups_to_tell
from sacml.evaluation.protocol import Evaluation

BINDING_BASELINES = ("alkali_mean", "alkali_shell_mean", "ridge")
TEST_BASELINES = ("constant", "same_metal_mean", "conditions_only")
FEATURELESS = ("constant", "alkali_mean", "alkali_shell_mean", "same_metal_mean")
MOST_OF_BASELINE = 0.60
RANDOM_eV = 0.08
NOISE_FACTOR = 1.5
DOMAIN_SHARE = (0.3, 0.9)
DOMAIN_RATIO = 1.5
COLUMNS = ["target", "figure", "model", "found", "wanted", "verdict", "remark"]

Key = tuple[str, str]
Row = tuple[str, str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Judge:
    """What the verdicts on one target are read from.

    Attributes
    ----------
    evaluation
        All cells.
    records
        Record id -> record.
    rule
        Held-out rows with intervals of the nested rule, or None: not computed.
    random_mae
        Per model, mean absolute error of every seed under the random split.
    needed
        Per model and baseline, the records that the baseline's error would take.
    noise_floor
        Standard deviation of a label in eV, or None: not measured.
    """

    evaluation: Evaluation
    records: Mapping[str, Record]
    rule: pd.DataFrame | None = None
    random_mae: Mapping[Key, Sequence[float]] | None = None
    needed: Mapping[tuple[Key, Key], Needed] | None = None
    noise_floor: float | None = None


def verdicts(judge: Judge) -> pd.DataFrame:
    """Judge one target; columns are `COLUMNS`."""
    best = judge.evaluation.best()
    p = judge.evaluation.predictions
    p = p[p["split"] == best.split]
    p = p[p["is_sac"]] if best.rows == "sac" else p
    key = (best.model, best.trained_on)
    rows = _coverage(judge, p, key, best.split, best.rows)
    if judge.evaluation.target == "binding_energy":
        rows += _binding(judge, p, key, best.split)
        rows.append(_random(judge, key))
    else:
        rows += _tests(judge, p, key, best.split)
    if "in_domain" in p:
        rows.append(_domain(judge, of_model(p, key), key, best.split))
    return pd.DataFrame(rows, columns=COLUMNS)


def of_model(predictions: pd.DataFrame, key: Key) -> pd.DataFrame:
    """Held-out rows of one model."""
    mine = (predictions["model"] == key[0]) & (predictions["trained_on"] == key[1])
    return predictions[mine]


def name_of(key: Key) -> str:
    """Model and what taught it, in words."""
    return f"{key[0]} on {key[1]}" if key[1] else f"the {key[0]} itself"


def _coverage(judge: Judge, p: pd.DataFrame, key: Key, split: str, judged: str) -> list[Row]:
    e = judge.evaluation
    asked = [(key, of_model(p, key))]
    if judge.rule is not None:
        rule = judge.rule[judge.rule["is_sac"]] if judged == "sac" else judge.rule
        asked.append((("rule", ""), rule))
    rows = []
    for name, table in asked:
        constant = of_model(p, ("constant", key[1])).set_index("record_id")
        same = constant.loc[table["record_id"]].reset_index()
        c = pooled_coverage(table, same, e.level, e.seed)
        found = (
            f"{c.share:.2f} ({c.low:.2f} to {c.high:.2f}) of {c.n_records} in {c.n_groups} groups; "
            f"optimistic {c.optimistic:.2f}; score {c.score:.2f}, constant {c.constant_score:.2f}"
        )
        wanted = (
            f"contains {e.level:.2f}, lower end at least {e.level - 0.1:.2f}, no group short, "
            "score below the constant's"
        )
        rows.append(
            (e.target, f"coverage, {split}", name_of(name), found, wanted, c.verdict, c.reason)
        )
    return rows


def _paired(table: pd.DataFrame, base: pd.DataFrame, seed: int) -> dict[str, Any]:
    reference = base.set_index("record_id").loc[table["record_id"]]
    error, other = table["error"].to_numpy(), reference["error"].to_numpy()
    bootstrap = GroupBootstrap.of(table["group"].to_numpy(dtype=str), seed)
    low, high = bootstrap.interval(error - other)
    return {"mae": float(error.mean()), "base": float(other.mean()), "low": low, "high": high,
            "delta": float((error - other).mean()), "groups": bootstrap.n_groups}  # fmt: skip


def best_of(p: pd.DataFrame, names: Sequence[str]) -> Key | None:
    """Model of the lowest mean error among some, of those judged on most rows; None: none there."""
    part = p[p["model"].isin(names)]
    if part.empty:
        return None
    sizes = part.groupby(["model", "trained_on"])["error"].agg(["mean", "size"])
    whole = sizes[sizes["size"] == sizes["size"].max()]["mean"]
    model, which = whole.idxmin()
    return str(model), str(which)


def _binding(judge: Judge, p: pd.DataFrame, key: Key, split: str) -> list[Row]:
    on_n4 = [i for i, r in judge.records.items() if r.alkali == "Li" and r.site.shell is not None
             and r.site.shell.composition == "N4"]  # fmt: skip
    subsets = {"": p, ", Li on N4 alone": p[p["record_id"].isin(on_n4)]}
    learned = best_of(p, [m for m in dict.fromkeys(p["model"]) if m not in BINDING_BASELINES
                           and m not in FEATURELESS])  # fmt: skip
    rows: list[Row] = []
    for words, part in subsets.items():
        base = best_of(part, BINDING_BASELINES)
        if base is None or part.empty:
            continue
        asked = [(k, of_model(part, k)) for k in dict.fromkeys([key, learned]) if k is not None]
        if judge.rule is not None:
            kept = judge.rule[judge.rule["record_id"].isin(part["record_id"])]
            asked.append((("rule", ""), kept))
        for name, table in asked:
            rows.append(_ratio(judge, name, table, of_model(part, base), base, f"{split}{words}"))
    return rows


def _ratio(
    judge: Judge, name: Key, table: pd.DataFrame, base: pd.DataFrame, base_name: Key, figure: str
) -> Row:
    f = _paired(table, base, judge.evaluation.seed)
    ratio = f["mae"] / f["base"] if f["base"] > 0 else np.nan
    holds = ratio <= MOST_OF_BASELINE and f["high"] < 0
    remark = "it is itself the best baseline" if name == base_name else ""
    return (
        judge.evaluation.target,
        f"error against baselines, {figure}",
        name_of(name),
        f"{f['mae']:.3f} eV, {ratio:.0%} of {name_of(base_name)} ({f['base']:.3f}); difference "
        f"{f['delta']:+.3f} ({f['low']:+.3f} to {f['high']:+.3f}), {len(table)} in {f['groups']}",
        f"at most {MOST_OF_BASELINE:.0%}, difference below zero",
        "holds" if holds else "fails",
        remark,
    )


def _random(judge: Judge, key: Key) -> Row:
    floor = judge.noise_floor
    limit = RANDOM_eV if floor is None else max(RANDOM_eV, NOISE_FACTOR * floor)
    remark = "noise floor not measured" if floor is None else f"noise floor {floor:.3f} eV"
    found = (judge.random_mae or {}).get(key)
    wanted = f"at most {limit:.2f} eV"
    if not found:
        return ("binding_energy", "error, random split", name_of(key), "not computed", wanted,
                "no verdict", remark)  # fmt: skip
    mae = float(np.mean(found))
    text = f"{mae:.3f} eV (mean of {len(found)} seeds, {min(found):.3f} to {max(found):.3f})"
    return ("binding_energy", "error, random split", name_of(key), text, wanted,
            "holds" if mae <= limit else "fails", remark)  # fmt: skip


def _tests(judge: Judge, p: pd.DataFrame, key: Key, split: str) -> list[Row]:
    e = judge.evaluation
    learned = best_of(p, [m for m in dict.fromkeys(p["model"]) if m not in TEST_BASELINES
                           and m not in FEATURELESS])  # fmt: skip
    rows: list[Row] = []
    asked = [(k, of_model(p, k)) for k in dict.fromkeys([key, learned]) if k is not None]
    if judge.rule is not None:
        asked.append((("rule", ""), judge.rule[judge.rule["record_id"].isin(p["record_id"])]))
    for name, table in asked:
        for baseline in TEST_BASELINES:
            base = best_of(p, (baseline,))
            if base is None or table.empty:
                continue
            f = _paired(table, of_model(p, base), e.seed)
            unit = e.scores["scale_unit"].iloc[0]
            found = (
                f"{f['mae']:.3f} {unit} against {f['base']:.3f} of {name_of(base)}; difference "
                f"{f['delta']:+.3f} ({f['low']:+.3f} to {f['high']:+.3f}), {len(table)} in "
                f"{f['groups']}"
            )
            verdict = "holds" if f["delta"] < 0 and f["high"] < 0 else "not told apart"
            verdict = "fails" if f["delta"] >= 0 else verdict
            remark = "" if verdict == "holds" else _more(judge, name, base, f)
            rows.append((e.target, f"error against {baseline}, {split}", name_of(name), found,
                         "below, interval excluding zero", verdict, remark))  # fmt: skip
    return rows


def _domain(judge: Judge, table: pd.DataFrame, key: Key, split: str) -> Row:
    """The flag: at least 1.5 times the error outside, and 30 to 90 % of the records inside."""
    inside = table["in_domain"].to_numpy(dtype=bool)
    error, share = table["error"].to_numpy(), float(inside.mean())
    target, figure = judge.evaluation.target, f"applicability, {split}"
    # how many are inside is asked of our own calculations alone
    low, high = DOMAIN_SHARE if target == "binding_energy" else (0.0, 1.0)
    wanted = f"error outside at least {DOMAIN_RATIO:g} times that inside"
    if target == "binding_energy":
        wanted += f", {low:.0%} to {high:.0%} inside"
    found = f"{share:.1%} of {len(table)} inside"
    if inside.all() or not inside.any():
        return (target, figure, name_of(key), found, wanted, "fails", "the flag is uninformative")
    ratio = float(error[~inside].mean() / error[inside].mean()) if error[inside].any() else np.inf
    found += f"; error {error[inside].mean():.3f} inside, {error[~inside].mean():.3f} outside"
    holds = low <= share <= high and ratio >= DOMAIN_RATIO
    remark = f"ratio {ratio:.2f}" + ("" if holds else ": the flag is uninformative")
    return (target, figure, name_of(key), found, wanted, "holds" if holds else "fails", remark)


def _more(judge: Judge, name: Key, base: Key, f: dict[str, Any]) -> str:
    if name == base:
        return "it is that baseline"
    groups = groups_to_tell(f["delta"], f["low"], f["high"], f["groups"])
    if groups is not None:
        return f"at this difference about {groups:.0f} held-out groups would tell the two apart"
    found = (judge.needed or {}).get((name, base))
    return (
        f"the data at hand do not support it; {found.sentence}"
        if found
        else ("the data at hand do not support it")
    )
