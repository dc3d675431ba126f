"""Sentences of the page of proposals follow the answer."""

from dataclasses import replace

import pytest
from reports.proposals_answers import COST, LIFE, WINDOW, answer, life, prediction, system

from sacml.domain import STANDARD, Conditions
from sacml.reports import proposals_words as words


def test_what_all_share_is_said_once():
    assert words.shared([("a", "b"), ("b", "c"), ("b",)]) == ("b",)
    assert words.shared([("a", "b")]) == (), "one proposal shares with nobody"
    assert words.shared([]) == ()


def test_disagreement_in_the_unit_or_as_a_factor():
    near = words.disagreement(prediction(-1.5), prediction(-1.9))
    assert near == "0.400 eV apart, inside the interval of screen"
    assert words.disagreement(prediction(-1.5, 0.1), prediction(-1.9)).endswith(
        "outside the interval of screen"
    )
    twice = replace(life(), value=1379.0 / 2)
    assert words.disagreement(life(), twice).startswith("a factor of 2.00 apart, inside")


def test_one_model_in_both_roles_is_no_second_opinion():
    alone = answer(items=(answer()[0],))
    said = words.refine_summary(alone, ("binding_energy", "cycle_life"))
    assert said.startswith("Screen and refine are one model for binding energy, demonstrated")
    assert words.refine_summary(alone, ()) == "No second model was asked about the short list."


def test_costs_keep_gaps_as_gaps():
    facts = {"price_usd_per_kg": None, "eu_critical_raw_material": True, "hazard_class": None}
    said = words.costs(facts)
    assert "price not known" in said
    assert "abundance not known" in said
    assert "critical raw material of the EU" in said
    assert "hazard class not known" in said
    assert "hazard class 1 (ICH Q3D, 1 the most toxic)" in words.costs({"hazard_class": "1"})
    assert "named by ICH Q3D without a hazard class" in words.costs({"hazard_class": "other"})
    assert "hazard not assessed" in words.costs({"hazard_class": "unassessed"})


def test_what_may_not_be_concluded_follows_the_answer():
    found = answer()
    said = " ".join(words.may_not(found))
    assert "Nothing about long life" in said
    assert "1 of 4 lie outside the domain of a model that counts (rank 4)" in said
    assert "Not that the first beats the last" in said
    apart = [replace(p, predictions={"binding_energy": prediction(-1.0 * p.rank, 0.1)})
             for p in found]  # fmt: skip
    sure = answer(items=tuple(apart), not_discriminating=(), objectives=(COST, WINDOW))
    said = " ".join(words.may_not(sure))
    assert "Nothing about" not in said
    assert "outside the domain" not in said
    assert "first beats the last" not in said, "their intervals do not overlap"


def test_a_site_known_with_another_alkali_metal_is_marked_so():
    first, second = answer()[0], answer()[1]
    assert words.known_mark(first) == ""
    assert words.known_mark(second) == "known"
    other = replace(second, known_as=(system("Fe-N4@graphene", "x", "Na"),))
    assert words.known_mark(other) == "known with Na"


def test_window_and_interval_are_compared():
    found = answer()
    assert "reaches out of it" in words.may(found)[-1]
    narrow = replace(found[0], predictions={"binding_energy": prediction(-1.6, 0.1)})
    assert "inside the window as a whole" in words.may(answer(items=(narrow,)))[-1]
    far = replace(found[0], predictions={"binding_energy": prediction(-3.6)})
    said = words.may(answer(items=(narrow, replace(far, rank=2))))[-1]
    assert "1 of 2 are predicted outside the window (rank 2)" in said
    only_life = replace(found[0], predictions={"cycle_life": life()})
    said = words.may(answer(items=(only_life,), objectives=(LIFE,), not_discriminating=()))
    assert said[-1].startswith("The first is predicted at 1,379 h for long life")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (STANDARD, "3 mA cm⁻², 3 mAh cm⁻²; not stated: temperature, electrolyte, cell, role"),
        (Conditions(), "none stated"),
        (
            Conditions(1.0, 0.5, 25.0, "ether", "half", "host"),
            "1 mA cm⁻², 0.5 mAh cm⁻², 25 °C, ether, half, host",
        ),
    ],
)
def test_conditions_in_words(given, said):
    assert words.conditions(given) == said
