"""Descriptors of one candidate by name."""

import pytest

from sacml.domain import Candidate
from sacml.features import FEATURE_NAMES, CandidateTable, describe


@pytest.fixture
def values():
    def look(text, modifier=None):
        table = CandidateTable.from_candidates(
            [Candidate.parse(text)], None if modifier is None else [modifier]
        )
        return dict(zip(FEATURE_NAMES, describe(table)[0].tolist(), strict=True))

    return look


@pytest.fixture
def nothing():
    """All columns whose name starts so, except some, are zero."""

    def check(row, prefix, *but):
        found = {n: v for n, v in row.items() if n.startswith(prefix) and n not in but}
        assert found, prefix
        assert set(found.values()) == {0.0}, found

    return check
