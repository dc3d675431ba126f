import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacml.features import factor
from sacml.features.factor import Unique, combine


def test_unique_keeps_the_order_of_appearance():
    unique = Unique()
    assert unique.extend(["b", "a", "b"]).tolist() == [0, 1, 0]
    assert unique.values == ("b", "a")


@pytest.mark.parametrize("dense", [0, factor.DENSE])
@given(rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=40))
def test_combinations_are_found_with_and_without_a_table_of_all(dense, rows):
    a, b = np.array(rows, dtype=np.int32).T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factor, "DENSE", dense)
        (pa, pb), position = combine([a, b], [5, 1000])
    assert len(pa) == len(set(rows))
    assert pa[position].tolist() == a.tolist()
    assert pb[position].tolist() == b.tolist()


def test_no_rows_and_no_components():
    (parts,), position = combine([np.array([], dtype=np.int32)], [0])
    assert len(parts) == len(position) == 0


def test_too_many_combinations_are_refused():
    with pytest.raises(OverflowError, match="combinations"):
        combine([np.zeros(1, dtype=np.int32)] * 3, [2**31] * 3)
