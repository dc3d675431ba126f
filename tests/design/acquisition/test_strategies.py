"""Strategies on posteriors whose right answer is known."""

import numpy as np
import pytest

from sacml.design.acquisition.goals import Goal
from sacml.design.acquisition.posteriors import Posterior
from sacml.design.acquisition.strategies import (
    best_of,
    check_costs,
    check_strategy,
    choose,
    choose_apart,
    choose_randomly,
)
from sacml.errors import DesignError, UnknownNameError

HIGH = Goal("high", 0.0, 1.0)


def of(mean, spread, correlated=0.0):
    """A posterior whose rows are correlated alike."""
    mean, spread = np.asarray(mean, float), np.asarray(spread, float)
    R = np.full((len(mean), len(mean)), correlated)
    np.fill_diagonal(R, 1.0)
    K = R * np.outer(spread, spread)
    return Posterior(mean, spread**2, 1e-6, lambda i: K[:, i], np.empty((len(mean), 0)))


def first(mean, spread, strategy, goal=HIGH, known=(0.0,), **more):
    return rows(of(mean, spread), strategy, goal, known, 1, **more)[0]


def rows(posterior, strategy, goal=HIGH, known=(0.0,), n=9, free=None, **more):
    free = np.ones(len(posterior.mean), dtype=bool) if free is None else free
    labels = np.array(known, dtype=float).reshape(-1, 1)
    chosen = choose([posterior], [goal], labels, free, n, strategy=strategy, **more)
    return [c.row for c in chosen]


def test_each_strategy_takes_what_it_is_for():
    # surely good; a little worse but open; hopeless but most open
    mean, spread = [0.50, 0.45, -2.0], [0.01, 0.40, 0.60]
    assert first(mean, spread, "greedy") == 0
    assert first(mean, spread, "expected_improvement", known=(0.49,)) == 1
    assert first(mean, spread, "upper_confidence") == 1
    assert first(mean, spread, "exploration") == 2


def test_low_is_wanted_low():
    assert first([1.0, -1.0], [0.1, 0.1], "expected_improvement", Goal("low")) == 1


def test_a_window_is_wanted_inside():
    window = Goal("window", -0.1, 0.1)
    for strategy in ("greedy", "expected_improvement", "upper_confidence"):
        assert first([-1.0, 0.05, 1.0], [0.1, 0.1, 0.1], strategy, window, (-3.0,)) == 1
    # with one label inside, the chance of another one: the sure one beats the open one
    assert first([0.0, 0.0], [0.3, 0.05], "expected_improvement", window, (0.02,)) == 1


def test_underflow_is_settled_by_spreads_not_by_chance():
    mean, spread = -np.array([60.0, 50.0, 70.0]), np.ones(3)
    for seed in range(5):
        assert rows(of(mean, spread), "expected_improvement", seed=seed) == [1, 0, 2]


def test_costs_turn_the_order():
    posterior = of([1.0, 0.8, 0.2], [0.1, 0.1, 0.1])
    assert rows(posterior, "expected_improvement")[0] == 0
    assert rows(posterior, "expected_improvement", costs=np.array([2.0, 1.0, 1.0]))[0] == 1
    # below the best label a dear candidate is no better than a cheap one
    posterior = of([-1.0, -1.1], [0.0, 0.0])
    assert rows(posterior, "greedy")[0] == 0
    assert rows(posterior, "greedy", costs=np.array([2.0, 1.0]))[0] == 1


def test_a_batch_does_not_ask_the_same_twice():
    """Twins with the largest spread, and one apart: after one twin the other teaches nothing."""
    K = np.array([[1.0, 0.999, 0.0], [0.999, 1.0, 0.0], [0.0, 0.0, 0.25]])
    twins = Posterior(np.zeros(3), np.diag(K).copy(), 1e-6, lambda i: K[:, i], np.empty((3, 0)))
    for strategy in ("exploration", "upper_confidence", "expected_improvement"):
        assert rows(twins, strategy)[1] == 2
    assert rows(twins, "exploration", pending=[0], free=np.array([False, True, True]))[0] == 2


def test_a_pending_label_raises_what_is_to_be_beaten():
    """Row 0 is expected at 1: with its label on the way, the sure 0.9 improves on nothing."""
    posterior = of([1.0, 0.9, 0.5], [0.01, 0.01, 0.4])
    free = np.array([False, True, True])
    assert rows(posterior, "expected_improvement", free=free)[0] == 1
    assert rows(posterior, "expected_improvement", free=free, pending=[0])[0] == 2


def test_with_more_sought_the_bar_is_lower():
    assert best_of(np.array([3.0, 1.0, 2.0]), 1) == 3.0
    assert best_of(np.array([3.0, 1.0, 2.0]), 3) == best_of(np.array([3.0, 1.0, 2.0]), 9) == 1.0
    assert best_of(np.array([]), 1) is None
    mean, spread = [0.95, -0.5], [0.001, 0.7]
    assert first(mean, spread, "expected_improvement", known=(1.0, 0.2)) == 1
    assert first(mean, spread, "expected_improvement", known=(1.0, 0.2), top=2) == 0


def test_hypervolume_fills_the_gap_in_the_front():
    goals = (HIGH, HIGH)
    a, b = of([0.9, 0.6, 0.1, 0.5], [0.01] * 4), of([0.1, 0.6, 0.9, 0.5], [0.01] * 4)
    known = np.array([[0.95, 0.05], [0.05, 0.95]])
    chosen = choose([a, b], goals, known, np.ones(4, bool), 4, strategy="hypervolume")
    assert chosen[0].row == 1
    assert chosen[0].value == pytest.approx(0.6**2 - 2 * 0.05 * 0.6 + 0.05**2, abs=0.02)
    assert chosen[-1].row == 3  # what row 1, once believed, does better


def test_nothing_labelled_yet_still_gives_an_order():
    assert rows(of([0.1, 0.9], [0.1, 0.1]), "expected_improvement", known=())[0] == 1


def test_no_more_than_there_is_and_only_what_is_free():
    posterior = of([1.0, 2.0, 3.0], [0.1] * 3)
    assert rows(posterior, "greedy", free=np.array([True, False, True])) == [2, 0]
    assert sorted(c.row for c in choose_randomly(np.array([True, False, True]), 9, 0)) == [0, 2]


def test_equal_gains_are_settled_by_the_seed_alone():
    posterior = of(np.zeros(30), np.ones(30))
    orders = [rows(posterior, "exploration", n=5, seed=s) for s in (0, 0, 1, 2)]
    assert orders[0] == orders[1]
    assert len({tuple(o) for o in orders}) > 1


def test_apart_goes_to_the_corners():
    X = np.array([[0.0, 0.0], [1.0, 1.0], [1.1, 1.0], [0.0, 1.1], [0.5, 0.5]])
    free = np.ones(5, dtype=bool)
    start = [c.row for c in choose_apart(X, [], free, 3, None)]
    assert start == [4, 2, 3] or start == [4, 3, 2]
    assert [c.row for c in choose_apart(X, [0], free & (np.arange(5) > 0), 2, None)] == [2, 3]
    dear = np.array([1.0, 1.0, 9.0, 1.0, 1.0])
    assert choose_apart(X, [0], free & (np.arange(5) > 0), 1, dear)[0].row == 1


@pytest.mark.parametrize(
    ("strategy", "kinds", "text"),
    [
        ("hypervolume", ["target"], "two objectives or more"),
        ("greedy", ["target", "element"], "takes one objective"),
        ("random", ["element"], "no objective is of a target"),
    ],
)
def test_objectives_that_a_strategy_does_not_take(strategy, kinds, text):
    with pytest.raises(DesignError, match=text):
        check_strategy(strategy, kinds)


def test_an_unknown_strategy_names_the_near_one():
    with pytest.raises(UnknownNameError, match="did you mean 'exploration'"):
        check_strategy("explore", ["target"])


@pytest.mark.parametrize(
    ("costs", "text"),
    [([1.0], "pool of 2"), ([1.0, 0.0], "row 1: 0"), ([np.nan, 1.0], "row 0: nan")],
)
def test_costs_are_one_number_above_zero_per_candidate(costs, text):
    with pytest.raises(DesignError, match=text):
        check_costs(costs, 2)
