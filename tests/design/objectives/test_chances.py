from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from sacml.design import Chance, rank
from sacml.domain import PRIMARY
from sacml.domain.targets import target
from sacml.errors import DesignError


@pytest.mark.parametrize(
    ("text", "chance"),
    [
        ("P(nucleation_overpotential < 15 mV) > 0.8",
         Chance("nucleation_overpotential", -np.inf, 15, 0.8)),
        ("P( cycle_life > 1e3 h ) > 60%", Chance("cycle_life", 1000, np.inf, 0.6)),
        ("P(-2.0 < binding_energy < -1.2 eV) > .5", Chance("binding_energy", -2.0, -1.2, 0.5)),
        ("P(-2.0 eV < binding_energy < -1.2 eV) > 0.5", Chance("binding_energy", -2.0, -1.2, 0.5)),
    ],
)  # fmt: skip
def test_reading(text, chance):
    assert Chance.parse(text) == chance
    assert Chance.parse(chance) is chance


@given(
    st.sampled_from(PRIMARY),
    st.floats(-5, 4).map(lambda x: round(x, 2)),
    st.floats(0.1, 3).map(lambda x: round(x, 2)),
    st.sampled_from(["below", "above", "between"]),
    st.integers(1, 99),
)
def test_text_reads_back(name, low, span, shape, percent):
    low = low if target(name).scale == "linear" else abs(low) + 0.1
    ends = {"below": (-np.inf, low + span), "above": (low, np.inf), "between": (low, low + span)}
    chance = Chance(name, *ends[shape], percent / 100)
    again = Chance.parse(str(chance))
    assert (again.target, again.probability) == (chance.target, pytest.approx(chance.probability))
    assert (again.low, again.high) == pytest.approx((chance.low, chance.high), rel=1e-5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nucleation_overpotential < 15 mV", "write e.g. P(nucleation_overpotential < 15 mV)"),
        ("P(nucleation_overpotential < 15 mV) < 0.8", "write e.g."),
        ("P(nucleation_overpotential < 15 V) > 0.8", "unit 'V' of nucleation_overpotential"),
        ("P(nucleation_overpotential < 15) > 0.8", "unit 'none'"),
        ("P(overpotential < 15 mV) > 0.8", "unknown target"),
        ("P(nucleation_overpotential < 15 mV) > 8", "between 0 and 1"),
        ("P(nucleation_overpotential < 15 mV) > 0", "between 0 and 1"),
        ("P(-1 < binding_energy < -2 eV) > 0.8", "swap them"),
        ("P(1 < binding_energy > 2 eV) > 0.8", "write a range"),
        ("P(nucleation_overpotential < -1 mV) > 0.8", "lies between 0 and 2000 mV"),
        ("P(-1 eV < cycle_life < 2 h) > 0.8", "unit 'eV' of cycle_life"),
    ],
)
def test_what_cannot_be_read_is_named(text, words):
    with pytest.raises(DesignError) as error:
        Chance.parse(text)
    assert words in str(error.value)


def test_probability_is_that_of_the_normal_on_the_modelling_scale():
    kind = target("nucleation_overpotential")
    value, upper = np.array([20.0, 5.0]), np.array([60.0, 30.0])
    p = SimpleNamespace(value=value, lower=np.zeros(2), upper=upper)
    got = Chance.parse("P(nucleation_overpotential < 15 mV) > 0.8").of_prediction(p, 0.9)
    mean, top = np.log10(value + 1), np.log10(upper + 1)
    assert kind.scale == "log10_plus_1"
    assert got == pytest.approx(norm.cdf((np.log10(16) - mean) / ((top - mean) / norm.ppf(0.95))))


def test_without_bounds_half_and_a_range_nothing():
    p = SimpleNamespace(value=np.array([-1.5]), lower=np.array([-np.inf]), upper=np.array([np.inf]))
    assert Chance.parse("P(binding_energy < -1.2 eV) > 0.1").of_prediction(p, 0.9) == [0.5]
    assert Chance.parse("P(-2 < binding_energy < -1.2 eV) > 0.1").of_prediction(p, 0.9) == [0.0]


def test_ranking_refuses_what_is_too_unlikely(small_space, surrogates, objectives, known):
    chance = "P(binding_energy < -1.5 eV) > 0.75"
    wide = {"known": known, "keep": 400, "per_metal": 99}
    free = rank(small_space, surrogates, objectives, **wide)
    kept = rank(small_space, surrogates, objectives, **wide, chances=[chance])
    width = 0.4 / norm.ppf(0.95)
    probable = {
        str(p.candidate)
        for p in free
        if norm.cdf((-1.5 - p.predictions["binding_energy"].value) / width) > 0.75
    }
    assert 0 < len(probable) < len(free)
    assert probable == {str(p.candidate) for p in free} & {str(p.candidate) for p in kept}
    assert kept.refused[f"not {chance}"] == free.n_ranked - kept.n_ranked > 0
    assert kept.n_ranked + kept.refused.total() == kept.n_declared
    assert kept.chances == (chance,)
    assert any("the largest probability among the candidates is" in n for n in kept.notes)


def test_a_chance_that_nothing_meets_leaves_an_empty_list(small_space, surrogates, known):
    found = rank(small_space, surrogates, known=known, chances=["P(binding_energy > 1 eV) > 0.9"])
    assert (len(found), found.n_ranked, found.n_front) == (0, 0, 0)
    assert found.to_dict()["best_by_metal"] == {}


def test_a_chance_needs_a_model_and_no_objective(small_space, surrogates, objectives, known):
    with pytest.raises(DesignError, match="chance constraints without a model: diffusion_barrier"):
        rank(small_space, surrogates, known=known, chances=["P(diffusion_barrier < 1 eV) > 0.5"])
    found = rank(small_space, surrogates, objectives[:1], known=known,
                 chances=["P(cycle_life > 700 h) > 0.5"])  # fmt: skip
    assert all(p.predictions["cycle_life"].value > 700 for p in found)
