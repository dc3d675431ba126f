import numpy as np
import pandas as pd
import pytest
from synthetic import NOISE, dataset

from sacml.evaluation import choose, evaluate
from sacml.evaluation.cells import Cell
from sacml.evaluation.nested import inner_scores, picks, rule_predictions
from sacml.models.described import Described

LOSO = "leave_one_source_out"


def nested(data, models, trained_on=("all",), folds=3):
    found = evaluate(data, "cycle_life", models, (LOSO,), trained_on=trained_on)
    described, split = Described.of(data.records, "cycle_life"), found.splits[LOSO]
    inner = pd.concat([inner_scores(described, split, Cell(LOSO, m, t, 0), folds)
                       for m in models for t in trained_on])  # fmt: skip
    chosen = picks(inner, [f.group for f in split.folds], 10)
    return found, inner, chosen, rule_predictions(found.predictions, chosen)


def test_the_rule_finds_the_law_in_every_fold():
    found, _, chosen, rule = nested(dataset(n=48), ("constant", "ridge"), folds=3)
    assert set(chosen["model"]) == {"ridge"}
    assert len(chosen) == 24
    ridge = found.predictions[found.predictions["model"] == "ridge"]
    assert rule["error"].mean() == pytest.approx(ridge["error"].mean())
    assert rule["error"].mean() < 2 * NOISE
    # a dozen papers hold a site, eleven are left inside: sites decide
    assert set(chosen["rows"]) == {"sac"}


def test_the_outer_group_is_never_seen_inside():
    data = dataset(n=24, n_sources=8)
    described = Described.of(data.records, "cycle_life")
    split = evaluate(data, "cycle_life", ("constant",), (LOSO,)).splits[LOSO]
    cell = Cell(LOSO, "constant", "all", 0)
    before = inner_scores(described, split, cell, 3).set_index(["outer", "rows"])["mae"]
    name, held = split.folds[0].group, split.folds[0].test
    described.y[held] += 100.0
    after = inner_scores(described, split, cell, 3).set_index(["outer", "rows"])["mae"]
    pd.testing.assert_series_equal(before.loc[[name]], after.loc[[name]])
    assert (after.drop(name).to_numpy() > before.drop(name).to_numpy() + 1).any()


def test_among_useless_models_the_naive_winner_flatters_itself():
    """On shuffled values the winner is luck, and on average the rule pays for it."""
    gaps = []
    for seed in range(2):
        data = dataset(n=36, n_sources=12, seed=seed, shuffle=True, bounds=("reported",))
        found, _, _, rule = nested(data, ("constant", "alkali_mean", "same_metal_mean"))
        best = choose(found)
        naive = found.predictions[found.predictions["model"] == best.model]
        gaps.append(rule["error"].mean() - naive["error"].mean())
    assert np.mean(gaps) > 0


def test_where_nothing_can_be_held_out_inside_the_constant_is_taken():
    inner = pd.DataFrame(columns=["outer", "model", "trained_on", "rows", "mae", "n_records",
                                  "n_groups"])  # fmt: skip
    chosen = picks(inner, ["a", "b"], 10)
    assert chosen["model"].tolist() == ["constant", "constant"]
    assert chosen["inner_mae"].isna().all()


def test_blocks_share_a_selection_that_sees_none_of_their_groups():
    data = dataset(n=32, n_sources=8)
    described = Described.of(data.records, "cycle_life")
    split = evaluate(data, "cycle_life", ("constant",), (LOSO,)).splits[LOSO]
    cell = Cell(LOSO, "constant", "all", 0)

    def scores():
        found = inner_scores(described, split, cell, 3, blocks=4)
        return found[found["rows"] == "all"].set_index("outer")["mae"]

    before = scores()
    assert sorted(before.index) == sorted(fold.group for fold in split.folds)
    assert before.nunique() == 4  # two papers a block
    for fold in split.folds[:3]:
        kept = described.y[fold.test].copy()
        described.y[fold.test] += 100.0
        moved = scores()
        described.y[fold.test] = kept
        alike = before.index[np.isclose(before, before[fold.group])]
        assert len(alike) == 2
        pd.testing.assert_series_equal(moved[alike], before[alike])
        assert (moved.drop(alike) > before.drop(alike) + 1).all()


def test_as_many_blocks_as_folds_are_the_folds():
    data = dataset(n=24, n_sources=6)
    described = Described.of(data.records, "cycle_life")
    split = evaluate(data, "cycle_life", ("constant",), (LOSO,)).splits[LOSO]
    cell = Cell(LOSO, "constant", "all", 0)
    each = inner_scores(described, split, cell, 3)
    pd.testing.assert_frame_equal(inner_scores(described, split, cell, 3, blocks=6), each)


def test_random_folds_keep_a_selection_of_their_own():
    data = dataset(n=24, n_sources=6)
    described = Described.of(data.records, "cycle_life")
    split = evaluate(data, "cycle_life", ("constant",), ("random",)).splits["random"]
    cell = Cell("random", "constant", "all", 0)
    each = inner_scores(described, split, cell, 3)
    pd.testing.assert_frame_equal(inner_scores(described, split, cell, 3, blocks=2), each)
