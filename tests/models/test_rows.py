import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sacml.models import rows
from sacml.models.rows import combine, distinct, match_rows

small = hnp.arrays(
    np.float32, st.tuples(st.integers(0, 40), st.integers(0, 4)),
    elements=st.sampled_from([0.0, -0.0, 1.0, 2.5, 1e-30]),
)  # fmt: skip


def same_partition(one, two):
    """Whether two labellings call the same rows equal."""
    return len(set(one)) == len(set(two)) == len(set(zip(one, two, strict=True)))


@given(small)
def test_distinct_rows_are_those_of_numpy(X):
    first, inverse = distinct(X)
    assert np.array_equal(X[first][inverse], X)
    if len(X) and X.shape[1]:
        _, expected = np.unique(X, axis=0, return_inverse=True)
        assert same_partition(inverse.tolist(), expected.reshape(-1).tolist())


def test_two_rows_that_share_a_hash_are_still_told_apart(monkeypatch):
    class Zeros:
        def integers(self, *args, size, dtype):
            return np.full(size, 2**62, dtype=dtype)

    # every word gets the same factor, so rows with swapped columns share a hash
    monkeypatch.setattr(rows.np.random, "default_rng", lambda seed: Zeros())
    X = np.array([[1, 2], [2, 1], [1, 2]], dtype=np.float32)
    first, inverse = distinct(X)
    assert len(first) == 2
    assert np.array_equal(X[first][inverse], X)


@given(small, st.data())
def test_rows_find_their_key(X, data):
    keys = np.unique(X, axis=0)
    found = match_rows(keys, X)
    assert np.array_equal(keys[found], X) if len(X) else found.size == 0
    if X.shape[1]:
        assert (match_rows(keys, np.full((3, X.shape[1]), 7, dtype=np.float32)) == -1).all()


@pytest.mark.parametrize("huge", [False, True])
def test_keys_are_equal_where_all_columns_are(huge):
    rng = np.random.default_rng(0)
    n = 500
    columns = [
        rng.integers(-1, 3, n).astype(np.int8),
        rng.integers(0, 4, n).astype(np.int32) * (2**30 if huge else 1),
        rng.integers(0, 4, n).astype(np.int64) * (2**40 if huge else 1),
        rng.choice([0.5, 1.0, np.nan], n),
    ]
    key = combine(columns, n)
    texts = [str(row) for row in zip(*(c.tolist() for c in columns), strict=True)]
    assert same_partition(key.tolist(), texts)


def test_no_columns_make_one_key():
    assert combine([], 4).tolist() == [0, 0, 0, 0]
