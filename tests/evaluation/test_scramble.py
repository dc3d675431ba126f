import numpy as np
import pytest
from synthetic import dataset

from sacml.data.splits import SplitError
from sacml.evaluation.cells import Cell
from sacml.evaluation.scramble import scramble
from sacml.models.described import Described

LOSO = "leave_one_source_out"


def described(**more):
    return Described.of(dataset(n=48, n_sources=12, **more).records, "cycle_life")


def test_a_law_is_told_from_chance():
    found = scramble(described(), Cell(LOSO, "ridge", "all", 0), n=9)
    assert found.p == 1 / 10
    assert found.mae < 0.6 * found.scrambled.min()


def test_values_that_mean_nothing_are_like_chance():
    found = scramble(described(shuffle=True), Cell(LOSO, "ridge", "all", 0), n=9)
    assert found.p > 0.1


def test_an_alkali_keeps_its_values():
    """The mean of an alkali over all its records is the same whatever the order within it."""
    d = described(bounds=("reported",))
    d.y[:] = [5.0 if r.alkali == "Li" else 1.0 for r in d.records]
    found = scramble(d, Cell(LOSO, "alkali_mean", "all", 0), n=3)
    np.testing.assert_allclose(found.scrambled, found.mae, atol=1e-6)
    assert found.p == 1


def test_a_split_that_cannot_be_made():
    data = dataset(n=10, n_sources=1)
    with pytest.raises(SplitError, match="there is only 's0'"):
        scramble(Described.of(data.records, "cycle_life"), Cell(LOSO, "constant", "all", 0))


def test_the_seed_repeats():
    one, two = (scramble(described(), Cell(LOSO, "alkali_mean", "all", 3), n=2) for _ in range(2))
    assert one.scrambled.tolist() == two.scrambled.tolist()
