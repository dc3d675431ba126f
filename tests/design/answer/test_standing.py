import numpy as np
import pytest

from sacml.design import KnownSystems, Space, rank
from sacml.design.space.generate import encode
from sacml.domain import Site
from sacml.errors import SacmlError


@pytest.fixture
def result(small_space, surrogates, objectives, known):
    return rank(small_space, surrogates, objectives, known=known, keep=400, per_metal=99)


def test_positions_are_found_again(small_space):
    n = small_space.size()
    table = small_space.rows(np.arange(n))
    columns = (table.centre_index, table.shell_index, table.host_index, table.surrounding_index)
    indices = np.stack(columns, axis=1)
    assert encode(small_space.layout, indices).tolist() == list(range(n))
    absent = indices.copy()
    absent[:, 1] = len(small_space.parts.shells)
    assert (encode(small_space.layout, absent) == -1).all()


def test_every_known_system_has_one_rank(result, known):
    assert {k.system for k in result.known_ranks} == set(known.systems)
    assert len(result.known_ranks) == len(known.systems)


def test_ranks_are_those_of_all_candidates(small_space, surrogates, objectives, known, result):
    from sacml.design.search.scoring import Scorer

    scorer = Scorer(objectives, surrogates, 0.9, 0.5)
    table = small_space.rows(np.arange(small_space.size()))
    scorer.probe(table)
    scores = scorer(table).score
    by_text = {str(table.site(i)): s for i, s in enumerate(scores)}
    inside = [k for k in result.known_ranks if not k.reason]
    assert {str(k.system.site) for k in inside} == {
        "Co-N4@graphene", "Zn-N2O2@graphene", "Fe+Ni-N6@graphene",
    }  # fmt: skip
    for k in inside:
        # the source states no isomer, and the space tries one
        score = by_text[str(k.system.site).replace("N2O2", "N2O2(trans)")]
        assert k.score == score
        assert k.rank == k.would_rank == 1 + (scores > score).sum()
    assert [k.rank for k in inside] == sorted(k.rank for k in inside)


def test_systems_outside_say_why_and_where_they_would_stand(result, small_space):
    outside = {str(k.system.site): k for k in result.known_ranks if k.reason}
    assert outside["Fe-N?O?@graphene"].reason == "its shell is not printed"
    assert all(k.rank is None and k.would_rank >= 1 for k in outside.values())
    assert [bool(k.reason) for k in result.known_ranks] == sorted(
        bool(k.reason) for k in result.known_ranks
    )


@pytest.mark.parametrize(
    ("site", "limits", "words"),
    [
        ("Mn-N4@graphene", {}, "metal Mn is not in the space"),
        ("Fe-N4@mof", {}, "host mof is not in the space"),
        ("Fe-N4+CO@graphene", {}, "axial ligand CO is not in the space"),
        ("Fe-N4~S1@graphene", {}, "not tried in this host"),
        ("Fe-P4@graphene", {}, "not tried in this host"),
        ("Fe-N4@graphene", {"exclude_metals": ["Fe"]}, "metal Fe excluded"),
        ("Fe-N4@graphene", {"exclude_hosts": ["graphene"]}, "host graphene excluded"),
        ("Fe-O4@graphene", {"reach": 1, "reported_single": ["N4"]}, "more than 1 substitution"),
        ("Fe-N4@graphene", {"at_most": ["3 N among neighbours"]}, "rule: 3 N among neighbours"),
        ("Fe-N4@c2n", {"buildable": True}, "structure builder refuses c2n"),
        ("Fe+Ni-N6@graphene", {"centres": "single"}, "not a single-centre site"),
    ],
)
def test_reasons(small_space, surrogates, objectives, make_record, site, limits, words):
    space = small_space.replace(constraints={"reach": "any", **limits})
    known = KnownSystems.from_records([make_record(site, "X-1")])
    (found,) = rank(space, surrogates, objectives, known=known).known_ranks
    assert words in found.reason
    assert found.rank is None


def test_one_centre_in_a_space_of_two(surrogates, objectives, known):
    space = Space.default(metals=["Fe", "Co"], hosts=["c2n"], centres=["dual"],
                          constraints={"reach": "any"})  # fmt: skip
    found = rank(space, surrogates, objectives, known=known).known_ranks
    assert {k.reason for k in found if len(k.system.site.metals) == 1 and k.system.site.shell
            and k.system.site.shell.is_known} == {"1 centre are not in the space"}  # fmt: skip


def test_known_sites_keep_their_rank_when_they_are_left_out(
    small_space, surrogates, objectives, known, result
):
    new = rank(small_space, surrogates, objectives, known=known, include_known=False)
    ranks = {str(k.system.site): k.rank for k in new.known_ranks}
    assert ranks["Co-N4@graphene"] is not None
    assert ranks["Co-N4@graphene"] <= {
        str(k.system.site): k.rank for k in result.known_ranks
    }["Co-N4@graphene"]  # fmt: skip


def test_systems_that_no_surrogate_takes_have_no_score(small_space, surrogates, objectives, known):
    value = surrogates["binding_energy"].value

    def picky(table):
        if any(s is not None and not s.is_known for s in table.shells):
            raise SacmlError("no structure of an unknown shell")
        return value(table)

    surrogates["binding_energy"].value = picky
    found = rank(small_space, surrogates, objectives, known=known).known_ranks
    unscored = [k for k in found if np.isnan(k.score)]
    assert unscored
    assert all(k.reason for k in unscored)
    assert all((k.rank, k.would_rank) == (None, None) for k in unscored)
    assert [k.rank for k in found if not k.reason] == sorted(k.rank for k in found if not k.reason)
    assert unscored[0].to_dict()["score"] is None


def test_best_by_metal_is_the_best_site_that_holds_it(result):
    for metal, best in result.best_by_metal.items():
        holding = [p for p in result if metal in p.candidate.site.metals]
        assert metal in Site.parse(best.candidate.split(";")[0]).metals
        assert best.score == max(p.score for p in holding)
        assert best.predictions["binding_energy"].value == pytest.approx(
            next(p for p in holding if str(p.candidate) == best.candidate)
            .predictions["binding_energy"].value
        )  # fmt: skip
    assert set(result.best_by_metal) == {"Co", "Fe", "Mg", "Ni", "Pt", "Zn"}


def test_shifts_are_the_lists_of_the_moved_windows(small_space, surrogates, objectives, known):
    found = rank(small_space, surrogates, objectives, known=known, keep=8)
    assert [s.shift for s in found.shifts] == [-0.3, 0.3]
    listed = [str(p.candidate) for p in found]
    for shift in found.shifts:
        window = objectives[0]
        moved = window.replace(low=window.low + shift.shift, high=window.high + shift.shift)
        other = rank(small_space, surrogates, (moved, *objectives[1:]), known=known, keep=8)
        there = [str(p.candidate) for p in other]
        assert shift.entered == tuple(c for c in there if c not in listed)
        assert shift.left == tuple(c for c in listed if c not in there)
        assert shift.kept == len(set(listed) & set(there))
        assert (shift.objective, shift.unit) == ("binding", "eV")
    assert any(s.entered for s in found.shifts)


def test_no_window_no_shift(small_space, surrogates, objectives, known):
    assert rank(small_space, surrogates, objectives[2:], known=known).shifts == ()
