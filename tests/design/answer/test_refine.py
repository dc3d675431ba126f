from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sacml.design import Space, TargetPrediction, rank
from sacml.design.answer.refine import disagreement
from sacml.errors import DesignError, SacmlError
from sacml.structures import build


def test_the_list_is_asked_once_more(small_space, surrogates, objectives, known, synthetic):
    first = rank(small_space, surrogates, objectives, known=known, keep=6)
    asked = []

    def other(table):
        asked.append(len(table))
        return np.linspace(-3.0, -1.5, len(table))

    second = synthetic("binding_energy", other, 0.1)
    second.predict = _versioned(second, "refine/1")
    found = rank(
        small_space, surrogates, objectives, known=known, keep=6, refine={"binding_energy": second}
    )
    assert max(asked) == 6  # the list, never the space
    # the order stays that of the screen
    assert [p.candidate for p in found] == [p.candidate for p in first]
    assert all(p.refined == {} and p.refined_score is None for p in first)
    assert [p.refined["binding_energy"].value for p in found] == pytest.approx(
        np.linspace(-3.0, -1.5, 6)
    )
    assert all(set(p.refined) == {"binding_energy"} for p in found)
    # -3 eV lies far below the window, -1.5 eV in it
    assert found[0].refined_score < found[5].refined_score
    (note,) = [n for n in found.notes if n.startswith("Refined: binding_energy")]
    best = max(found, key=lambda p: p.refined_score)
    assert f"{best.candidate.site} comes first" in note
    assert "they disagree" in found[0].uncertain[-1]
    assert "refine says -3 eV" in found[0].uncertain[-1]
    row = found.frame().iloc[0]
    assert row["refined_binding_energy_eV"] == pytest.approx(-3.0)
    assert found.to_dict()["proposals"][0]["refined"]["binding_energy"]["unit"] == "eV"


def test_the_same_answers_give_the_same_score(small_space, surrogates, objectives, known):
    twin = replace(surrogates["binding_energy"])
    twin.predict = _versioned(twin, "refine/1")
    found = rank(
        small_space, surrogates, objectives, known=known, keep=9, refine={"binding_energy": twin}
    )
    assert found.not_discriminating == ("overpotential",)
    assert [p.refined_score for p in found] == [p.score for p in found]
    assert all("they agree: each" in p.uncertain[-1] for p in found)


def _versioned(surrogate, version):
    predict = surrogate.predict

    def other(table, level=0.9):
        found = predict(table, level)
        found.model_version = version
        return found

    return other


def test_a_refine_surrogate_that_is_the_screen_is_said(small_space, surrogates, objectives, known):
    found = rank(small_space, surrogates, objectives, known=known, keep=3, refine=surrogates)
    assert all(p.refined == {} for p in found)
    assert sum("is that of the screen" in n for n in found.notes) == len(surrogates)


class Structural:
    """Reads structures, and so only sites that can be built."""

    target = "binding_energy"

    def __init__(self, reads=True):
        self.reads = reads

    def predict(self, table, level=0.9):
        for i in range(len(table)):
            build(table.site(i))
            if not self.reads:
                raise SacmlError(f"{table.site(i)}: no graph of it")
        value = np.full(len(table), -1.5)
        return SimpleNamespace(
            value=value, lower=value - 0.1, upper=value + 0.1, model_version="refine/1",
            in_domain=np.ones(len(table), dtype=bool), reasons=lambda i: (),
        )  # fmt: skip


@pytest.fixture
def open_space():
    limits = {"reach": "any", "buildable": False}
    return Space.default(metals=["Fe", "Mn"], hosts=["c2n"], centres=["single"],
                         single_shells={"c2n": ["N4"]}, constraints=limits)  # fmt: skip


def test_a_site_that_refine_cannot_read_keeps_its_rank(open_space, surrogates, objectives, known):
    asked = (open_space, surrogates, objectives)
    first = rank(*asked, known=known, keep=2)
    found = rank(*asked, known=known, keep=2, refine={"binding_energy": Structural()})
    assert [p.candidate for p in found] == [p.candidate for p in first]
    by_metal = {p.candidate.site.metals[0]: p for p in found}
    iron, manganese = by_metal["Fe"], by_metal["Mn"]  # a pore holds Mn with four N, and not Fe
    assert (iron.refined, iron.refined_score) == ({}, None)
    assert "binding_energy: refine cannot read it (" in iron.uncertain[-1]
    assert iron.uncertain[-1].endswith("; it keeps its rank by the screen.")
    assert manganese.refined["binding_energy"].value == -1.5
    assert manganese.refined_score is not None
    assert "Refine cannot read 1 of 2 sites for binding_energy." in found.notes
    assert any("Mn-N4@c2n comes first" in note for note in found.notes)
    assert sorted(found.frame()["refined_binding_energy_eV"].isna()) == [False, True]


def test_a_list_that_refine_cannot_read_at_all_stays(open_space, surrogates, objectives, known):
    found = rank(open_space, surrogates, objectives, known=known, keep=2,
                 refine={"binding_energy": Structural(reads=False)})  # fmt: skip
    assert [p.refined_score for p in found] == [None, None]
    assert "Refine cannot read 2 of 2 sites for binding_energy." in found.notes
    assert not [n for n in found.notes if n.startswith("Refined:")]


def test_refine_needs_a_screen(small_space, surrogates, objectives, known):
    with pytest.raises(DesignError, match="refine surrogates without a model: diffusion_barrier"):
        rank(small_space, surrogates, objectives, known=known,
             refine={"diffusion_barrier": surrogates["cycle_life"]})  # fmt: skip


@pytest.mark.parametrize(
    ("value", "half", "verdict"),
    [
        (-1.6, 0.3, "they agree: each"),
        (-1.8, 0.2, "they agree in part: only the value of refine"),
        (-2.4, 1.0, "they agree in part: only the value of screen"),
        (-2.4, 0.2, "they disagree"),
    ],
)
def test_disagreement_is_measured_by_the_intervals(value, half, verdict):
    def say(v, h):
        return TargetPrediction("binding_energy", v, v - h, v + h, "eV", True, ())

    assert verdict in disagreement(say(-1.5, 0.4), say(value, half), 0.9)
