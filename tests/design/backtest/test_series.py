"""Backtests on pools whose answer is known: they find it, go on where they stopped, add up."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sacml.design.acquisition.goals import Goal
from sacml.design.acquisition.strategies import choose, choose_randomly
from sacml.design.backtest import backtest
from sacml.design.backtest.run import Arm, KnownPool, Rules, Run, run_once
from sacml.design.backtest.summary import summarise
from sacml.errors import DesignError, UnknownNameError

RULES = Rules(starts=6, batch=4)
ARMS = (Arm("random"), Arm("expected_improvement"))


def make_pool(goal=None, name="hill", n=80):
    X = np.random.default_rng(0).uniform(-2, 2, (n, 2))
    y = np.exp(-((X[:, 0] - 1) ** 2) - X[:, 1] ** 2)
    return KnownPool(name, X, y, goal or Goal("high"))


def test_a_smooth_hill_is_found_long_before_chance_finds_it():
    runs = backtest([make_pool()], ARMS, 8, RULES)
    chance, ours = (np.median([r.labels for r in runs if r.arm == a.name]) for a in ARMS)
    assert ours < 0.5 * chance


@pytest.mark.parametrize("goal", [Goal("low"), Goal("high"), Goal("window", 0.4, 0.4)])
def test_the_best_are_the_best_by_the_goal(goal):
    pool = make_pool(goal)
    top = RULES.top(pool)
    assert len(top) == 4
    rest = np.setdiff1d(np.arange(80), top)
    assert goal.margin(pool.y[top]).min() >= goal.margin(pool.y[rest]).max()


def test_rows_as_good_as_the_last_of_the_best_count_too():
    X, y = np.zeros((40, 1)), np.array([3.0, 2.0, 2.0, 2.0] + [1.0] * 36)
    assert RULES.top(KnownPool("ties", X, y, Goal("high"))).tolist() == [0, 1, 2, 3]


def test_a_run_counts_the_label_that_completes_the_share():
    run = run_once(make_pool(), Arm("random"), 3, RULES)
    order = np.random.default_rng(3).permutation(80)[:6]
    assert (run.n_top, run.needed) == (4, 4)  # 80 % of 4 is not 3
    assert run.labels == run.found_at[-1]
    assert len(run.found_at) == 4
    found = np.isin(order, RULES.top(make_pool())).sum()
    assert sum(at <= 6 for at in run.found_at) == found


def test_a_random_run_is_its_starts_and_then_what_was_drawn():
    pool, order = make_pool(), np.random.default_rng(3).permutation(80)[:6]
    free = ~np.isin(np.arange(80), order)
    drawn = [c.row for c in choose_randomly(free, 80, 4)]
    found = np.flatnonzero(np.isin([*order, *drawn], RULES.top(pool))) + 1
    assert run_once(pool, Arm("random"), 3, RULES).found_at == tuple(found)


def test_what_a_last_batch_finds_beyond_the_share_does_not_count():
    half = Rules(starts=6, batch=10, best=0.2, found=0.5)
    for seed in range(4):
        run = run_once(make_pool(), Arm("greedy"), seed, half)
        assert len(run.found_at) == run.needed == 8


def test_as_many_are_sought_as_count_as_best(monkeypatch):
    asked = []

    def spy(*given, **more):
        asked.append(more["top"])
        return choose(*given, **more)

    monkeypatch.setattr("sacml.design.backtest.run.choose", spy)
    run_once(make_pool(), Arm("expected_improvement"), 0, RULES)
    assert set(asked) == {4}


def test_arms_of_a_seed_share_their_starts():
    pool, easy = make_pool(), Rules(starts=20, batch=1, best=0.5, found=0.1)
    assert len({run_once(pool, Arm(s), 1, easy) for s in ("random", "greedy")}) == 2
    assert run_once(pool, Arm("greedy"), 1, easy).found_at == run_once(
        pool, Arm("exploration"), 1, easy
    ).found_at  # fmt: skip


def test_the_same_seed_gives_the_same_run_with_and_without_executor():
    alone = backtest([make_pool()], ARMS, 3, RULES)
    with ThreadPoolExecutor(2) as executor:
        assert backtest([make_pool()], ARMS, 3, RULES, executor=executor) == alone


def test_finished_runs_are_not_repeated(tmp_path):
    store, seen = tmp_path / "deep" / "runs.csv", []
    first = backtest([make_pool()], ARMS, 2, RULES, store=store)
    again = backtest([make_pool()], ARMS, 3, RULES, store=store, on_run=seen.append)
    assert again[:2] == first[:2]
    assert {r.seed for r in seen} == {2}
    assert backtest([make_pool()], ARMS, 3, RULES) == again


def test_a_torn_last_line_is_run_again(tmp_path):
    store = tmp_path / "runs.csv"
    whole = backtest([make_pool()], ARMS, 2, RULES, store=store)
    text = store.read_text()
    for cut in (1, 3, 9, 20, len(text) - 5):
        store.write_text(text[:-cut])
        assert backtest([make_pool()], ARMS, 2, RULES, store=store) == whole


def test_a_store_of_other_data_or_rules_is_refused(tmp_path):
    store = tmp_path / "runs.csv"
    backtest([make_pool()], ARMS[:1], 1, RULES, store=store)
    for other, rules in ((make_pool(n=70), RULES), (make_pool(), Rules(starts=5, batch=4))):
        with pytest.raises(DesignError, match="other data or rules for pool hill"):
            backtest([other], ARMS[:1], 1, rules, store=store)


def runs(pool, arm, labels, n_pool=200):
    return [Run(pool, arm, s, n_pool, 10, 8, n, (n,)) for s, n in enumerate(labels)]


@pytest.mark.parametrize(
    ("labels", "n_pool", "verdict"),
    [
        ([20, 22, 24, 26, 28] * 4, 200, "at most a third"),
        ([10, 95] * 10, 200, "more than a third, not beyond doubt"),
        ([60, 62, 64, 66] * 5, 200, "more than a third"),
        ([20] * 20, 99, "only reported: fewer than 100 rows"),
    ],
)
def test_the_verdict_knows_its_doubt(labels, n_pool, verdict):
    chance, ours = summarise(runs("p", "random", [100] * 20, n_pool)
                             + runs("p", "greedy/x", labels, n_pool))  # fmt: skip
    assert ours.verdict == verdict
    assert ours.share == pytest.approx(np.median(labels) / 100)
    assert ours.share_low <= ours.share <= ours.share_high
    assert chance.share == 1.0
    assert chance.wins == 0.0


def test_seeds_are_drawn_in_pairs():
    """Both need the same from every seed: however seeds are drawn, the share is 1."""
    labels = [30, 60, 90, 120, 150]
    own = summarise(runs("p", "random", labels) + runs("p", "same", labels))[1]
    assert own.share_low == own.share_high == 1.0
    assert own.labels_low < own.labels < own.labels_high


def test_without_random_choice_there_is_nothing_to_compare():
    with pytest.raises(DesignError, match="add the arm 'random'"):
        summarise(runs("p", "greedy/x", [5, 6]))


def test_bad_input_is_refused_in_words():
    with pytest.raises(UnknownNameError, match="unknown strategy of a backtest 'hypervolume'"):
        Arm("hypervolume")
    with pytest.raises(UnknownNameError, match="unknown model"):
        Arm("greedy", "ridge")
    with pytest.raises(DesignError, match="at least 3 starts"):
        Rules(starts=1)
    with pytest.raises(DesignError, match="used up by 6 starts"):
        run_once(make_pool(n=6), Arm("random"), 0, RULES)
    with pytest.raises(DesignError, match="seeds = 0"):
        backtest([make_pool()], ARMS, 0, RULES)
    with pytest.raises(DesignError, match="one label per row"):
        KnownPool("p", np.zeros((3, 2)), np.zeros(2), Goal("low"))
    with pytest.raises(DesignError, match="is missing"):
        KnownPool("p", np.zeros((3, 2)), np.array([0.0, np.nan, 1.0]), Goal("low"))
