from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import strategies as ours
from hypothesis import given, settings
from hypothesis import strategies as st

from sacml.domain import Candidate, Conditions, Modifier
from sacml.features import CandidateTable

TEXTS = (
    "Co-N4@graphene;Li;j=3.0;q=3.0",
    "@graphene;Na",
    "vac-N4@graphene;K;T=25.0",
    "Fe+Ni-N6@graphene;Li;cell=half;role=host",
    "Zn-?@hard_carbon;Na;electrolyte=ether",
    "Fe-N4+OH~S@cnt(10,0);K",
)


@pytest.fixture
def table():
    return CandidateTable.from_candidates(map(Candidate.parse, TEXTS))


def texts(table):
    return [str(table.candidate(i)) for i in range(len(table))]


@settings(max_examples=60)
@given(st.lists(ours.candidates, min_size=1, max_size=5))
def test_candidates_come_back(candidates):
    table = CandidateTable.from_candidates(candidates)
    assert [table.candidate(i) for i in range(len(table))] == candidates
    for i, candidate in enumerate(candidates):
        assert table.modifier(i) == Modifier.of_site(candidate.site)


def test_components_are_listed_once(table):
    assert len(table) == len(TEXTS)
    assert len(table.hosts) == 3
    assert table.centres == (("Co",), (), ("vac",), ("Fe", "Ni"), ("Zn",), ("Fe",))


def test_records_bring_their_modifier():
    given = Candidate.parse("@alloy;Li;j=1.0")
    record = SimpleNamespace(
        site=given.site, alkali="Li", conditions=given.conditions, modifier=Modifier("alloy")
    )
    other = SimpleNamespace(
        site=given.site, alkali="Na", conditions=Conditions(), modifier=Modifier("other")
    )
    table = CandidateTable.from_records([record, other])
    assert table.candidate(0) == given
    assert [table.modifier(i).modifier_class for i in (0, 1)] == ["alloy", "other"]


def test_take(table):
    assert texts(table.take([4, 0, 0])) == [TEXTS[4], TEXTS[0], TEXTS[0]]
    assert texts(table.take(slice(2, 4))) == list(TEXTS[2:4])
    assert texts(table.take(np.arange(6) == 5)) == [TEXTS[5]]
    assert len(table.take([])) == 0
    with pytest.raises(IndexError):
        table.take([99])


def test_concat_merges_components(table):
    parts = [
        CandidateTable.from_candidates(map(Candidate.parse, TEXTS[a:b]))
        for a, b in [(3, 6), (0, 3), (2, 5)]
    ]
    both = CandidateTable.concat(parts)
    assert texts(both) == [*TEXTS[3:6], *TEXTS[:3], *TEXTS[2:5]]
    assert len(both.hosts) == len(table.hosts)
    assert texts(CandidateTable.concat([table.take([i]) for i in range(6)])) == list(TEXTS)
    with pytest.raises(ValueError, match="at least one"):
        CandidateTable.concat([])


def test_conditions_are_set_or_only_filled(table):
    given = Conditions(current_density_mA_cm2=1.0, cell="full")
    for i in range(len(table)):
        assert table.with_conditions(given).conditions(i) == given
        filled = table.with_conditions(given, only_unstated=True).conditions(i)
        assert filled == table.conditions(i).or_assumed(given)


def test_arrays_are_read_only_and_the_callers_stay_writable(table):
    with pytest.raises(ValueError, match="read-only"):
        table.alkali_index[0] = 1
    mine = np.zeros(len(table), dtype=np.int8)
    changed = replace(table, alkali_index=mine)
    mine[:] = 1
    assert set(changed.alkali_index.tolist()) == {0}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("alkali_index", [3] * 6, "0 to 2"),
        ("alkali_index", [0] * 5, "6 rows"),
        ("alkali_index", [0.5] * 6, "does not fit"),
        ("host_index", [0, 0, 0, 0, 0, 9], "allowed: 0 to 2"),
        ("cell_index", [-2] * 6, "-1 to 2"),
        ("current_density_mA_cm2", [1, 1, 0, 1, 1, 1], "row 2: current_density_mA_cm2 = 0"),
        ("temperature_C", [np.inf] * 6, "outside"),
        ("shell_index", [1] * 6, "a bare host has neither"),
    ],
)
def test_bad_columns_are_refused(table, column, value, message):
    with pytest.raises(ValueError, match=message):
        replace(table, **{column: np.array(value)})


def test_a_component_listed_twice_is_refused(table):
    with pytest.raises(ValueError, match="twice"):
        replace(table, hosts=(*table.hosts, table.hosts[0]))
