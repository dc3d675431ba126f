"""What a label would gain, against numbers that are known or drawn."""

import moocore
import numpy as np
import pytest

from sacml.design import Objective, binding_window
from sacml.design.acquisition.goals import Goal, excess, hypervolume_gain, non_dominated

DRAWS = 200_000


def drawn(mean, spread):
    normal = np.random.default_rng(0).standard_normal((DRAWS, 1))
    return np.asarray(mean) + np.asarray(spread) * normal


def test_excess_is_the_mean_over_draws_and_exact_without_spread():
    mean, spread = np.array([-1.0, 0.0, 2.0, 0.5]), np.array([1.0, 0.5, 0.1, 0.0])
    expected = np.maximum(drawn(mean, spread) - 0.3, 0).mean(axis=0)
    assert excess(mean, spread, 0.3) == pytest.approx(expected, abs=3e-3)
    assert excess(0.5, 0.0, 0.3) == pytest.approx(0.2)


def test_a_point_far_below_gains_little_but_never_less_than_nothing():
    gains = excess(np.linspace(-60, -1, 100), 1.0, 0.0)
    assert (gains >= 0).all()
    assert (np.diff(gains) >= 0).all()


@pytest.mark.parametrize(
    ("goal", "best"),
    [
        (Goal("low"), -0.2), (Goal("high"), 0.4), (Goal("window", -0.5, 0.5), -0.8),
        (Goal("window", 0.1, 0.1), -0.3), (Goal("window", 0.1, 0.1), -0.04),
        (Goal("window", -np.inf, 0.0), -0.5),
        (Goal("window", 0.0, np.inf), -0.5),
    ],
)  # fmt: skip
def test_improvement_is_the_mean_gain_over_draws(goal, best):
    mean, spread = np.array([-1.5, -0.2, 0.3, 1.2]), np.array([0.6, 0.3, 1.0, 0.05])
    margin = goal.margin(drawn(mean, spread))
    if goal.direction == "window":  # inside is inside: the middle is no better than the end
        margin = np.minimum(margin, 0.0)
    expected = np.maximum(margin - best, 0).mean(axis=0)
    if goal.direction == "window":
        expected /= -best
    assert goal.improvement(mean, spread, best) == pytest.approx(expected, abs=5e-3)


def test_the_share_of_the_way_becomes_the_chance_of_lying_inside():
    goal, mean, spread = Goal("window", -0.5, 0.5), np.array([0.1, 0.9]), np.array([0.3, 0.3])
    near, inside = goal.improvement(mean, spread, -1e-6), goal.improvement(mean, spread, 0.0)
    assert near == pytest.approx(inside, abs=1e-5)


def test_nothing_improves_on_a_point_that_was_met():
    assert Goal("window", 0.1, 0.1).improvement(np.array([0.1]), np.array([1.0]), 0.0) == 0.0


def test_once_a_label_lies_in_the_window_the_chance_of_another_one_counts():
    goal, mean, spread = Goal("window", -0.5, 0.5), np.array([0.0, 0.6]), np.array([0.2, 0.2])
    chance = (goal.margin(drawn(mean, spread)) >= 0).mean(axis=0)
    assert goal.improvement(mean, spread, 0.1) == pytest.approx(chance, abs=4e-3)


def test_the_goal_of_an_objective_is_on_the_modelling_scale():
    life = Objective(name="life", kind="target", quantity="cycle_life", direction="high",
                     low=100.0, high=1000.0, unit="h")  # fmt: skip
    assert Goal.of(life) == Goal("high", 2.0, 3.0)
    window = binding_window("Li")
    assert Goal.of(window) == Goal("window", window.low, window.high)


def test_shares_run_from_the_bad_to_the_good_end():
    assert Goal("high", 1.0, 3.0).share([0.0, 1.0, 2.0, 4.0]) == pytest.approx([0, 0, 0.5, 1])
    assert Goal("low", 1.0, 3.0).share([0.0, 1.0, 2.0, 4.0]) == pytest.approx([1, 1, 0.5, 0])
    assert Goal("window", 1.0, 3.0).share([0.0, 1.0, 2.0, 4.0]) == pytest.approx([0, 1, 1, 0])


@pytest.mark.parametrize("m", [2, 3])
def test_hypervolume_gain_is_the_mean_over_draws_of_what_moocore_measures(m):
    goals = (Goal("low", 0.0, 1.0), Goal("high", -1.0, 1.0), Goal("window", 0.2, 0.6))[:m]
    rng = np.random.default_rng(1)
    means, spreads = rng.normal(0.3, 0.3, (m, 4)), rng.uniform(0.1, 0.5, (m, 4))
    front = rng.uniform(0, 0.8, (4, m))
    at_zero = np.zeros(m)
    before = moocore.hypervolume(-front, ref=at_zero)
    expected = []
    for i in range(4):
        draws = [g.share(means[k, i] + spreads[k, i] * rng.standard_normal(3000))
                 for k, g in enumerate(goals)]  # fmt: skip
        volumes = [moocore.hypervolume(-np.vstack([front, x]), ref=at_zero)
                   for x in np.stack(draws, axis=1)]  # fmt: skip
        expected.append(np.mean(volumes) - before)
    gain = hypervolume_gain(goals, means, spreads, front)
    assert gain == pytest.approx(expected, abs=0.012)


def test_without_a_front_the_gain_is_the_product_of_the_expected_shares():
    goals = (Goal("high", 0.0, 1.0), Goal("high", 0.0, 1.0))
    means, none = np.array([[0.5, 2.0], [0.5, 0.25]]), np.zeros((2, 2))
    assert hypervolume_gain(goals, means, none, np.empty((0, 2))) == pytest.approx([0.25, 0.25])


def test_rows_are_scored_alike_in_pieces(monkeypatch):
    goals, rng = (Goal("high", 0.0, 1.0), Goal("low", 0.0, 1.0)), np.random.default_rng(2)
    means, spreads, front = rng.random((2, 50)), rng.random((2, 50)), rng.random((5, 2))
    whole = hypervolume_gain(goals, means, spreads, front)
    monkeypatch.setattr("sacml.design.acquisition.goals._CELLS", 20)
    assert hypervolume_gain(goals, means, spreads, front) == pytest.approx(whole, abs=1e-15)


def test_dominated_points_leave_the_front():
    front = non_dominated(np.array([[0.2, 0.9], [0.5, 0.5], [0.4, 0.5], [0.5, 0.5]]))
    assert front.tolist() == [[0.2, 0.9], [0.5, 0.5]]
