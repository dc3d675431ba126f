import random

import pytest

from sacml.design import Space, rank
from sacml.design.space import buildable
from sacml.design.space.buildable import refusal
from sacml.design.space.parts import Block
from sacml.domain import ALKALI, Candidate, Site
from sacml.structures import build_many


def sites(space):
    table = next(space.chunks(10**6))
    return {str(table.site(i)) for i in range(len(table))}


def test_the_builder_is_asked_unless_the_space_is_opened():
    settings = {"metals": ["Fe", "Mn"], "hosts": ["c2n"], "centres": ["single"]}
    asked = Space.default(**settings, constraints={"reported_single": ["N4"]})
    # a pore of C2N holds Mn with four N, and Fe only with two
    assert sites(asked) == {"Mn-N4@c2n"}
    ((reason, number),) = [(r, n) for r, n in asked.refused().items() if "builder" in r]
    assert "structure builder refuses c2n: no place in or above the pore" in reason
    assert "Fe" not in reason
    assert number == 1
    open_too = Space.default(**settings, constraints={"reach": "any"})
    assert {"Fe-N4@c2n", "Mn-N4@c2n"} < sites(open_too)
    both = Space.default(**settings, constraints={"reach": "any", "buildable": True})
    assert "Fe-N4@c2n" not in sites(both)
    limits = {"reported_single": ["N4"], "buildable": False}
    neither = Space.default(**settings, constraints=limits)
    assert sites(neither) == {"Fe-N4@c2n", "Mn-N4@c2n"}


def test_refusals_and_candidates_add_up():
    space = Space.default(
        metals=["Be", "Fe", "Ba"], hosts=["c2n", "g_c3n4", "mos2"], axial_ligands=["OH"],
        second_shell=["C1"], constraints={"reach": "any", "buildable": True}, centres=["single"],
    )  # fmt: skip
    found = sites(space)
    assert len(found) == space.size()
    assert space.size() + space.refused().total() == space.declared_size()
    for text in found:
        assert refusal(Site.parse(text)) is None, text
    opened = sites(space.replace(constraints={"reach": "any"}))
    refused = opened - found
    assert len(refused) == space.refused().total()
    wrong = [text for text in refused if refusal(Site.parse(text)) is None]
    assert not wrong


def test_a_pair_is_refused_by_either_of_its_metals(monkeypatch):
    asked = []

    def no_barium(site):
        asked.append(site)
        return "too large" if "Ba" in site.metals else None

    monkeypatch.setattr(buildable, "refusal", no_barium)
    settings = {"metals": ["Be", "Fe", "Zn", "Ba"], "hosts": ["graphene"], "centres": ["dual"]}
    space = Space.default(**settings, constraints={"reported_dual": ["N6"], "reach": 0})
    assert len(space.layout.blocks) == 1
    assert not any("Ba" in text for text in sites(space))
    assert space.size() == 6
    assert space.refused()["structure builder refuses graphene: too large"] == 4
    # two of one metal stand for their pairs
    assert all(len(set(site.metals)) == 1 for site in asked)


def test_what_a_class_misses_is_caught_when_the_list_is_chosen(surrogates, monkeypatch, known):
    from sacml.design.answer import report

    space = Space.default(metals=["Fe", "Zn", "Mg"], hosts=["graphene"], centres=["single"],
                          constraints={"reported_single": ["N4"]})  # fmt: skip
    before = rank(space, surrogates, known=known, keep=2)
    bad = before[0].candidate.site
    monkeypatch.setattr(report, "refusal", lambda s: "it falls apart" if s == bad else None)
    after = rank(space, surrogates, known=known, keep=2)
    assert bad not in [p.candidate.site for p in after]
    assert after.passed_over["structure builder refuses graphene: it falls apart"] == 1
    assert after.passed_over.total() + len(after) == after.n_ranked


@pytest.mark.parametrize("alkali", ALKALI)
def test_default_proposals_are_built_with_their_alkali(alkali, surrogates):
    found = rank(Space.default(alkali), surrogates, keep=30)
    assert len(found) == 30
    built, refused = build_many([p.candidate for p in found])
    assert not refused
    assert all(isinstance(p.candidate, Candidate) for p in found)
    assert len(built) == 30


def test_blocks_stay_few():
    space = Space.default("Li")
    assert all(isinstance(b, Block) for b in space.layout.blocks)
    assert len(space.layout.blocks) < 200


@pytest.mark.long
def test_the_default_space_holds_almost_only_what_can_be_built():
    space = Space.default("Li")
    found = sites(space)
    opened = sites(Space.default("Li", constraints={"buildable": False}))
    assert not [text for text in opened - found if refusal(Site.parse(text)) is None]
    some = random.Random(0).sample(sorted(found), 1500)
    wrong = [text for text in some if refusal(Site.parse(text)) is not None]
    assert len(wrong) <= 4, wrong
