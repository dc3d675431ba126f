import subprocess
import sys

import numpy as np
import pytest
import strategies as ours
from hypothesis import given, settings
from hypothesis import strategies as st

from sacml.domain import Candidate
from sacml.errors import NotationError
from sacml.features import FEATURE_NAMES, FEATURES, CandidateTable, assemble, describe

TABLES = st.lists(
    ours.candidates.filter(lambda c: c.site.resolved()), min_size=1, max_size=8
).map(CandidateTable.from_candidates)  # fmt: skip


@settings(max_examples=60)
@given(TABLES)
def test_all_rows_together_equal_each_row_alone(table):
    resolved, _, _ = table.resolve_shells()
    X = describe(resolved)
    assert X.shape == (len(resolved), len(FEATURE_NAMES))
    assert X.dtype == np.float32
    assert np.isfinite(X).all()
    for i in range(len(resolved)):
        alone = CandidateTable.from_candidates([resolved.candidate(i)], [resolved.modifier(i)])
        np.testing.assert_array_equal(X[i], describe(alone)[0])


@settings(max_examples=60)
@given(TABLES)
def test_masks_and_one_hots_are_zero_or_one_and_masked_values_zero(table):
    resolved, _, _ = table.resolve_shells()
    X = dict(zip(FEATURE_NAMES, describe(resolved).T, strict=True))
    for f in FEATURES:
        if f.kind != "value":
            assert set(X[f.name].tolist()) <= {0.0, 1.0}, f.name
        for end in ("; applies where ", "; known where "):
            _, found, mask = f.definition.partition(end)
            if found and mask in X:
                assert not X[f.name][X[mask] == 0].any(), f.name
    for known in [n for n in FEATURE_NAMES if n.endswith("_known")]:
        applicable = known.replace("_known", "_applicable")
        if applicable in X:
            assert (X[known] <= X[applicable]).all(), known


def test_chunks_join_without_a_seam(monkeypatch):
    sites = ["Co-N4@graphene;Li;j=1", "@carbon;Na", "Fe+Ni-N6@graphene;K;q=2;role=host"]
    table = CandidateTable.from_candidates([Candidate.parse(s) for s in sites * 5])
    whole = describe(table)
    monkeypatch.setattr(assemble, "CHUNK", 4)
    np.testing.assert_array_equal(describe(table), whole)


def test_no_rows():
    assert describe(CandidateTable.from_candidates([])).shape == (0, len(FEATURE_NAMES))


def test_unknown_shells_are_refused_only_where_used():
    table = CandidateTable.from_candidates(
        [Candidate.parse("Zn-?@hard_carbon;Na"), Candidate.parse("Zn-N4@hard_carbon;Na")]
    )
    with pytest.raises(NotationError, match=r"1 of 2 rows.*Zn-\?@hard_carbon.*resolve_shells"):
        describe(table)
    assert describe(table.take([1])).shape[0] == 1


def test_describing_imports_nothing_heavy():
    code = """
import sys
from sacml.domain import Candidate
from sacml.features import CandidateTable, Descriptors, describe, schema_digest
table = CandidateTable.from_candidates([Candidate.parse("Co-?@graphene;Li;j=3")])
table, _, _ = table.resolve_shells()
assert describe(table).shape == Descriptors().fit(table).transform(table).shape
schema_digest()
heavy = {"sklearn", "pandas", "torch", "mlflow", "matplotlib", "plotly", "scipy", "pydantic"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
