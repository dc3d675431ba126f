from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sacml.evaluation.power_law import Needed
from sacml.evaluation.verdicts import Judge, best_of, verdicts

LOMO, LOSO = "leave_one_metal_out", "leave_one_source_out"


def rows(split, **errors):
    frames = []
    for name, error in errors.items():
        n = len(error)
        frames.append(pd.DataFrame({
            "model": name, "trained_on": "all", "split": split, "is_sac": True,
            "record_id": [f"r{i}" for i in range(n)], "group": [f"g{i // 2}" for i in range(n)],
            "error": error, "covered": [i % 10 > 0 for i in range(n)], "covered_optimistic": True,
            "width": 1.0, "interval_score": 1.0 if name != "constant" else 2.0,
            "in_domain": np.arange(n) % 4 > 0,
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def judge(target, split, winner, more=None, **errors):
    p = rows(split, **errors)
    evaluation = SimpleNamespace(
        target=target, predictions=p, level=0.9, seed=0,
        scores=pd.DataFrame({"scale_unit": ["u"]}),
        best=lambda: SimpleNamespace(model=winner, trained_on="all", split=split, rows="sac"),
    )  # fmt: skip
    alkali = {f"r{i}": "Li" if i < 20 else "Na" for i in range(40)}
    shell = SimpleNamespace(composition="N4")
    records = {i: SimpleNamespace(alkali=a, site=SimpleNamespace(shell=shell))
               for i, a in alkali.items()}  # fmt: skip
    return verdicts(Judge(evaluation, records, **(more or {})))


def pick(table, start):
    return table[table["figure"].str.startswith(start)].iloc[0]


BASE = np.random.default_rng(0).uniform(0.4, 0.6, size=40)


def test_a_model_that_halves_the_error_of_the_baselines_holds():
    found = judge("binding_energy", LOMO, "gaussian_process", {"random_mae": {
        ("gaussian_process", "all"): [0.07, 0.08]}}, constant=BASE, alkali_mean=BASE,
        ridge=BASE - 0.01, gaussian_process=BASE / 2)  # fmt: skip
    error = found[found["figure"].str.startswith("error against baselines")]
    assert error["verdict"].tolist() == ["holds", "holds"]
    assert "51% of ridge on all" in error["found"].iloc[0]
    assert "20 in 10" in error["found"].iloc[1]  # Li on N4 alone
    random = pick(found, "error, random")
    assert (random["verdict"], random["remark"]) == ("holds", "noise floor not measured")


def test_a_baseline_that_wins_fails_and_the_best_other_model_stands_beside_it():
    found = judge(
        "binding_energy", LOMO, "ridge", constant=BASE, ridge=BASE, extra_trees=BASE + 0.1
    )
    error = found[found["figure"] == f"error against baselines, {LOMO}"].set_index("model")
    assert error.loc["ridge on all", "remark"] == "it is itself the best baseline"
    assert set(error["verdict"]) == {"fails"}
    assert set(error.index) == {"ridge on all", "extra_trees on all"}
    assert pick(found, "error, random")["verdict"] == "no verdict"


def test_the_noise_floor_sets_the_limit_where_it_is_larger():
    more = {"random_mae": {("ridge", "all"): [0.11]}, "noise_floor": 0.08}
    found = judge("binding_energy", LOMO, "ridge", more, constant=BASE, ridge=BASE)
    assert pick(found, "error, random")["wanted"] == "at most 0.12 eV"
    assert pick(found, "error, random")["verdict"] == "holds"


def test_tests_are_judged_against_three_baselines_or_the_records_are_named():
    needed = {(("ridge", "all"), ("conditions_only", "all")):
              Needed(0.5, None, None, None, "not identifiable: flat")}  # fmt: skip
    found = judge("cycle_life", LOSO, "ridge", {"needed": needed}, constant=BASE + 0.1,
                  same_metal_mean=BASE + np.random.default_rng(1).normal(0.01, 0.3, 40),
                  conditions_only=BASE - 0.01, ridge=BASE)  # fmt: skip
    by = {f: pick(found, f"error against {f}") for f in
          ("constant", "same_metal_mean", "conditions_only")}  # fmt: skip
    assert by["constant"]["verdict"] == "holds"
    assert by["conditions_only"]["verdict"] == "fails"
    assert by["conditions_only"]["remark"].endswith("not identifiable: flat")
    assert "held-out groups would tell" in by["same_metal_mean"]["remark"] or (
        by["same_metal_mean"]["verdict"] == "fails"
    )


def test_the_flag_is_judged_by_the_errors_on_its_two_sides():
    good = BASE.copy()
    good[::4] *= 3  # every fourth record lies outside
    found = judge("binding_energy", LOMO, "ridge", constant=BASE, ridge=good)
    assert pick(found, "applicability")["verdict"] == "holds"
    found = judge("binding_energy", LOMO, "ridge", constant=BASE, ridge=BASE)
    assert pick(found, "applicability")["remark"].endswith("the flag is uninformative")


def test_the_best_is_of_those_judged_on_all_rows():
    p = rows(LOSO, constant=BASE, ridge=BASE[:10] - 0.3)
    assert best_of(p, ("constant", "ridge")) == ("constant", "all")
    assert best_of(p, ("extra_trees",)) is None


@pytest.mark.parametrize("share", [0, 40])
def test_coverage_stands_for_the_winner_and_the_rule(share):
    p = rows(LOSO, constant=BASE, ridge=BASE)
    rule = p[p["model"] == "ridge"].assign(model="rule", trained_on="")
    rule["covered"] = np.arange(40) >= share
    found = judge("cycle_life", LOSO, "ridge", {"rule": rule}, constant=BASE + 1, ridge=BASE,
                  same_metal_mean=BASE, conditions_only=BASE)  # fmt: skip
    coverage = found[found["figure"].str.startswith("coverage")].set_index("model")
    assert coverage.loc["ridge on all", "verdict"] == "holds"
    assert coverage.loc["the rule itself", "verdict"] == "fails"
