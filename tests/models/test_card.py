from dataclasses import replace

from synthetic import dataset

from sacml.evaluation import evaluate
from sacml.models import fit_surrogate, load_released
from sacml.models.card import model_card


def test_the_card_prints_the_facts():
    data = dataset()
    evaluation = evaluate(data, "cycle_life", ["constant", "ridge"],
                          ["leave_one_source_out", "random"])  # fmt: skip
    found = fit_surrogate(data, "cycle_life", "ridge", "sac", 0, evaluation)
    card = model_card(found)
    best = evaluation.best()
    assert best.sentence in card
    scores = evaluation.scores
    rows = scores[(scores["split"] == best.split) & (scores["rows"] == best.rows)]
    assert len(rows) == 4
    for _, row in rows.iterrows():
        assert f"| {row['model']} | {row['trained_on']} | {row['n_records']} |" in card
        assert f"{row['mae']:.3f} ({row['mae_low']:.3f} to {row['mae_high']:.3f})" in card
        shown = f"| {row['coverage']:.2f} ({row['coverage_optimistic']:.2f}) |"
        assert shown in card
    bounds = found.facts["records"]["by_bound"]
    assert f"lower {bounds['lower']} ({100 * bounds['lower'] / 30:.0f} %)" in card
    assert f"{100 * 0.9:g} % interval" in card
    for name, split in evaluation.splits.items():
        assert f"`{name}` ({len(split)} folds, sha256 {split.digest[:12]})" in card
    for word in ("Intended use", "Limits", "Licence", "CC-BY-4.0", found.version, "metals seen: "):
        assert word in card


def test_a_model_without_evaluation_says_so():
    card = model_card(fit_surrogate(dataset(), "cycle_life", "constant"))
    assert "**Evaluation.** None was given." in card
    assert "the interval is infinite: 0 held-out groups are too few" in card


def fitted(**facts):
    found = fit_surrogate(dataset(), "cycle_life", "constant")
    return model_card(replace(found, facts={**found.facts, **facts}))


def test_the_card_says_which_role_the_model_has():
    assert "Role: screen (fast" in fitted()
    both = fitted(roles=["screen", "refine"])
    assert "one model serves both" in both
    assert "Role: refine (for short lists" in fitted(roles=["refine"])


def test_the_card_says_what_the_flag_is_worth():
    assert "In-domain flag" not in fitted()
    words = "The in-domain flag is uninformative: why."
    assert f"**In-domain flag.** {words}" in fitted(flag={"words": words, "informative": False})


def test_the_card_names_conclusions_that_depend_on_the_reading_of_a_life():
    found = {"n": 30, "exact_as_printed": 20, "exact_when_censored": 2}
    changed = fitted(readings=found | {"changed": ["ridge is not what it was"]})
    assert "20 of 30 lives count as exact" in changed
    assert "- ridge is not what it was" in changed
    assert "in the same order" in fitted(readings=found | {"changed": []})


def test_energies_of_another_level_and_labels_of_others_are_named():
    card = fitted(
        energies={"level_of_theory": "GFN1-xTB", "reference": "atom"}, licence="Ask the owner."
    )
    assert "by GFN1-xTB, reference atom" in card
    assert "**Licence.** Ask the owner." in card
    assert "CC-BY" not in card


def test_the_released_energies_name_their_level():
    assert " in eV by PBE, against the isolated neutral atom." in model_card(
        load_released("binding_energy")
    )
    assert "PBE" not in model_card(load_released("cycle_life"))
