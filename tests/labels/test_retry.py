import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.labels.presets import preset
from sacml.labels.retry import RULES, next_attempt, wider
from sacml.labels.task import FAILURES

SETTINGS = preset("pbe-pw340")


@given(
    st.lists(st.floats(0.5, 2.0), min_size=4, max_size=9, unique=True).map(sorted),
    st.floats(1.0, 3.0),
)
def test_a_wider_scan_holds_the_narrow_one(scales, factor):
    found = wider(scales, factor)
    assert len(found) == 2 * len(scales) - 1
    assert found == sorted(found)
    assert min(found) > 0
    # ends at least as far out as far as six digits tell
    middle = np.exp(np.log(scales).mean())
    assert found[0] <= middle + 1e-5
    assert found[-1] >= middle - 1e-5
    assert np.log(found[-1] / found[0]) == pytest.approx(
        factor * np.log(scales[-1] / scales[0]), abs=1e-4
    )


def test_a_lattice_scan_is_widened_once_and_then_given_up():
    again = next_attempt(["no_minimum"], SETTINGS)
    assert again.settings.bulk_scales[0] < SETTINGS.bulk_scales[0]
    assert again.settings.bulk_scales[-1] > SETTINGS.bulk_scales[-1]
    assert again.changed(SETTINGS)["bulk_scales"]
    assert next_attempt(["no_minimum", "no_minimum"], SETTINGS) is None


@pytest.mark.parametrize("word", ["missing_setups", "missing_program", "bad_input", "needs"])
def test_what_no_setting_can_mend_is_not_tried_again(word):
    assert word in FAILURES
    assert word not in RULES
    assert next_attempt([word], SETTINGS) is None
