"""Questions put together, and what of them cannot be asked."""

from dataclasses import replace

import pytest

from sacml.design import default_objectives
from sacml.errors import SacmlError
from sacml.workflows import propose
from sacml.workflows.propose import ask
from sacml.workflows.propose.question import adjusted, declare_space
from sacml.workflows.roles import load_surrogates

SMALL = {"metals": ["Co", "Fe", "Zn"], "hosts": ["graphene"], "centres": ["single"]}


@pytest.fixture(scope="module")
def defaults():
    return default_objectives("Li", ("binding_energy", "cycle_life"))


def test_limits_of_a_file_are_kept_and_those_of_the_request_added():
    stated = {"constraints": {"exclude_metals": ["Co"], "max_price_usd_per_kg": 20.0}}
    space = declare_space(
        "Na", space=stated, limits={"exclude_metals": ["Pt"], "max_price_usd_per_kg": 50.0}
    )
    assert space.constraints.exclude_metals == ("Co", "Pt")
    assert space.constraints.max_price_usd_per_kg == 20.0, "the lower one holds"


def test_an_objective_is_changed_by_text_and_the_others_stay(defaults):
    found = {o.name: o for o in adjusted(defaults, ["binding energy: low=-2.2, high=-1.3"])}
    assert (found["binding energy"].low, found["binding energy"].high) == (-2.2, -1.3)
    assert found["binding energy"].source == "given by the user"
    assert [found[o.name] for o in defaults[1:]] == list(defaults[1:])
    weighed = adjusted(defaults, ["cost: weight=2"])
    assert {o.name: o.weight for o in weighed}["cost"] == 2
    assert "cost" not in {o.name for o in adjusted(defaults, ["cost: weight=0"])}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("price: weight=1", "there is none of this name; there are binding energy"),
        ("cost", "changes nothing"),
        ("cost: weight", "cannot read 'weight'"),
        ("cost: colour=3", "cannot read 'colour=3'"),
        ("cost: weight=-1", "a weight lies above 0"),
        ("binding energy: low=3", "upside down"),
    ],
)
def test_a_change_that_cannot_be_made_says_what_is_allowed(defaults, text, says):
    with pytest.raises(SacmlError, match=says):
        adjusted(defaults, [text])


def test_an_objective_is_left_to_rank_by(defaults):
    with pytest.raises(SacmlError, match="every objective was given the weight 0"):
        adjusted(defaults[:1], ["binding energy: weight=0"])


def test_a_question_asks_the_refine_models_only_where_they_differ():
    question = ask("Li", space=SMALL)
    for target, surrogate in question.refine.items():
        assert target not in question.one_model
        assert surrogate.version != question.surrogates[target].version
    assert set(question.one_model) | set(question.refine), "some refine surrogate is released"
    assert ask("Li", space=SMALL, refine=False).one_model == ()


def test_surrogates_in_hand_have_no_refine_ones():
    screen = load_surrogates(["binding_energy"])
    assert ask("Li", space=SMALL, surrogates=screen).refine == {}
    with pytest.raises(SacmlError, match="refine needs stored surrogates"):
        ask("Li", space=SMALL, surrogates=screen, refine=True)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"top": 0}, "top = 0"),
        ({"chances": ["P(binding_energy < -1 V) > 0.5"]}, "unit 'V'"),
        ({"chances": ["certain"]}, "cannot read the chance constraint"),
        ({"exclude": ["Co"], "require": ["Co"]}, "contradiction"),
        ({"max_candidates": 1}, "too large"),
        ({"space": {**SMALL, "metals": ["Co"]}, "exclude": ["Co"]}, "empty"),
    ],
)
def test_bad_questions_are_refused_in_words(asked, says):
    with pytest.raises(SacmlError, match=says):
        propose("Li", **{"space": SMALL, **asked})


def test_a_chance_is_kept_by_all_that_is_proposed():
    free = propose("Li", space=SMALL, top=5)
    bound = propose("Li", space=SMALL, top=5, chances=["P(-2.1 < binding_energy < -1.2 eV) > 0.4"])
    assert 0 < bound.n_ranked < free.n_ranked
    assert any("P(" in reason for reason in bound.refused)
    assert len(bound.chances) == 1


def test_an_interrupted_ranking_goes_on_from_its_file(tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    file = tmp_path / "state.npz"
    partial = propose("Li", space=SMALL, top=4, resume=file, on_chunk=stop)
    assert partial.partial
    assert file.is_file()
    whole = propose("Li", space=SMALL, top=4, resume=file)
    assert not whole.partial
    assert whole.to_dict() == propose("Li", space=SMALL, top=4).to_dict()


def test_the_short_list_goes_through_the_refine_models():
    question = ask("Li", space=SMALL, top=2)
    other = replace(question.surrogates["binding_energy"], version="second")
    found = replace(question, refine={"binding_energy": other}, one_model=()).answer()
    for proposal in found:
        assert proposal.refined["binding_energy"] == proposal.predictions["binding_energy"]
        # stored trees add in single precision, in an order that depends on how many are asked
        assert proposal.refined_score == pytest.approx(proposal.score, abs=1e-5)
    assert all(not p.refined for p in replace(question, refine={}).answer())
