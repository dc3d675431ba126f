from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sacml.errors import SacmlError
from sacml.evaluation.select import choose, enough_sac, primary_split

LOSO, LOMO = "leave_one_source_out", "leave_one_metal_out"


def evaluation(rows, target="cycle_life", skipped=None):
    names = ("model", "trained_on", "split", "rows", "n_groups", "mae")
    table = pd.DataFrame(rows, columns=names)
    table["n_records"] = 20
    for name in ("mae_low", "mae_high", "delta_constant", "delta_low", "delta_high"):
        table[name] = 0.25
    table["scale_unit"] = "log10(h)"
    return SimpleNamespace(target=target, scores=table, min_sac_groups=10, skipped=skipped or {})


def test_primary_splits():
    assert primary_split("binding_energy") == LOMO
    assert primary_split("cycle_life") == primary_split("nucleation_overpotential") == LOSO


def test_sites_decide_where_enough_groups_hold_one():
    rows = [
        ("constant", "all", LOSO, "sac", 10, 0.5), ("constant", "all", LOSO, "all", 30, 0.5),
        ("ridge", "all", LOSO, "sac", 10, 0.4), ("ridge", "all", LOSO, "all", 30, 0.6),
        ("extra_trees", "all", LOSO, "sac", 10, 0.6), ("extra_trees", "all", LOSO, "all", 30, 0.3),
    ]  # fmt: skip
    found = choose(evaluation(rows))
    assert (found.model, found.rows, found.mae, found.constant_mae) == ("ridge", "sac", 0.4, 0.5)
    assert "0.400 log10(h)" in found.sentence
    assert "in 10 groups" in found.sentence
    assert "the constant fitted on the same rows has 0.500" in found.sentence
    assert "do not tell the two apart" in found.sentence  # the interval of the difference holds 0
    few = [(*r[:4], 9 if r[3] == "sac" else 30, r[5]) for r in rows]
    assert (choose(evaluation(few)).model, choose(evaluation(few)).rows) == ("extra_trees", "all")


def test_a_tie_goes_to_the_simpler():
    rows = [(m, t, LOSO, "all", 30, 0.3) for m in ("extra_trees", "alkali_mean", "constant")
            for t in ("all", "sac")]  # fmt: skip
    rows += [("ridge", "sac", LOSO, "all", 30, 0.3 - 1e-10)]
    found = choose(evaluation(rows))
    assert (found.model, found.trained_on) == ("constant", "sac")
    assert "it is the featureless baseline" in found.sentence
    rows += [("ridge", "all", LOSO, "all", 30, 0.3 - 1e-6)]
    assert choose(evaluation(rows)).model == "ridge"


def test_another_split_is_used_and_said_where_the_primary_one_cannot_be_made():
    rows = [
        ("constant", "all", "random", "all", 30, 0.3),
        ("constant", "all", LOMO, "all", 30, 0.2),
    ]
    found = choose(evaluation(rows, skipped={LOSO: "there is only one source"}))
    assert found.split == LOMO
    assert f"({LOSO} was not used: there is only one source)" in found.sentence


def test_a_split_asked_for_is_the_split_given():
    rows = [
        ("constant", "all", "random", "all", 30, 0.3),
        ("constant", "all", LOSO, "all", 30, 0.2),
    ]
    assert choose(evaluation(rows), "random").mae == 0.3
    with pytest.raises(SacmlError, match=f"'{LOMO}' of cycle_life was not evaluated: no metals"):
        choose(evaluation(rows, skipped={LOMO: "no metals"}), LOMO)


def test_models_judged_on_fewer_rows_do_not_compete():
    found = evaluation([("constant", "all", LOSO, "all", 30, 0.5),
                        ("constant", "sac", LOSO, "all", 30, 0.1)])  # fmt: skip
    found.scores.loc[1, "n_records"] = 19
    assert choose(found).trained_on == "all"


def test_enough_sac_counts_groups_with_a_site():
    groups = np.repeat(np.arange(12), 2)
    sac = np.tile([True, False], 12)
    assert enough_sac(sac, groups, 12)
    assert not enough_sac(sac & (groups > 0), groups, 12)
