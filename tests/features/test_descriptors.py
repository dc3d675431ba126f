import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sacml.domain import Candidate
from sacml.features import (
    FEATURE_NAMES,
    CandidateTable,
    Descriptors,
    describe,
    feature_table,
    schema_digest,
)


@pytest.fixture
def table():
    sites = ["Co-N4@graphene", "Ni-N3@graphene", "@graphene", "Fe+Ni-N6@graphene"]
    return CandidateTable.from_candidates([Candidate.parse(f"{s};Li") for s in sites])


def test_it_is_describe(table):
    found = Descriptors().fit_transform(table)
    np.testing.assert_array_equal(found, describe(table))
    assert Descriptors().get_feature_names_out().tolist() == list(FEATURE_NAMES)
    assert Descriptors().schema_digest() == schema_digest()
    assert Descriptors().feature_table().equals(feature_table())


def test_scikit_learn_takes_it(table):
    copy = clone(Descriptors().set_output(transform="pandas"))
    frame = copy.fit(table).transform(table)
    assert list(frame.columns) == list(FEATURE_NAMES)
    np.testing.assert_array_equal(frame.to_numpy(), describe(table))
    y = np.arange(4.0)
    pipeline = make_pipeline(Descriptors(), Ridge())
    fitted = pipeline.fit(table, y).predict(table)
    np.testing.assert_allclose(fitted, Ridge().fit(describe(table), y).predict(describe(table)))
    assert "Descriptors()" in repr(pipeline)


def test_choices(table):
    d = Descriptors()
    assert d.set_output() is d
    assert isinstance(d.set_output(transform="default").transform(table), np.ndarray)
    with pytest.raises(ValueError, match="polars"):
        d.set_output(transform="polars")
    assert d.set_params() is d
    assert d.get_params() == {}
    with pytest.raises(ValueError, match="depth"):
        d.set_params(depth=3)


def test_other_input_is_refused():
    with pytest.raises(TypeError, match="CandidateTable, not list"):
        Descriptors().fit([1, 2])
