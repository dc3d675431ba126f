import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from sacml.evaluation.metrics_bounds import concordance, covered, interval_score, log_density

WORDS = ("failure", "reported", "lower", "upper")


def test_the_likelihood_of_a_bound_is_a_probability():
    found = log_density([1.0, 1, 1, 1], WORDS, [0.5] * 4, [2.0] * 4)
    wanted = [norm.logpdf(1, 0.5, 2)] * 2 + [norm.logsf(1, 0.5, 2), norm.logcdf(1, 0.5, 2)]
    np.testing.assert_allclose(found, wanted)


def test_a_bound_far_on_the_wrong_side_has_a_finite_likelihood():
    assert np.isfinite(log_density([60.0], ["lower"], [0.0], [1.0]))[0]
    assert math.isnan(log_density([1.0], ["lower"], [0.0], [np.nan])[0])


@given(
    arrays(float, 7, elements=st.integers(0, 5)),
    arrays(float, 7, elements=st.integers(0, 5)),
    st.lists(st.sampled_from(WORDS), min_size=7, max_size=7),
)
def test_concordance_counts_the_pairs_that_the_bounds_order(y, predicted, words):
    right = n = 0.0
    for i in range(7):
        for j in range(7):
            # i is surely smaller: it is not open upwards, j not open downwards
            if y[i] < y[j] and words[i] != "lower" and words[j] != "upper":
                n += 1
                right += (predicted[i] < predicted[j]) + 0.5 * (predicted[i] == predicted[j])
    found, pairs = concordance(y, words, predicted)
    assert pairs == n
    assert math.isnan(found) if not n else found == pytest.approx(right / n)


def test_lower_bounds_alone_order_nothing():
    assert math.isnan(concordance([1.0, 2], ["lower", "lower"], [1.0, 2])[0])


def test_an_optimistic_interval_needs_only_a_value_that_the_bound_allows():
    y, low, high = [5.0] * 4, [6.0] * 4, [7.0] * 4
    assert covered(y, WORDS, low, high).tolist() == [False] * 4
    assert covered(y, WORDS, low, high, optimistic=True).tolist() == [False, False, True, False]
    low, high = [1.0] * 4, [2.0] * 4
    assert covered(y, WORDS, low, high, optimistic=True).tolist() == [False, False, False, True]


def test_the_interval_score_by_hand():
    score = interval_score([0.0, 2, 5], ["reported"] * 3, [1.0] * 3, [3.0] * 3, 0.9)
    np.testing.assert_allclose(score, [2 + 20 * 1, 2, 2 + 20 * 2])
    kept = interval_score([0.0], ["lower"], [1.0], [3.0], 0.9, optimistic=True)
    assert kept[0] == 2
    assert interval_score([0.0], ["lower"], [-np.inf], [np.inf], 0.9)[0] == np.inf


def test_the_true_quantiles_have_the_lowest_interval_score():
    y = np.random.default_rng(0).normal(size=20_000)
    words = ["reported"] * len(y)

    def mean(half):
        return interval_score(y, words, np.full(len(y), -half), np.full(len(y), half), 0.9).mean()

    assert mean(1.645) < min(mean(1.3), mean(2.0))
