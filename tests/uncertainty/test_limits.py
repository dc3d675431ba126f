import numpy as np
import pytest

from sacml.uncertainty.limits import Limits, held_out_spread_bits, spread_limit
from sacml.uncertainty.rules import Flag

GROUPS = np.repeat(np.arange(12), 2)


def test_the_usual_spread_is_the_quantile_of_held_out_groups():
    spread = np.repeat(np.arange(12.0), 2)
    assert spread_limit(spread, GROUPS) == 11
    # without groups every record is one: 0.9 of 25 is 22.5 of them
    assert spread_limit(np.arange(24.0), None) == 22
    assert spread_limit(np.append(spread, np.nan), np.append(GROUPS, 0)) == 11


@pytest.mark.parametrize("n", [0, 1, 2, 16])
def test_too_few_groups_have_no_usual_spread(n):
    assert spread_limit(np.ones(n), GROUPS[:n]) is None
    assert spread_limit(np.full(24, np.nan), GROUPS) is None
    assert not Limits().spread_bits(np.array([1e9])).any()


def test_a_held_out_group_is_judged_by_the_others():
    spread = np.ones(24)
    spread[:2] = [5.0, 0.5]
    bits = held_out_spread_bits(spread, GROUPS)
    assert bits[0] == Flag.SPREAD
    assert not bits[1:].any()
    assert spread_limit(spread, GROUPS) == 5  # with itself counted it would be usual


def test_limits_that_are_not_known_judge_nothing():
    none = Limits()
    assert not none.bits(np.ones((3, 7), dtype=np.float32)).any()
    assert none.unseen("Co", ("Fe",)) == Flag.METAL
    assert Limits.from_dict(none.to_dict()) == none
    assert Limits.from_dict(Limits(metal=1.5, spread=0.2).to_dict()) == Limits(1.5, None, 0.2)
