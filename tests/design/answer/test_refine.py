from dataclasses import replace

import numpy as np
import pytest

from sacml.design import TargetPrediction, rank
from sacml.design.answer.refine import disagreement
from sacml.errors import DesignError


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
