import numpy as np
import pytest
import strategies as ours
from hypothesis import given, settings
from hypothesis import strategies as st

from sacml.domain import Candidate, Site
from sacml.errors import NotationError
from sacml.features import CandidateTable


def of(*sites):
    return CandidateTable.from_candidates([Candidate(Site.parse(s), "Li") for s in sites])


def hopeless(site):
    return not site.resolved()


@settings(max_examples=60)
@given(st.lists(ours.candidates.filter(lambda c: not hopeless(c.site)), min_size=1, max_size=6))
def test_mixture_is_that_of_the_sites(candidates):
    table = CandidateTable.from_candidates(candidates)
    resolved, parent, weight = table.resolve_shells()
    assert np.all(np.diff(parent) >= 0)
    np.testing.assert_allclose(np.bincount(parent, weight, len(table)), 1.0)
    for i, candidate in enumerate(candidates):
        rows = np.flatnonzero(parent == i)
        expected = candidate.site.resolved()
        assert tuple(resolved.site(r) for r in rows) == expected
        assert set(weight[rows]) == {1 / len(expected)}
        for r in rows:
            assert resolved.alkali(r) == candidate.alkali
            assert resolved.conditions(r) == candidate.conditions


def test_known_shells_are_left_as_they_are():
    table = of("Co-N4@graphene", "@graphene")
    resolved, parent, weight = table.resolve_shells()
    assert resolved is table
    assert (parent.tolist(), weight.tolist()) == ([0, 1], [1, 1])


def test_only_unknown_rows_multiply():
    resolved, parent, weight = of(
        "Co-?@graphene", "Co-N4@graphene", "Ni-?@graphene"
    ).resolve_shells()
    assert [str(resolved.site(i)) for i in range(5)] == [
        "Co-N4@graphene",
        "Co-N3@graphene",
        "Co-N4@graphene",
        "Ni-N4@graphene",
        "Ni-N3@graphene",
    ]
    assert parent.tolist() == [0, 0, 1, 2, 2]
    assert weight.tolist() == [0.5, 0.5, 1, 0.5, 0.5]


def test_a_default_vacancy_is_dropped_as_in_a_site():
    resolved, _, _ = of("Zn-?@graphene(v=single)").resolve_shells()
    # a stated single vacancy admits three neighbours only, and N3 makes it the default
    assert [str(resolved.site(i)) for i in range(len(resolved))] == ["Zn-N3@graphene"]


def test_sites_without_possible_shells_are_all_named(monkeypatch):
    monkeypatch.setattr(Site, "possible_shells", lambda self: ())
    with pytest.raises(NotationError, match=r"Co-\?@graphene.*Ni-\?@carbon"):
        of("Co-?@graphene", "Co-?@graphene", "Zn-N4@graphene", "Ni-?@carbon").resolve_shells()
